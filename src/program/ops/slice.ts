import { aroundAxis, tensor64 } from '../kernels.js';
import { defineOp } from '../op.js';
import { type Attributes, sizeOf } from '../program.js';
import { checkCount, knownExtent, showType } from '../shapes.js';

export interface SliceAttributes extends Attributes {
  readonly axis: number;
  readonly start: number;
  readonly end: number;
}

export const slice = defineOp<SliceAttributes>({
  keyword: 'slice',
  summary: 'One axis of known extent from `start` (included) to `end` (excluded).',
  pattern: 'movement',
  infer(inputs, { axis, start, end }) {
    checkCount('slice', inputs, 1);
    const x = inputs[0]!;
    const extent = knownExtent('slice', x.shape, axis);
    if (!(Number.isInteger(start) && Number.isInteger(end) && 0 <= start && start <= end && end <= extent)) {
      throw new Error(`slice: ${start} to ${end} does not lie within axis ${axis} of ${showType(x)}`);
    }
    return [{ dtype: x.dtype, shape: x.shape.map((one, at) => (at === axis ? end - start : one)) }];
  },
  gradient(b, at) {
    const { axis, start, end } = at.attributes;
    const extent = knownExtent('slice', at.inputs[0]!.type.shape, axis);
    return [at.gradients[0] && b.pad(at.gradients[0], axis, start, extent - end)];
  },
  evaluate([x], { axis, start, end }, outputs) {
    const { shape } = outputs[0]!;
    const data = new Float64Array(sizeOf(shape));
    const { outer, extent, inner } = aroundAxis(x!.shape, axis);
    const width = (end - start) * inner;
    for (let o = 0; o < outer; o++) {
      const from = (o * extent + start) * inner;
      data.set(x!.data.subarray(from, from + width), o * width);
    }
    return [tensor64(x!.dtype, shape, data)];
  },
});
