import { map1 } from './kernels.js';
import type { Tensor64, TensorType } from './program.js';
import { checkCount, checkDType, knownExtent } from './shapes.js';

/** What softmax and its logarithm share. */

export function checkSoftmax(op: string, inputs: readonly TensorType[]): readonly TensorType[] {
  checkCount(op, inputs, 1);
  const x = inputs[0]!;
  checkDType(op, x, ['float']);
  knownExtent(op, x.shape, x.shape.length - 1);
  return [x];
}

/** f(x − max of the row, Σ exp(x − max of the row)) for every element; with the maximum taken off, nothing overflows. */
export function softmaxRows(x: Tensor64, f: (shifted: number, total: number) => number): Tensor64 {
  const extent = x.shape[x.shape.length - 1]!;
  const y = map1('float', x, (one) => one);
  for (let start = 0; start < y.data.length; start += extent) {
    const row = y.data.subarray(start, start + extent);
    let largest = -Infinity;
    for (const one of row) largest = Math.max(largest, one);
    let total = 0;
    for (const one of row) total += Math.exp(one - largest);
    for (let i = 0; i < extent; i++) row[i] = f(row[i]! - largest, total);
  }
  return y;
}
