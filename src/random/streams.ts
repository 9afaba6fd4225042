import type { RandomSpec } from '../program/program.js';
import { cosineOfTurn, logOfFraction, sineOfTurn } from './numeric.js';
import { foldIn, type Key, keyOf, threefryBlocks } from './threefry.js';
import { PIECE, type Vectors, vectors } from './vectors.js';

/** What names a stream beside its name. Streams of different coordinates are independent. */
export interface StreamPlace {
  readonly seed: number;
  /** From 0. Default 0: what is drawn once, such as initial values. */
  readonly epoch?: number;
  /** The step within the epoch, from 0. Default 0. */
  readonly step?: number;
}

/** 32-bit FNV-1a of the UTF-8 bytes: how a stream's name enters its key. */
export function hashName(name: string): number {
  let hash = 0x811c9dc5;
  for (const byte of new TextEncoder().encode(name)) hash = Math.imul(hash ^ byte, 0x01000193);
  return hash >>> 0;
}

/** The key of a named stream: the seed's key with the name's hash, the epoch and the step folded in, in this order. */
export function streamKey(name: string, place: StreamPlace): Key {
  return foldIn(foldIn(foldIn(keyOf(place.seed), hashName(name)), place.epoch ?? 0), place.step ?? 0);
}

/**
 * A stream of random numbers with random access. Counters are whole numbers from 0 to 2⁵³ − 1; the number at a counter depends on the key and the
 * counter only, so that numbers may be drawn in any order, in parts, or not at all. Block b = floor(counter / 2) of the cipher gives the numbers
 * of the counters 2 b and 2 b + 1; the last block is kept, so drawing in order costs one block for two numbers.
 */
export class Stream {
  private readonly words = new Int32Array(2);
  private block = -1;

  constructor(private readonly key: Key) {}

  /** The stream of a name at a place. */
  static named(name: string, place: StreamPlace): Stream {
    return new Stream(streamKey(name, place));
  }

  private seek(counter: number): void {
    const block = Math.floor(counter / 2);
    if (block === this.block) return;
    threefryBlocks(this.key, Math.floor(block / 2 ** 32), (block % 2 ** 32) | 0, 1, this.words);
    this.block = block;
  }

  /** 32 random bits, as an unsigned number. */
  bits(counter: number): number {
    this.seek(counter);
    return this.words[counter % 2]! >>> 0;
  }

  /** Uniform in [0, 1), a multiple of 2⁻²⁴, so that float32 holds it exactly. */
  uniform(counter: number): number {
    this.seek(counter);
    return (this.words[counter % 2]! >>> 8) / 2 ** 24;
  }

  /** Whether an event of probability `p` happens: uniform(counter) < p, decided between integers. */
  bernoulli(counter: number, p: number): boolean {
    this.seek(counter);
    return this.words[counter % 2]! >>> 8 < bernoulliThreshold(p);
  }

  /** Standard normal by Box and Muller (1958), in float64: both words of a block make two normals, one at each of its counters. */
  normal(counter: number): number {
    this.seek(counter);
    const turn = this.words[1]!;
    return radiusOf(this.words[0]!) * (counter % 2 === 0 ? cosineOfTurn(turn) : sineOfTurn(turn));
  }

  /** A whole number from 0 to `size` − 1, size at most 2²⁴. The bias is below size / 2³². */
  below(counter: number, size: number): number {
    return Math.floor((this.bits(counter) / 2 ** 32) * size);
  }
}

/** The upper 24 bits of a word below this number: an event of probability p, rounded up to a multiple of 2⁻²⁴. */
function bernoulliThreshold(p: number): number {
  return Math.ceil(p * 2 ** 24);
}

/** The distance from the origin of two independent standard normals: √(−2 ln u) for u in (0, 1]. */
function radiusOf(word: number): number {
  return Math.sqrt(-2 * logOfFraction((word >>> 0) + 1));
}

/** Words are drawn in pieces of so many blocks, so that the scratch memory stays in the processor's cache. */
const scratch = new Int32Array(2 * PIECE);
const fallback = new Float32Array(2 * PIECE);

