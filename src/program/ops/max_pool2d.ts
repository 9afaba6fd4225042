import { tensor64 } from '../kernels.js';
import { defineOp } from '../op.js';
import { type PoolingAttributes, pooledType, poolingOf, sharedAttributes } from '../pooling.js';
import { sizeOf } from '../program.js';
import { checkCount } from '../shapes.js';
import { visitWindows } from '../windows.js';

export const maxPool2d = defineOp<PoolingAttributes>({
  keyword: 'max_pool2d',
  summary: 'The maximum of each window of [batch, height, width, channels]; padding never wins.',
  pattern: 'other',
  infer(inputs, attributes) {
    checkCount('max_pool2d', inputs, 1);
    return [pooledType('max_pool2d', inputs[0]!, attributes)];
  },
  gradient(b, at) {
    const g = at.gradients[0];
    if (!g) return [];
    return [b.maxPool2dGradient(at.inputs[0]!, g, at.attributes.size, sharedAttributes(at.attributes))];
  },
  evaluate([x], attributes, outputs) {
    const { shape } = outputs[0]!;
    const [images, height, width, channels] = x!.shape as [number, number, number, number];
    const data = new Float64Array(sizeOf(shape)).fill(Number.NEGATIVE_INFINITY);
    const from = x!.data;
    const windows = poolingOf('max_pool2d', [height, width], attributes);
    visitWindows(windows, images, (image, window, top, bottom, left, right) => {
      const to = window * channels;
      for (let row = top; row < bottom; row++) {
        for (let column = left; column < right; column++) {
          const at = ((image * height + row) * width + column) * channels;
          for (let c = 0; c < channels; c++) {
            const value = from[at + c]!;
            // NaN is passed on, as PyTorch does.
            if (value > data[to + c]! || Number.isNaN(value)) data[to + c] = value;
          }
        }
      }
    });
    return [tensor64('float', shape, data)];
  },
});
