import { defineOp } from '../op.js';
import { checkSoftmax, softmaxRows } from '../softmax-rows.js';

export const logSoftmax = defineOp({
  keyword: 'log_softmax',
  summary: 'x − log Σ exp x along the last axis, without overflow.',
  pattern: 'other',
  infer: (inputs) => checkSoftmax('log_softmax', inputs),
  gradient(b, at) {
    const g = at.gradients[0];
    return [g && b.subtract(g, b.multiply(b.exp(at.outputs[0]!), b.sum(g, [-1], true)))];
  },
  evaluate: ([x]) => [softmaxRows(x!, (one, total) => one - Math.log(total))],
});
