import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { idxBytes } from '../../data/idx-files.js';
import { temporaryFolder } from '../../support/folders.js';
import { run, trace } from '../../support/runs.js';

const before = process.env.DNC_DATA_MEMORY;
afterEach(() => {
  if (before === undefined) delete process.env.DNC_DATA_MEMORY;
  else process.env.DNC_DATA_MEMORY = before;
});

const ROWS = 70;
const SPEC = `model Net {
  image = Input(24, 24, 1)
  flat = Flatten
  hidden = Dense(6, activation: relu)  @dropneuron(1e-3)
  Dropout(0.3)
  label = Dense(10)
}
data { source: idx(images: ["a", "b"], labels: "labels"); validation: 10; test: 10; augment: [shift(3), rotate(20)] }
train { loss: sparse_categorical_crossentropy(from_logits: true); batch_size: 16; epochs: 2 }
simplify { threshold: auto(tolerance: 5%); every: 1; finetune { epochs: 1 } }
`;

test('a run on rows that stay in their files, stopped after every few steps, ends in the bytes of one on rows in memory', {
  timeout: 120_000,
}, async () => {
  const folder = temporaryFolder();
  const size = 24 * 24;
  for (const [name, first, rows] of [
    ['a', 0, 30],
    ['b', 30, ROWS - 30],
  ] as const) {
    const pixels = Array.from({ length: rows * size }, (_, k) => {
      const [row, pixel] = [first + Math.floor(k / size), k % size];
      return (Math.imul(row + 1, 2654435761) >>> (pixel % 24)) & 255;
    });
    writeFileSync(path.join(folder, name), idxBytes([rows, 24, 24], pixels));
  }
  writeFileSync(
    path.join(folder, 'labels'),
    idxBytes(
      [ROWS],
      Array.from({ length: ROWS }, (_, k) => k % 10),
    ),
  );
  // Where nobody asks for one thread there is another one, that makes batches ahead.
  const whole = await run(folder, 'whole', SPEC, Number.POSITIVE_INFINITY, {});
  process.env.DNC_DATA_MEMORY = '1000';
  const stored = await run(folder, 'stored', SPEC, 3, {});
  expect(stored.stops).toBeGreaterThan(2);
  expect(trace(stored.out)).toEqual(trace(whole.out));
});
