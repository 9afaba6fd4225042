import { paramShape } from '../../../src/compiler/3-dims/index.js';
import { unitMakers } from '../../../src/ir/graph.js';
import { randomNumbers } from './networks.js';
import { Plant, netOf } from './plant.js';

/** What is planted in a unit: nothing writes it but a bias, nothing reads it, or both. */
export type Fate = 'live' | 'unread' | 'zero' | 'constant' | 'unread constant';

/**
 * What a layer makes of the constants that are planted before it: `bordered`, with zeros of a padding beside it; `rimmed`, with another constant beside it. `unknown`: it
 * depends on numbers, and nothing is claimed.
 */
type Class = 'zero' | 'constant' | 'bordered' | 'rimmed' | 'unknown';

/** Units of one layer on their way to those that read them. */
interface Segment {
  readonly maker: string;
  readonly classes: { readonly zero: Class; readonly constant: Class };
}

/** What the text has come to: the shape, and whose units the last axis holds, in order. */
interface Tensor {
  readonly name: string;
  readonly shape: readonly number[];
  readonly segments: readonly Segment[];
}

/**
 * Why a planted unit has to stay, or that it has to go; or that one of those with this verdict in the layer may stay for all. Undefined where nothing is
 * claimed.
 */
export type Verdict = 'goes' | 'stays' | 'one for all' | { readonly pinned: RegExp } | undefined;

interface Maker {
  readonly name: string;
  readonly width: number;
  /** Fates that the layer's own rules allow to plant. */
  readonly allowed: readonly Fate[];
  pinned?: RegExp;
  pinnedByShape?: boolean;
  /** Blocks with equal numbers of units. */
  blocks: Set<number>;
  /** What its constants are for those that read them; several readers must agree. */
  readers: ('folds' | 'gathers')[];
  classes: { zero: Class; constant: Class }[];
  /** Layers whose units are the same as this one's. */
  twin?: string;
  /** Units that live, for what reads a part of them. */
  readonly live: Set<number>;
  /** Units this far apart share their fate: a Reshape makes a channel of them. */
  readonly period?: number;
  /** Kinds of layers that make other units of them. */
  readonly remadeBy: Set<string>;
}

/** A random network with planted dead units of every kind. */
export interface RandomGraph {
  readonly text: string;
  readonly plant: Plant;
  /** By layer: what was planted in each unit, and what has to become of it. */
  readonly planted: ReadonlyMap<string, readonly { readonly fate: Fate; readonly verdict: Verdict }[]>;
  /** Layers of which all blocks keep equal numbers, with how many blocks they have. */
  readonly blocks: ReadonlyMap<string, ReadonlySet<number>>;
  /** Units inside of attention: of each head those that have to stay, by their places among those of all heads. */
  readonly heads: readonly { readonly maker: string; readonly size: number; readonly live: readonly number[][] }[];
  readonly whole: Readonly<Record<string, number>>;
  /** By layer: kinds of layers that make other units of its units, which go with them. */
  readonly remadeBy: ReadonlyMap<string, ReadonlySet<string>>;
  /** By layer: units this far apart make one channel. */
  readonly periods: ReadonlyMap<string, number>;
}

const FATES: readonly Fate[] = ['unread', 'zero', 'constant', 'unread constant'];

class Writer {
  private readonly next: () => number;
  private readonly lines: string[] = [];
  readonly makers = new Map<string, Maker>();
  /** Layers that no weight of theirs is left of. */
  readonly constants: string[] = [];
  /** Tables that have the same vector for every step. */
  readonly steady: string[] = [];
  readonly attention: {
    readonly name: string;
    readonly heads: number;
    readonly key: number;
    readonly value: number;
  }[] = [];
  readonly kinds: string[] = [];
  readonly whole: Record<string, number> = {};
  private count = 0;

  constructor(readonly seed: number) {
    this.next = randomNumbers(seed);
  }

  get text(): string {
    return this.lines.join('\n');
  }

  number(from: number, to: number): number {
    return from + Math.floor(((this.next() + 1) / 2) * (to - from + 1) * 0.999999);
  }

  chance(share: number): boolean {
    return (this.next() + 1) / 2 < share;
  }

  pick<T>(from: readonly T[]): T {
    return from[this.number(0, from.length - 1)]!;
  }

  line(call: string, reads: readonly string[]): string {
    return this.lineOf(1, call, reads)[0]!;
  }

