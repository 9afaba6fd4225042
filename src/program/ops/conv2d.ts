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
import { imageOf, visitTaps } from '../windows.js';

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
    const { windows, channels, filters, groups } = of;
    const [allChannels, allFilters] = [channels * groups, filters * groups];
    const data = new Float64Array(sizeOf(shape));
    const from = x!.data;
    const weights = kernel!.data;
    const step = windows.strides[1] * allChannels;
    visitTaps(windows, images, (tap, pixel, window, count) => {
      let source = pixel * allChannels;
      let target = window * allFilters;
      const slab = tap * channels * allFilters;
      for (let i = 0; i < count; i++, source += step, target += allFilters) {
        if (channels === 1 && filters === 1) {
          for (let c = 0; c < groups; c++)
            data[target + c] = data[target + c]! + from[source + c]! * weights[slab + c]!;
          continue;
        }
        for (let q = 0; q < groups; q++) {
          const to = target + q * filters;
          addRowTimesMatrix(
            data,
            to,
            filters,
            from,
            source + q * channels,
            channels,
            weights,
            slab + q * filters,
            allFilters,
          );
        }
      }
    });
    return [tensor64('float', shape, data)];
  },
});
