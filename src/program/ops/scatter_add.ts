import { aroundAxis, tensor64 } from '../kernels.js';
import { defineOp } from '../op.js';
import { type Attributes, sizeOf } from '../program.js';
import { checkAxis, checkCount, checkDType, sameShape, showType } from '../shapes.js';

export interface ScatterAddAttributes extends Attributes {
  readonly axis: number;
  readonly extent: number;
}

export const scatterAdd = defineOp<ScatterAddAttributes>({
  keyword: 'scatter_add',
  summary:
    'Zeros of extent `extent` along `axis`, with the slices of x added at the positions that ints give, whose axes begin there; duplicates add up.',
  pattern: 'movement',
  infer(inputs, { axis, extent }) {
    checkCount('scatter_add', inputs, 2);
    const [x, indices] = inputs as readonly [(typeof inputs)[number], (typeof inputs)[number]];
    checkDType('scatter_add', x, ['float', 'int']);
    checkAxis('scatter_add', x.shape, axis);
    const own = x.shape.slice(axis, axis + indices.shape.length);
    if (indices.dtype !== 'int' || indices.shape.length === 0 || !sameShape(own, indices.shape)) {
      throw new Error(
        `scatter_add: the indices must be ints with the axes of ${showType(x)} from ${axis} on and are ${showType(indices)}`,
      );
    }
    if (!Number.isInteger(extent) || extent < 0) throw new Error(`scatter_add: ${extent} is no extent`);
    const behind = x.shape.slice(axis + indices.shape.length);
    return [{ dtype: x.dtype, shape: [...x.shape.slice(0, axis), extent, ...behind] }];
  },
  gradient: (b, at) => [
    at.gradients[0] && at.needed[0] ? b.gather(at.gradients[0], at.inputs[1]!, at.attributes.axis) : undefined,
  ],
  evaluate([x, indices], { axis, extent }, outputs) {
    const { shape } = outputs[0]!;
    const data = new Float64Array(sizeOf(shape));
    const { outer, inner } = aroundAxis(shape, axis);
    const count = indices!.data.length;
    for (let i = 0; i < count; i++) {
      const index = indices!.data[i]!;
      if (!(index >= 0 && index < extent)) {
        throw new Error(`scatter_add: the index ${index} is outside 0 to ${extent - 1}`);
      }
      for (let o = 0; o < outer; o++) {
        const from = (o * count + i) * inner;
        const to = (o * extent + index) * inner;
        for (let j = 0; j < inner; j++) data[to + j]! += x!.data[from + j]!;
      }
    }
    return [tensor64(x!.dtype, shape, data)];
  },
});
