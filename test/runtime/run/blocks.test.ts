import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Source } from '../../../src/diagnostics/source.js';
import { diffFiles } from '../../../src/reports/diff-files.js';
import { startRun } from '../../../src/runtime/run/run.js';
import { evaluateSpec } from '../../../src/runtime/spec/evaluate-spec.js';
import { simplifyAgain } from '../../../src/runtime/simplify/simplify-again.js';
import { makeTemporaryFolder, removeFolder } from '../../support/folders.js';

let folder: string;
beforeAll(() => {
  folder = makeTemporaryFolder();
});
afterAll(() => removeFolder(folder));

const engine = { engine: 'tfjs-cpu', engineOptions: { threads: 1 } };

const SPEC = `# Blocks, repeats, shared weights, several outputs of a layer; outputs that are block uses.
let width = 8
block hidden(units) { Dense(units, activation: relu) }
block residual(units) <- x {
  a = hidden(units)
  b = Dense(units)
  Add <- x, b
}
block head(units) { Dense(units) }

model Net -> value, other  @dropneuron(0.02) {
  features = Input(20)
  stem = hidden(width)
  repeat 2 { residual(width) }
  twin = Shared(stem) <- features
  low, high = Split(2) <- residual_2
  both = Concatenate <- low, high, twin
  value = head(1)
  other = head(1) <- both
}

data { source: sparse_regression(seed: 1); validation: 20%; targets { value: target; other: target } }

train {
  losses { value: mse; other: huber }
  optimizer: adam(0.02)
  epochs: 20
}

simplify { threshold: 0.02 }
`;

describe('a spec of blocks', () => {
  let small: string;
  let loss: number;

  beforeAll(async () => {
    const specFile = path.join(folder, 'net.dn');
    writeFileSync(specFile, SPEC);
    const { result } = await startRun({
      specFile,
      source: new Source(specFile, SPEC),
      ...engine,
      sets: ['model.residual_2.b.use_bias=false'],
      dataFolder: undefined,
      fromScratch: false,
      out: path.join(folder, 'run'),
      checkpointSeconds: 1000,
      watcher: { note: () => {} },
      stopping: { signal: undefined },
    });
    small = result!.files.spec;
  }, 120_000);

  const evaluate = (file: string) =>
    evaluateSpec({
      file,
      source: new Source(file, readFileSync(file, 'utf8')),
      sets: [],
      split: 'validation',
      dataFolder: undefined,
      ...engine,
    });

  test('keeps its blocks when it is simplified, and is smaller', async () => {
    const text = readFileSync(small, 'utf8');
    // All of the second residual died: its `--set` value went with it.
    expect(text).toMatch(
      /^ {2}repeat 2 \{ residual\(\w+\) \} with \{ residual_2: off; residual_1.a.dense_1.units: \d \}$/m,
    );
    expect(text).toContain('  twin = Shared(stem) <- features\n');
    expect(text).toMatch(/^ {2}features = Input\(20, keep: \[/m);
    ({ loss } = await evaluate(small));
    expect(loss).toBeLessThan(1);
  });

  test('is told layer by layer in a diff, under the full names', () => {
    const { layers } = diffFiles(path.join(folder, 'net.dn'), small);
    expect(layers.map((layer) => layer.name)).toContain('residual_2.a.dense_1');
  });

  test('simplified once more it stays as it is', async () => {
    const twice = await simplifyAgain({
      from: small,
      sets: [],
      out: path.join(folder, 'twice'),
      dataFolder: undefined,
      ...engine,
    });
    const text = (file: string) => readFileSync(file, 'utf8').replace(/spec: file\([^)]*\)/, '');
    expect(text(twice.files.spec)).toBe(text(small));
  });
});
