import type { Call } from '../../ir/kind.js';
import { losses } from '../../losses/index.js';
import type { LossKind } from '../../losses/loss.js';

export function lossKind(call: Call): LossKind {
  return (losses as Readonly<Record<string, LossKind>>)[call.word]!;
}
