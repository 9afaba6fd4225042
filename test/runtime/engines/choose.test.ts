import { spawnSync } from 'node:child_process';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { Failure } from '../../../src/diagnostics/report.js';
import { engineCacheFolder } from '../../../src/runtime/engines/cache.js';
import type { Engine, Readiness } from '../../../src/runtime/engines/engine.js';
import { chooseEngine, engines } from '../../../src/runtime/engines/index.js';
import { findPackages } from '../../../src/runtime/engines/webgpu/packages.js';

function engine(keyword: string, readiness: Readiness): Engine {
  return {
    keyword,
    summary: '',
    probe: async () => readiness,
    load: async () => {
      throw new Error('not meant to be loaded');
    },
  };
}
const ready = { ready: true, version: '1.2.3' } as const;
const absent = { ready: false, because: 'it is not installed', help: 'install it' } as const;

async function failure(promise: Promise<unknown>): Promise<Failure> {
  const error = await promise.then(
    () => undefined,
    (one: unknown) => one,
  );
  expect(error).toBeInstanceOf(Failure);
  return error as Failure;
}

describe('auto', () => {
  test('takes the first that is ready', async () => {
    const table = { fast: engine('fast', ready), slow: engine('slow', ready) };
    const chosen = await chooseEngine('auto', table);
    expect(chosen).toEqual({ engine: table.fast, version: '1.2.3', because: 'the fastest engine here' });
  });
  test('says what the better ones lack', async () => {
    const table = { fast: engine('fast', absent), slow: engine('slow', ready) };
    const chosen = await chooseEngine('auto', table);
    expect(chosen.engine).toBe(table.slow);
    expect(chosen.because).toBe('fast is not ready: it is not installed');
  });
  test('fails with every reason where none is ready', async () => {
    const { diagnostics, exit } = await failure(chooseEngine('auto', { fast: engine('fast', absent) }));
    expect(exit).toBe(6);
    expect(diagnostics[0]).toMatchObject({ code: 'engine-not-ready', help: ['fast: install it'] });
  });
  test('finds one here', async () => {
    expect(Object.values(engines)).toContain((await chooseEngine('auto')).engine);
  });
});

describe('a named engine', () => {
  test('that is not ready is not replaced', async () => {
    const table = { fast: engine('fast', absent), slow: engine('slow', ready) };
    const { diagnostics, exit } = await failure(chooseEngine('fast', table));
    expect(exit).toBe(6);
    expect(diagnostics[0]).toMatchObject({
      code: 'engine-not-ready',
      message: 'the engine fast cannot run here: it is not installed',
      help: ['install it'],
    });
  });
  test('that does not exist lists those that do', async () => {
    const { diagnostics, exit } = await failure(chooseEngine('toString'));
    expect(exit).toBe(2);
    expect(diagnostics[0]).toMatchObject({
      code: 'engine-unknown',
      help: [`the engines are auto, ${Object.keys(engines).join(', ')}`],
    });
  });
});

test('the registry is filed under the engines’ own names', () => {
  for (const [name, one] of Object.entries(engines)) expect(one.keyword).toBe(name);
});

test('what helps an engine that is not ready is no list in which the same help stands', async () => {
  for (const one of Object.values(engines)) {
    const found = await one.probe();
    if (found.ready) continue;
    expect(found.help, one.keyword).toMatch(/`.+`|npm install/);
    expect(found.help, one.keyword).not.toMatch(/`dnc engines`/);
  }
  const packages = findPackages(() => ({ folder: 'nowhere', version: '1.2.3', main: 'index.js' }));
  expect(packages).toMatchObject({ help: expect.stringContaining('`--engine auto`') });
});

describe('the cache folder', () => {
  test('is DNC_CACHE’s where that is set', () => {
    expect(engineCacheFolder({ DNC_CACHE: 'somewhere' })).toBe(join('somewhere', 'engines'));
  });
  test('is in the system’s folder for caches', () => {
    expect(engineCacheFolder({ XDG_CACHE_HOME: 'caches' }, 'linux')).toBe(join('caches', 'dnc', 'engines'));
    expect(engineCacheFolder({}, 'linux')).toBe(join(homedir(), '.cache', 'dnc', 'engines'));
    expect(engineCacheFolder({}, 'darwin')).toBe(join(homedir(), 'Library', 'Caches', 'dnc', 'engines'));
    expect(engineCacheFolder({ LOCALAPPDATA: 'local' }, 'win32')).toBe(join('local', 'dnc', 'engines'));
  });
});

test('tfjs prints no banner', () => {
  const script = `
    const tf = require('@tensorflow/tfjs-core');
    tf.enableProdMode();
    require('@tensorflow/tfjs-backend-cpu');
    tf.setBackend('cpu').then(() => tf.tensor([1, 2]).dataSync());
  `;
  const { stdout, stderr, status } = spawnSync(process.execPath, ['-e', script], { encoding: 'utf8' });
  expect({ stdout, stderr, status }).toEqual({ stdout: '', stderr: '', status: 0 });
});
