import { Code, encodeModule, I32, V128 } from '../wasm/encoder.js';
import { webAssembly } from '../wasm/webassembly.js';
import { HALF_PI, logarithm, cosine, sine } from './numeric.js';
import { type Key, PARITY } from './threefry.js';

/**
 * Random numbers four blocks of Threefry at a time, in WebAssembly with 128-bit vectors. Every step is what threefry.ts and numeric.ts do, in their order: additions, rotations and exclusive-ors
 * of 32-bit words, and float64 operations whose results IEEE 754 fixes, so the bits are the same.
 */

/** Blocks in one call. Each gives two numbers. */
export const PIECE = 2048;
/** What a call computes of, as 32-bit words from address 0; numbers begin behind them. */
const HEAD = { k0: 0, k1: 1, k2: 2, high: 3, low: 4, groups: 5, threshold: 6 } as const;
const NUMBERS = 64;
const GROUP = 4;

export type Kind = 'bernoulli' | 'uniform' | 'normal';

export interface Vectors {
  /**
   * The numbers of the blocks (high, low) to (high, low + blocks − 1), at most `PIECE`, two of each; the next call writes over them. `threshold`: of bernoulli, below which the upper
   * 24 bits of a word give 1.
   */
  draw(
    kind: Kind,
    key: Key,
    at: { readonly high: number; readonly low: number },
    blocks: number,
    threshold?: number,
  ): Float32Array;
}

let made: Vectors | undefined | null;

/** The code, made at the first call; nothing where this JavaScript has no WebAssembly or no vectors in it. */
export function vectors(): Vectors | undefined {
  if (made === undefined) made = make() ?? null;
  return made ?? undefined;
}

function make(): Vectors | undefined {
  if (!webAssembly) return undefined;
  const kinds: readonly Kind[] = ['bernoulli', 'uniform', 'normal'];
  const bytes = encodeModule({
    pages: 1,
    shared: false,
    imports: [],
    functions: kinds.map(emit),
    exports: Object.fromEntries(kinds.map((kind, k) => [kind, k])),
  });
  const memory = new webAssembly.Memory({ initial: 1, maximum: 1, shared: false });
  let exports: Readonly<Record<string, unknown>>;
  try {
    ({ exports } = new webAssembly.Instance(new webAssembly.Module(bytes), { host: { memory } }));
  } catch {
    // Compiled nowhere without vectors.
    return undefined;
  }
  const head = new Int32Array(memory.buffer, 0, NUMBERS / 4);
  const numbers = new Float32Array(memory.buffer, NUMBERS, 2 * PIECE);
  return {
    draw(kind, key, { high, low }, blocks, threshold = 0) {
      head[HEAD.k0] = key.high;
      head[HEAD.k1] = key.low;
      head[HEAD.k2] = PARITY ^ key.high ^ key.low;
      head[HEAD.high] = high;
      head[HEAD.low] = low;
      head[HEAD.groups] = Math.ceil(blocks / GROUP);
      head[HEAD.threshold] = threshold;
      (exports[kind] as () => void)();
      return numbers;
    },
  };
}

/** To the left, round by round; after eight they begin again. */
const ROTATIONS = [13, 15, 26, 6, 17, 29, 16, 24] as const;
/** Which of the three key words are added after every fourth round, to the first word and to the second, which is given the number of the addition, too. */
const INJECTIONS = [
  [1, 2],
  [2, 0],
  [0, 1],
  [1, 2],
  [2, 0],
] as const;

const four = (value: number) => Uint32Array.of(value, value, value, value);
const two = (value: number) => Float64Array.of(value, value);
/** Four words of 32 bits as two of 64. */
const twoWords = (high: number, low: number) => Uint32Array.of(low, high, low, high);

