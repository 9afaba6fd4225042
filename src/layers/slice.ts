import { Type } from '../ir/kind.js';
import { pickedRanges } from '../ir/ranges.js';
import { axesThere, axisArgument, axisOf } from './axes.js';
import { pickedFacts } from './facts.js';
import { defineLayer } from './layer.js';

interface Bounds {
  readonly start: number;
  readonly stop?: number;
}

export const slice = defineLayer({
  keyword: 'Slice',
  summary: 'Hands on a stretch of one axis: `Slice(0, 10)`, and `Slice(-1, axis: 1)` for the last step.',
  cite: 'Python, x[start:stop]; not in Keras',
  inputs: [1, 1],
  schema: Type.Object({
    start: Type.Integer({ default: 0, description: 'The first place; counted from the end where it is negative.' }),
    stop: Type.Optional(
      Type.Integer({
        description: 'The place behind the last one; counted from the end where it is negative.',
        absent: 'the end',
      }),
    ),
    axis: axisArgument({ default: -1, description: 'The axis that is cut.' }),
  }),
  handsOn: () => true,
  shape: (args, { inputs: [x = []], stretch, misfit }) => {
    const place = axisOf(args.axis, x);
    if (place === undefined) {
      misfit(axesThere(x), `axis: ${args.axis}`, 'the batch is axis 0');
      return [x];
    }
    const extent = x[place]!.units.length;
    const [start, stop] = boundsOf(args, extent);
    if (start >= stop && extent > 0) {
      misfit(`a stretch of its ${extent} places`, `${args.start} to ${args.stop ?? 'the end'}`);
      return [x];
    }
    return [x.map((dim, k) => (k === place ? stretch(dim, positions(start, stop)) : dim))];
  },
  forward: (b, { arguments: args, inputs: [x], inputShapes: [shape = []] }) => {
    const place = axisOf(args.axis, shape)!;
    const extent = shape[place]!.units.length;
    const [start, stop] = boundsOf(args, extent);
    return [start === 0 && stop === extent ? x! : b.slice(x!, place + 1, start, stop)];
  },
  // What it leaves out it does not read.
  unitwise: (_, [x = []]) => x,
  facts: (args, { inputs: [x = []], inputShapes: [shape = []] }) => {
    const place = axisOf(args.axis, shape)!;
    return [pickedFacts(x, place, positions(...boundsOf(args, shape[place]!.units.length)))];
  },
  ranges: (args, { inputs: [x], inputShapes: [shape = []] }) => {
    const place = axisOf(args.axis, shape)!;
    if (place !== shape.length - 1) return [x!];
    return [pickedRanges(x!, positions(...boundsOf(args, shape[place]!.units.length)))];
  },
  resize: (args, { inputPositions, inputSize, inputExtents: [extents = []], outputExtents: [left = []] }) => {
    const place = axisOf(args.axis, extents)!;
    const [start] = boundsOf(args, inputSize(0, place));
    const first = inputPositions(0, place).filter((position) => position < start).length;
    const stop = first + left[place]!;
    return { start: first, stop: stop === extents[place] ? undefined : stop };
  },
  spelling: {},
});

/** The bounds as places of an axis, as Python cuts them. */
function boundsOf({ start, stop }: Bounds, extent: number): readonly [start: number, stop: number] {
  const inside = (place: number) => Math.min(extent, Math.max(0, place < 0 ? place + extent : place));
  return [inside(start), stop === undefined ? extent : inside(stop)];
}

function positions(start: number, stop: number): number[] {
  return Array.from({ length: Math.max(0, stop - start) }, (_, k) => start + k);
}
