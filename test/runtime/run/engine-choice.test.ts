import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterEach, expect, test, vi } from 'vitest';
import { resumeRun, startRun } from '../../../src/runtime/run/run.js';
import { temporaryFolder } from '../../support/folders.js';
import { begin, options } from '../../support/runs.js';
import { tinySpec } from '../../support/specs.js';

afterEach(() => {
  vi.unstubAllEnvs();
});

const recordOf = (out: string) =>
  (JSON.parse(readFileSync(path.join(out, 'run.json'), 'utf8')) as { engine: { engine: string; threads: number } })
    .engine;

test('the engine that the spec names runs it, and goes on with it whatever the settings say by then', async () => {
  const folder = temporaryFolder();
  vi.stubEnv('DNC_CONFIG', folder);
  const out = path.join(folder, 'run');
  const text = tinySpec().replace('seed: 5', 'seed: 5\n  engine: "tfjs-cpu"');
  const notes: string[] = [];
  const unsaid = (steps: number) => ({ ...options(steps, notes), engine: undefined, engineOptions: {} });
  expect((await startRun({ ...unsaid(5), ...begin(folder, text, out) })).stopped).toBe('SIGTERM');
  expect(notes[0]).toMatch(/^engine: tfjs-cpu [\d.]+ \(as the spec says/);
  expect(recordOf(out)).toMatchObject({ engine: 'tfjs-cpu', threads: 1 });
  writeFileSync(path.join(folder, 'settings.json'), '{ "format": 1, "engine": "tfjs-wasm" }');
  notes.length = 0;
  expect((await resumeRun(out, unsaid(5))).stopped).toBe('SIGTERM');
  expect(notes[0]).toMatch(/^engine: tfjs-cpu [\d.]+, as before\n$/);
});

test('small steps get one thread, and the record says so', async () => {
  const folder = temporaryFolder();
  vi.stubEnv('DNC_CONFIG', folder);
  const out = path.join(folder, 'run');
  const notes: string[] = [];
  await startRun({ ...options(2, notes), engine: undefined, engineOptions: {}, ...begin(folder, tinySpec(), out) });
  expect(recordOf(out).threads).toBe(1);
});