/** The function of one kind of numbers. */
function emit(kind: Kind): Code {
  const code = new Code();
  const splat = (word: keyof typeof HEAD): number => {
    const local = code.local(V128);
    code
      .i32(0)
      .access('i32.load', 4 * HEAD[word])
      .op('i32x4.splat')
      .set(local);
    return local;
  };
  const keys = [splat('k0'), splat('k1'), splat('k2')];
  const high = splat('high');
  const low = splat('low');
  code
    .get(low)
    .v128(Uint32Array.of(0, 1, 2, 3))
    .op('i32x4.add')
    .set(low);
  const threshold = kind === 'bernoulli' ? splat('threshold') : undefined;
  const to = code.local(I32);
  const counter = code.local(I32);
  code
    .i32(0)
    .access('i32.load', 4 * HEAD.groups)
    .set(counter);
  code.countdown(counter, () => {
    const [a, b] = cipher(code, keys, high, low);
    code.get(low).v128(four(GROUP)).op('i32x4.add').set(low);
    if (kind === 'normal') normals(code, a, b, to);
    else {
      for (const [lanes, offset] of [[[0, 4, 1, 5], 0] as const, [[2, 6, 3, 7], 16] as const]) {
        code.get(to).get(a).get(b).shuffle(lanes);
        code.i32(8).op('i32x4.shr_u');
        if (threshold === undefined)
          code
            .op('f32x4.convert_i32x4_s')
            .v128(Float32Array.from(four(0), () => 2 ** -24))
            .op('f32x4.mul');
        else
          code
            .get(threshold)
            .op('i32x4.lt_s')
            .v128(Float32Array.of(1, 1, 1, 1))
            .op('v128.and');
        code.access('v128.store', NUMBERS + offset);
      }
    }
    code.get(to).i32(32).op('i32.add').set(to);
  });
  return code;
}

/** Threefry-2x32 with 20 rounds of four counters: both words of each, in locals. */
function cipher(code: Code, keys: readonly number[], high: number, low: number): readonly [number, number] {
  const a = code.local(V128);
  const b = code.local(V128);
  code.get(high).get(keys[0]!).op('i32x4.add').set(a);
  code.get(low).get(keys[1]!).op('i32x4.add').set(b);
  for (let round = 0; round < 20; round++) {
    code.get(a).get(b).op('i32x4.add').set(a);
    rotate(code, b, ROTATIONS[round % 8]!);
    code.get(a).op('v128.xor').set(b);
    if (round % 4 !== 3) continue;
    const injection = (round + 1) / 4;
    const [first, second] = INJECTIONS[injection - 1]!;
    code.get(a).get(keys[first]!).op('i32x4.add').set(a);
    code.get(b).get(keys[second]!).op('i32x4.add').v128(four(injection)).op('i32x4.add').set(b);
  }
  return [a, b];
}

/** To the left; whole bytes are moved at once. */
function rotate(code: Code, word: number, by: number): void {
  if (by % 8 === 0) {
    const bytes = Array.from({ length: 16 }, (_, k) => (k & 12) + ((k + 4 - by / 8) & 3));
    code.get(word).get(word).shuffleBytes(bytes);
    return;
  }
  code.get(word).i32(by).op('i32x4.shl');
  code
    .get(word)
    .i32(32 - by)
    .op('i32x4.shr_u');
  code.op('v128.or');
}

