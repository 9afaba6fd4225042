import { defineOp } from '../op.js';
import { checkSoftmax, softmaxRows } from '../softmax-rows.js';

export const softmax = defineOp({
  keyword: 'softmax',
  summary: 'exp x / Σ exp x along the last axis, without overflow.',
  pattern: 'other',
  infer: (inputs) => checkSoftmax('softmax', inputs),
  gradient(b, at) {
    const g = at.gradients[0];
    const y = at.outputs[0]!;
    return [g && b.multiply(y, b.subtract(g, b.sum(b.multiply(g, y), [-1], true)))];
  },
  evaluate: ([x]) => [softmaxRows(x!, (one, total) => Math.exp(one) / total)],
});
