import { extents } from '../ir/dims.js';
import { sizeOf } from '../program/program.js';
import { callOf, Type } from '../ir/kind.js';
import { activationOf, applyActivation } from './apply-activation.js';
import { activationFacts, lastAxisFacts, linearFacts, spreadFacts } from './facts.js';
import { defineLayer, reads, writes, looksAtAll } from './layer.js';
import { activationRanges, linearRanges } from './ranges.js';

export const dense = defineLayer({
  keyword: 'Dense',
  summary: 'Fully connected layer: every unit reads every input feature.',
  cite: 'Keras, keras.layers.Dense',
  inputs: [1, 1],
  everywhere: true,
  flatInput: {
    axes: 2,
    help: ({ units }) => [
      'put a line `Flatten` or `GlobalAveragePooling2D` before it',
      `if every place is meant by itself, say so: \`Conv2D(${units}, 1)\``,
    ],
  },
  schema: Type.Object({
    units: Type.Integer({ minimum: 1, width: true, description: 'Number of output units.' }),
    activation: callOf('activation', { default: 'linear', description: 'Applied to the weighted sum.' }),
    use_bias: Type.Boolean({ default: true, description: 'Whether units have a bias.' }),
    kernel_initializer: callOf('initializer', {
      default: 'glorot_uniform',
      description: 'How the kernel [in, units] starts.',
    }),
    bias_initializer: callOf('initializer', { default: 'zeros', description: 'How the bias [units] starts.' }),
  }),
  shape: ({ units }, { inputs: [x = []], fresh, misfit }) => {
    if (x.length === 0) misfit('an input with at least one axis', 'a scalar per row');
    return [[...x.slice(0, -1), fresh(units)]];
  },
  params: ({ use_bias, kernel_initializer, bias_initializer }, [x = []], [y = []]) => {
    const into = x.at(-1);
    const out = y.at(-1)!;
    return {
      kernel: { axes: into ? [reads(into), writes(out)] : [writes(out)], initializer: kernel_initializer },
      ...(use_bias && { bias: { axes: [writes(out)], initializer: bias_initializer } }),
    };
  },
  forward: (b, { arguments: { activation }, inputs: [x], params: { kernel, bias } }) => {
    const product = b.matmul(x!, kernel!);
    return [applyActivation(b, bias ? b.add(product, bias) : product, activation)];
  },
  // The leading axes are carried along untouched; the units it writes are apart unless the activation mixes them.
  unitwise: ({ activation }, [x = []], [y = []]) => [
    ...x.slice(0, -1),
    ...(activationOf(activation).unitwise ? y.slice(-1) : []),
  ],
  pinReason: ({ activation }) => looksAtAll(activation.word),
  facts: ({ activation, use_bias }, { inputs: [x = []], outputShapes: [y = []], values, shapeOf }) => {
    const shape = shapeOf('kernel')!;
    const sums = linearFacts(x.at(-1) ?? [], {
      kernel: values('kernel'),
      shape,
      reads: shape.length - 2,
      writes: shape.length - 1,
      bias: use_bias ? values('bias') : undefined,
    });
    return [activationFacts(spreadFacts(lastAxisFacts(y, sums)), activation)];
  },
  ranges: ({ activation, use_bias }, at) => {
    const shape = at.shapeOf('kernel')!;
    const sums = linearRanges(at.inputs[0]!, {
      kernel: at.values('kernel'),
      shape,
      reads: shape.length - 2,
      writes: shape.length - 1,
      bias: use_bias ? at.values('bias') : undefined,
    });
    return [activationRanges(sums, activation, at)];
  },
  folds: () => true,
  resize: ({ use_bias }, { outputs: [kept = []], needsBias }) => ({
    units: kept.length,
    ...(needsBias && !use_bias && { use_bias: true }),
  }),
  multiplyAdds: (_, [x = []], [y = []]) => sizeOf(extents([...x, ...y.slice(-1)])),
  spelling: {
    tfjs: ({ units, activation, use_bias }, { name }) => {
      const spelled = activationOf(activation).spelling.tfjs?.(activation.arguments);
      if (!spelled) return undefined;
      return [
        {
          className: 'Dense',
          config: { units, activation: spelled, use_bias, name, trainable: true, dtype: 'float32' },
        },
      ];
    },
  },
});
