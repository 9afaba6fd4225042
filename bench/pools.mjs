// Rows that all contestants read, the same in every run: drawn once into .cache/bench.
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';

/** `symbols`: rows of whole numbers below it, instead of numbers from 0 to 1. */
export const pools = {
  digits: { rows: 12_800, width: 784, classes: 10 },
  pictures: { rows: 2_560, width: 32 * 32 * 3, classes: 10 },
  tokens: { rows: 12_800, width: 32, classes: 2, symbols: 100 },
};

/** The pool's files, written where they are not there yet: numbers as float32, classes as bytes. */
export function poolFiles(name) {
  mkdirSync('.cache/bench', { recursive: true });
  const files = [`.cache/bench/${name}.f32`, `.cache/bench/${name}.u8`];
  if (files.every((file) => existsSync(file))) return files;
  const { numbers, labels } = drawPool(pools[name]);
  writeFileSync(files[0], new Uint8Array(numbers.buffer));
  writeFileSync(files[1], labels);
  return files;
}

/** Rows, and the class whose drawn direction each points into most (of symbols: whose drawn weights of the row's symbols are largest in sum). */
export function drawPool({ rows, width, classes, symbols }) {
  let state = 1;
  const random = () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
  const directions = Float64Array.from({ length: classes * (symbols ?? width) }, () => random() - 0.5);
  const numbers = Float32Array.from({ length: rows * width }, () => (symbols ? Math.floor(random() * symbols) : random()));
  const score = (row, k) => {
    let sum = 0;
    for (let at = 0; at < width; at++) {
      const number = numbers[row * width + at];
      sum += symbols ? directions[k * symbols + number] : directions[k * width + at] * (number - 0.5);
    }
    return sum;
  };
  const labels = Uint8Array.from({ length: rows }, (_, row) => {
    let best = 0;
    let most = Number.NEGATIVE_INFINITY;
    for (let k = 0; k < classes; k++) {
      const found = score(row, k);
      if (found > most) [best, most] = [k, found];
    }
    return best;
  });
  return { numbers, labels };
}
