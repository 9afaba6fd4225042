import { adagrad } from './adagrad.js';
import { adam } from './adam.js';
import { adamw } from './adamw.js';
import { lion } from './lion.js';
import { nadam } from './nadam.js';
import type { OptimizerKind } from './optimizer.js';
import { rmsprop } from './rmsprop.js';
import { sgd } from './sgd.js';

/** The optimizers. Adding one is one file and one line here. */
export const optimizers = {
  adagrad,
  adam,
  adamw,
  lion,
  nadam,
  rmsprop,
  sgd,
} as const satisfies Readonly<Record<string, OptimizerKind>>;
