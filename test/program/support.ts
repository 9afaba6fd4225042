import { Builder, type Value } from '../../src/program/builder.js';
import { type DType, type Extent, type Program, sizeOf, type Tensor64 } from '../../src/program/program.js';
import { resolveShape } from '../../src/program/shapes.js';

/** The seed of this run's random cases: DNC_TEST_SEED replays a run that failed. Tests put it in their names. */
export const seed = Number(process.env.DNC_TEST_SEED ?? Math.floor(Math.random() * 2 ** 31));

/** Mulberry32: numbers for tests, the same for the same seed and name. */
export class Random {
  private state: number;

  constructor(name: string) {
    this.state = seed;
    for (const character of name) this.state = Math.imul(this.state ^ character.codePointAt(0)!, 0x9e3779b1);
  }

  /** From 0, included, to 1. */
  next(): number {
    this.state = (this.state + 0x6d2b79f5) | 0;
    let t = Math.imul(this.state ^ (this.state >>> 15), 1 | this.state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  }
  between(low: number, high: number): number {
    return low + (high - low) * this.next();
  }
  /** A whole number, both ends included. */
  int(low: number, high: number): number {
    return low + Math.floor(this.next() * (high - low + 1));
  }
  chance(): boolean {
    return this.next() < 0.5;
  }
  pick<T>(from: readonly T[]): T {
    return from[this.int(0, from.length - 1)]!;
  }
  shuffled<T>(from: readonly T[]): T[] {
    const all = [...from];
    for (let i = all.length - 1; i > 0; i--) {
      const j = this.int(0, i);
      [all[i], all[j]] = [all[j]!, all[i]!];
    }
    return all;
  }
}

export function tensor(shape: readonly number[], data: ArrayLike<number>, dtype: DType = 'float'): Tensor64 {
  if (data.length !== sizeOf(shape)) throw new Error('the test gives a wrong number of elements');
  return { dtype, shape, data: Float64Array.from(data) };
}

/** One input of a program under test. */
export interface Given {
  readonly shape: readonly Extent[];
  readonly data: readonly number[];
  readonly dtype?: DType;
}

/** A program with the inputs x0, x1, … and what to run it with. */
export function program(
  given: readonly Given[],
  write: (b: Builder, xs: readonly Value[]) => void,
  batch?: number,
): { readonly program: Program; readonly inputs: Readonly<Record<string, Tensor64>> } {
  const b = new Builder();
  write(
    b,
    given.map(({ shape, dtype = 'float' }, at) => b.batch(`x${at}`, dtype, shape)),
  );
  const inputs = given.map(({ shape, data, dtype }, at) => [`x${at}`, tensor(resolveShape(shape, batch), data, dtype)]);
  return { program: b.build('test'), inputs: Object.fromEntries(inputs) };
}

/** max |a − b| / max(max |b|, floor) */
export function difference(a: ArrayLike<number>, b: ArrayLike<number>, floor = 1e-3): number {
  if (a.length !== b.length) return Number.POSITIVE_INFINITY;
  let largest = floor;
  let worst = 0;
  for (let i = 0; i < b.length; i++) {
    largest = Math.max(largest, Math.abs(b[i]!));
    worst = Math.max(worst, Math.abs(a[i]! - b[i]!));
  }
  return worst / largest;
}
