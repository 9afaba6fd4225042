// Numbers that every side of the parity tests computes from; common.py is the same in Python.
import { readFileSync } from 'node:fs';
import type { HostTensor } from '../../src/program/program.js';
import { sizeOf } from '../../src/program/program.js';
import cases from './cases.json' with { type: 'json' };

/** `count` numbers in [−1, 1], multiples of 1/1024 and so exact in float32; different for every salt. */
export function wave(count: number, salt: number): number[] {
  return Array.from({ length: count }, (_, k) => {
    const angle = 0.713 * (k + 1) * (k + 1) + 1.618 * salt * (k + 1) + salt;
    return Math.floor(1024 * Math.sin(angle) + 0.5) / 1024;
  });
}

/** `count` class numbers below `classes`. */
export function waveClasses(count: number, salt: number, classes: number): number[] {
  return wave(count, salt).map((x) => Math.min(classes - 1, Math.floor(((x + 1) / 2) * classes)));
}

export function oneHot(labels: readonly number[], classes: number): number[] {
  return labels.flatMap((label) => Array.from({ length: classes }, (_, k) => (k === label ? 1 : 0)));
}

export function waveTensor(shape: readonly number[], salt: number, scale = 1): HostTensor {
  return floats(
    shape,
    wave(sizeOf(shape), salt).map((x) => x * scale),
  );
}

export function floats(shape: readonly number[], data: readonly number[]): HostTensor {
  return { shape, data: Float32Array.from(data) };
}

export function ints(data: readonly number[]): HostTensor {
  return { shape: [data.length], data: Int32Array.from(data) };
}

export type Arguments = Readonly<Record<string, unknown>>;

/** One section of cases.json: what is compared. */
export function casesOf<T>(section: keyof typeof cases): T {
  return cases[section] as T;
}

/** What an oracle computed for every case of a section: the committed vectors, or those of the folder that DNC_PARITY_VECTORS names. */
export function vectorsOf<T>(section: string): {
  readonly oracle: string;
  readonly vectors: Readonly<Record<string, T>>;
} {
  const folder = process.env.DNC_PARITY_VECTORS;
  const file = folder ? `${folder}/${section}.json` : new URL(`vectors/${section}.json`, import.meta.url);
  return JSON.parse(readFileSync(file, 'utf8'), (_, value) => unquoted[value as string] ?? value);
}

/** JSON has no words for what is not finite. */
const unquoted: Readonly<Record<string, number>> = { inf: Infinity, '-inf': -Infinity, nan: NaN };

/** What a case is called in its vector and in messages. */
export function labelOf(
  given: { readonly word?: string; readonly kind?: string; readonly name?: string } & Arguments,
): string {
  if (given.name) return given.name;
  const { word, kind, ...rest } = given;
  const name = (word ?? kind)!;
  return Object.keys(rest).length > 0 ? `${name} ${JSON.stringify(rest)}` : name;
}

/** max |Δ| / max |wanted|, infinite where the lengths differ or a number is not finite. */
export function normwise(found: ArrayLike<number>, wanted: ArrayLike<number>): number {
  if (found.length !== wanted.length) return Infinity;
  let most = 0;
  let scale = 1e-30;
  for (let k = 0; k < wanted.length; k++) {
    const difference = Math.abs(found[k]! - wanted[k]!);
    if (!(difference < Infinity)) return Infinity;
    most = Math.max(most, difference);
    scale = Math.max(scale, Math.abs(wanted[k]!));
  }
  return most / scale;
}
