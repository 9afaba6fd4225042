import { describe, expect, test } from 'vitest';
import { Failure } from '../../../src/diagnostics/report.js';
import type { Engine } from '../../../src/runtime/engines/engine.js';
import { chooseEngine } from '../../../src/runtime/engines/index.js';
import { onnxruntimeEngine, type Package } from '../../../src/runtime/engines/onnxruntime/index.js';
import { loadLibrary, type Ort, probeLibrary } from '../../../src/runtime/engines/onnxruntime/library.js';
import { coreml, cuda, directml, type Provider } from '../../../src/runtime/engines/onnxruntime/providers.js';
import { verifyEngine } from '../../../src/runtime/engines/verify.js';

// No such hardware is here: the library of this machine stands in, which hears the provider's name and computes on the processor.
const isReady = probeLibrary().ready;
const here = (provider: Provider): Provider => ({ ...provider, lacks: () => undefined });

/** What a session was asked for, and a package that offers these providers. */
async function standIn(
  offered: readonly string[],
  create?: (options: Readonly<Record<string, unknown>>) => void,
): Promise<{ readonly from: Package; readonly sessions: Readonly<Record<string, unknown>>[] }> {
  const real = await loadLibrary();
  const sessions: Readonly<Record<string, unknown>>[] = [];
  const ort: Ort = {
    Tensor: real.Tensor,
    InferenceSession: {
      create: async (model, options) => {
        sessions.push(options);
        create?.(options);
        return real.InferenceSession.create(model, { ...options, executionProviders: ['cpu'] });
      },
    },
    listSupportedBackends: () => offered.map((name) => ({ name, bundled: true })),
  };
  const from: Package = {
    probe: () => ({ ready: true, version: '1.30.0' }),
    load: async () => ort,
    direct: () => undefined,
  };
  return { from, sessions };
}

async function failure(promise: Promise<unknown>): Promise<Failure> {
  const error = await promise.catch((one: unknown) => one);
  expect(error).toBeInstanceOf(Failure);
  return error as Failure;
}

describe.skipIf(!isReady)('an execution provider', () => {
  test.each([
    [cuda, { name: 'cuda', deviceId: 0 }],
    [coreml, { name: 'coreml', coreMlFlags: 48 }],
    [directml, { name: 'dml', deviceId: 0 }],
  ] as const)('$keyword runs a step with its update on the processor', async (provider, wanted) => {
    const { from, sessions } = await standIn(['cpu', provider.name]);
    const engine = onnxruntimeEngine(here(provider), from);
    expect(await verifyEngine(engine, { threads: 2 })).toMatch(
      new RegExp(`^${provider.keyword} 1\\.30\\.0, 2 threads, update in WebAssembly`),
    );
    const own = sessions.filter(({ executionProviders }) => (executionProviders as unknown[]).length > 1);
    // The one that tries it, and the step's.
    expect(own.length).toBeGreaterThanOrEqual(2);
    for (const options of own) expect(options.executionProviders).toEqual([wanted, 'cpu']);
    for (const options of own) expect(options.enableMemPattern).toBe(provider === directml ? false : undefined);
  });

  test('is in the record of a run, which another one does not go on with', async () => {
    const { from } = await standIn(['cpu', 'cuda']);
    const loaded = await onnxruntimeEngine(here(cuda), from).load({}, { threads: 1 });
    expect(loaded.record).toMatchObject({ engine: 'onnxruntime-cuda', version: '1.30.0', threads: 1 });
    expect(loaded.record.features).toMatch(/; execution provider CUDA/);
    await loaded.close();
  });

  test('that the package was built without is refused by name', async () => {
    const { from } = await standIn(['cpu', 'webgpu']);
    const { diagnostics, exit } = await failure(onnxruntimeEngine(here(cuda), from).load({}, { threads: 1 }));
    expect(exit).toBe(6);
    expect(diagnostics[0]).toMatchObject({
      code: 'engine-not-ready',
      message:
        'the engine onnxruntime-cuda cannot run here: the onnxruntime-node that is installed has no CUDA (it has cpu, webgpu)',
    });
    expect(diagnostics[0]!.help![0]).toBe('run `dnc engines install onnxruntime`');
  });

  const broken = (options: Readonly<Record<string, unknown>>) => {
    if ((options.executionProviders as unknown[]).length > 1) throw new Error('libcudnn.so.9: cannot open\nand more');
  };

  test('that does not start is refused with the loader’s reason and what it needs', async () => {
    const { from } = await standIn(['cpu', 'cuda'], broken);
    const { diagnostics } = await failure(onnxruntimeEngine(here(cuda), from).load({}, { threads: 1 }));
    expect(diagnostics[0]!.message).toBe(
      'the engine onnxruntime-cuda cannot run here: CUDA does not start: libcudnn.so.9: cannot open',
    );
    expect(diagnostics[0]!.help![0]).toContain('CUDA 12 and cuDNN 9');
  });

  test('is tried once where it runs, and anew where it does not', async () => {
    const withProvider = (options: Readonly<Record<string, unknown>>) =>
      (options.executionProviders as unknown[]).length > 1;
    let free = false;
    const { from, sessions } = await standIn(['cpu', 'cuda'], (options) => {
      if (withProvider(options) && !free) throw new Error('out of memory');
    });
    const engine = onnxruntimeEngine(here(cuda), from);
    await failure(engine.load({}, { threads: 1 }));
    free = true;
    for (let k = 0; k < 2; k++) await (await engine.load({}, { threads: 1 })).close();
    // Without programs there are no other sessions.
    expect(sessions.filter(withProvider)).toHaveLength(2);
  });

  test('that does not start is passed over by auto, which says so, and not where it was asked for', async () => {
    const { from } = await standIn(['cpu', 'cuda'], broken);
    const card = onnxruntimeEngine(here(cuda), from);
    const processor: Engine = { ...card, keyword: 'processor', probe: async () => ({ ready: true, version: '1' }) };
    const table = { processor, 'onnxruntime-cuda': card };
    const size = { multiplyAdds: 2 ** 40, convolutions: false };
    const chosen = await chooseEngine('auto', table, { size, threads: 1, verify: verifyEngine });
    expect(chosen.engine).toBe(processor);
    expect(chosen.because).toBe(
      'the engine onnxruntime-cuda cannot run here: CUDA does not start: libcudnn.so.9: cannot open; the fastest engine here',
    );
    const asked = await chooseEngine('onnxruntime-cuda', table);
    await failure(asked.engine.load({}, { threads: 1 }));
  });

  test('is taken by auto for a large step where it computes what the reference does', async () => {
    const { from } = await standIn(['cpu', 'cuda']);
    const card = onnxruntimeEngine(here(cuda), from);
    const processor: Engine = { ...card, keyword: 'processor', probe: async () => ({ ready: true, version: '1' }) };
    const table = { processor, 'onnxruntime-cuda': card };
    const auto = (convolutions: boolean) => ({
      size: { multiplyAdds: 2 ** 40, convolutions },
      threads: 1,
      verify: verifyEngine,
    });
    expect((await chooseEngine('auto', table, auto(false))).engine).toBe(card);
    expect((await chooseEngine('auto', table, auto(true))).engine).toBe(processor);
  });
});

test('what a provider lacks here is said with what would help', async () => {
  for (const provider of [cuda, coreml, directml]) {
    const lacking = provider.lacks();
    if (!lacking) continue;
    expect(lacking.because).not.toBe('');
    expect(lacking.help).toMatch(/`.+`/);
  }
});
