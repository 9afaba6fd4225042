import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { Source } from '../../../src/diagnostics/source.js';
import { newSweep } from '../../../src/runtime/sweep/start.js';
import { temporaryFolder } from '../../support/folders.js';

let folder: string;
beforeEach(() => {
  folder = temporaryFolder();
  vi.stubEnv('DNC_CONFIG', folder);
});
afterEach(() => {
  vi.unstubAllEnvs();
});

async function planned(
  { batch = 10, engine = '', axes = 'train.seed: 1..3', simplify = '' },
  asked: { readonly engine?: string; readonly threads?: number } = {},
) {
  const specFile = path.join(folder, 'net.dn');
  const text = `model M { features = Input(6); Dense(4); Dense(1) }
data { source: sparse_regression(features: 6, samples: 60, test: 20); validation: 20 }
train { loss: mse; metrics: [nmse]; batch_size: ${batch}; epochs: 1${engine} }
sweep { ${axes} }
${simplify}
`;
  const { record } = await newSweep({
    specFile,
    source: new Source(specFile, text),
    sets: [],
    dataFolder: undefined,
    engine: asked.engine,
    threads: asked.threads,
    cores: 8,
  });
  return record;
}

/** Rows that make steps of this network large. */
const LARGE = 2 ** 18;

describe('threads of every trial', () => {
  test('are those asked for', async () => {
    expect((await planned({}, { threads: 5 })).threads).toBe(5);
  });
  test('are one where steps are small, or trials as many as cores', async () => {
    expect((await planned({})).threads).toBe(1);
    expect((await planned({ batch: LARGE, axes: 'train.seed: 1..8' })).threads).toBe(1);
  });
  test('share the cores where trials are few and steps large', async () => {
    expect((await planned({ batch: LARGE })).threads).toBe(2);
    expect((await planned({ batch: LARGE, axes: 'train.seed: 1..2' })).threads).toBe(4);
    const simplify = `simplify { finetune { epochs: 1; batch_size: ${LARGE} } }`;
    expect((await planned({ simplify })).threads).toBe(2);
  });
});

describe('the engine of every trial', () => {
  const userSays = () => writeFileSync(path.join(folder, 'settings.json'), '{ "format": 1, "engine": "tfjs-cpu" }');
  test('is the one asked for', async () => {
    userSays();
    expect((await planned({ engine: '; engine: onnxruntime' }, { engine: 'tfjs-wasm' })).engine).toBe('tfjs-wasm');
  });
  test('is left to the spec where that says, or is what is tried', async () => {
    userSays();
    expect(await planned({ engine: '; engine: onnxruntime' })).not.toHaveProperty('engine');
    expect(await planned({ axes: 'train.engine: [onnxruntime, "tfjs-wasm"]' })).not.toHaveProperty('engine');
  });
  test('is the user’s as it was when the sweep began, and auto where there was none', async () => {
    expect((await planned({})).engine).toBe('auto');
    userSays();
    expect((await planned({})).engine).toBe('tfjs-cpu');
  });
});
