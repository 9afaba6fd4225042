import { type Dim, extents, type Shape } from '../ir/dims.js';
import { indexList, spreadIntegers, Type } from '../ir/kind.js';
import { pickedRanges } from '../ir/ranges.js';
import { constantOf, type UnitFact } from '../ir/units.js';
import { sizeOf } from '../program/program.js';
import { computedFact, pickedFacts, productFacts, spreadFacts, unknownUnits, wholeConstant } from './facts.js';
import { keepFeatures, keepOf, keptSpelling } from './keep.js';
import { defineLayer } from './layer.js';
import { reshapedRanges } from './ranges.js';

export const reshape = defineLayer({
  keyword: 'Reshape',
  summary: 'Gives a row other extents; the order of its elements stays.',
  cite: 'Keras, keras.layers.Reshape',
  inputs: [1, 1],
  laysOut: true,
  schema: Type.Object({
    target_shape: spreadIntegers({ description: 'New extents without the batch: Reshape(28, 28, 1).', minItems: 1 }),
    keep: Type.Optional(indexList({ description: 'Which features of a flat result go on, as indices and ranges.' })),
  }),
  handsOn: () => true,
  shape: ({ target_shape, keep }, { name, inputs: [x = []], dims, fresh, misfit }) => {
    const from = extents(x);
    if (sizeOf(from) !== sizeOf(target_shape)) {
      misfit(
        `${sizeOf(from)} elements (its input is ${from.join('×')})`,
        `${sizeOf(target_shape)} (${target_shape.join('×')})`,
      );
      return [target_shape.map((extent) => dims.fresh(extent, name))];
    }
    if (keep && target_shape.length !== 1) misfit('`keep` on a Reshape to one axis', `${target_shape.length} axes`);
    if (target_shape.length === 1) return [[keepOf(dims.product(x, name), keep, dims, misfit)]];
    // An axis of 1 that was longer is the channel that is left.
    const end = target_shape.at(-1) === 1 ? fresh(1) : undefined;
    const made = (k: number) =>
      k < target_shape.length - 1 ? fresh(target_shape[k]!, 'places') : (end ?? fresh(target_shape[k]!));
    const parts = partsOf(from, target_shape);
    const output: Dim[] = [];
    for (const part of parts) {
      const [read, isLast] = [part.from.map((k) => x[k]!), part === parts.at(-1)];
      const long = read.filter((dim) => dims.isLong(dim));
      const pin = (axes: readonly Dim[], reason: string) => {
        for (const dim of axes) dims.pin(dim, `Reshape ${name} ${reason}`);
      };
      const joined = isLast && joinedAt(part, target_shape);
      // Several axes become the last one: as in a Flatten, but that a feature goes only with one of the units that it is made of.
      if (long.length > 1 && joined) {
        const product = dims.product(read, name, { together: true });
        const others = part.to.slice(0, -1).map(made);
        pin([...read.filter((dim) => !dims.isLong(dim)), ...others], ADDED);
        output.push(...others, product);
        continue;
      }
      const [flat = read[0]] = long;
      const splits = isLast && end !== undefined && dims.isLong(end) && long.length === 1;
      const at = splits || long.length > 1 ? undefined : placeOf(part, flat?.units.length ?? 1, target_shape);
      // Only axes of size 1 come or go: the other one is the same axis.
      if (at !== undefined && flat) {
        const handed = part.to.map((k) => (k === at ? flat : made(k)));
        pin(
          [...read, ...handed].filter((dim) => dim !== flat || long.length === 0),
          ADDED,
        );
        output.push(...handed);
        continue;
      }
      const axes = part.to.map(made);
      // A flat axis that becomes places and channels: a channel goes with all that it is made of.
      const hasChannels = isLast && (end === undefined || dims.isLong(end));
      if (flat && long.length === 1 && hasChannels && target_shape.at(-1)! < flat.units.length) {
        dims.split(flat, axes, name);
        pin(
          read.filter((dim) => dim !== flat),
          ADDED,
        );
      } else
        pin(
          [...read, ...axes],
          part.to.length > 1 && part.to.some((k) => target_shape[k] !== 1)
            ? 'splits this axis, so that no unit of it can go by itself'
            : 'joins this axis with others, so that no unit of it can go by itself',
        );
      output.push(...axes);
    }
    return [output];
  },
  forward: (b, { arguments: { target_shape, keep }, inputs: [x] }) => [
    keepFeatures(b, b.reshape(x!, ['batch', ...target_shape]), keep),
  ],
  // A flat result, axes that are handed on or joined and channels made of a flat axis are units that go apart; other parts of a split axis are not.
  unitwise: ({ target_shape }, [x = []], [y = []]) => {
    if (target_shape.length === 1) return [...x, ...y];
    const handed = x.filter((dim) => y.includes(dim));
    const end = endOf(x, y);
    if (end.kind === 'joined') return [...handed, ...end.axes, ...y.slice(-1)];
    return end.kind === 'split' ? [...handed, ...y.slice(-1)] : handed;
  },
  facts: ({ target_shape, keep }, { inputs: [x = []], inputShapes: [from = []], outputShapes: [to = []] }) => {
    if (target_shape.length === 1) {
      const flat = [productFacts(x)];
      return [keep ? pickedFacts(flat, 0, keep) : flat];
    }
    // Axes that it hands on know what they knew; of the parts of an axis that it splits nothing is told unless all is one number.
    const whole = wholeConstant(x);
    if (whole !== undefined) return [to.map((dim) => dim.units.map(() => computedFact(whole)))];
    const factsOf = (dim: Dim) => x[from.indexOf(dim)]!;
    const end = endOf(from, to);
    const last = (dim: Dim): readonly UnitFact[] => {
      if (end.kind === 'joined') return productFacts(end.axes.map(factsOf));
      if (end.kind === 'other') return unknownUnits(dim.units.length);
      const flat = factsOf(end.axes[0]!);
      return dim.units.map((_, channel, { length }): UnitFact => {
        const parts = flat.filter((_, place) => place % length === channel);
        return parts.every((fact) => constantOf(fact) === constantOf(parts[0]!)) ? parts[0]! : 'varies';
      });
    };
    return [
      spreadFacts(
        to.map((dim, k) => {
          if (from.includes(dim)) return factsOf(dim);
          return k === to.length - 1 ? last(dim) : unknownUnits(dim.units.length);
        }),
      ),
    ];
  },
  ranges: ({ target_shape, keep }, { inputs: [x], inputShapes: [shape = []] }) => {
    const result = reshapedRanges(x!, shape, target_shape);
    return [keep ? pickedRanges(result, keep) : result];
  },
  resize: ({ target_shape, keep }, { features, inputExtents: [from = []], outputExtents: [to = []] }) =>
    target_shape.length === 1 ? { target_shape: [sizeOf(from)], keep: features(keep) } : { target_shape: [...to] },
  spelling: {
    tfjs: ({ target_shape, keep }, { name }) =>
      keptSpelling({ className: 'Reshape', config: { target_shape, name } }, name, keep),
  },
});

