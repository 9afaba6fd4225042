import { tensor64 } from '../kernels.js';
import { defineOp } from '../op.js';
import { type Attributes, sizeOf } from '../program.js';
import { checkCount, checkDType } from '../shapes.js';

export interface OneHotAttributes extends Attributes {
  readonly depth: number;
}

export const oneHot = defineOp<OneHotAttributes>({
  keyword: 'one_hot',
  summary: 'Int [..] to float [.., depth]: 1 at the index, else 0. The indices lie within 0 to depth − 1. No gradient.',
  pattern: 'movement',
  infer(inputs, { depth }) {
    checkCount('one_hot', inputs, 1);
    const x = inputs[0]!;
    checkDType('one_hot', x, ['int']);
    if (!Number.isInteger(depth) || depth < 1) throw new Error(`one_hot: ${depth} is no depth`);
    return [{ dtype: 'float', shape: [...x.shape, depth] }];
  },
  evaluate([x], { depth }, outputs) {
    const { shape } = outputs[0]!;
    const data = new Float64Array(sizeOf(shape));
    for (let i = 0; i < x!.data.length; i++) {
      const index = x!.data[i]!;
      if (!(index >= 0 && index < depth)) throw new Error(`one_hot: the index ${index} is outside 0 to ${depth - 1}`);
      data[i * depth + index] = 1;
    }
    return [tensor64('float', shape, data)];
  },
});
