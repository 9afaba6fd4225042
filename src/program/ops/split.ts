import { aroundAxis, tensor64 } from '../kernels.js';
import { zeros } from '../gradient.js';
import { defineOp } from '../op.js';
import { type Attributes, sizeOf } from '../program.js';
import { checkCount, knownExtent, showType } from '../shapes.js';

export interface SplitAttributes extends Attributes {
  readonly axis: number;
  readonly sizes: readonly number[];
}

export const split = defineOp<SplitAttributes>({
  keyword: 'split',
  summary: 'One axis of known extent cut into parts of these sizes, one after the other.',
  pattern: 'movement',
  infer(inputs, { axis, sizes }) {
    checkCount('split', inputs, 1);
    const x = inputs[0]!;
    const extent = knownExtent('split', x.shape, axis);
    const total = sizes.reduce((sum, size) => sum + size, 0);
    if (sizes.length === 0 || total !== extent || !sizes.every((size) => Number.isInteger(size) && size >= 0))
      throw new Error(`split: [${sizes.join(', ')}] are no sizes of parts of axis ${axis} of ${showType(x)}`);
    return sizes.map((size) => ({ dtype: x.dtype, shape: x.shape.map((one, at) => (at === axis ? size : one)) }));
  },
  gradient: (b, { gradients, outputs, attributes: { axis } }) => [
    b.concat(
      outputs.map(({ type }, at) => gradients[at] ?? zeros(b, type.shape)),
      axis,
    ),
  ],
  evaluate([x], { axis, sizes }, outputs) {
    const { outer, extent, inner } = aroundAxis(x!.shape, axis);
    let start = 0;
    return sizes.map((size, at) => {
      const { shape } = outputs[at]!;
      const data = new Float64Array(sizeOf(shape));
      const width = size * inner;
      for (let o = 0; o < outer; o++) {
        const from = (o * extent + start) * inner;
        data.set(x!.data.subarray(from, from + width), o * width);
      }
      start += size;
      return tensor64(x!.dtype, shape, data);
    });
  },
});
