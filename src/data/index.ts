import type { SourceKind } from './source.js';
import { cifar10 } from './sources/cifar10.js';
import { csv } from './sources/csv.js';
import { drawnDigits } from './sources/drawn-digits.js';
import { fashionMnist } from './sources/fashion-mnist.js';
import { idx } from './sources/idx.js';
import { mnist } from './sources/mnist.js';
import { npy } from './sources/npy.js';
import { npz } from './sources/npz.js';
import { sparseRegression } from './sources/sparse-regression.js';

/** The data sources. Adding one is one file and one line here. */
export const sources = {
  cifar10,
  csv,
  drawn_digits: drawnDigits,
  fashion_mnist: fashionMnist,
  idx,
  mnist,
  npy,
  npz,
  sparse_regression: sparseRegression,
} as const satisfies Readonly<Record<string, SourceKind>>;
