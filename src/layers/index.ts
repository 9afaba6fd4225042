import { activation } from './activation.js';
import { add } from './add.js';
import { average } from './average.js';
import { batchNormalization } from './batch-normalization.js';
import { concatenate } from './concatenate.js';
import { dense } from './dense.js';
import { dropout } from './dropout.js';
import { flatten } from './flatten.js';
import { input } from './input.js';
import type { LayerKind } from './layer.js';
import { maximum } from './maximum.js';
import { minimum } from './minimum.js';
import { multiply } from './multiply.js';
import { rescaling } from './rescaling.js';
import { reshape } from './reshape.js';
import { subtract } from './subtract.js';

/** The layers. Adding one is one file and one line here. */
export const layers = {
  Activation: activation,
  Add: add,
  Average: average,
  BatchNormalization: batchNormalization,
  Concatenate: concatenate,
  Dense: dense,
  Dropout: dropout,
  Flatten: flatten,
  Input: input,
  Maximum: maximum,
  Minimum: minimum,
  Multiply: multiply,
  Rescaling: rescaling,
  Reshape: reshape,
  Subtract: subtract,
} as const satisfies Readonly<Record<string, LayerKind>>;

/** The kind of a layer that stage 1 accepted. */
export function layerKind(word: string): LayerKind {
  const kind = (layers as Readonly<Record<string, LayerKind>>)[word];
  if (!kind) throw new Error(`no layer kind ${word}`);
  return kind;
}
