import type { layers } from '../../src/layers/index.js';
import type { LayerEntry } from './cases/case.js';
import { core } from './cases/core.js';
import { merge } from './cases/merge.js';
import { norm } from './cases/norm.js';

export type { LayerCase, LayerEntry } from './cases/case.js';

/** Every layer of the registry; one that is missing here does not compile. */
export const cases: Readonly<Record<keyof typeof layers, LayerEntry>> = { ...core, ...merge, ...norm };
