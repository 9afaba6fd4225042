import { aroundAxis, tensor64 } from '../kernels.js';
import { defineOp } from '../op.js';
import { type Attributes, sizeOf } from '../program.js';
import { checkAxis, checkCount, checkDType, showType } from '../shapes.js';

export interface ScatterAddAttributes extends Attributes {
  readonly axis: number;
  readonly extent: number;
}

export const scatterAdd = defineOp<ScatterAddAttributes>({
  keyword: 'scatter_add',
  summary:
    'Zeros of extent `extent` along `axis`, with the slices of x added at the int vector’s positions; duplicates add up.',
  pattern: 'movement',
  infer(inputs, { axis, extent }) {
    checkCount('scatter_add', inputs, 2);
    const [x, indices] = inputs as readonly [(typeof inputs)[number], (typeof inputs)[number]];
    checkDType('scatter_add', x, ['float', 'int']);
    checkAxis('scatter_add', x.shape, axis);
    if (indices.dtype !== 'int' || indices.shape.length !== 1 || indices.shape[0] !== x.shape[axis]) {
      throw new Error(
        `scatter_add: the indices must be an int vector as long as axis ${axis} of ${showType(x)} and are ${showType(indices)}`,
      );
    }
    if (!Number.isInteger(extent) || extent < 0) throw new Error(`scatter_add: ${extent} is no extent`);
    return [{ dtype: x.dtype, shape: x.shape.map((one, at) => (at === axis ? extent : one)) }];
  },
  gradient: (b, at) => [
    at.gradients[0] && at.needed[0] ? b.gather(at.gradients[0], at.inputs[1]!, at.attributes.axis) : undefined,
  ],
  evaluate([x, indices], { axis, extent }, outputs) {
    const { shape } = outputs[0]!;
    const data = new Float64Array(sizeOf(shape));
    const { outer, extent: count, inner } = aroundAxis(x!.shape, axis);
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