/** The pieces of the counters `from` to `from` + `count` − 1: each begins in a block, `at` numbers behind its beginning, and holds `n` of them, the first of them the one `start` counters behind `from`. */
function eachPiece(
  from: number,
  count: number,
  take: (piece: { high: number; low: number; blocks: number; at: number; start: number; n: number }) => void,
): void {
  let counter = from;
  const end = from + count;
  while (counter < end) {
    const block = Math.floor(counter / 2);
    const blocks = Math.min(PIECE, Math.ceil(end / 2) - block, 2 ** 32 - (block % 2 ** 32));
    const n = Math.min(end, 2 * (block + blocks)) - counter;
    const high = Math.floor(block / 2 ** 32);
    take({ high, low: (block % 2 ** 32) | 0, blocks, at: counter - 2 * block, start: counter - from, n });
    counter += n;
  }
}

/** The words of `count` counters from `from`, as unsigned numbers. */
export function drawBits(
  key: Key,
  from: number,
  count: number,
  into: Uint32Array = new Uint32Array(count),
): Uint32Array {
  eachPiece(from, count, ({ high, low, blocks, at, start, n }) => {
    threefryBlocks(key, high, low, blocks, scratch);
    for (let k = 0; k < n; k++) into[start + k] = scratch[at + k]!;
  });
  return into;
}

/**
 * The value of a program's `random` input at a place of the training: shape [rows, units], row-major. `bernoulli` gives 1 with probability `keep`
 * and else 0, `uniform` a number in [0, 1), `normal` a standard normal rounded to float32. Row r and original unit u have the counter
 * r · width + u of the stream, whichever units are left. `into` is filled and returned where given.
 */
export function drawRandom(spec: RandomSpec, place: StreamPlace, rows: number, into?: Float32Array): Float32Array {
  const { units, width, distribution } = spec;
  const out = into ?? new Float32Array(rows * units.length);
  if (out.length !== rows * units.length)
    throw new Error(`${spec.stream}: ${out.length} places for ${rows * units.length}`);
  const key = streamKey(spec.stream, place);
  if (isAll(units, width)) {
    drawRange(distribution, key, 0, out);
    return out;
  }
  if (2 * units.length > width) {
    // Of a row that is nearly whole all is drawn.
    const whole = new Float32Array(width);
    for (let row = 0; row < rows; row++) {
      drawRange(distribution, key, row * width, whole);
      for (const [k, unit] of units.entries()) out[row * units.length + k] = whole[unit]!;
    }
    return out;
  }
  const stream = new Stream(key);
  let at = 0;
  for (let row = 0; row < rows; row++) {
    const base = row * width;
    for (const unit of units) {
      const counter = base + unit;
      out[at++] =
        distribution.kind === 'normal'
          ? stream.normal(counter)
          : distribution.kind === 'uniform'
            ? stream.uniform(counter)
            : stream.bernoulli(counter, distribution.keep)
              ? 1
              : 0;
    }
  }
  return out;
}

/** Fills `out` with the numbers of the counters from `from`. */
function drawRange(distribution: RandomSpec['distribution'], key: Key, from: number, out: Float32Array): void {
  const { kind } = distribution;
  const threshold = kind === 'bernoulli' ? bernoulliThreshold(distribution.keep) : 0;
  const draw = vectors()?.draw ?? drawBlocks;
  eachPiece(from, out.length, ({ high, low, blocks, at, start, n }) => {
    const numbers = draw(kind, key, { high, low }, blocks, threshold);
    out.set(numbers.subarray(at, at + n), start);
  });
}

/** What `Vectors.draw` gives, without WebAssembly. */
export const drawBlocks: Vectors['draw'] = (kind, key, { high, low }, blocks, threshold = 0) => {
  threefryBlocks(key, high, low, blocks, scratch);
  if (kind === 'bernoulli') for (let k = 0; k < 2 * blocks; k++) fallback[k] = scratch[k]! >>> 8 < threshold ? 1 : 0;
  else if (kind === 'uniform') for (let k = 0; k < 2 * blocks; k++) fallback[k] = (scratch[k]! >>> 8) / 2 ** 24;
  else
    for (let k = 0; k < 2 * blocks; k += 2) {
      const radius = radiusOf(scratch[k]!);
      const turn = scratch[k + 1]!;
      fallback[k] = radius * cosineOfTurn(turn);
      fallback[k + 1] = radius * sineOfTurn(turn);
    }
  return fallback;
};

function isAll(units: readonly number[], width: number): boolean {
  return units.length === width && units.every((unit, k) => unit === k);
}
