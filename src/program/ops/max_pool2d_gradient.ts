import type { Builder, Value } from '../builder.js';
import { tensor64 } from '../kernels.js';
import { defineOp } from '../op.js';
import { type PoolingAttributes, pooledType, poolingOf } from '../pooling.js';
import type { TensorType } from '../program.js';
import { checkCount } from '../shapes.js';
import { visitWindows } from '../windows.js';

/**
 * Each window's gradient goes to its first maximum in row-major order, as in TensorFlow and PyTorch; where windows overlap, gradients
 * add up.
 */
export const maxPool2dGradient = defineOp<PoolingAttributes>({
  keyword: 'max_pool2d_gradient',
  summary:
    'From max_pool2d’s input and the gradient of its result the gradient of the input: the first maximum of a window has it.',
  pattern: 'other',
  infer(inputs, attributes) {
    checkCount('max_pool2d_gradient', inputs, 2);
    const [x, dy] = inputs as readonly [TensorType, TensorType];
    pooledType('max_pool2d_gradient', x, attributes, dy);
    return [x];
  },
  gradient(b, at) {
    const g = at.gradients[0];
    if (!g || !at.needed[1]) return [];
    return [undefined, atFirstMaximum(b, at.inputs[0]!, g, at.attributes)];
  },
  evaluate([x, dy], attributes) {
    const [images, height, width, channels] = x!.shape as [number, number, number, number];
    const from = x!.data;
    const back = dy!.data;
    const data = new Float64Array(from.length);
    const best = new Int32Array(channels);
    const windows = poolingOf('max_pool2d_gradient', [height, width], attributes);
    visitWindows(windows, images, (image, window, top, bottom, left, right) => {
      best.fill(-1);
      for (let row = top; row < bottom; row++) {
        for (let column = left; column < right; column++) {
          const at = ((image * height + row) * width + column) * channels;
          for (let c = 0; c < channels; c++) {
            const value = from[at + c]!;
            if (best[c]! < 0 || value > from[best[c]!]! || Number.isNaN(value)) best[c] = at + c;
          }
        }
      }
      for (let c = 0; c < channels; c++) data[best[c]!] = data[best[c]!]! + back[window * channels + c]!;
    });
    return [tensor64('float', x!.shape, data)];
  },
});

/** For every window of x the entry of `of` (of x's shape) at the window's first maximum: the adjoint of the op above. */
function atFirstMaximum(b: Builder, x: Value, of: Value, attributes: PoolingAttributes): Value {
  const [batch, height, width, channels] = x.type.shape as readonly [number, number, number, number];
  const windows = poolingOf('max_pool2d_gradient', [height, width], attributes);
  const taps = windows.size[0] * windows.size[1];
  const places: number[] = [];
  visitWindows(windows, 1, (_, window, top, bottom, left, right) => {
    for (let row = top; row < bottom; row++) {
      for (let column = left; column < right; column++) places.push(row * width + column);
    }
    // Taps outside repeat the last place inside: the first maximum stays the first.
    while (places.length < (window + 1) * taps) places.push(places[places.length - 1]!);
  });
  const indices = b.constant(places, [places.length], 'int');
  const split = (image: Value) =>
    b.transpose(
      b.reshape(b.gather(b.reshape(image, [batch, height * width, channels]), indices, 1), [
        batch,
        places.length / taps,
        taps,
        channels,
      ]),
      [0, 1, 3, 2],
    );
  const first = b.oneHot(b.argmax(split(x), -1), taps);
  return b.reshape(b.sum(b.multiply(first, split(of)), [3]), [batch, ...windows.count, channels]);
}
