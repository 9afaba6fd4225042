import { tensor64 } from '../kernels.js';
import { defineOp } from '../op.js';
import { type Attributes, type DType, sizeOf } from '../program.js';
import { checkCount, checkShape, showShape } from '../shapes.js';

export interface ConstantAttributes extends Attributes {
  readonly dtype: DType;
  readonly shape: readonly number[];
  readonly data: Float64Array;
}

export const constant = defineOp<ConstantAttributes>({
  keyword: 'constant',
  summary: 'Numbers known when the program is built.',
  pattern: 'other',
  infer(inputs, { dtype, shape, data }) {
    checkCount('constant', inputs, 0);
    checkShape('constant', shape);
    if (data.length !== sizeOf(shape)) {
      throw new Error(`constant: ${showShape(shape)} holds ${sizeOf(shape)} numbers and ${data.length} are given`);
    }
    if (dtype !== 'float' && !data.every(dtype === 'int' ? Number.isInteger : (one) => one === 0 || one === 1)) {
      throw new Error(`constant: a number is no ${dtype}`);
    }
    return [{ dtype, shape }];
  },
  evaluate: (_, { dtype, shape, data }) => [tensor64(dtype, shape, data)],
});
