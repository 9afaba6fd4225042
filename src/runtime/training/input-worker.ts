import { workerData } from 'node:worker_threads';
import { HEAD, Preparer, type Recipe, STATE, slotOver } from './preparing.js';

/**
 * The thread that makes inputs of steps ahead (StepInputs). scripts/generate-worker.mjs bundles this file and all that it loads to one text, so that the thread starts alike
 * from sources and from any bundle. Slots are asked for in turn. It sleeps while none is, and ends when it is ended.
 */
const { recipe, buffers } = workerData as { readonly recipe: Recipe; readonly buffers: readonly SharedArrayBuffer[] };
const slots = buffers.map((buffer) => slotOver(recipe, buffer));
const preparer = new Preparer(recipe);

for (let turn = 0; ; turn = (turn + 1) % slots.length) {
  const { head } = slots[turn]!;
  for (let state = Atomics.load(head, HEAD.state); state !== STATE.asked; state = Atomics.load(head, HEAD.state))
    Atomics.wait(head, HEAD.state, state);
  let state: number = STATE.failed;
  try {
    preparer.prepare(slots[turn]!);
    state = STATE.ready;
  } catch {
    // The first thread makes the same inputs then, and meets with the same.
  }
  Atomics.store(head, HEAD.state, state);
  Atomics.notify(head, HEAD.state);
}
