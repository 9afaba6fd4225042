import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { compile } from '../../../src/compiler/compile.js';
import { Failure } from '../../../src/diagnostics/report.js';
import { Source } from '../../../src/diagnostics/source.js';
import type { Engine, Readiness } from '../../../src/runtime/engines/engine.js';
import { engineForSpec } from '../../../src/runtime/engines/for-spec.js';
import { temporaryFolder } from '../../support/folders.js';

const text = (engine: string, units = 4) => `model M { features = Input(6); Dense(${units}); Dense(1) }
data { source: sparse_regression(features: 6, samples: 60, test: 20) }
train { loss: mse; epochs: 1${engine} }
`;
const compiled = (engine = '', units?: number) => compile(new Source('net.dn', text(engine, units)));

function engine(keyword: string, readiness: Readiness = { ready: true, version: '1' }): Engine {
  const load = async () => {
    throw new Error('not meant to be loaded');
  };
  return { keyword, summary: '', probe: async () => readiness, load };
}
const absent = { ready: false, because: 'it is not there', help: 'install it' } as const;
const table = {
  first: engine('first'),
  second: engine('second'),
  'third-one': engine('third-one'),
  gone: engine('gone', absent),
};
const asked = (name?: string, threads?: number) => ({
  engine: name,
  engineOptions: threads === undefined ? {} : { threads },
});
const at = { table, cores: 4 };

let settings: string;
beforeEach(() => {
  const folder = temporaryFolder();
  vi.stubEnv('DNC_CONFIG', folder);
  settings = path.join(folder, 'settings.json');
});
afterEach(() => {
  vi.unstubAllEnvs();
});
const userSays = (name: string) => writeFileSync(settings, JSON.stringify({ format: 1, engine: name }));

async function failure(promise: Promise<unknown>): Promise<Failure> {
  const error = await promise.catch((one: unknown) => one);
  expect(error).toBeInstanceOf(Failure);
  return error as Failure;
}

describe('who says which engine', () => {
  test('the command line before all others', async () => {
    userSays('second');
    const chosen = await engineForSpec(asked('first'), compiled('; engine: "third-one"'), at);
    expect(chosen).toMatchObject({ engine: table.first, by: 'option' });
    expect(chosen.because).toMatch(/^as asked/);
  });
  test('the command line can say auto, too', async () => {
    userSays('second');
    const chosen = await engineForSpec(asked('auto'), compiled('; engine: "third-one"'), at);
    expect(chosen).toMatchObject({ engine: table.first, by: 'auto' });
  });
  test('then the spec', async () => {
    userSays('second');
    const chosen = await engineForSpec(asked(), compiled('; engine: "third-one"'), at);
    expect(chosen).toMatchObject({ engine: table['third-one'], by: 'spec' });
    expect(chosen.because).toMatch(/^as the spec says/);
  });
  test('then the user', async () => {
    userSays('second');
    const chosen = await engineForSpec(asked(), compiled(), at);
    expect(chosen).toMatchObject({ engine: table.second, by: 'settings' });
    expect(chosen.because).toContain(`as your settings say, ${settings}`);
  });
  test('then nobody', async () => {
    const chosen = await engineForSpec(asked(), compiled(), at);
    expect(chosen).toMatchObject({ engine: table.first, by: 'auto' });
    expect(chosen.because).toBe('the fastest engine here; one thread, as a step has 2,688 multiply-adds');
  });
});

describe('an engine that cannot run', () => {
  test('is told where the spec names it, with the way round', async () => {
    const { diagnostics, exit } = await failure(engineForSpec(asked(), compiled('; engine: gone'), at));
    expect(exit).toBe(6);
    const [one] = diagnostics;
    expect(one).toMatchObject({
      code: 'engine-not-ready',
      help: ['install it', 'the spec names it; `--engine auto` takes another one for this call'],
    });
    expect(one!.at!.source.text.slice(one!.at!.start, one!.at!.end)).toBe('gone');
  });
  test('that does not exist, too', async () => {
    const { diagnostics, exit } = await failure(engineForSpec(asked(), compiled('; engine: frist'), at));
    expect(exit).toBe(2);
    expect(diagnostics[0]).toMatchObject({ code: 'engine-unknown', at: { source: { name: 'net.dn' } } });
  });
  test('is told with the file of the settings', async () => {
    userSays('gone');
    const { diagnostics } = await failure(engineForSpec(asked(), compiled(), at));
    expect(diagnostics[0]!.help!.at(-1)).toContain(settings);
  });
});

describe('threads', () => {
  test('are those asked for', async () => {
    const chosen = await engineForSpec(asked(undefined, 3), compiled(), at);
    expect(chosen.options).toEqual({ threads: 3 });
    expect(chosen.because).toBe('the fastest engine here');
  });
  test('go by the size of a step, and all cores evaluate', async () => {
    expect((await engineForSpec(asked(), compiled(), at)).options.threads).toBe(1);
    expect((await engineForSpec(asked(), compiled('; batch_size: 1048576'), at)).options.threads).toBe(4);
    expect((await engineForSpec(asked(), compiled(), { ...at, training: false })).options.threads).toBe(4);
  });
});
