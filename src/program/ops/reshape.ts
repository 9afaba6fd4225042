import { tensor64 } from '../kernels.js';
import { defineOp } from '../op.js';
import { type Attributes, type Extent, sizeOf } from '../program.js';
import { checkCount, checkShape, showShape } from '../shapes.js';

export interface ReshapeAttributes extends Attributes {
  readonly shape: readonly Extent[];
}

export const reshape = defineOp<ReshapeAttributes>({
  keyword: 'reshape',
  summary: 'The same elements in row-major order in another shape; the batch stays an extent of its own.',
  pattern: 'movement',
  infer(inputs, { shape }) {
    checkCount('reshape', inputs, 1);
    checkShape('reshape', shape);
    const x = inputs[0]!;
    const known = (of: readonly Extent[]) => sizeOf(of.filter((extent) => extent !== 'batch'));
    const batches = (of: readonly Extent[]) => of.filter((extent) => extent === 'batch').length;
    if (known(x.shape) !== known(shape) || batches(x.shape) !== batches(shape)) {
      throw new Error(`reshape: ${showShape(x.shape)} and ${showShape(shape)} do not hold as many elements`);
    }
    return [{ dtype: x.dtype, shape }];
  },
  gradient: (b, at) => [at.gradients[0] && b.reshape(at.gradients[0], at.inputs[0]!.type.shape)],
  evaluate: ([x], _, outputs) => [tensor64(x!.dtype, outputs[0]!.shape, x!.data)],
});
