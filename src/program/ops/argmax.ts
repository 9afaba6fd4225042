import { groupsOf, tensor64 } from '../kernels.js';
import { defineOp } from '../op.js';
import type { Attributes } from '../program.js';
import { checkCount, checkDType, knownExtent, reducedShape, showType } from '../shapes.js';

export interface ArgmaxAttributes extends Attributes {
  readonly axis: number;
}

export const argmax = defineOp<ArgmaxAttributes>({
  keyword: 'argmax',
  summary: 'The index of the first maximum along one axis, as int. No gradient.',
  pattern: 'reduction',
  infer(inputs, { axis }) {
    checkCount('argmax', inputs, 1);
    const x = inputs[0]!;
    checkDType('argmax', x, ['float', 'int']);
    if (knownExtent('argmax', x.shape, axis) === 0) throw new Error(`argmax: axis ${axis} of ${showType(x)} is empty`);
    return [{ dtype: 'int', shape: reducedShape(x.shape, [axis], false) }];
  },
  evaluate([x], { axis }, outputs) {
    const { groups, members } = groupsOf(x!.shape, [axis]);
    const data = new Float64Array(groups.length);
    for (let g = 0; g < data.length; g++) {
      const start = groups[g]!;
      let best = 0;
      for (let r = 1; r < members.length; r++) {
        if (x!.data[start + members[r]!]! > x!.data[start + members[best]!]!) best = r;
      }
      data[g] = best;
    }
    return [tensor64('int', outputs[0]!.shape, data)];
  },
});
