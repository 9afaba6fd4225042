import { ops } from '../ops/index.js';
import type { Extent, ValueId } from '../program.js';
import { broadcastsTo, sameShape, sameType } from '../shapes.js';
import { type Pass, type Rewriter, rewrite } from './pass.js';

/**
 * The gradient of a sum is a number stretched to the shape of what was summed, the batch included; nearly always it is then multiplied
 * by something of that shape. Elementwise ops broadcast by themselves, so the stretching is left out where another operand has the
 * full shape, and put off until after the op where none has; a number that was stretched can be stretched to another shape at once.
 */
export const broadcasts: Pass = {
  keyword: 'broadcasts',
  summary: 'Elementwise ops read what was stretched before it is stretched.',
  run: (program) =>
    rewrite(program, ({ op, inputs, outputs, attributes }, r) => {
      const result = r.type(outputs[0]!);
      if (op === 'broadcast_to') {
        const source = sourceOf(r, inputs[0]!);
        if (sameShape(r.type(source).shape, result.shape)) return [source];
        return source === inputs[0] ? undefined : r.emit('broadcast_to', [source], attributes);
      }
      if (op === 'reshape' || op === 'transpose') {
        // One number everywhere is the same in any order.
        const source = sourceOf(r, inputs[0]!);
        if (source === inputs[0] || r.type(source).shape.some((extent) => extent !== 1)) return undefined;
        const number = r.type(source).shape.length === 0 ? source : r.emit('reshape', [source], { shape: [] })[0]!;
        return r.emit('broadcast_to', [number], { shape: result.shape });
      }
      if (ops[op]!.pattern !== 'elementwise') return undefined;
      const sources = inputs.map((id) => sourceOf(r, id));
      if (sources.every((id, at) => id === inputs[at])) return undefined;
      const small = r.emit(op, sources, attributes);
      if (sameType(r.type(small[0]!), result)) return small;
      return r.emit('broadcast_to', small, { shape: result.shape });
    }),
};

/** What the value was stretched from. A reshape that puts axes of extent 1 in front stretches too. */
function sourceOf(r: Rewriter, id: ValueId): ValueId {
  const producer = r.producer(id);
  if (!producer) return id;
  const from = producer.inputs[0]!;
  const stretches =
    producer.op === 'broadcast_to' ||
    (producer.op === 'reshape' && addsLeadingOnes(r.type(from).shape, r.type(id).shape));
  return stretches ? sourceOf(r, from) : id;
}

function addsLeadingOnes(from: readonly Extent[], to: readonly Extent[]): boolean {
  const added = to.length - from.length;
  return broadcastsTo(from, to) && sameShape(to, [...new Array<Extent>(Math.max(0, added)).fill(1), ...from]);
}
