import { constant } from './constant.js';
import { glorotNormal } from './glorot-normal.js';
import { glorotUniform } from './glorot-uniform.js';
import { heNormal } from './he-normal.js';
import { heUniform } from './he-uniform.js';
import { identity } from './identity.js';
import type { InitializerKind } from './initializer.js';
import { lecunNormal } from './lecun-normal.js';
import { lecunUniform } from './lecun-uniform.js';
import { normal } from './normal.js';
import { ones } from './ones.js';
import { orthogonal } from './orthogonal.js';
import { varianceScaling } from './variance-scaling.js';
import { truncatedNormal } from './truncated-normal.js';
import { uniform } from './uniform.js';
import { zeros } from './zeros.js';

/** The initializers. Adding one is one file and one line here. */
export const initializers = {
  constant,
  glorot_normal: glorotNormal,
  glorot_uniform: glorotUniform,
  he_normal: heNormal,
  he_uniform: heUniform,
  identity,
  lecun_normal: lecunNormal,
  lecun_uniform: lecunUniform,
  normal,
  ones,
  orthogonal,
  truncated_normal: truncatedNormal,
  uniform,
  variance_scaling: varianceScaling,
  zeros,
} as const satisfies Readonly<Record<string, InitializerKind>>;
