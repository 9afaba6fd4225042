import type { layers } from '../../src/layers/index.js';
import type { LayerEntry } from './cases/case.js';
import { activationLayers } from './cases/activation.js';
import { attention } from './cases/attention.js';
import { convolution } from './cases/convolution.js';
import { core } from './cases/core.js';
import { embeddings } from './cases/embedding.js';
import { merge } from './cases/merge.js';
import { norm } from './cases/norm.js';
import { noisy } from './cases/noise.js';
import { pooling } from './cases/pooling.js';
import { recurrent } from './cases/recurrent.js';
import { parts } from './cases/split.js';
import { shape } from './cases/shape.js';

export type { LayerCase, LayerEntry } from './cases/case.js';

/** Every layer of the registry; one that is missing here does not compile. */
export const cases: Readonly<Record<keyof typeof layers, LayerEntry>> = {
  ...core,
  ...convolution,
  ...pooling,
  ...shape,
  ...merge,
  ...norm,
  ...activationLayers,
  ...noisy,
  ...embeddings,
  ...recurrent,
  ...parts,
  ...attention,
};