/** Box and Muller of four blocks, as `Stream.normal` has it. */
function normals(code: Code, a: number, b: number, to: number): void {
  // The turn's quarter, and where in it, mirrored above its middle.
  const rest = code.local(V128);
  const mirrored = code.local(V128);
  const part = code.local(V128);
  code.get(b).v128(four(0x3fffffff)).op('v128.and').set(rest);
  code.get(rest).v128(four(0x20000000)).op('i32x4.gt_s').set(mirrored);
  code.v128(four(0x40000000)).get(rest).op('i32x4.sub').get(rest).get(mirrored).op('v128.bitselect').set(part);
  // The lowest bit of the quarter tells sine from cosine, and the mirror once more.
  const swapped = code.local(V128);
  code
    .get(b)
    .v128(four(0x40000000))
    .op('v128.and')
    .v128(four(0))
    .op('i32x4.gt_s')
    .get(mirrored)
    .op('v128.xor')
    .set(swapped);
  // The cosine is negative in the second and third quarter, the sine in the third and fourth. Where a word's highest bit is set, it is negative.
  const below = code.local(V128);
  const left = code.local(V128);
  code.v128(four(0)).get(b).op('i32x4.gt_s').set(below);
  code.v128(four(0)).get(b).v128(four(0x40000000)).op('i32x4.add').op('i32x4.gt_s').set(left);

  for (const half of [0, 1]) {
    const pick = half === 0 ? [0, 1, 0, 1] : [2, 3, 2, 3];
    const widen = half === 0 ? 'i64x2.extend_low_i32x4_s' : 'i64x2.extend_high_i32x4_s';
    const low = (word: number) =>
      code
        .get(word)
        .get(word)
        .shuffle(pick as [number, number, number, number]);
    const radius = code.local(V128);
    const words = code.local(V128);
    low(a).op('f64x2.convert_low_i32x4_u').v128(two(1)).op('f64x2.add').set(words);
    logarithmOf(code, words);
    code.v128(two(-2)).op('f64x2.mul').op('f64x2.sqrt').set(radius);
    const x = code.local(V128);
    low(part)
      .op('f64x2.convert_low_i32x4_u')
      .v128(two(2 ** -30))
      .op('f64x2.mul')
      .v128(two(HALF_PI))
      .op('f64x2.mul')
      .set(x);
    const z = code.local(V128);
    code.get(x).get(x).op('f64x2.mul').set(z);
    const cosineOf = code.local(V128);
    series(code, cosine, z);
    code.get(z).op('f64x2.mul').v128(two(1)).op('f64x2.add').set(cosineOf);
    const sineOf = code.local(V128);
    code.get(x).get(x).get(z).op('f64x2.mul');
    series(code, sine, z);
    code.op('f64x2.mul').op('f64x2.add').set(sineOf);
    const mask = code.local(V128);
    code.get(swapped).op(widen).set(mask);
    const signed = (one: number, other: number, negative: number) => {
      code.get(radius).get(one).get(other).get(mask).op('v128.bitselect');
      code.get(negative).op(widen).v128(twoWords(0x80000000, 0)).op('v128.and').op('v128.xor');
      code.op('f64x2.mul').op('f32x4.demote_f64x2_zero');
    };
    code.get(to);
    signed(sineOf, cosineOf, left);
    signed(cosineOf, sineOf, below);
    code.shuffle([0, 4, 1, 5]).access('v128.store', NUMBERS + 16 * half);
  }
}

/** ln(n / 2³²) of two whole numbers, as `logOfFraction` has it; its result is left on the stack. */
function logarithmOf(code: Code, n: number): void {
  // n = m · 2^exponent: both are in the bits of the float64, the exponent with 1023 more. As the mantissa of 2⁵² a whole number becomes a float64.
  const m = code.local(V128);
  const exponent = code.local(V128);
  code.get(n).v128(twoWords(0x000fffff, 0xffffffff)).op('v128.and').v128(two(1)).op('v128.or').set(m);
  code
    .get(n)
    .i32(52)
    .op('i64x2.shr_u')
    .v128(two(2 ** 52))
    .op('v128.or')
    .v128(two(2 ** 52 + 1023 + 32))
    .op('f64x2.sub')
    .set(exponent);
  const above = code.local(V128);
  code.get(m).v128(two(Math.SQRT2)).op('f64x2.gt').set(above);
  code.get(m).v128(two(0.5)).op('f64x2.mul').get(m).get(above).op('v128.bitselect').set(m);
  code.get(exponent).get(above).v128(two(1)).op('v128.and').op('f64x2.add').set(exponent);
  const s = code.local(V128);
  const z = code.local(V128);
  code.get(m).v128(two(1)).op('f64x2.sub').get(m).v128(two(1)).op('f64x2.add').op('f64x2.div').set(s);
  code.get(s).get(s).op('f64x2.mul').set(z);
  code.get(exponent).v128(two(Math.LN2)).op('f64x2.mul');
  const twice = code.local(V128);
  code.get(s).get(s).op('f64x2.add').tee(twice);
  code.get(twice).get(z).op('f64x2.mul');
  series(code, logarithm, z);
  code.op('f64x2.mul').op('f64x2.add').op('f64x2.add');
}

/** A polynomial in z by Horner's rule, its highest coefficient first; its result is left on the stack. */
function series(code: Code, [highest, ...others]: readonly number[], z: number): void {
  code.v128(two(highest!));
  for (const coefficient of others) code.get(z).op('f64x2.mul').v128(two(coefficient)).op('f64x2.add');
}
