import { Type } from '../ir/kind.js';
import { pickedRanges } from '../ir/ranges.js';
import { axesThere, axisArgument, axisOf } from './axes.js';
import { pickedFacts } from './facts.js';
import { defineLayer } from './layer.js';

export const split = defineLayer({
  keyword: 'Split',
  summary: 'Cuts its input into parts along one axis: `left, right = Split(2)`.',
  cite: 'NumPy, numpy.split, but for sizes in place of positions; Keras, keras.ops.split',
  inputs: [1, 1],
  schema: Type.Object({
    parts: Type.Unsafe<number | readonly number[]>({
      anyOf: [
        { type: 'integer', minimum: 1 },
        { type: 'array', items: { type: 'integer', minimum: 0 }, minItems: 1 },
      ],
      examples: [2],
      description: 'How many equal parts, or the size of each: `Split([3, 5])`.',
    }),
    axis: axisArgument({ default: -1, description: 'The axis that is cut.' }),
  }),
  outputs: ({ parts }) => (typeof parts === 'number' ? parts : parts.length),
  handsOn: () => true,
  shape: ({ parts, axis }, { inputs: [x = []], stretch, misfit }) => {
    const place = axisOf(axis, x);
    const count = typeof parts === 'number' ? parts : parts.length;
    if (place === undefined) {
      misfit(axesThere(x), `axis: ${axis}`, 'the batch is axis 0');
      return Array.from({ length: count }, () => x);
    }
    const extent = x[place]!.units.length;
    const sizes = sizesOf(parts, extent);
    if (!sizes) {
      if (typeof parts === 'number')
        misfit(
          `a number of parts that divides the ${extent} units`,
          String(parts),
          'or give the size of each part: `Split([3, 5])`',
        );
      else misfit(`sizes that add up to ${extent}`, `[${parts.join(', ')}]`);
      return Array.from({ length: count }, () => x);
    }
    return boundsOf(sizes).map(([start, size], part) =>
      x.map((dim, k) => (k === place ? stretch(dim, positions(start, size), String(part)) : dim)),
    );
  },
  forward: (b, { arguments: { parts, axis }, inputs: [x], inputShapes: [shape = []] }) => {
    const place = axisOf(axis, shape)!;
    return boundsOf(sizesOf(parts, shape[place]!.units.length)!).map(([start, size]) =>
      b.slice(x!, place + 1, start, start + size),
    );
  },
  unitwise: (_, [x = []]) => x,
  facts: ({ parts, axis }, { inputs: [x = []], inputShapes: [shape = []] }) => {
    const place = axisOf(axis, shape)!;
    return boundsOf(sizesOf(parts, shape[place]!.units.length)!).map(([start, size]) =>
      pickedFacts(x, place, positions(start, size)),
    );
  },
  ranges: ({ parts, axis }, { inputs: [x], inputShapes: [shape = []] }) => {
    const place = axisOf(axis, shape)!;
    return boundsOf(sizesOf(parts, shape[place]!.units.length)!).map(([start, size]) =>
      place === shape.length - 1 ? pickedRanges(x!, positions(start, size)) : x!,
    );
  },
  resize: ({ parts, axis }, { outputExtents }) => {
    const sizes = outputExtents.map((extents) => extents[axisOf(axis, extents)!]!);
    const equal = typeof parts === 'number' && sizes.every((size) => size === sizes[0]);
    return { parts: equal ? parts : sizes };
  },
  spelling: {},
});

/** The sizes of the parts; undefined where they do not fit. */
function sizesOf(parts: number | readonly number[], extent: number): readonly number[] | undefined {
  if (typeof parts === 'number')
    return extent % parts === 0 ? new Array<number>(parts).fill(extent / parts) : undefined;
  return parts.reduce((sum, size) => sum + size, 0) === extent ? parts : undefined;
}

function boundsOf(sizes: readonly number[]): readonly (readonly [start: number, size: number])[] {
  let start = 0;
  return sizes.map((size) => {
    start += size;
    return [start - size, size] as const;
  });
}

function positions(start: number, size: number): readonly number[] {
  return Array.from({ length: size }, (_, k) => start + k);
}
