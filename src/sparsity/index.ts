import { dropnet } from './dropnet.js';
import { dropneuron } from './dropneuron.js';
import { dsd } from './dsd.js';
import { elastic } from './elastic.js';
import { groupLasso } from './group-lasso.js';
import { informationBottleneck } from './information-bottleneck.js';
import { l0 } from './l0.js';
import { l1 } from './l1.js';
import { l2 } from './l2.js';
import { l0Constrained } from './l0-constrained.js';
import { layerwiseRefined } from './layerwise-refined.js';
import { learnAndDrop } from './learn-and-drop.js';
import { magnitude } from './magnitude.js';
import type { SparsityMethod } from './method.js';
import { netTrim } from './net-trim.js';
import { pruneLarge } from './prune-large.js';
import { sparseGroupLasso } from './sparse-group-lasso.js';
import { spectralDropout } from './spectral-dropout.js';
import { targetedDropout } from './targeted-dropout.js';
import { variational } from './variational.js';

/** The sparsity methods, by their annotation. Adding one is one file and one line here. */
export const methods = {
  dropnet,
  dropneuron,
  dsd,
  elastic,
  group_lasso: groupLasso,
  information_bottleneck: informationBottleneck,
  l0,
  l0_constrained: l0Constrained,
  l1,
  l2,
  layerwise_refined: layerwiseRefined,
  learn_and_drop: learnAndDrop,
  magnitude,
  net_trim: netTrim,
  prune_large: pruneLarge,
  sparse_group_lasso: sparseGroupLasso,
  spectral_dropout: spectralDropout,
  targeted_dropout: targetedDropout,
  variational,
} as const satisfies Readonly<Record<string, SparsityMethod>>;
