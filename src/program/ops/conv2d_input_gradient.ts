import type { Value } from '../builder.js';
import { addByTaps, type ConvolutionAttributes, convolutionOf, resultType, sharedAttributes } from '../convolution.js';
import { tensor64 } from '../kernels.js';
import { defineOp } from '../op.js';
import { sizeOf } from '../program.js';
import { checkCount } from '../shapes.js';
import { checkNumbers, imageOf } from '../windows.js';

export interface InputGradientAttributes extends ConvolutionAttributes {
  /** [height, width] of the convolution's input: strides leave it open. */
  readonly extents: readonly number[];
}

/** The transposed convolution: the adjoint of conv2d in its input. Also what Conv2DTranspose computes forwards. */
export const conv2dInputGradient = defineOp<InputGradientAttributes>({
  keyword: 'conv2d_input_gradient',
  summary:
    'From the gradient of a convolution’s result and its kernel the gradient of its input; also transposed convolution.',
  pattern: 'other',
  infer(inputs, attributes) {
    const op = 'conv2d_input_gradient';
    checkCount(op, inputs, 2);
    const [dy, kernel] = inputs as readonly [(typeof inputs)[number], (typeof inputs)[number]];
    const { extents } = attributes;
    checkNumbers(op, 'extents', extents, 2, 1);
    const [batch] = imageOf(op, dy);
    const of = convolutionOf(op, extents, undefined, kernel, attributes);
    resultType(op, batch, of, dy);
    return [{ dtype: 'float', shape: [batch, ...extents, of.channels * of.groups] }];
  },
  gradient(b, at) {
    const g = at.gradients[0];
    if (!g) return [];
    const [dy, kernel] = at.inputs as readonly [Value, Value];
    const options = sharedAttributes(at.attributes);
    return [
      at.needed[0] ? b.conv2d(g, kernel, options) : undefined,
      at.needed[1] ? b.conv2dFilterGradient(g, dy, kernel.type.shape.slice(0, 2) as number[], options) : undefined,
    ];
  },
  evaluate([dy, kernel], attributes, outputs) {
    const { shape } = outputs[0]!;
    const of = convolutionOf('conv2d_input_gradient', attributes.extents, undefined, kernel!, attributes);
    const { windows, channels, filters, groups } = of;
    const data = new Float64Array(sizeOf(shape));
    const weights = turned(kernel!.data, windows.size[0] * windows.size[1], channels, filters * groups);
    const matrices = { data: weights, between: filters * channels, stride: channels };
    addByTaps(of, shape[0]!, { from: dy!.data, width: filters }, { to: data, width: channels }, matrices, true);
    return [tensor64('float', shape, data)];
  },
});

/** [taps, channels, filters] to [taps, filters, channels]. */
function turned(kernel: Float64Array, taps: number, channels: number, filters: number): Float64Array {
  const to = new Float64Array(kernel.length);
  for (let tap = 0; tap < taps; tap++) {
    const slab = tap * channels * filters;
    for (let c = 0; c < channels; c++) {
      for (let f = 0; f < filters; f++) to[slab + f * channels + c] = kernel[slab + c * filters + f]!;
    }
  }
  return to;
}
