import { type Static, Type } from '../ir/kind.js';
import type { Builder, Value } from '../program/builder.js';
import { phasesWhere } from './during.js';
import { defineMethod, type HostSite, type MaskMoment, type Site } from './method.js';
import { epochsText, linear, lowest, shareOf, shareText } from './shares.js';

const schema = Type.Object({
  rate: Type.Number({
    default: 0.5,
    minimum: 0,
    maximum: 1,
    description: 'Chance that a candidate is dropped in a step; the paper’s α. What stays is not scaled.',
  }),
  target_rate: Type.Number({
    default: 0.5,
    minimum: 0,
    exclusiveMaximum: 1,
    description:
      'Share of candidates, the paper’s γ: of the weights into each unit the smallest, or of the units those of the least L2 norm, rounded down.',
  }),
  of: Type.Union([Type.Literal('weight'), Type.Literal('unit'), Type.Literal('whole_unit')], {
    default: 'weight',
    description:
      'weight: candidates are weights. unit: candidates are units, whose weights are dropped one by one, as the authors’ code does it. whole_unit: units are dropped as a whole. The model’s outputs are never candidates as units.',
  }),
  ramp: Type.Optional(
    Type.Integer({
      minimum: 1,
      description:
        'Epochs of the phase over which `rate` rises from 0 in a straight line, at the end of each; absent: it does not.',
    }),
  ),
  target_ramp: Type.Optional(Type.Integer({ minimum: 1, description: 'The same for `target_rate`.' })),
  prune: Type.Optional(
    Type.Number({
      minimum: 0,
      exclusiveMaximum: 1,
      description: 'Share that becomes 0 after training, of what candidates are; 0: nothing; absent: target_rate.',
    }),
  ),
  during: phasesWhere(
    'Phases before the fine-tuning, which is too late to learn to do without; what went stays 0 there. With a ramp, one phase.',
  ),
});

type Arguments = Static<typeof schema>;

/** Further than float32 is off, and closer than the next whole number of candidates. */
const HAIR = 1e-3;

/** Halvings on a logarithmic scale that leave a factor of 2 between the ends, of all numbers that float32 has; and those that then leave two neighbours. */
const [COARSE, FINE] = [8, 25];
const SMALLEST = 2 ** -126;

/** Of `n` things, how many the rate comes to: a number, or where it rises a scalar. */
function countOf(b: Builder, rate: number, risen: Value | undefined, n: number): Value {
  if (!risen) return b.constant(shareOf(rate, n));
  return b.cast(b.cast(b.add(b.multiply(risen, n), HAIR), 'int'), 'float');
}

/**
 * Which numbers are the `count` smallest over these axes: with the largest of them all that equal it, and all zeros, which it makes no difference to drop. The limit is found by
 * bisection, since a sort of a whole kernel takes 5 to 10 times as long (onnxruntime, 784 × 300): the upper end always has at least `count` below or at it, and comes down to the
 * number in question itself.
 */
function smallest(b: Builder, sizes: Value, axes: readonly number[], count: Value): Value {
  let high = b.max(sizes, axes, true);
  let low: Value = b.add(b.multiply(high, 0), SMALLEST);
  for (let step = 0; step < COARSE + FINE; step++) {
    const middle = step < COARSE ? b.multiply(b.sqrt(low), b.sqrt(high)) : b.multiply(b.add(low, high), 0.5);
    const enough = b.greaterEqual(counted(b, b.cast(b.lessEqual(sizes, middle), 'float'), axes), count);
    high = b.select(enough, middle, high);
    low = b.select(enough, low, middle);
  }
  return b.lessEqual(sizes, high);
}

/** A sum over axes; over the first ones of a kernel as a product of matrices, which is twice as fast. */
function counted(b: Builder, ones: Value, axes: readonly number[]): Value {
  const shape = ones.type.shape as readonly number[];
  if (!axes.every((axis, k) => axis === k)) return b.sum(ones, axes, true);
  const rows = axes.reduce((all, axis) => all * shape[axis]!, 1);
  const columns = shape.slice(axes.length).reduce((all, extent) => all * extent, 1);
  const row = b.broadcastTo(b.reshape(b.constant(1), [1, 1]), [1, rows]);
  return b.reshape(
    b.matmul(row, b.reshape(ones, [rows, columns])),
    shape.map((extent, axis) => (axes.includes(axis) ? 1 : extent)),
  );
}

/**
 * Whether whole units of this kernel may go: not those that are outputs of the model, and not the channels of a depthwise kernel, which are units of the layer before: each of the two would choose
 * others, and all might be gone.
 */
function hasUnits({ outputs, passesUnits }: Site): boolean {
  return !outputs && !passesUnits;
}

/** Where a weight is a candidate, in the site's shape or one that spreads over it; undefined where nothing is. */
function candidates(b: Builder, { arguments: args, site, kernel, tensors }: MaskMoment<Arguments>): Value | undefined {
  const { kernelShape, incoming } = site;
  if (!incoming) return undefined;
  const groups = kernelShape.reduce((all, extent, axis) => (incoming.includes(axis) ? all : all * extent), 1);
  if (args.of === 'weight') {
    const weights = kernelShape.reduce((all, extent) => all * extent, 1) / groups;
    return smallest(b, b.abs(kernel), incoming, countOf(b, args.target_rate, tensors.target, weights));
  }
  const most = shareOf(args.target_rate, groups);
  if (!hasUnits(site) || most === 0) return undefined;
  // Few numbers: sorted, so that of equals the first come first.
  const norms = b.reshape(b.sum(b.square(kernel), incoming), [groups]);
  const [, places] = b.topk(b.negate(norms), most);
  const ranks = b.constant(
    Array.from({ length: most }, (_, rank) => rank),
    [most],
  );
  const count = countOf(b, args.target_rate, tensors.target, groups);
  const chosen = b.scatterAdd(b.cast(b.less(ranks, count), 'float'), places, 0, groups);
  return b.reshape(
    b.greater(chosen, 0),
    kernelShape.map((extent, axis) => (incoming.includes(axis) ? 1 : extent)),
  );
}

