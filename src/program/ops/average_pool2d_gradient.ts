import { tensor64 } from '../kernels.js';
import { defineOp } from '../op.js';
import { type PoolingAttributes, pooledType, poolingOf, sharedAttributes } from '../pooling.js';
import { sizeOf, type TensorType } from '../program.js';
import { checkCount } from '../shapes.js';
import { checkNumbers, imageOf, visitWindows } from '../windows.js';

export interface AverageGradientAttributes extends PoolingAttributes {
  /** [height, width] of the pooling's input: strides leave it open. */
  readonly extents: readonly number[];
}

/** The adjoint of average_pool2d. */
export const averagePool2dGradient = defineOp<AverageGradientAttributes>({
  keyword: 'average_pool2d_gradient',
  summary:
    'From the gradient of average_pool2d’s result the gradient of its input: each window’s share spread evenly inside.',
  pattern: 'other',
  infer(inputs, attributes) {
    const op = 'average_pool2d_gradient';
    checkCount(op, inputs, 1);
    checkNumbers(op, 'extents', attributes.extents, 2, 1);
    const [batch, , , channels] = imageOf(op, inputs[0]!);
    const x: TensorType = { dtype: 'float', shape: [batch, ...attributes.extents, channels] };
    pooledType(op, x, attributes, inputs[0]!);
    return [x];
  },
  gradient(b, at) {
    const g = at.gradients[0];
    return g ? [b.averagePool2d(g, at.attributes.size, sharedAttributes(at.attributes))] : [];
  },
  evaluate([dy], attributes, outputs) {
    const { shape } = outputs[0]!;
    const [images, height, width, channels] = shape as [number, number, number, number];
    const data = new Float64Array(sizeOf(shape));
    const back = dy!.data;
    const share = new Float64Array(channels);
    const windows = poolingOf('average_pool2d_gradient', [height, width], attributes);
    visitWindows(windows, images, (image, window, top, bottom, left, right) => {
      const count = (bottom - top) * (right - left);
      for (let c = 0; c < channels; c++) share[c] = back[window * channels + c]! / count;
      for (let row = top; row < bottom; row++) {
        for (let column = left; column < right; column++) {
          const to = ((image * height + row) * width + column) * channels;
          for (let c = 0; c < channels; c++) data[to + c] = data[to + c]! + share[c]!;
        }
      }
    });
    return [tensor64('float', shape, data)];
  },
});
