import type { Shape } from '../ir/dims.js';
import { Type } from '../ir/kind.js';
import { constantOf, factOf, type UnitFact } from '../ir/units.js';
import { axesThere, axisArgument, axisOf } from './axes.js';
import { computedFact, lastAxisFacts, unknownFacts } from './facts.js';
import { defineLayer, plain } from './layer.js';
import { normalizeArguments, scaledBy } from './normalize.js';

export const groupNormalization = defineLayer({
  keyword: 'GroupNormalization',
  summary: 'Normalises groups of neighbouring channels of a row together, over all places.',
  cite: 'Wu and He 2018, Group Normalization, equation 7; Keras, keras.layers.GroupNormalization',
  inputs: [1, 1],
  schema: Type.Object({
    groups: Type.Integer({
      default: 32,
      minimum: -1,
      width: true,
      description: 'Number of groups, which divides that of the channels; -1: every channel is a group of its own.',
    }),
    axis: axisArgument({ default: -1, description: 'The axis of the channels.' }),
    ...normalizeArguments,
  }),
  shape: ({ groups, axis }, { inputs: [x = []], misfit }) => {
    const place = axisOf(axis, x);
    if (place === undefined) misfit(axesThere(x), `axis: ${axis}`, 'the batch is axis 0');
    else if (groups === 0 || groups > x[place]!.units.length || x[place]!.units.length % groups !== 0)
      misfit(`a number of groups that divides the ${x[place]!.units.length} channels`, `groups: ${groups}`);
    return [x];
  },
  params: ({ axis, center, scale, beta_initializer, gamma_initializer }, [x = []]) => {
    const place = axisOf(axis, x);
    const axes = place === undefined ? [] : [plain(x[place]!)];
    return {
      ...(scale && { gamma: { axes, initializer: gamma_initializer } }),
      ...(center && { beta: { axes, initializer: beta_initializer } }),
    };
  },
  forward: (b, { arguments: { groups, axis, epsilon }, inputs: [x], inputShapes: [shape = []], params }) => {
    const place = axisOf(axis, shape)! + 1;
    const { shape: whole } = x!.type;
    const count = countOf(groups, shape, axis);
    const size = (whole[place] as number) / count;
    const split = whole.flatMap((extent, k) => (k === place ? [count, size] : [extent]));
    const over = split.flatMap((_, k) => (k === 0 || k === place ? [] : [k]));
    const own = split.map((extent, k) => (k === place || k === place + 1 ? extent : 1));
    const parts = b.reshape(x!, split);
    const centered = b.subtract(parts, b.mean(parts, over, true));
    const variance = b.mean(b.square(centered), over, true);
    const gamma = params.gamma && b.reshape(params.gamma, own);
    const beta = params.beta && b.reshape(params.beta, own);
    return [b.reshape(scaledBy(b, centered, { variance, epsilon, gamma, beta }), whole)];
  },
  // A group of one channel is the channel by itself. All places of it are averaged over.
  unitwise: ({ groups, axis }, [x = []]) => {
    const dim = x[axisOf(axis, x)!]!;
    return countOf(groups, x, axis) === dim.units.length ? [dim] : [];
  },
  mixesBlocks: ({ groups, axis }, [x = []]) => {
    const place = axisOf(axis, x)!;
    const blocks = countOf(groups, x, axis);
    return place === x.length - 1 && blocks < x[place]!.units.length ? [{ dim: x[place]!, blocks }] : [];
  },
  pinReason: () =>
    'GroupNormalization takes mean and variance over all channels of a group, so the others would change without it',
  facts: (args, { inputs: [x = []], inputShapes: [shape = []], outputShapes: [output = []], values }) => {
    if (axisOf(args.axis, shape) !== shape.length - 1) return [unknownFacts(output)];
    const own = x.at(-1)!;
    const gamma = args.scale ? values('gamma') : undefined;
    const beta = args.center ? values('beta') : undefined;
    const size = own.length / countOf(args.groups, shape, args.axis);
    const last = own.map((_, j): UnitFact => {
      const offset = beta?.[j] ?? 0;
      if (gamma?.[j] === 0) return factOf(offset);
      const first = j - (j % size);
      const group = own.slice(first, first + size).map(constantOf);
      if (group.some((constant) => constant === undefined)) return 'varies';
      const constants = group as readonly number[];
      const mean = constants.reduce((sum, one) => sum + one, 0) / size;
      const variance = constants.reduce((sum, one) => sum + (one - mean) ** 2, 0) / size;
      const scale = (gamma?.[j] ?? 1) / Math.sqrt(variance + args.epsilon);
      return computedFact((constants[j - first]! - mean) * scale + offset);
    });
    return [lastAxisFacts(output, last)];
  },
  resize: ({ groups, axis }, { sizes: [before = 0], outputs: [kept = []], outputExtents: [extents = []] }) =>
    groups === -1 || axisOf(axis, { length: extents.length }) !== extents.length - 1
      ? {}
      : { groups: kept.length / (before / groups) },
  spelling: {},
});

function countOf(groups: number, shape: Shape, axis: number): number {
  return groups === -1 ? shape[axisOf(axis, shape)!]!.units.length : groups;
}
