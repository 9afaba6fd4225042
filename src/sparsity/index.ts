import { dropneuron } from './dropneuron.js';
import { dsd } from './dsd.js';
import { elastic } from './elastic.js';
import { groupLasso } from './group-lasso.js';
import { informationBottleneck } from './information-bottleneck.js';
import { l0 } from './l0.js';
import { l1 } from './l1.js';
import { l2 } from './l2.js';
import type { SparsityMethod } from './method.js';
import { sparseGroupLasso } from './sparse-group-lasso.js';
import { variational } from './variational.js';

/** The sparsity methods, by their annotation. Adding one is one file and one line here. */
export const methods = {
  dropneuron,
  dsd,
  elastic,
  group_lasso: groupLasso,
  information_bottleneck: informationBottleneck,
  l0,
  l1,
  l2,
  sparse_group_lasso: sparseGroupLasso,
  variational,
} as const satisfies Readonly<Record<string, SparsityMethod>>;
