import { pick, tensor64 } from '../kernels.js';
import { defineOp } from '../op.js';
import type { Attributes } from '../program.js';
import { checkCount, offsetsOf, showShape, stridesOf } from '../shapes.js';

export interface TransposeAttributes extends Attributes {
  readonly permutation: readonly number[];
}

export const transpose = defineOp<TransposeAttributes>({
  keyword: 'transpose',
  summary: 'Axis i of the result is axis permutation[i] of x.',
  pattern: 'movement',
  infer(inputs, { permutation }) {
    checkCount('transpose', inputs, 1);
    const { dtype, shape } = inputs[0]!;
    if (permutation.length !== shape.length || shape.some((_, axis) => !permutation.includes(axis))) {
      throw new Error(`transpose: ${permutation.join(', ')} is no permutation of the axes of ${showShape(shape)}`);
    }
    return [{ dtype, shape: permutation.map((axis) => shape[axis]!) }];
  },
  gradient: (b, at) => [
    at.gradients[0] &&
      b.transpose(
        at.gradients[0],
        at.attributes.permutation.map((_, axis) => at.attributes.permutation.indexOf(axis)),
      ),
  ],
  evaluate([x], { permutation }, outputs) {
    const strides = stridesOf(x!.shape);
    const { shape } = outputs[0]!;
    const places = offsetsOf(
      shape,
      permutation.map((axis) => strides[axis]!),
    );
    return [tensor64(x!.dtype, shape, pick(x!.data, places))];
  },
});
