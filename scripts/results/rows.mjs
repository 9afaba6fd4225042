import { autoencoder } from './autoencoder.mjs';
import { combinationRows } from './combinations.mjs';
import { dec3 } from './dec3.mjs';
import { dropnet } from './dropnet.mjs';
import { lenet } from './lenet.mjs';
import { methods } from './methods.mjs';
import { networks } from './networks.mjs';
import { pruning } from './pruning.mjs';
import { quickstart } from './quickstart.mjs';
import { regression } from './regression.mjs';
import { small } from './small.mjs';
import { tables } from './tables.mjs';

/** Every row, in the order of the document. row.mjs says what a row is. */
export const rows = {
  ...lenet,
  ...small,
  ...autoencoder,
  ...regression,
  ...combinationRows,
  ...tables,
  ...networks,
  ...dec3,
  ...pruning,
  ...dropnet,
  ...methods,
  ...quickstart,
};

/** The text of a run's spec: that of the row with the words of the row and the run changed. @throws Error where it does not have them */
export function editedSpec(text, row, run) {
  let edited = text;
  for (const [before, after] of [...(row.edit ? [row.edit] : []), ...(run.edits ?? [])]) {
    const next = edited.replaceAll(before, after);
    if (next === edited) throw new Error(`${row.spec} does not say ${before}`);
    edited = next;
  }
  return edited;
}
