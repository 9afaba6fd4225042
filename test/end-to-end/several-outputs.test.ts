import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { engines } from '../../src/runtime/engines/index.js';
import { root, succeed } from '../support/cli.js';
import { temporaryFolder } from '../support/folders.js';
import { writeStandInTables } from '../support/stand-in.js';

// specs/california-two-towers.dn through the commands, on a small table of the same form.

const NAMES = ['price_nmse', 'shore_accuracy', 'price_loss', 'shore_loss', 'loss'];

for (const keyword of ['onnxruntime', 'tfjs-wasm'] as const) {
  const readiness = await engines[keyword].probe();
  const title = readiness.ready ? keyword : `${keyword} (not ready: ${readiness.because})`;
  describe.skipIf(!readiness.ready)(title, () => {
    test('two inputs and two outputs from the text to predictions', { timeout: 120_000 }, async () => {
      const cwd = temporaryFolder();
      writeStandInTables(cwd);
      cpSync(path.join(root, 'specs/california-two-towers.dn'), path.join(cwd, 'towers.dn'));
      const engine = ['--engine', keyword, '--threads', '1'];
      const sets = ['train.epochs=6', 'train.batch_size=16', 'simplify.finetune.epochs=1'].flatMap((set) => [
        '--set',
        set,
      ]);
      const trained = await succeed(['train', 'towers.dn', ...engine, ...sets, '--out', 'run', '--json'], { cwd });
      const result = JSON.parse(trained.stdout);
      expect(result.equivalent).toBe(true);
      const certificate = JSON.parse(readFileSync(path.join(cwd, 'run/certificate.json'), 'utf8'));
      expect(Object.keys(certificate.outputs)).toEqual(['price', 'shore']);

      const small = 'run/towers.min.dn';
      const score = JSON.parse((await succeed(['eval', small, ...engine, '--json'], { cwd })).stdout);
      const { simplified } = result.scores.test;
      expect(score.losses).toEqual(simplified.losses);
      expect(score.metrics).toEqual(simplified.metrics);
      expect(Object.keys(score.confusions)).toEqual(['shore']);
      expect((await succeed(['eval', small, ...engine], { cwd })).stdout).toMatch(/^shore_accuracy 0\.\d+ ± /m);

      const predicted = (await succeed(['predict', small, ...engine, '--rows', '3'], { cwd })).stdout
        .trim()
        .split('\n');
      for (const { outputs, classes } of predicted.map((line) => JSON.parse(line))) {
        // In dollars, around 200,000.
        expect(outputs.price).toBeGreaterThan(1000);
        expect(outputs.shore).toHaveLength(5);
        expect(['<1H OCEAN', 'INLAND', 'ISLAND', 'NEAR BAY', 'NEAR OCEAN']).toContain(classes.shore);
      }

      const shown = (await succeed(['runs', 'show', 'run'], { cwd })).stdout;
      for (const name of NAMES) expect(shown).toMatch(new RegExp(`^test +${name} `, 'm'));
      const diff = (await succeed(['diff', 'towers.dn', small, '--behaviour'], { cwd })).stdout;
      expect(diff).toContain('against the network as it was cut');

      // Early stopping that looks at the metric of one output.
      const early = readFileSync(path.join(cwd, 'towers.dn'), 'utf8').replace(
        'shore: 0.3 }',
        'shore: 0.6 }\n  early_stopping { monitor: val_price_nmse; patience: 1; min_delta: 10 }',
      );
      writeFileSync(path.join(cwd, 'early.dn'), early);
      const { stderr } = await succeed(['train', 'early.dn', ...engine, ...sets, '--out', 'early'], { cwd });
      expect(stderr).toContain('stopped early, val_price_nmse got no better');
    });
  });
}
