import { type Dim, extents, type Shape } from '../ir/dims.js';
import { indexList, spreadIntegers, Type } from '../ir/kind.js';
import { pickedRanges } from '../ir/ranges.js';
import { constantOf, type UnitFact } from '../ir/units.js';
import { sizeOf } from '../program/program.js';
import { computedFact, lastAxisFacts, pickedFacts, productFacts, unknownUnits, wholeConstant } from './facts.js';
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
    const present = x.filter((dim) => dim.units.length !== 1);
    const handed =
      end && dims.isLong(end)
        ? undefined
        : (alignedAxes(
            x.filter((dim) => dims.isLong(dim)),
            target_shape,
          ) ?? alignedAxes(present, target_shape));
    // Only axes of size 1 come or go: the others are the same axes.
    if (handed) {
      const output = target_shape.map((_, k) => handed.get(k) ?? made(k));
      const same = new Set(handed.values());
      for (const dim of [...x, ...output])
        if (!same.has(dim)) dims.pin(dim, `Reshape ${name} adds or drops it, and all features need an axis of 1`);
      return [output];
    }
    const output = target_shape.map((_, k) => made(k));
    const [flat, ...others] = present;
    // A flat axis that becomes places and channels: a channel goes with all that it is made of.
    const hasChannels = end === undefined || dims.isLong(end);
    if (flat && others.length === 0 && hasChannels && target_shape.at(-1)! < flat.units.length) {
      dims.split(flat, output, name);
      return [output];
    }
    for (const dim of [...x, ...output]) dims.pin(dim, `Reshape ${name} splits the axis, and its parts are not units`);
    return [output];
  },
  forward: (b, { arguments: { target_shape, keep }, inputs: [x] }) => [
    keepFeatures(b, b.reshape(x!, ['batch', ...target_shape]), keep),
  ],
  // A flat result, axes that are handed on and channels made of a flat axis are units that go apart; other parts of a split axis are not.
  unitwise: ({ target_shape }, [x = []], [y = []]) => {
    if (target_shape.length === 1) return [...x, ...y];
    return splitsFlat(x, y) ? y.slice(-1) : x.filter((dim) => y.includes(dim));
  },
  facts: ({ target_shape, keep }, { inputs: [x = []], inputShapes: [from = []], outputShapes: [to = []] }) => {
    if (target_shape.length === 1) {
      const flat = [productFacts(x)];
      return [keep ? pickedFacts(flat, 0, keep) : flat];
    }
    // Axes that it hands on know what they knew; of the parts of an axis that it splits nothing is told unless all is one number.
    const whole = wholeConstant(x);
    if (whole === undefined && splitsFlat(from, to)) {
      const flat = x.find((units) => units.length > 1)!;
      const channels = to.at(-1)!.units.map((_, channel, { length }): UnitFact => {
        const parts = flat.filter((_, place) => place % length === channel);
        return parts.every((fact) => constantOf(fact) === constantOf(parts[0]!)) ? parts[0]! : 'varies';
      });
      return [lastAxisFacts(to, channels)];
    }
    const facts = to.map((dim) => {
      const axis = from.indexOf(dim);
      if (whole !== undefined) return dim.units.map(() => computedFact(whole));
      return axis < 0 ? unknownUnits(dim.units.length) : x[axis]!;
    });
    return [facts];
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

/** Whether one long axis becomes several, of which the last holds channels: one by itself goes with all else or not at all. */
function splitsFlat(from: Shape, to: Shape): boolean {
  const [flat, ...others] = from.filter((dim) => dim.units.length !== 1);
  const channels = to.at(-1)?.units.length ?? 1;
  return (
    flat !== undefined && others.length === 0 && !to.includes(flat) && channels > 1 && channels < flat.units.length
  );
}

/**
 * By place in the new shape, which of the long axes is handed on there; undefined where they are others. Of several places that an axis could have of which one unit
 * is left, it has the last: channels stand there.
 */
function alignedAxes(long: readonly Dim[], target: readonly number[]): ReadonlyMap<number, Dim> | undefined {
  const handed = new Map<number, Dim>();
  let left = long.length;
  for (let k = target.length - 1; k >= 0; k--) {
    const next = long[left - 1];
    if (next?.units.length === target[k]) {
      handed.set(k, next!);
      left--;
    } else if (target[k] !== 1) return undefined;
  }
  return left === 0 ? handed : undefined;
}