  /** A layer of several outputs. */
  lineOf(outputs: number, call: string, reads: readonly string[]): readonly string[] {
    const number = this.count++;
    const names = Array.from({ length: outputs }, (_, k) => `l${number}${k > 0 ? `_${k}` : ''}`);
    // A wrapper wraps a layer.
    for (const [kind] of call.matchAll(/\b[A-Z]\w+(?=\(|$)/g)) this.kinds.push(kind);
    this.lines.push(`  ${names.join(', ')} = ${call}${reads.length > 0 ? ` <- ${reads.join(', ')}` : ''}`);
    return names;
  }

  /** A layer that makes units. */
  make(
    call: string,
    from: Tensor | undefined,
    shape: readonly number[],
    options: {
      readonly allowed?: readonly Fate[];
      readonly pinned?: RegExp;
      readonly blocks?: number;
      /** Units of several kinds side by side, as many of each. */
      readonly parts?: readonly string[];
      readonly period?: number;
    } = {},
  ): Tensor {
    const name = this.line(call, from ? [from.name] : []);
    const makers = options.parts?.map((part) => `${name}.${part}`) ?? [name];
    for (const maker of makers)
      this.makers.set(maker, {
        name: maker,
        width: shape.at(-1)! / makers.length,
        allowed: options.allowed ?? FATES,
        ...(options.pinned && { pinned: options.pinned }),
        blocks: new Set(options.blocks === undefined ? [] : [options.blocks]),
        readers: [],
        classes: [],
        live: new Set(),
        remadeBy: new Set(),
        ...(options.period !== undefined && { period: options.period }),
      });
    return {
      name,
      shape,
      segments: makers.map((maker) => ({ maker, classes: { zero: 'zero', constant: 'constant' } })),
    };
  }

  /** The units of a tensor are read through weights. `adds`: one kernel sums them up, so that a unit can stand for others behind a padding. */
  read(x: Tensor, how: 'folds' | 'gathers', adds = how === 'gathers'): void {
    for (const { maker, classes } of x.segments) {
      const of = this.makers.get(maker)!;
      const some = Object.values(classes);
      const behind = some.includes('bordered') || some.includes('rimmed');
      const unclear = (one: Class): Class =>
        (one === 'bordered' && !adds) || (one === 'rimmed' && !(adds && how === 'folds')) ? 'unknown' : one;
      of.readers.push(behind ? 'gathers' : how);
      of.classes.push({ zero: unclear(classes.zero), constant: unclear(classes.constant) });
    }
  }

  /** A layer that hands units on. */
  pass(call: string, x: Tensor, shape: readonly number[], become: (of: Class) => Class = alike): Tensor {
    return {
      name: this.line(call, [x.name]),
      shape,
      segments: x.segments.map(({ maker, classes }) => ({
        maker,
        classes: { zero: become(classes.zero), constant: become(classes.constant) },
      })),
    };
  }

  mix(call: string, x: Tensor, reason: RegExp): Tensor {
    for (const { maker } of x.segments) this.pin(maker, reason);
    return this.pass(call, x, x.shape, () => 'unknown');
  }

  /** The first reason stays, but for what a shape rule says, which tells more than what holds for a kind of layer. */
  pin(maker: string, reason: RegExp, byShape = false): void {
    const { twin } = this.makers.get(maker)!;
    for (const name of twin === undefined ? [maker] : [maker, twin]) {
      const of = this.makers.get(name)!;
      if (of.pinned && (!byShape || of.pinnedByShape)) continue;
      of.pinned = reason;
      of.pinnedByShape = byShape;
    }
  }

  /** Whether the last axis holds the units of the layers that made it, each once, in order. */
  holdsAll(x: Tensor): boolean {
    return x.segments.reduce((sum, { maker }) => sum + this.makers.get(maker)!.width, 0) === x.shape.at(-1);
  }

  /** The unit at a place of the last axis lives; only where that `holdsAll`. */
  enliven(x: Tensor, place: number): void {
    let first = 0;
    for (const { maker } of x.segments) {
      const { width, live } = this.makers.get(maker)!;
      if (place >= first && place < first + width) live.add(place - first);
      first += width;
    }
  }

  join(a: Tensor, b: Tensor): Tensor {
    const name = this.line('Concatenate', [a.name, b.name]);
    return {
      name,
      shape: [...a.shape.slice(0, -1), a.shape.at(-1)! + b.shape.at(-1)!],
      segments: [...a.segments, ...b.segments],
    };
  }

  /** Two makers of the same units: fates are planted in both alike. */
  merge(call: string, a: Tensor, b: Tensor): Tensor {
    const [first, second] = [a.segments[0]!, b.segments[0]!];
    this.makers.get(second.maker)!.twin = first.maker;
    this.makers.get(first.maker)!.twin = second.maker;
    // By what the units have become on the way, which for a branch that was handed on is not what was planted.
    const become = (fate: 'zero' | 'constant'): Class => {
      const both = [first.classes[fate], second.classes[fate]].map(alike);
      if (call === 'Multiply' && both.includes('zero')) return 'zero';
      if (both.includes('unknown')) return 'unknown';
      if (both.includes('constant')) return 'constant';
      return call === 'Add' ? 'zero' : 'unknown';
    };
    return {
      name: this.line(call, [a.name, b.name]),
      shape: a.shape,
      segments: [{ maker: first.maker, classes: { zero: become('zero'), constant: become('constant') } }],
    };
  }
}

/** Behind what looks at several places there is no telling what is left of a border. */
function alike(of: Class): Class {
  return of === 'bordered' || of === 'rimmed' ? 'unknown' : of;
}

/** A function of single elements that may make another number of 0. */
function offset(of: Class): Class {
  if (of === 'bordered') return 'rimmed';
  return of === 'zero' ? 'constant' : of;
}

/** Zeros beside what is there. */
function padded(of: Class): Class {
  if (of === 'constant') return 'bordered';
  return of === 'rimmed' ? 'unknown' : of;
}

/** Elementwise layers, for any shape. */
function passAnything(w: Writer, x: Tensor): Tensor {
  const [call, become] = w.pick<readonly [string, (of: Class) => Class]>([
    ['ReLU', (of) => of],
    ['LeakyReLU(0.2)', (of) => of],
    ['ELU', (of) => of],
    ['Dropout(0.3)', (of) => of],
    ['GaussianNoise(0.2)', (of) => of],
    ['GaussianDropout(0.2)', (of) => of],
    ['AlphaDropout(0.2)', (of) => of],
    ['Activation(tanh)', (of) => of],
    ['Activation(sigmoid)', offset],
    ['Rescaling(0.5, offset: 0.25)', offset],
    ['Rescaling(-2)', (of) => of],
    ['BatchNormalization', offset],
    ['Normalization', offset],
    ['Normalization(mean: 0.25, variance: 2)', offset],
    ['Normalization(mean: 0.25, variance: 2, invert: true)', offset],
    // Where alpha differs from place to place, a negative constant does, too.
    ['PReLU', (of) => (of === 'zero' ? 'zero' : 'unknown')],
  ]);
  return w.pass(call, x, x.shape, become);
}

function mixAnything(w: Writer, x: Tensor): Tensor {
  const [call, reason] = w.pick<readonly [string, RegExp]>([
    ['LayerNormalization', /LayerNormalization/],
    ['Softmax', /[Ss]oftmax/],
    ['Activation(softmax)', /softmax/],
  ]);
  if (w.chance(0.25)) return groupNormalization(w, x);
  return w.mix(call, x, reason);
}

/** Channels of a group stay together; those of a maker that has two blocks, or none yet, may be two groups. */
function groupNormalization(w: Writer, x: Tensor): Tensor {
  const reason = /GroupNormalization takes mean and variance over all channels of a group/;
  const [segment] = x.segments;
  const channels = x.shape.at(-1)!;
  const of = w.makers.get(segment?.maker ?? '');
  const apart = x.segments.length === 1 && of?.width === channels && !of.twin && of.period === undefined;
  if (apart && of.blocks.size === 0 && channels % 2 === 0 && channels > 2 && w.chance(0.5)) {
    // Each group has one that lives.
    for (const place of [0, channels / 2]) w.enliven(x, place);
    return w.mix('GroupNormalization(2)', x, reason);
  }
  return w.mix('GroupNormalization(1)', x, reason);
}

/** A group of one channel is that channel by itself, over all places. */
function ownGroups(w: Writer, x: Tensor): Tensor {
  return w.pass('GroupNormalization(-1)', x, x.shape, (of) => offset(alike(of)));
}

/** The same numbers in the same order on other axes: places come and go, are joined and split, and the channels stay what they are. */
function reshaped(w: Writer, x: Tensor): Tensor {
  const channels = x.shape.at(-1)!;
  const places = x.shape.slice(0, -1).reduce((product, extent) => product * extent, 1);
  const shapes = Array.from({ length: places }, (_, k) => k + 1)
    .filter((rows) => places % rows === 0)
    .map((rows) => [rows, places / rows]);
  const target = [...(x.shape.length === 3 && w.chance(0.7) ? [places] : w.pick(shapes)), channels];
  return w.pass(`Reshape(${target.join(', ')})`, x, target);
}

/** Units of a flat axis become steps and channels: a channel goes with all units that stand at its place. */
function folded(w: Writer, x: Tensor): Tensor {
  w.read(x, 'folds', true);
  const [steps, channels] = [w.number(2, 3), w.number(2, 3)];
  const flat = w.make(`Dense(${steps * channels}, activation: tanh)`, x, [steps * channels], { period: channels });
  w.makers.get(flat.name)!.remadeBy.add('Reshape');
  return w.pass(`Reshape(${steps}, ${channels})`, flat, [steps, channels]);
}

/** Parts that come together again. */
function rejoined(w: Writer, x: Tensor): Tensor {
  const channels = x.shape.at(-1)!;
  const at = w.number(1, channels - 1);
  const equal = at * 2 === channels;
  const parts = w.chance(0.5)
    ? w.lineOf(2, equal && w.chance(0.5) ? 'Split(2)' : `Split([${at}, ${channels - at}])`, [x.name])
    : [w.line(`Slice(0, ${at})`, [x.name]), w.line(`Slice(${at})`, [x.name])];
  return { ...x, name: w.line('Concatenate', parts) };
}

/** Parts that are read by a layer each. */
function splitBranch(w: Writer, x: Tensor): Tensor {
  const channels = x.shape.at(-1)!;
  const at = w.number(1, channels - 1);
  w.read(x, 'folds');
  // Each part has a unit that lives.
  for (const place of [0, at]) w.enliven(x, place);
  const names = w.chance(0.5)
    ? w.lineOf(2, `Split([${at}, ${channels - at}])`, [x.name])
    : [w.line(`Slice(stop: ${at})`, [x.name]), w.line(`Slice(${at - channels})`, [x.name])];
  const width = w.number(2, 4);
  const [a, b] = names.map((name) => w.make(`Dense(${width})`, { ...x, name }, [...x.shape.slice(0, -1), width]));
  return w.chance(0.5) ? w.join(a!, b!) : w.merge(w.pick(['Add', 'Minimum', 'Maximum']), a!, b!);
}

/** A vector of each step is added: where it is the same at all steps, a constant is one behind it. */
function positioned(w: Writer, x: Tensor): Tensor {
  const places = w.line(`PositionEmbedding(${x.shape.at(-2)! + w.number(0, 1)})`, [x.name]);
  const steady = w.chance(0.6);
  if (steady) w.steady.push(places);
  return w.pass('Add', { ...x, name: `${x.name}, ${places}` }, x.shape, (of) =>
    steady ? offset(alike(of)) : 'unknown',
  );
}

function between(w: Writer, x: Tensor): Tensor {
  let at = x;
  for (let k = w.number(0, 2); k > 0; k--) {
    const image = at.shape.length === 3;
    const channels = at.shape.at(-1)!;
    if (channels > 1 && w.chance(0.06)) {
      at = rejoined(w, at);
      continue;
    }
    if (image && w.chance(0.5)) at = passImage(w, at);
    else if (at.shape.length === 2 && w.chance(0.3)) at = passSequence(w, at);
    else if (w.chance(0.1)) at = mixAnything(w, at);
    else at = passAnything(w, at);
  }
  return at;
}

function passImage(w: Writer, x: Tensor): Tensor {
  const [h, v, c] = x.shape as [number, number, number];
  const rim = (of: Class): Class => (of === 'zero' ? 'zero' : 'unknown');
  const whole = (of: Class): Class => offset(alike(of));
  const choices: (() => Tensor)[] = [
    () => ownGroups(w, x),
    () => w.pass('Permute([2, 1, 3])', x, [v, h, c]),
    () => w.pass('SpatialDropout2D(0.2)', x, x.shape),
    () => w.pass('MaxPooling2D(2, strides: 1, padding: same)', x, x.shape, rim),
    () => w.pass('DepthwiseConv2D(2, padding: same)', x, x.shape, (of) => (of === 'zero' ? 'constant' : 'unknown')),
  ];
  if (h > 1 && v > 1)
    choices.push(
      () => w.pass('MaxPooling2D(2, strides: 1)', x, [h - 1, v - 1, c]),
      () => w.pass('AveragePooling2D(2, strides: 1)', x, [h - 1, v - 1, c]),
      () => w.pass('DepthwiseConv2D(2)', x, [h - 1, v - 1, c], whole),
      () => w.pass('DepthwiseConv2D(2, use_bias: false)', x, [h - 1, v - 1, c]),
    );
  if (h > 2 && v > 2) choices.push(() => w.pass('Cropping2D(1)', x, [h - 2, v - 2, c]));
  if (h > 1) choices.push(() => w.pass('Slice(1, axis: 1)', x, [h - 1, v, c]));
  if (h < 4 && v < 4)
    choices.push(
      () => w.pass('UpSampling2D(2)', x, [2 * h, 2 * v, c]),
      () => w.pass('ZeroPadding2D(1)', x, [h + 2, v + 2, c], padded),
    );
  if (w.chance(0.12)) return reshaped(w, x);
  if (w.chance(0.1)) return w.mix('LocalResponseNormalization', x, /LocalResponseNormalization/);
  return w.pick(choices)();
}

function passSequence(w: Writer, x: Tensor): Tensor {
  const [steps, features] = x.shape as [number, number];
  const choices: (() => Tensor)[] = [
    () => w.pass('SpatialDropout1D(0.2)', x, x.shape),
    () => w.pass('UpSampling1D(2)', x, [2 * steps, features]),
    () => w.pass('ZeroPadding1D(1)', x, [steps + 2, features], padded),
    () => w.pass('DepthwiseConv1D(2, padding: same)', x, x.shape, (of) => (of === 'zero' ? 'constant' : 'unknown')),
    () => positioned(w, x),
    () => reshaped(w, x),
  ];
  if (steps > 1)
    choices.push(
      () => ownGroups(w, x),
      () => w.pass('DepthwiseConv1D(2)', x, [steps - 1, features], (of) => offset(alike(of))),
      () => w.pass('DepthwiseConv1D(2, use_bias: false)', x, [steps - 1, features]),
      () => w.pass('Slice(0, -1, axis: 1)', x, [steps - 1, features]),
      () => w.pass('MaxPooling1D(2, strides: 1)', x, [steps - 1, features]),
      () => w.pass('AveragePooling1D(2, strides: 1)', x, [steps - 1, features]),
      () => w.pass('Cropping1D([1, 0])', x, [steps - 1, features]),
    );
  return w.pick(choices)();
}

/** Units of which nothing is claimed behind a padding. */
function withoutBorder({ maker, classes }: Segment): Segment {
  return { maker, classes: { zero: alike(classes.zero), constant: alike(classes.constant) } };
}

const activations = ['relu', 'tanh', 'linear', 'elu', 'sigmoid'] as const;

/** What an activation makes of a layer's own planted constants: a bias of 0 is 0 behind it or not. */
function ownClasses(x: Tensor, activation: string): Tensor {
  if (activation !== 'sigmoid') return x;
  return {
    ...x,
    segments: x.segments.map(({ maker }) => ({ maker, classes: { zero: 'constant', constant: 'constant' } })),
  };
}

function dense(w: Writer, x: Tensor): Tensor {
  w.read(x, 'folds', true);
  const width = w.number(2, 5);
  const activation = w.pick(activations);
  const bias = w.chance(0.8);
  const call = `Dense(${width}, activation: ${activation}${bias ? '' : ', use_bias: false'})`;
  const allowed: readonly Fate[] = bias ? FATES : ['unread', 'zero'];
  return ownClasses(w.make(call, x, [...x.shape.slice(0, -1), width], { allowed }), activation);
}

function convolution(w: Writer, x: Tensor): Tensor {
  const [h, v, c] = x.shape as [number, number, number];
  const activation = w.pick(activations);
  const padding = h < 2 || v < 2 || w.chance(0.4) ? 'same' : 'valid';
  const shape = (filters: number) => (padding === 'same' ? [h, v, filters] : [h - 1, v - 1, filters]);
  const bias = w.chance(0.8);
  const args = `padding: ${padding}, activation: ${activation}${bias ? '' : ', use_bias: false'}`;
  const allowed: readonly Fate[] = bias ? FATES : ['unread', 'zero'];
  const kind = w.number(0, 13);
  const width = w.number(2, 4);
  if (kind < 2 && c % 2 === 0 && x.segments.length === 1) {
    const { maker } = x.segments[0]!;
    const of = w.makers.get(maker)!;
    if (of.width === c && !of.twin && of.blocks.size === 0 && of.period === undefined) {
      of.blocks.add(2);
      w.read({ ...x, segments: x.segments.map(withoutBorder) }, padding === 'same' ? 'gathers' : 'folds');
      const call = `Conv2D(${2 * width}, 2, groups: 2, ${args})`;
      return ownClasses(w.make(call, x, shape(2 * width), { allowed, blocks: 2 }), activation);
    }
  }
  if (kind === 2 || kind === 10) {
    w.read({ ...x, segments: x.segments.map(withoutBorder) }, 'gathers');
    const call = `Conv2DTranspose(${width}, 2, strides: 1, padding: same, activation: ${activation})`;
    return ownClasses(w.make(call, x, [h, v, width]), activation);
  }
  if (kind === 3 || kind === 11) {
    w.read(betweenKernels(x, padding === 'same'), 'folds');
    const call = `SeparableConv2D(${width}, 2, ${w.chance(0.3) ? 'depth_multiplier: 2, ' : ''}${args})`;
    return ownClasses(w.make(call, x, shape(width), { allowed }), activation);
  }
  if ((kind === 4 || kind > 11) && x.segments.length === 1 && h > 1 && v > 1) {
    return multiplied(w, 'DepthwiseConv2D(2, depth_multiplier: 2)', x, [h - 1, v - 1]);
  }
  w.read(x, padding === 'same' ? 'gathers' : 'folds', true);
  return ownClasses(w.make(`Conv2D(${width}, 2, ${args})`, x, shape(width), { allowed }), activation);
}

/** What the pointwise kernel of a separable convolution reads of a channel: with zeros beside it a constant is none there. */
function betweenKernels(x: Tensor, isPadded: boolean): Tensor {
  return {
    ...x,
    segments: x.segments.map(({ maker, classes }) => {
      if (!isPadded) return withoutBorder({ maker, classes });
      const zero = classes.zero === 'constant' ? ('unknown' as const) : classes.zero;
      return { maker, classes: { zero, constant: 'unknown' as const } };
    }),
  };
}

/** Several channels of each, read by a layer. What is made of a channel goes with it, and constants of the product are not planted. */
function multiplied(w: Writer, call: string, x: Tensor, places: readonly number[]): Tensor {
  for (const { maker } of x.segments) w.makers.get(maker)!.remadeBy.add(call.split('(')[0]!);
  const made = w.pass(call, x, [...places, 2 * x.shape.at(-1)!], (of) => offset(alike(of)));
  return dense(w, made);
}

function sequenceLayer(w: Writer, x: Tensor): Tensor {
  const [steps, features] = x.shape as [number, number];
  const width = w.number(2, 4);
  const kind = w.number(0, 10);
  if (kind === 9) {
    const [activation, padding] = [w.pick(activations), steps < 2 || w.chance(0.4) ? 'same' : 'valid'];
    w.read(betweenKernels(x, padding === 'same'), 'folds');
    const depth = w.chance(0.3) ? 'depth_multiplier: 2, ' : '';
    const call = `SeparableConv1D(${width}, 2, ${depth}padding: ${padding}, activation: ${activation})`;
    return ownClasses(w.make(call, x, [padding === 'same' ? steps : steps - 1, width]), activation);
  }
  if (kind === 10 && steps > 1 && x.segments.length === 1)
    return multiplied(w, 'DepthwiseConv1D(2, depth_multiplier: 2)', x, [steps - 1]);
  if (kind === 7) {
    w.read(x, 'folds');
    return w.make(`TimeDistributed(Dense(${width}))`, x, [steps, width], { allowed: ['unread', 'zero'] });
  }
  if (kind === 8) {
    w.read(x, 'folds');
    const word = w.pick(['SimpleRNN', 'LSTM', 'GRU']);
    const mode = w.pick(['concat', 'sum', 'ave']);
    const wide = mode === 'concat' ? 2 * width : width;
    const call = `Bidirectional(${word}(${width}, return_sequences: true), merge_mode: ${mode})`;
    const parts = mode === 'concat' ? ['forward', 'backward'] : undefined;
    return w.make(call, x, [steps, wide], { allowed: ['unread'], ...(parts && { parts }) });
  }
  if (kind < 3) {
    w.read(x, 'folds');
    const word = w.pick(['SimpleRNN', 'LSTM', 'GRU', 'GRU']);
    const after = word === 'GRU' && w.chance(0.4) ? ', reset_after: false' : '';
    // A cell with a constant input is no constant.
    return w.make(`${word}(${width}, return_sequences: true${after})`, x, [steps, width], {
      allowed: ['unread', 'zero'],
    });
  }
  if (kind === 3 && features > 1) {
    w.read(x, 'folds');
    const [heads, key, value] = [w.number(1, 3), w.number(1, 3), w.number(1, 3)];
    const call = `MultiHeadAttention(${heads}, ${key}, value_dim: ${value}, output_shape: ${width})`;
    const made = w.make(call, x, [steps, width]);
    w.attention.push({ name: made.name, heads, key, value });
    return made;
  }
  if (kind === 4) {
    w.read(x, 'gathers');
    return w.make(`Conv1D(${width}, 2, padding: causal, activation: relu)`, x, [steps, width]);
  }
  if (kind === 5 && steps > 1) {
    w.read(x, 'folds', true);
    return w.make(`Conv1D(${width}, 2, activation: tanh)`, x, [steps - 1, width]);
  }
  return dense(w, x);
}

function layer(w: Writer, x: Tensor): Tensor {
  const at = between(w, x);
  if (w.chance(0.2)) return branch(w, at);
  if (at.shape.length === 3) return convolution(w, at);
  if (at.shape.length === 2) return sequenceLayer(w, at);
  return w.chance(0.15) ? sequenceLayer(w, folded(w, at)) : dense(w, at);
}

/** x + f(x), where f reads the units that it writes. */
function residual(w: Writer, x: Tensor): Tensor | undefined {
  const [segment] = x.segments;
  const width = x.shape.at(-1)!;
  // The units of one layer, as it made them: a twin has the same fates.
  if (x.segments.length !== 1 || w.makers.get(segment!.maker)!.width !== width || w.makers.get(segment!.maker)!.twin)
    return undefined;
  if (w.makers.get(segment!.maker)!.period !== undefined) return undefined;
  if (w.makers.get(segment!.maker)!.blocks.size > 0 || w.makers.get(segment!.maker)!.allowed.length < 4)
    return undefined;
  w.read(x, 'folds');
  const f = w.make(`Dense(${width})`, x, x.shape);
  return w.merge('Add', x, f);
}

/** x and a branch that gives the same whatever it reads. */
function shifted(w: Writer, x: Tensor): Tensor {
  const made = w.line(`Dense(${x.shape.at(-1)})`, [x.name]);
  w.constants.push(made);
  return { ...w.pass('Add', { ...x, name: `${x.name}, ${made}` }, x.shape, (of) => offset(alike(of))) };
}

/** Two readers of one tensor whose outputs are joined or merged. */
function branch(w: Writer, x: Tensor): Tensor {
  if (w.chance(0.2)) return shifted(w, x);
  if (w.chance(0.3)) {
    const sum = residual(w, x);
    if (sum) return sum;
  }
  if (x.shape.at(-1)! > 1 && w.holdsAll(x) && w.chance(0.2)) return splitBranch(w, x);
  const width = w.number(2, 4);
  if (w.chance(0.15)) return shared(w, x, width);
  const twin = (): Tensor => {
    w.read(x, 'folds');
    return w.make(`Dense(${width})`, x, [...x.shape.slice(0, -1), width]);
  };
  const a = twin();
  const b = twin();
  return w.chance(0.5)
    ? w.join(a, b)
    : w.merge(w.pick(['Add', 'Multiply', 'Average', 'Maximum', 'Minimum', 'Subtract']), a, b);
}

/** One layer for two tensors. */
function shared(w: Writer, x: Tensor, width: number): Tensor {
  w.read(x, 'folds');
  const inner = w.number(2, 4);
  const a = w.make(`Dense(${inner}, activation: tanh)`, x, [...x.shape.slice(0, -1), inner], { allowed: ['unread'] });
  w.read(x, 'folds');
  const b = w.make(`Dense(${inner}, activation: tanh)`, x, [...x.shape.slice(0, -1), inner], { allowed: ['unread'] });
  // Both are read by one kernel, and so have the same units.
  w.makers.get(b.name)!.twin = a.name;
  w.makers.get(a.name)!.twin = b.name;
  w.read(a, 'folds');
  const first = w.make(`Dense(${width})`, a, [...x.shape.slice(0, -1), width]);
  const call = w.line(`Shared(${first.name})`, [b.name]);
  const second = { name: call, shape: first.shape, segments: first.segments };
  if (w.chance(0.5)) return w.join(first, second);
  // The same units twice, and other constants at each place.
  const [one, other] = [w.pick(['Multiply', 'Maximum', 'Minimum']), w.pick(['Subtract', 'Add', 'Average'])].map(
    (word) => ({
      ...first,
      name: w.line(word, [first.name, call]),
    }),
  );
  return w.join(one!, other!);
}

function flat(w: Writer, x: Tensor): Tensor {
  if (x.shape.length === 1) return x;
  if (x.shape.length === 3 && w.chance(0.5))
    return w.pass(w.pick(['GlobalAveragePooling2D', 'GlobalMaxPooling2D']), x, x.shape.slice(-1));
  if (x.shape.length === 2 && w.chance(0.5))
    return w.pass(w.pick(['GlobalAveragePooling1D', 'GlobalMaxPooling1D']), x, x.shape.slice(-1));
  return w.pass('Flatten', x, [x.shape.reduce((product, extent) => product * extent, 1)]);
}

function tower(w: Writer): Tensor {
  const kind = w.number(0, 6);
  let x: Tensor;
  if (kind === 6) {
    x = w.make('Input(4)', undefined, [4], { allowed: ['unread'] });
    x = dense(w, x);
    return sequenceLayer(w, w.pass('RepeatVector(3)', x, [3, x.shape[0]!]));
  }
  if (kind < 3) x = w.make('Input(4, 4, 2)', undefined, [4, 4, 2], { allowed: ['unread'] });
  else if (kind === 3) x = w.make('Input(3, 3)', undefined, [3, 3], { allowed: ['unread'] });
  else if (kind === 4) x = w.make('Input(5)', undefined, [5], { allowed: ['unread'] });
  else {
    const name = w.line('Input(3)', []);
    w.whole[name] = 6;
    x = w.make('Embedding(6, 4)', { name, shape: [3], segments: [] }, [3, 4], { allowed: ['unread'] });
  }
  for (let k = w.number(1, 3); k > 0; k--) x = layer(w, x);
  return x;
}

/** The layers of a graph, and the names of its outputs. */
function write(seed: number): { readonly w: Writer; readonly outputs: readonly string[] } {
  const w = new Writer(seed);
  let x = flat(w, between(w, tower(w)));
  if (w.chance(0.25)) x = w.join(x, flat(w, tower(w)));
  const outputs: string[] = [];
  for (let k = w.chance(0.25) ? 2 : 1; k > 0; k--) {
    w.read(x, 'folds');
    outputs.push(w.line(`Dense(${w.number(1, 3)}${w.chance(0.3) ? ', activation: softmax' : ''})`, [x.name]));
  }
  return { w, outputs };
}

/** The kinds of layers in the graph of a seed. */
export function kindsOf(seed: number): readonly string[] {
  return write(seed).w.kinds;
}

/** The graph of a seed. */
export function randomGraph(seed: number): RandomGraph {
  const { w, outputs } = write(seed);
  const plant = new Plant(netOf(w.text, outputs.join(', ')), seed);
  const planted = new Map<string, { fate: Fate; verdict: Verdict }[]>();
  const made = new Set(unitMakers(plant.network).map(({ maker }) => maker));
  for (const maker of w.makers.values()) {
    if (!made.has(maker.name)) throw new Error(`${maker.name} makes no units`);
    const twin = maker.twin === undefined ? undefined : planted.get(maker.twin);
    const [blocks = 1] = maker.blocks;
    const size = maker.width / blocks;
    const { period = maker.width } = maker;
    const live = new Set([...maker.live, ...(w.makers.get(maker.twin ?? '')?.live ?? [])].map((unit) => unit % period));
    const fates: Fate[] = [];
    for (let unit = 0; unit < maker.width; unit++) {
      const draw = (): Fate => {
        if (twin) return twin[unit]!.fate;
        if (unit >= period) return fates[unit - period]!;
        // The first of each block lives, so that every layer carries something.
        if (unit % size === 0 || live.has(unit) || w.chance(0.55)) return 'live';
        return w.pick(maker.allowed);
      };
      fates.push(draw());
    }
    // What is read of two that are merged is told by the first.
    const told = twin ? w.makers.get(maker.twin!)! : maker;
    planted.set(
      maker.name,
      fates.map((fate) => ({ fate, verdict: verdictOf(told, fate) })),
    );
    fates.forEach((fate, unit) => {
      if (fate.startsWith('unread')) plant.noReader(maker.name, [unit]);
      if (fate === 'zero') plant.noInput(maker.name, [unit]);
      if (fate.endsWith('constant')) plant.noInput(maker.name, [unit], 0.25 + ((unit % period) % 3) / 4);
    });
  }
  for (const name of w.constants) {
    silence(plant, `${name}.kernel`, () => true);
    plant.set(
      `${name}.bias`,
      Array.from(plant.values.get(`${name}.bias`)!, (_, unit) => (unit % 3) / 4),
    );
  }
  for (const name of w.steady) {
    const data = plant.values.get(`${name}.position_embeddings`)!;
    const [, width] = paramShape(plant.param(`${name}.position_embeddings`)) as [number, number];
    for (let place = width; place < data.length; place++) data[place] = data[place % width]!;
  }
  const blocks = new Map([...w.makers.values()].map(({ name, blocks: own }) => [name, own]));
  const periods = new Map([...w.makers.values()].map(({ name, width, period = width }) => [name, period]));
  const remadeBy = new Map([...w.makers.values()].map(({ name, remadeBy: own }) => [name, own]));
  const heads = w.attention.flatMap((own) => [plantKeys(w, plant, own), plantValues(w, plant, own)]);
  return { text: w.text, plant, planted, blocks, heads, remadeBy, periods, whole: w.whole };
}

/** Units inside of heads, of which some die, other ones in each. */
function plantHeads(w: Writer, maker: string, heads: number, size: number, kill: (unit: number) => void) {
  const live = Array.from({ length: heads }, (_, head) =>
    Array.from({ length: size }, (_, k) => head * size + k).filter((unit) => {
      if (unit % size === 0 || w.chance(0.5)) return true;
      kill(unit);
      return false;
    }),
  );
  return { maker, size, live };
}

/** A query that is 0, or a key that is the same at all steps. */
function plantKeys(w: Writer, plant: Plant, { name, heads, key }: Writer['attention'][number]) {
  return plantHeads(w, `${name}.key`, heads, key, (unit) => {
    const what = w.pick(['query', 'key']);
    silence(plant, `${name}.${what}_kernel`, (place) => place % (heads * key) === unit);
    plant.set(`${name}.${what}_bias`, { [unit]: what === 'query' ? 0 : w.pick([0, 0.5]) });
  });
}

/** A value that nothing reads, or that is constant. */
function plantValues(w: Writer, plant: Plant, { name, heads, value }: Writer['attention'][number]) {
  const out = plant.param(`${name}.output_bias`).axes[0]!.dim.units.length;
  return plantHeads(w, `${name}.value`, heads, value, (unit) => {
    if (w.chance(0.4)) silence(plant, `${name}.output_kernel`, (place) => Math.floor(place / out) === unit);
    else {
      silence(plant, `${name}.value_kernel`, (place) => place % (heads * value) === unit);
      plant.set(`${name}.value_bias`, { [unit]: w.pick([0, 0.5]) });
    }
  });
}

function silence(plant: Plant, name: string, isWanted: (place: number) => boolean): void {
  const data = plant.values.get(name)!;
  for (let place = 0; place < data.length; place++) if (isWanted(place)) data[place] = 0;
}

function verdictOf(maker: Maker, fate: Fate): Verdict {
  if (fate === 'live') return 'stays';
  if (maker.pinned) return { pinned: maker.pinned };
  if (fate.startsWith('unread')) return 'goes';
  const classes = maker.classes.map((of) => of[fate === 'zero' ? 'zero' : 'constant']);
  if (classes.includes('unknown')) return undefined;
  if (classes.every((of) => of === 'zero')) return 'goes';
  if (!maker.readers.includes('gathers')) return 'goes';
  return maker.readers.length === 1 ? 'one for all' : undefined;
}
