import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { Stream } from '../../src/random/streams.js';
import { pngBytes } from '../data/pictures/encode.js';

/**
 * Writes four files of 28×28 images in MNIST's names and format into `folder`/mnist, or under another name: a class is a bright square at its own place, in noise.
 * The border is always 0, as it is in MNIST.
 */
export function writeStandInForMnist(
  folder: string,
  rows: { readonly train: number; readonly test: number },
  name = 'mnist',
): void {
  const own = path.join(folder, name);
  mkdirSync(own, { recursive: true });
  for (const [part, count] of [
    ['train', rows.train],
    ['t10k', rows.test],
  ] as const) {
    const noise = Stream.named(`stand-in ${part}`, { seed: 1 });
    const labels = Uint8Array.from({ length: count }, (_, row) => (row * 7 + (row >> 3)) % 10);
    const images = new Uint8Array(count * 784);
    for (let row = 0; row < count; row++) {
      const [top, left] = [4 + 4 * (labels[row]! % 5), 6 + 8 * Math.floor(labels[row]! / 5)];
      for (let y = 2; y < 26; y++)
        for (let x = 2; x < 26; x++) {
          const k = row * 784 + y * 28 + x;
          const inside = y >= top && y < top + 4 && x >= left && x < left + 7;
          images[k] = Math.floor(noise.uniform(k) * (inside ? 255 : 60));
        }
    }
    writeFileSync(path.join(own, `${part}-images-idx3-ubyte`), idx([count, 28, 28], images));
    writeFileSync(path.join(own, `${part}-labels-idx1-ubyte`), idx([count], labels));
  }
}

/** Writes the six files of CIFAR-10's binary version into `folder`/cifar10: a class is a bright square at its own place, in noise. */
export function writeStandInForCifar(folder: string, rows: { readonly train: number; readonly test: number }): void {
  const own = path.join(folder, 'cifar10');
  mkdirSync(own, { recursive: true });
  const names = ['data_batch_1', 'data_batch_2', 'data_batch_3', 'data_batch_4', 'data_batch_5', 'test_batch'];
  for (const name of names) {
    const count = name === 'test_batch' ? rows.test : Math.ceil(rows.train / 5);
    const noise = Stream.named(`stand-in cifar10 ${name}`, { seed: 1 });
    const records = new Uint8Array(count * 3073);
    for (let row = 0; row < count; row++) {
      const label = (row * 7 + (row >> 3)) % 10;
      records[row * 3073] = label;
      const pixel = squareOf(label, 32);
      for (let k = 0; k < 3072; k++)
        records[row * 3073 + 1 + k] = Math.floor(
          noise.uniform(row * 3072 + k) * (pixel((k % 1024) >> 5, k % 32) ? 255 : 60),
        );
    }
    writeFileSync(path.join(own, `${name}.bin`), records);
  }
}

/** Writes PNG pictures of `side`×`side` pixels, in folders by class, with a folder for validation where there are rows for it. */
export function writeStandInPictures(
  folder: string,
  name: string,
  sizes: { readonly side: number; readonly classes: number; readonly train: number; readonly validation?: number },
): void {
  const { side, classes, train, validation } = sizes;
  const parts =
    validation === undefined
      ? [['', train] as const]
      : ([
          ['train', train],
          ['validation', validation],
        ] as const);
  for (const [part, count] of parts) {
    const noise = Stream.named(`stand-in ${name} ${part}`, { seed: 1 });
    for (let row = 0; row < count; row++) {
      const label = row % classes;
      const own = path.join(folder, name, part, `kind-${label}`);
      mkdirSync(own, { recursive: true });
      const pixel = squareOf(label % 10, side);
      const samples = Array.from({ length: side * side * 3 }, (_, k) => {
        const at = Math.floor(k / 3);
        return Math.floor(
          noise.uniform(row * side * side * 3 + k) * (pixel(Math.floor(at / side), at % side) ? 255 : 60),
        );
      });
      writeFileSync(
        path.join(own, `${row}.png`),
        pngBytes({ width: side, height: side, colour: 2, depth: 8, samples }),
      );
    }
  }
}

/** Whether a pixel is in the square of one of ten classes, in a picture of so many lines. */
function squareOf(label: number, side: number): (y: number, x: number) => boolean {
  const [top, left, extent] = [(label % 5) / 6 + 0.1, label < 5 ? 0.1 : 0.6, 0.25].map((part) =>
    Math.floor(part * side),
  ) as [number, number, number];
  return (y, x) => y >= top && y < top + extent && x >= left && x < left + extent;
}

/** An IDX file of unsigned bytes. */
export function idx(extents: readonly number[], elements: Uint8Array): Buffer {
  const header = Buffer.alloc(4 + 4 * extents.length);
  header.writeUInt32BE(0x0800 + extents.length, 0);
  extents.forEach((extent, axis) => void header.writeUInt32BE(extent, 4 + 4 * axis));
  return Buffer.concat([header, elements]);
}

/**
 * Writes tables that have the form of those that the specs name: columns, first lines, classes, missing cells. Half of the columns of numbers matter
 * for the target.
 */
export function writeStandInTables(folder: string): void {
  const table = (
    file: string,
    rows: number,
    lines: (row: number, cells: (count: number) => number[]) => string[],
    head?: string,
  ) => {
    const stream = Stream.named(`stand-in ${file}`, { seed: 1 });
    let drawn = 0;
    const cells = (count: number) => Array.from({ length: count }, () => 2 * stream.uniform(drawn++) - 1);
    const text = Array.from({ length: rows }, (_, row) => lines(row, cells).join(',')).join('\n');
    writeFileSync(path.join(folder, file), `${head === undefined ? '' : `${head}\n`}${text}\n`);
  };
  const score = (numbers: readonly number[]) =>
    numbers.reduce((sum, value, k) => sum + (k % 2 === 0 ? value : 0), 0) / Math.sqrt(numbers.length / 6);
  const near = ['<1H OCEAN', 'INLAND', 'ISLAND', 'NEAR BAY', 'NEAR OCEAN'];
  const houses = [
    ...['longitude', 'latitude', 'housing_median_age', 'total_rooms', 'total_bedrooms', 'population', 'households'],
    ...['median_income', 'median_house_value', 'ocean_proximity'],
  ];
  table(
    'california_housing.csv',
    600,
    (row, cells) => {
      const numbers = cells(8);
      const shown = numbers.map((value, k) => (k === 4 && row % 50 === 7 ? '' : (100 * value).toFixed(3)));
      return [...shown, (200_000 + 1e5 * score(numbers)).toFixed(1), near[(row * 7) % 5]!];
    },
    houses.join(','),
  );
  table('winequality-white.csv', 600, (_, cells) => {
    const numbers = cells(11);
    return [...numbers.map((value) => value.toFixed(4)), String(Math.round(6 + score(numbers)))];
  });
  table(
    'breast_cancer.csv',
    500,
    (_, cells) => {
      const numbers = cells(30);
      return [...numbers.map((value) => value.toFixed(4)), score(numbers) > 0 ? '1' : '0'];
    },
    '500,30,malignant,benign',
  );
  table('sonar.csv', 500, (_, cells) => {
    const numbers = cells(60);
    return [...numbers.map((value) => value.toFixed(4)), score(numbers) > 0 ? 'R' : 'M'];
  });
}
