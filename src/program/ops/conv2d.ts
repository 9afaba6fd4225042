import type { Value } from '../builder.js';
import { addByTaps, type ConvolutionAttributes, convolutionOf, resultType, sharedAttributes } from '../convolution.js';
import { tensor64 } from '../kernels.js';
import { defineOp } from '../op.js';
import { sizeOf } from '../program.js';
import { checkCount } from '../shapes.js';
import { imageOf } from '../windows.js';

export const conv2d = defineOp<ConvolutionAttributes>({
  keyword: 'conv2d',
  summary: 'Convolution of [batch, height, width, channels] by [height, width, channels / groups, filters].',
  pattern: 'other',
  infer(inputs, attributes) {
    checkCount('conv2d', inputs, 2);
    const [batch, height, width, channels] = imageOf('conv2d', inputs[0]!);
    return [resultType('conv2d', batch, convolutionOf('conv2d', [height, width], channels, inputs[1]!, attributes))];
  },
  gradient(b, at) {
    const g = at.gradients[0];
    if (!g) return [];
    const [x, kernel] = at.inputs as readonly [Value, Value];
    const options = sharedAttributes(at.attributes);
    return [
      at.needed[0] ? b.conv2dInputGradient(g, kernel, x.type.shape.slice(1, 3) as number[], options) : undefined,
      at.needed[1] ? b.conv2dFilterGradient(x, g, kernel.type.shape.slice(0, 2) as number[], options) : undefined,
    ];
  },
  evaluate([x, kernel], attributes, outputs) {
    const { shape } = outputs[0]!;
    const [images, height, width] = x!.shape as [number, number, number];
    const of = convolutionOf('conv2d', [height, width], undefined, kernel!, attributes);
    const { channels, filters, groups } = of;
    const data = new Float64Array(sizeOf(shape));
    const matrices = { data: kernel!.data, between: filters, stride: filters * groups };
    addByTaps(of, images, { from: x!.data, width: channels }, { to: data, width: filters }, matrices, false);
    return [tensor64('float', shape, data)];
  },
});
