import { tensor64 } from '../kernels.js';
import { defineOp } from '../op.js';
import { type Attributes, sizeOf } from '../program.js';
import { checkCount, checkDType, knownExtent, showType } from '../shapes.js';

export interface TopkAttributes extends Attributes {
  readonly k: number;
}

export const topk = defineOp<TopkAttributes>({
  keyword: 'topk',
  summary:
    'The k largest along the last axis in falling order, as values and int indices; of equals the first comes first.',
  pattern: 'other',
  infer(inputs, { k }) {
    checkCount('topk', inputs, 1);
    const x = inputs[0]!;
    checkDType('topk', x, ['float', 'int']);
    const last = x.shape.length - 1;
    const extent = knownExtent('topk', x.shape, last);
    if (!(Number.isInteger(k) && k >= 1 && k <= extent)) {
      throw new Error(`topk: k is ${k}, and the last axis of ${showType(x)} has ${extent} entries`);
    }
    const shape = [...x.shape.slice(0, last), k];
    return [
      { dtype: x.dtype, shape },
      { dtype: 'int', shape },
    ];
  },
  gradient(b, at) {
    const g = at.gradients[0];
    if (!g) return [];
    const x = at.inputs[0]!.type.shape;
    const { shape } = g.type;
    // [.., k, n]: row j has its 1 where the j-th largest came from; no two rows share a place.
    const places = b.oneHot(at.outputs[1]!, knownExtent('topk', x, x.length - 1));
    return [b.sum(b.multiply(b.reshape(g, [...shape, 1]), places), [shape.length - 1])];
  },
  evaluate([x], { k }, outputs) {
    const { shape } = outputs[0]!;
    const extent = x!.shape[x!.shape.length - 1]!;
    const values = new Float64Array(sizeOf(shape));
    const indices = new Float64Array(values.length);
    for (let row = 0; row * k < values.length; row++) {
      const line = x!.data.subarray(row * extent, (row + 1) * extent);
      const order = Array.from(line.keys()).sort((i, j) => line[j]! - line[i]! || i - j);
      for (let j = 0; j < k; j++) {
        indices[row * k + j] = order[j]!;
        values[row * k + j] = line[order[j]!]!;
      }
    }
    return [tensor64(x!.dtype, shape, values), tensor64('int', shape, indices)];
  },
});
