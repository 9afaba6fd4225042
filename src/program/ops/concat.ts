import { aroundAxis, tensor64 } from '../kernels.js';
import { defineOp } from '../op.js';
import { type Attributes, sizeOf } from '../program.js';
import { knownExtent, showType } from '../shapes.js';

export interface ConcatAttributes extends Attributes {
  readonly axis: number;
}

export const concat = defineOp<ConcatAttributes>({
  keyword: 'concat',
  summary: 'Tensors one after the other along one axis of known extent.',
  pattern: 'movement',
  infer(inputs, { axis }) {
    const first = inputs[0];
    if (!first) throw new Error('concat: takes at least one input');
    let total = 0;
    for (const one of inputs) {
      total += knownExtent('concat', one.shape, axis);
      const fits =
        one.dtype === first.dtype &&
        one.shape.length === first.shape.length &&
        one.shape.every((extent, at) => at === axis || extent === first.shape[at]);
      if (!fits) throw new Error(`concat: ${showType(first)} and ${showType(one)} differ beside axis ${axis}`);
    }
    return [{ dtype: first.dtype, shape: first.shape.map((extent, at) => (at === axis ? total : extent)) }];
  },
  gradient(b, at) {
    const g = at.gradients[0];
    if (!g) return [];
    const { axis } = at.attributes;
    let start = 0;
    return at.inputs.map((one, index) => {
      const end = start + knownExtent('concat', one.type.shape, axis);
      const part = at.needed[index] ? b.slice(g, axis, start, end) : undefined;
      start = end;
      return part;
    });
  },
  evaluate(inputs, { axis }, outputs) {
    const { shape } = outputs[0]!;
    const data = new Float64Array(sizeOf(shape));
    const { outer, extent, inner } = aroundAxis(shape, axis);
    let start = 0;
    for (const one of inputs) {
      const width = one.shape[axis]! * inner;
      for (let o = 0; o < outer; o++) {
        data.set(one.data.subarray(o * width, (o + 1) * width), o * extent * inner + start);
      }
      start += width;
    }
    return [tensor64(inputs[0]!.dtype, shape, data)];
  },
});
