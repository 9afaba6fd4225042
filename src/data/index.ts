import type { SourceKind } from './source.js';
import { cifar10 } from './sources/cifar10.js';
import { csv } from './sources/csv.js';
import { drawnCharacters } from './sources/drawn-characters.js';
import { drawnDigits } from './sources/drawn-digits.js';
import { drawnShapes } from './sources/drawn-shapes.js';
import { fashionMnist } from './sources/fashion-mnist.js';
import { idx } from './sources/idx.js';
import { imageFolder } from './sources/image-folder.js';
import { mnist } from './sources/mnist.js';
import { npy } from './sources/npy.js';
import { npz } from './sources/npz.js';
import { sequences } from './sources/sequences.js';
import { series } from './sources/series.js';
import { sparseRegression } from './sources/sparse-regression.js';
import { textFolder } from './sources/text-folder.js';
import { twoViews } from './sources/two-views.js';

/** The data sources. Adding one is one file and one line here. */
export const sources = {
  cifar10,
  csv,
  drawn_characters: drawnCharacters,
  drawn_digits: drawnDigits,
  drawn_shapes: drawnShapes,
  fashion_mnist: fashionMnist,
  idx,
  image_folder: imageFolder,
  mnist,
  npy,
  npz,
  sequences,
  series,
  sparse_regression: sparseRegression,
  text_folder: textFolder,
  two_views: twoViews,
} as const satisfies Readonly<Record<string, SourceKind>>;
