import { binaryCrossentropy } from './binary-crossentropy.js';
import { categoricalCrossentropy } from './categorical-crossentropy.js';
import type { LossKind } from './loss.js';
import { meanSquaredError } from './mean-squared-error.js';
import { sparseCategoricalCrossentropy } from './sparse-categorical-crossentropy.js';

/** The losses. Adding one is one file and one line here. */
export const losses = {
  binary_crossentropy: binaryCrossentropy,
  categorical_crossentropy: categoricalCrossentropy,
  mean_squared_error: meanSquaredError,
  sparse_categorical_crossentropy: sparseCategoricalCrossentropy,
} as const satisfies Readonly<Record<string, LossKind>>;
