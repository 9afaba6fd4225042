import { tensor64 } from '../kernels.js';
import { defineOp } from '../op.js';
import { sizeOf } from '../program.js';
import { checkCount, checkDType, sameShape, showType } from '../shapes.js';

export const outerSum = defineOp<Readonly<Record<string, never>>>({
  keyword: 'outer_sum',
  summary: 'The sum over all axes but the last of the outer products of the last: [.., n] and [.., m] to [n, m].',
  pattern: 'other',
  infer(inputs) {
    checkCount('outer_sum', inputs, 2);
    const [x, y] = inputs as readonly [(typeof inputs)[number], (typeof inputs)[number]];
    checkDType('outer_sum', x, ['float']);
    checkDType('outer_sum', y, ['float']);
    const [n, m] = [x.shape.at(-1), y.shape.at(-1)];
    if (x.shape.length < 2 || !sameShape(x.shape.slice(0, -1), y.shape.slice(0, -1)) || n === 'batch' || m === 'batch')
      throw new Error(`outer_sum: ${showType(x)} and ${showType(y)} do not share all axes but the last`);
    return [{ dtype: 'float', shape: [n!, m!] }];
  },
  gradient(b, at) {
    const g = at.gradients[0];
    if (!g) return [];
    const [x, y] = at.inputs;
    return [
      at.needed[0] ? b.matmul(y!, g, false, true) : undefined,
      at.needed[1] ? b.matmul(x!, g, false, false) : undefined,
    ];
  },
  evaluate([x, y], _, outputs) {
    const [n, m] = outputs[0]!.shape as [number, number];
    const data = new Float64Array(n * m);
    const rows = sizeOf(x!.shape.slice(0, -1));
    for (let row = 0; row < rows; row++) {
      for (let i = 0; i < n; i++) {
        const one = x!.data[row * n + i]!;
        for (let j = 0; j < m; j++) data[i * m + j] = data[i * m + j]! + one * y!.data[row * m + j]!;
      }
    }
    return [tensor64('float', [n, m], data)];
  },
});
