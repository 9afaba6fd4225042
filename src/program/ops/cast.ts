import { map1 } from '../kernels.js';
import { defineOp } from '../op.js';
import type { Attributes, DType } from '../program.js';
import { checkCount } from '../shapes.js';

export interface CastAttributes extends Attributes {
  readonly dtype: DType;
}

export const cast = defineOp<CastAttributes>({
  keyword: 'cast',
  summary:
    'Another dtype: to int towards zero (the number must fit), to bool where not zero. No gradient but to float itself.',
  pattern: 'elementwise',
  infer(inputs, { dtype }) {
    checkCount('cast', inputs, 1);
    return [{ dtype, shape: inputs[0]!.shape }];
  },
  gradient: (_, at) => [at.attributes.dtype === 'float' ? at.gradients[0] : undefined],
  evaluate: ([x], { dtype }) => [
    map1(
      dtype,
      x!,
      dtype === 'float' ? (v) => v : dtype === 'int' ? (v) => Math.trunc(v) + 0 : (v) => (v !== 0 ? 1 : 0),
    ),
  ],
});
