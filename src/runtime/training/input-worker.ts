import { workerData } from 'node:worker_threads';
import { HEAD, Preparer, type Recipe, STATE, slotOver } from './preparing.js';

/**
 * The thread that makes inputs of steps ahead (StepInputs). scripts/generate-worker.mjs bundles this file and all that it loads to one text, so that the thread starts alike
 * from sources and from any bundle. Slots are asked for in turn. It sleeps while none is, and ends when it is ended, or by what
 * goes wrong, which the first thread then hears of: that one makes the same inputs, and meets with the same.
 */
const { recipe, buffers } = workerData as { readonly recipe: Recipe; readonly buffers: readonly SharedArrayBuffer[] };
const slots = buffers.map((buffer) => slotOver(recipe, buffer));
const preparer = new Preparer(recipe);

for (let turn = 0; ; turn = (turn + 1) % slots.length) {
  const { head } = slots[turn]!;
  for (let state = Atomics.load(head, HEAD.state); state !== STATE.asked; state = Atomics.load(head, HEAD.state))
    Atomics.wait(head, HEAD.state, state);
  preparer.prepare(slots[turn]!);
  Atomics.store(head, HEAD.state, STATE.ready);
  Atomics.notify(head, HEAD.state);
}
