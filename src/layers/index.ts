import { activation } from './activation.js';
import { dense } from './dense.js';
import { dropout } from './dropout.js';
import { flatten } from './flatten.js';
import { input } from './input.js';
import type { LayerKind } from './layer.js';
import { rescaling } from './rescaling.js';
import { reshape } from './reshape.js';

/** The layers. Adding one is one file and one line here. */
export const layers = {
  Activation: activation,
  Dense: dense,
  Dropout: dropout,
  Flatten: flatten,
  Input: input,
  Rescaling: rescaling,
  Reshape: reshape,
} as const satisfies Readonly<Record<string, LayerKind>>;

/** The kind of a layer that stage 1 accepted. */
export function layerKind(word: string): LayerKind {
  const kind = (layers as Readonly<Record<string, LayerKind>>)[word];
  if (!kind) throw new Error(`no layer kind ${word}`);
  return kind;
}
