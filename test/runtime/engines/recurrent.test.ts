import { describe, expect, test } from 'vitest';
import { stepProgram } from '../../../src/compiler/4-program/index.js';
import { type EngineName, engines } from '../../../src/runtime/engines/index.js';
import { initialValues } from '../../../src/runtime/weights/initial-values.js';
import { floats, ints, wave } from '../../parity/numbers.js';
import { lower } from '../../parity/support.js';

const [ROWS, STEPS, FEATURES] = [12, 9, 2];

const { network, spec } = lower(`
model Sequences {
  x = Input(${STEPS}, ${FEATURES})
  both = Bidirectional(GRU(6, return_sequences: true), merge_mode: sum)
  last = LSTM(8)
  y = Dense(2)
}
data { source: sparse_regression }
train {
  loss: sparse_categorical_crossentropy(from_logits: true)
  optimizer: adam(0.02)
  epochs: 1
}
`);
const step = stepProgram(network, { ...spec.train.phases[0]!, finetune: false });

/** Series of two sorts: whether the first feature of the first step, or of a later one, is the larger; only what is carried over all steps tells. */
function rowsOf(rows: number, salt: number) {
  const x = wave(rows * STEPS * FEATURES, salt);
  const target = Array.from({ length: rows }, (_, row) => (x[row * STEPS * FEATURES]! > 0 ? 1 : 0));
  return { x: floats([rows, STEPS, FEATURES], x), 'target:y': ints(target) };
}

const names: readonly EngineName[] = ['onnxruntime', 'tfjs-wasm', 'tfjs-cpu'];

for (const name of names) {
  const engine = engines[name];
  const readiness = await engine.probe();
  const label = readiness.ready ? name : `${name} (not ready: ${readiness.because})`;

  describe.skipIf(!readiness.ready)(`a network over sequences on ${label}`, () => {
    /** The losses per row of some steps, batches short and long, and the state after them. */
    async function trained(steps: number) {
      const loaded = await engine.load({ step: step.program }, { threads: 2 });
      const start = initialValues(network, 7);
      await loaded.setState(
        Object.fromEntries(
          step.state.flatMap(({ name, shape, slot }) => (slot ? [] : [[name, floats(shape, [...start.get(name)!])]])),
        ),
      );
      const losses: number[] = [];
      for (let at = 1; at <= steps; at++) {
        const rows = at % 4 === 0 ? 5 : ROWS;
        const numbers = step.scalars({ step: at, learningRate: 0.02, rows });
        const scalars = Object.fromEntries(Object.entries(numbers).map(([key, value]) => [key, floats([], [value])]));
        const { loss } = await loaded.run('step', { ...rowsOf(rows, at % 3), ...scalars });
        losses.push(loss!.data[0]! / rows);
      }
      const state = await loaded.state();
      await loaded.close();
      return { losses, state };
    }

    test('learns what only all steps together tell, and the same bits twice', async () => {
      const { losses, state } = await trained(60);
      const mean = (of: readonly number[]) => of.reduce((sum, one) => sum + one, 0) / of.length;
      expect(mean(losses.slice(0, 6))).toBeGreaterThan(0.5);
      expect(mean(losses.slice(-6))).toBeLessThan(0.1);
      const again = await trained(60);
      expect(again.losses).toEqual(losses);
      expect(again.state).toEqual(state);
    });
  });
}