/** Uniform numbers for what is dropped together. */
function numbers({ arguments: { of }, site, random }: MaskMoment<Arguments>, b: Builder): Value {
  if (of !== 'whole_unit') return random('drop', { kind: 'uniform' }, 'weight');
  const last = site.kernelShape.length - 1;
  if (!site.incoming!.includes(last)) return random('drop', { kind: 'uniform' }, 'written unit');
  // Where the units stand on another axis, such as the channels of a depthwise kernel: the first number of each.
  return site.incoming!.reduce(
    (value, axis) => b.slice(value, axis, 0, 1),
    random('drop', { kind: 'uniform' }, 'weight'),
  );
}

/** Makes what a share of candidates is 0. */
function prune({ kernel, bias, site, unitOf, unitOfBias, arguments: args }: HostSite<Arguments>): void {
  const share = args.prune ?? args.target_rate;
  const groups = unitOf.incoming;
  if (!groups) return;
  const places: number[][] = Array.from({ length: groups.count }, () => []);
  groups.groupOf.forEach((unit, k) => {
    places[unit]!.push(k);
  });
  if (args.of === 'weight') {
    for (const own of places) {
      const sizes = Float64Array.from(own, (k) => Math.abs(kernel[k]!));
      for (const k of lowest(sizes, shareOf(share, own.length))) kernel[own[k]!] = 0;
    }
    return;
  }
  if (!hasUnits(site)) return;
  const norms = Float64Array.from(places, (own) => own.reduce((sum, k) => sum + kernel[k]! * kernel[k]!, 0));
  for (const unit of lowest(norms, shareOf(share, groups.count))) {
    for (const k of places[unit]!) kernel[k] = 0;
    unitOfBias?.forEach((owner, k) => {
      if (owner === unit) bias![k] = 0;
    });
  }
}

export const targetedDropout = defineMethod({
  keyword: 'targeted_dropout',
  summary:
    'Drops at random only what would be pruned anyway: in every step the smallest weights or units are candidates, so that the network learns to do without them; after training they go.',
  cite: 'Gomez et al. 2019, Learning sparse networks using targeted dropout (arXiv 1905.13678), section 3; code: for-ai/TD',
  schema,
  refuses: ({ ramp, target_ramp, during, prune: share }, { phases: acts }) => {
    if ((ramp !== undefined || target_ramp !== undefined) && during === undefined && acts.length > 1)
      return 'its rates would rise anew in every phase; `during: NAME` names the one';
    if (acts.length > 0 && acts.every((phase) => phase === 'finetune') && share !== 0)
      return 'what goes is chosen before the fine-tuning, in which it would learn to do without; `prune: 0` if that is meant';
    return undefined;
  },
  tensors: ({ ramp, target_ramp }) => ({
    ...(ramp !== undefined && { rate: { per: 'kernel', start: 0, trained: false } }),
    ...(target_ramp !== undefined && { target: { per: 'kernel', start: 0, trained: false } }),
  }),
  mask: (b, at) => {
    if (at.mode === 'inference') return undefined;
    const chosen = candidates(b, at as MaskMoment<Arguments>);
    if (!chosen) return undefined;
    const rate = at.tensors.rate ?? at.arguments.rate;
    const dropped = b.and(b.less(numbers(at as MaskMoment<Arguments>, b), rate), chosen);
    return { kernel: b.select(dropped, 0, at.kernel) };
  },
  unfinished: ({ rate, target_rate, ramp, target_ramp }, lengths) => {
    const epochs = Math.max(...lengths);
    for (const [word, name, whole, rise] of [
      ['ramp', 'rate', rate, ramp],
      ['target_ramp', 'target_rate', target_rate, target_ramp],
    ] as const) {
      // What is reached at the end of the last epoch is in no step.
      if (rise === undefined || rise < epochs) continue;
      const reached = shareText(whole * linear({ begin: 0, end: rise }, epochs - 1));
      return {
        reason: `\`${name}\` rises to ${shareText(whole)} over ${epochsText(rise)}, and it acts for ${epochsText(epochs)}: in the last one it is ${reached}`,
        help: [
          epochs > 1
            ? `write \`${word}: ${epochs - 1}\` or less, or train for more than ${epochsText(rise)}`
            : `leave \`${word}\` out, or train for more than ${epochsText(rise)}`,
        ],
      };
    }
    return undefined;
  },
  keepsZeros: () => 'in the fine-tuning',
  keepsUnits: ({ of }) => of !== 'weight',
  advance: async ({ sites, epoch }) => {
    for (const {
      tensors,
      arguments: { rate, target_rate, ramp, target_ramp },
    } of sites) {
      if (ramp !== undefined) tensors.rate!.fill(rate * linear({ begin: 0, end: ramp }, epoch));
      if (target_ramp !== undefined) tensors.target!.fill(target_rate * linear({ begin: 0, end: target_ramp }, epoch));
    }
    return {};
  },
  selects: ({ prune: share, target_rate }) => (share ?? target_rate) > 0,
  select: async ({ sites }) => {
    for (const site of sites) prune(site);
  },
  more: ({ of }) => (of === 'weight' ? 'whole units, by `of: unit`' : 'a larger `target_rate`'),
  spelling: {},
});
