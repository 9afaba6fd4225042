import { aroundAxis, tensor64 } from '../kernels.js';
import { defineOp } from '../op.js';
import { type Attributes, sizeOf } from '../program.js';
import { checkAxis, checkCount, knownExtent, showType } from '../shapes.js';

export interface GatherAttributes extends Attributes {
  readonly axis: number;
}

export const gather = defineOp<GatherAttributes>({
  keyword: 'gather',
  summary: 'Picks entries of one axis by ints, which lie within the axis; the axes of the ints take its place.',
  pattern: 'movement',
  infer(inputs, { axis }) {
    checkCount('gather', inputs, 2);
    const [x, indices] = inputs as readonly [(typeof inputs)[number], (typeof inputs)[number]];
    checkAxis('gather', x.shape, axis);
    if (indices.dtype !== 'int' || indices.shape.length === 0) {
      throw new Error(`gather: the indices must be ints with at least one axis and are ${showType(indices)}`);
    }
    return [{ dtype: x.dtype, shape: x.shape.flatMap((one, at) => (at === axis ? indices.shape : one)) }];
  },
  gradient(b, at) {
    const { axis } = at.attributes;
    const g = at.gradients[0];
    if (!g || !at.needed[0]) return [];
    return [b.scatterAdd(g, at.inputs[1]!, axis, knownExtent('gather', at.inputs[0]!.type.shape, axis))];
  },
  evaluate([x, indices], { axis }, outputs) {
    const { shape } = outputs[0]!;
    const data = new Float64Array(sizeOf(shape));
    const { outer, extent, inner } = aroundAxis(x!.shape, axis);
    const count = indices!.data.length;
    for (let i = 0; i < count; i++) {
      const index = indices!.data[i]!;
      if (!(index >= 0 && index < extent)) throw new Error(`gather: the index ${index} is outside 0 to ${extent - 1}`);
      for (let o = 0; o < outer; o++) {
        const from = (o * extent + index) * inner;
        data.set(x!.data.subarray(from, from + inner), (o * count + i) * inner);
      }
    }
    return [tensor64(x!.dtype, shape, data)];
  },
});
