import { aroundAxis, tensor64 } from '../kernels.js';
import { defineOp } from '../op.js';
import { type Attributes, sizeOf } from '../program.js';
import { checkCount, knownExtent } from '../shapes.js';

export interface PadAttributes extends Attributes {
  readonly axis: number;
  readonly before: number;
  readonly after: number;
}

export const pad = defineOp<PadAttributes>({
  keyword: 'pad',
  summary: 'Zeros before and after, along one axis of known extent.',
  pattern: 'movement',
  infer(inputs, { axis, before, after }) {
    checkCount('pad', inputs, 1);
    const x = inputs[0]!;
    const extent = knownExtent('pad', x.shape, axis);
    if (![before, after].every((one) => Number.isInteger(one) && one >= 0)) {
      throw new Error(`pad: ${before} before and ${after} after are not counts of zeros`);
    }
    return [{ dtype: x.dtype, shape: x.shape.map((one, at) => (at === axis ? before + extent + after : one)) }];
  },
  gradient(b, at) {
    const { axis, before } = at.attributes;
    const extent = knownExtent('pad', at.inputs[0]!.type.shape, axis);
    return [at.gradients[0] && b.slice(at.gradients[0], axis, before, before + extent)];
  },
  evaluate([x], { axis, before }, outputs) {
    const { shape } = outputs[0]!;
    const data = new Float64Array(sizeOf(shape));
    const { outer, extent, inner } = aroundAxis(x!.shape, axis);
    const wide = shape[axis]!;
    for (let o = 0; o < outer; o++) {
      const from = o * extent * inner;
      data.set(x!.data.subarray(from, from + extent * inner), (o * wide + before) * inner);
    }
    return [tensor64(x!.dtype, shape, data)];
  },
});
