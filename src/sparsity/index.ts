import { dropneuron } from './dropneuron.js';
import { dsd } from './dsd.js';
import { l0 } from './l0.js';
import { l1 } from './l1.js';
import { l2 } from './l2.js';
import type { SparsityMethod } from './method.js';

/** The sparsity methods, by their annotation. Adding one is one file and one line here. */
export const methods = { dropneuron, dsd, l0, l1, l2 } as const satisfies Readonly<Record<string, SparsityMethod>>;
