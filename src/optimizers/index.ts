import { adam } from './adam.js';
import type { OptimizerKind } from './optimizer.js';
import { sgd } from './sgd.js';

/** The optimizers. Adding one is one file and one line here. */
export const optimizers = { adam, sgd } as const satisfies Readonly<Record<string, OptimizerKind>>;
