import type { Value } from '../builder.js';
import {
  addRowTimesMatrix,
  type ConvolutionAttributes,
  convolutionOf,
  resultType,
  sharedAttributes,
} from '../convolution.js';
import { tensor64 } from '../kernels.js';
import { defineOp } from '../op.js';
import { sizeOf } from '../program.js';
import { checkCount } from '../shapes.js';
import { checkNumbers, imageOf, visitTaps } from '../windows.js';

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
    const [allChannels, allFilters] = [channels * groups, filters * groups];
    const data = new Float64Array(sizeOf(shape));
    const from = dy!.data;
    const weights = turned(kernel!.data, windows.size[0] * windows.size[1], channels, allFilters);
    const step = windows.strides[1] * allChannels;
    visitTaps(windows, shape[0]!, (tap, pixel, window, count) => {
      let target = pixel * allChannels;
      let source = window * allFilters;
      const slab = tap * channels * allFilters;
      for (let i = 0; i < count; i++, target += step, source += allFilters) {
        if (channels === 1 && filters === 1) {
          for (let c = 0; c < groups; c++)
            data[target + c] = data[target + c]! + from[source + c]! * weights[slab + c]!;
          continue;
        }
        for (let q = 0; q < groups; q++) {
          const to = target + q * channels;
          const group = q * filters;
          addRowTimesMatrix(
            data,
            to,
            channels,
            from,
            source + group,
            filters,
            weights,
            slab + group * channels,
            channels,
          );
        }
      }
    });
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
