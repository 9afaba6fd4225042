import type { PoolingAttributes } from '../../../program/pooling.js';
import { sizeOf } from '../../../program/program.js';
import { imageKernels, imageOps } from '../tfjs/images.js';
import { type Call, type Kernel, kernels as general } from '../tfjs/kernels.js';
import type { Tensor, Tf } from '../tfjs/library.js';
import { shaded } from './shaders.js';

/** Each element adds up the entries that have its index, one after the other: tfjs' scatterND adds them in any order, with other bits every time. */
function scatterAdd({ tf, inputs: [x, indices], attributes, shape }: Call): Tensor {
  const axis = attributes.axis as number;
  const before = sizeOf(shape.slice(0, axis));
  const after = sizeOf(shape.slice(axis + 1));
  const added = shaded(tf, {
    name: 'scatter_add',
    inputs: { entries: tf.reshape(x!, [before, indices!.size, after]), indices: tf.reshape(indices!, [-1]) },
    shape: [before, shape[axis]!, after],
    dtype: 'float32',
    code: `
      let place = getCoordsFromIndex(index);
      let count = uniforms.entriesShape.y;
      var total = 0.0;
      for (var at = 0; at < count; at = at + 1) {
        if (indices[at] == place.y) {
          total = total + entries[(place.x * count + at) * uniforms.entriesShape.z + place.z];
        }
      }
      setOutputAtIndex(index, total);`,
  });
  return tf.reshape(added, [...shape]);
}

/** The largest number under each window; what is not a number stays so: tfjs' begins with −1e20, which such a window leaves. */
function maxima(tf: Tf, x: Tensor, { size, strides, padding }: PoolingAttributes): Tensor {
  const [images, height, width, channels] = x.shape as [number, number, number, number];
  const [top, bottom, left, right] = padding as [number, number, number, number];
  const rows = Math.floor((height + top + bottom - size[0]!) / strides[0]!) + 1;
  const columns = Math.floor((width + left + right - size[1]!) / strides[1]!) + 1;
  return shaded(tf, {
    name: `max_pool2d ${[...size, ...strides, top, left].join(' ')}`,
    inputs: { x },
    shape: [images, rows, columns, channels],
    dtype: 'float32',
    code: `
      let place = getCoordsFromIndex(index);
      var largest = -uniforms.INFINITY;
      for (var ky = 0; ky < ${size[0]}; ky = ky + 1) {
        let row = place.y * ${strides[0]} + ky - ${top};
        if (row < 0 || row >= uniforms.xShape.y) { continue; }
        for (var kx = 0; kx < ${size[1]}; kx = kx + 1) {
          let column = place.z * ${strides[1]} + kx - ${left};
          if (column < 0 || column >= uniforms.xShape.z) { continue; }
          let value = x[((place.x * uniforms.xShape.y + row) * uniforms.xShape.z + column) * uniforms.xShape.w + place.w];
          if (value > largest || isnan(value)) { largest = value; }
        }
      }
      setOutputAtIndex(index, largest);`,
  });
}

/** Of an axis of 1 tfjs gives back its input without counting that it did, and the memory is given away while it is in use. */
function topk(call: Call): readonly Tensor[] {
  const { tf, inputs, shape } = call;
  const [x] = inputs;
  return x!.shape.at(-1) === 1 ? [x!.clone(), tf.zeros([...shape], 'int32')] : (general.topk!(call) as Tensor[]);
}

/** Products read their operands turned: they need no transposes of their own. */
function product(tf: Tf, x: Tensor, y: Tensor, shape: readonly number[], turned: readonly [boolean, boolean]): Tensor {
  return x.size === 0 || y.size === 0 ? tf.zeros([...shape]) : tf.matMul(x, y, ...turned);
}

/** How tfjs' WebGPU backend computes each op, by its keyword. */
export const kernels: Readonly<Record<string, Kernel>> = {
  ...general,
  ...imageKernels({ ...imageOps, maxima }),
  matmul: ({ tf, inputs: [x, y], attributes, shape }) =>
    product(tf, x!, y!, shape, [attributes.transposeX as boolean, attributes.transposeY as boolean]),
  outer_sum: ({ tf, inputs, shape }) => {
    const [x, y] = inputs.map((one) => {
      const last = one.shape.at(-1)!;
      return tf.reshape(one, [sizeOf(one.shape.slice(0, -1)), last]);
    });
    return product(tf, x!, y!, shape, [true, false]);
  },
  scatter_add: scatterAdd,
  topk,
};
