import { tensor64 } from '../kernels.js';
import { defineOp } from '../op.js';
import { type PoolingAttributes, pooledType, poolingOf, sharedAttributes } from '../pooling.js';
import { sizeOf } from '../program.js';
import { checkCount } from '../shapes.js';
import { visitWindows } from '../windows.js';

export const averagePool2d = defineOp<PoolingAttributes>({
  keyword: 'average_pool2d',
  summary:
    'The mean of each window of [batch, height, width, channels], over what lies inside (as Keras and TensorFlow count).',
  pattern: 'other',
  infer(inputs, attributes) {
    checkCount('average_pool2d', inputs, 1);
    return [pooledType('average_pool2d', inputs[0]!, attributes)];
  },
  gradient(b, at) {
    const g = at.gradients[0];
    if (!g) return [];
    const extents = at.inputs[0]!.type.shape.slice(1, 3) as number[];
    return [b.averagePool2dGradient(g, extents, at.attributes.size, sharedAttributes(at.attributes))];
  },
  evaluate([x], attributes, outputs) {
    const { shape } = outputs[0]!;
    const [images, height, width, channels] = x!.shape as [number, number, number, number];
    const data = new Float64Array(sizeOf(shape));
    const from = x!.data;
    const windows = poolingOf('average_pool2d', [height, width], attributes);
    visitWindows(windows, images, (image, window, top, bottom, left, right) => {
      const to = window * channels;
      for (let row = top; row < bottom; row++) {
        for (let column = left; column < right; column++) {
          const at = ((image * height + row) * width + column) * channels;
          for (let c = 0; c < channels; c++) data[to + c] = data[to + c]! + from[at + c]!;
        }
      }
      const count = (bottom - top) * (right - left);
      for (let c = 0; c < channels; c++) data[to + c] = data[to + c]! / count;
    });
    return [tensor64('float', shape, data)];
  },
});
