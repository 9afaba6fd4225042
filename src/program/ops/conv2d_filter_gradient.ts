import type { Value } from '../builder.js';
import { type ConvolutionAttributes, convolutionOf, resultType, sharedAttributes } from '../convolution.js';
import { tensor64 } from '../kernels.js';
import { defineOp } from '../op.js';
import { sizeOf, type TensorType } from '../program.js';
import { checkCount } from '../shapes.js';
import { checkNumbers, imageOf, visitTaps } from '../windows.js';

export interface FilterGradientAttributes extends ConvolutionAttributes {
  /** [height, width] of the kernel. */
  readonly size: readonly number[];
}

/** The adjoint of conv2d in its kernel. */
export const conv2dFilterGradient = defineOp<FilterGradientAttributes>({
  keyword: 'conv2d_filter_gradient',
  summary: 'From a convolution’s input and the gradient of its result the gradient of its kernel.',
  pattern: 'other',
  infer(inputs, attributes) {
    const op = 'conv2d_filter_gradient';
    checkCount(op, inputs, 2);
    const [x, dy] = inputs as readonly [TensorType, TensorType];
    const { size, groups } = attributes;
    checkNumbers(op, 'size', size, 2, 1);
    checkNumbers(op, 'groups', [groups], 1, 1);
    const [batch, height, width, channels] = imageOf(op, x);
    const [, , , filters] = imageOf(op, dy);
    if (channels % groups !== 0) throw new Error(`${op}: ${channels} channels do not part into ${groups} groups`);
    const kernel: TensorType = { dtype: 'float', shape: [...size, channels / groups, filters] };
    resultType(op, batch, convolutionOf(op, [height, width], channels, kernel, attributes), dy);
    return [kernel];
  },
  gradient(b, at) {
    const g = at.gradients[0];
    if (!g) return [];
    const [x, dy] = at.inputs as readonly [Value, Value];
    const options = sharedAttributes(at.attributes);
    return [
      at.needed[0] ? b.conv2dInputGradient(dy, g, x.type.shape.slice(1, 3) as number[], options) : undefined,
      at.needed[1] ? b.conv2d(x, g, options) : undefined,
    ];
  },
  evaluate([x, dy], attributes, outputs) {
    const { shape } = outputs[0]!;
    const data = new Float64Array(sizeOf(shape));
    const [images, height, width] = x!.shape as [number, number, number];
    const of = convolutionOf(
      'conv2d_filter_gradient',
      [height, width],
      undefined,
      tensor64('float', shape, data),
      attributes,
    );
    const { windows, channels, filters, groups } = of;
    const [allChannels, allFilters] = [channels * groups, filters * groups];
    const step = windows.strides[1] * allChannels;
    const from = x!.data;
    const back = dy!.data;
    visitTaps(windows, images, (tap, pixel, window, count) => {
      let source = pixel * allChannels;
      let target = window * allFilters;
      const slab = tap * channels * allFilters;
      if (channels === 1 && filters === 1) {
        for (let i = 0; i < count; i++, source += step, target += allFilters) {
          for (let c = 0; c < groups; c++) data[slab + c] = data[slab + c]! + from[source + c]! * back[target + c]!;
        }
        return;
      }
      let i = 0;
      // Four windows at a time: a sum is read and written once for four products.
      for (; i + 3 < count; i += 4, source += 4 * step, target += 4 * allFilters) {
        for (let q = 0; q < groups; q++) {
          const t0 = target + q * filters;
          const t1 = t0 + allFilters;
          const t2 = t1 + allFilters;
          const t3 = t2 + allFilters;
          for (let c = 0; c < channels; c++) {
            const s = source + q * channels + c;
            const a0 = from[s]!;
            const a1 = from[s + step]!;
            const a2 = from[s + 2 * step]!;
            const a3 = from[s + 3 * step]!;
            const to = slab + c * allFilters + q * filters;
            for (let f = 0; f < filters; f++) {
              data[to + f] =
                data[to + f]! + a0 * back[t0 + f]! + a1 * back[t1 + f]! + a2 * back[t2 + f]! + a3 * back[t3 + f]!;
            }
          }
        }
      }
      for (; i < count; i++, source += step, target += allFilters) {
        for (let q = 0; q < groups; q++) {
          for (let c = 0; c < channels; c++) {
            const a = from[source + q * channels + c]!;
            const to = slab + c * allFilters + q * filters;
            for (let f = 0; f < filters; f++) data[to + f] = data[to + f]! + a * back[target + q * filters + f]!;
          }
        }
      }
    });
    return [tensor64('float', shape, data)];
  },
});