/** Why axes of size 1 stay. */
const ADDED = 'adds or drops this axis of size 1, which all features share';

/** Neighbouring axes, by their places, that hold the same elements before and after: the shortest such runs. */
interface Part {
  readonly from: readonly number[];
  readonly to: readonly number[];
}

/**
 * The parts of a reshape, row-major. An axis of 1 that stands on one side alone goes with what is before it, so that parts stay what they are where an axis loses
 * all units but one.
 */
function partsOf(from: readonly number[], to: readonly number[]): readonly Part[] {
  const parts: Part[] = [];
  let [i, k] = [0, 0];
  while (i < from.length || k < to.length) {
    const [first, begin] = [i, k];
    let [before, after] = [1, 1];
    if (i < from.length) before *= from[i++]!;
    if (k < to.length) after *= to[k++]!;
    while (before !== after && (i < from.length || k < to.length)) {
      if (k === to.length || (before < after && i < from.length)) before *= from[i++]!;
      else after *= to[k++]!;
    }
    while (from[i] === 1 && to[k] !== 1) i++;
    while (to[k] === 1 && from[i] !== 1) k++;
    parts.push({ from: placesFrom(first, i), to: placesFrom(begin, k) });
  }
  return parts;
}

function placesFrom(first: number, end: number): readonly number[] {
  return Array.from({ length: end - first }, (_, k) => first + k);
}

/** Where an axis of so many units stands in what its part becomes, if all else there is of size 1; of several places for one unit, the last: channels stand there. */
function placeOf({ to }: Part, units: number, target: readonly number[]): number | undefined {
  const wide = to.filter((k) => target[k] !== 1);
  if (wide.length === 0) return units === 1 ? to.at(-1) : undefined;
  return wide.length === 1 && target[wide[0]!] === units ? wide[0] : undefined;
}

/** Whether all that the last part holds stands on the last axis. */
function joinedAt({ to }: Part, target: readonly number[]): boolean {
  return to.length > 0 && to.slice(0, -1).every((k) => target[k] === 1);
}

/** What becomes the last axis where that is not handed on: several axes joined, or one axis of which the units are the channels of each of its places. */
function endOf(from: Shape, to: Shape): { readonly kind: 'joined' | 'split' | 'other'; readonly axes: readonly Dim[] } {
  const target = extents(to);
  const part = partsOf(extents(from), target).at(-1);
  const axes = part?.from.map((k) => from[k]!) ?? [];
  if (!part || from.includes(to.at(-1)!)) return { kind: 'other', axes };
  if (joinedAt(part, target)) return { kind: 'joined', axes };
  const long = axes.filter((dim) => dim.units.length !== 1);
  const splits = long.length === 1 && target.at(-1)! > 1 && target.at(-1)! < long[0]!.units.length;
  return { kind: splits && !part.to.some((k) => to[k] === long[0]) ? 'split' : 'other', axes: long };
}
