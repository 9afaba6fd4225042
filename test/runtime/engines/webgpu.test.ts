import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { Builder } from '../../../src/program/builder.js';
import { evaluate } from '../../../src/program/evaluate.js';
import type { HostTensor, Program } from '../../../src/program/program.js';
import { engines } from '../../../src/runtime/engines/index.js';
import { verifyEngine } from '../../../src/runtime/engines/verify.js';
import { findPackages } from '../../../src/runtime/engines/webgpu/packages.js';
import { whyNot } from '../../../src/runtime/engines/webgpu/probe.js';
import { difference } from '../../program/support.js';
import { dnc, succeed } from '../../support/cli.js';
import { temporaryFolder } from '../../support/folders.js';
import { useSoftwareVulkan } from '../../support/software-vulkan.js';
import { conform } from './conformance.js';
import { generator, initialState, randomFloats, stepInputs, stepProgram } from './steps.js';

useSoftwareVulkan();

const seed = Number(process.env.DNC_TEST_SEED ?? 20_26);
const engine = engines.webgpu;
const options = { threads: 1 };
const readiness = await engine.probe();

// Computed on the processor the whole takes minutes: `npm run test:webgpu` runs it.
const whole = process.env.DNC_TEST_WEBGPU === 'whole';
const ops = ['scatter_add', 'topk', 'cast', 'max_pool2d', 'one_hot', 'select', 'erf', 'power', 'conv2d'] as const;
await conform({ engine: 'webgpu', title: 'webgpu', options, ...(!whole && { sample: { ops, steps: 6 } }) });

async function once(program: Program, inputs: Record<string, HostTensor>): Promise<Record<string, HostTensor>> {
  const loaded = await engine.load({ program }, options);
  try {
    return await loaded.run('program', inputs);
  } finally {
    await loaded.close();
  }
}

const label = readiness.ready ? 'webgpu' : `webgpu (not ready: ${readiness.because})`;

describe.skipIf(!readiness.ready)(label, () => {
  test('runs a step with a convolution, pooling and a dense layer, and says on what', async () => {
    expect(await verifyEngine(engine, options)).toMatch(/^webgpu \d+\.\d+\.\d+, Dawn \d+\.\d+\.\d+, on \S.*$/);
    expect(readiness).toMatchObject({ version: expect.stringMatching(/^\d+\.\d+\.\d+, Dawn .*, on \S/) });
  });

  test.each([
    ['product', { x: [3000, 24], y: [3000, 17] }],
    ['convolution', { x: [4, 24, 24, 4], y: [24, 24, 4, 40] }],
  ])('the long sums of a %s are the same bits every time', async (what, shapes) => {
    const b = new Builder();
    const [x, y] = [b.batch('x', 'float', shapes.x), b.batch('y', 'float', shapes.y)];
    b.result('sums', what === 'product' ? b.matmul(x, y, true) : b.conv2d(x, y));
    const program = b.build('long');
    const random = generator(seed);
    const inputs = { x: randomFloats(random, shapes.x), y: randomFloats(random, shapes.y) };
    const found = await once(program, inputs);
    const wanted = evaluate(program, inputs).results.sums!;
    expect(difference(found.sums!.data, wanted.data), `DNC_TEST_SEED=${seed}`).toBeLessThan(1e-5);
    for (let round = 0; round < 3; round++) expect(await once(program, inputs)).toEqual(found);
  });

  test('what is told apart by type stays of its type: whole numbers, true and false', async () => {
    const b = new Builder();
    const x = b.batch('x', 'float', ['batch', 3]);
    const positive = b.greater(x, 0);
    b.result('bool', positive);
    b.result('int', b.cast(positive, 'int'));
    b.result('float', b.cast(positive, 'float'));
    b.result('turned', b.transpose(b.cast(positive, 'float'), [1, 0]));
    const found = await once(b.build('types'), { x: { shape: [2, 3], data: Float32Array.of(1, -1, 0, 2, 3, -4) } });
    expect(found).toEqual({
      bool: { shape: [2, 3], data: Uint8Array.of(1, 0, 0, 1, 1, 0) },
      int: { shape: [2, 3], data: Int32Array.of(1, 0, 0, 1, 1, 0) },
      float: { shape: [2, 3], data: Float32Array.of(1, 0, 0, 1, 1, 0) },
      turned: { shape: [3, 2], data: Float32Array.of(1, 1, 0, 1, 0, 0) },
    });
  });

  test('a state that was read and set goes on with the same bits', async () => {
    const step = stepProgram({ widths: [9, 7, 3], optimizer: 'adam', lambda: 1e-3 });
    const whole = await engine.load({ step }, options);
    await whole.setState(initialState(step, seed));
    for (let at = 1; at <= 2; at++) await whole.run('step', stepInputs(step, at, 5, seed));
    const resumed = await engine.load({ step }, options);
    await resumed.setState(await whole.state());
    const next = stepInputs(step, 3, 5, seed);
    const results = await whole.run('step', next);
    expect(await resumed.run('step', next)).toEqual(results);
    expect(await resumed.state()).toEqual(await whole.state());
    await whole.close();
    await resumed.close();
  });

  test('what the device cannot do is told, and nothing comes of it', async () => {
    const b = new Builder();
    const [x, y] = [b.batch('x', 'float', ['batch', 1]), b.batch('y', 'float', [1, 2 ** 17])];
    b.result('total', b.sum(b.matmul(x, y)));
    // 2¹⁶ × 2¹⁷ numbers are more bytes than a device takes in one piece.
    const inputs = {
      x: { shape: [2 ** 16, 1], data: new Float32Array(2 ** 16) },
      y: { shape: [1, 2 ** 17], data: new Float32Array(2 ** 17) },
    };
    await expect(once(b.build('large'), inputs)).rejects.toMatchObject({
      exit: 6,
      diagnostics: [{ code: 'engine-device-failed', message: expect.stringContaining('the engine webgpu') }],
    });
    // It works on.
    expect(await verifyEngine(engine, options)).toMatch(/^webgpu/);
  });

  test('a network is trained, shrunk and certified, and the process ends', async () => {
    const folder = temporaryFolder();
    const spec = path.join(folder, 'small.dn');
    writeFileSync(
      spec,
      `let lambda = 3e-1
model Small @dropneuron(lambda) {
  x = Input(12)
  hidden = Dense(8, activation: relu)
  y = Dense(1)
}
data { source: sparse_regression(features: 12, support: 3, samples: 96, test: 32, noise: 0.01, seed: 1); validation: 32 }
train { loss: mse; optimizer: adam(0.05); batch_size: 32; epochs: 3; seed: 1 }
simplify { threshold: 0.3; finetune { optimizer: adam(0.01); epochs: 1 } }
`,
    );
    const run = path.join(folder, 'run');
    const { stdout, stderr } = await succeed(['train', spec, '--engine', 'webgpu', '--out', run], { cwd: folder });
    expect(stderr).toContain('train: webgpu');
    const [, before, after] = /parameters\s+(\d+) → (\d+)/.exec(stdout + stderr)!;
    expect(Number(after)).toBeLessThan(Number(before));
    expect(JSON.parse(readFileSync(path.join(run, 'certificate.json'), 'utf8'))).toMatchObject({ equivalent: true });
  });

  // The last: this process has no other device.
  test('that the device is lost is told', async () => {
    const { startDevice } = await import('../../../src/runtime/engines/webgpu/device.js');
    const b = new Builder();
    b.result('twice', b.multiply(b.batch('x', 'float', ['batch', 2]), 2));
    const loaded = await engine.load({ program: b.build('twice') }, options);
    const x = { shape: [1, 2], data: Float32Array.of(1, 2) };
    expect(await loaded.run('program', { x })).toMatchObject({ twice: { data: Float32Array.of(2, 4) } });
    (await startDevice()).device.destroy();
    for (let round = 0; round < 2; round++) {
      await expect(loaded.run('program', { x })).rejects.toMatchObject({
        exit: 6,
        diagnostics: [{ code: 'engine-device-failed', message: expect.stringContaining('it was lost') }],
      });
    }
    await loaded.close();
  });
});

describe('not ready', () => {
  test('without its packages it names them, and what installs them', () => {
    expect(findPackages(() => undefined)).toEqual({
      because: 'the packages @tensorflow/tfjs-backend-webgpu and webgpu are not installed',
      help: expect.stringMatching(/^npm install @tensorflow\/tfjs-backend-webgpu@\S+ webgpu@\S+$/),
    });
    const backend = { folder: '', version: '4.22.0', main: 'main.js' };
    expect(findPackages((name) => (name === 'webgpu' ? undefined : backend))).toEqual({
      because: 'the package webgpu is not installed',
      help: expect.stringMatching(/^npm install webgpu@\S+$/),
    });
  });

  test('without a binary for this machine', () => {
    const found = findPackages(() => ({ folder: temporaryFolder(), version: '1.2.3', main: 'index.js' }));
    expect(found).toMatchObject({ because: expect.stringMatching(/^webgpu 1\.2\.3 has no binary for \w+ on \w+$/) });
  });

  test('the versions that it names are those that dnc installs', () => {
    const { optionalDependencies } = JSON.parse(
      readFileSync(path.resolve(import.meta.dirname, '../../../package.json'), 'utf8'),
    ) as { readonly optionalDependencies: Readonly<Record<string, string>> };
    const names = ['@tensorflow/tfjs-backend-webgpu', 'webgpu'];
    expect(findPackages(() => undefined)).toMatchObject({
      help: `npm install ${names.map((name) => `${name}@${optionalDependencies[name]}`).join(' ')}`,
    });
  });

  test('every way in which no device is found has its words', () => {
    expect(whyNot({ killed: true, signal: 'SIGKILL' }, '')).toMatch(/^the graphics driver did not answer within \d+ s/);
    expect(whyNot({ signal: 'SIGSEGV' }, '')).toContain('SIGSEGV');
    expect(whyNot({}, 'node:internal\nError: libstdc++.so.6: too old\n  at x')).toContain('libstdc++.so.6: too old');
    expect(whyNot({}, '')).toContain('it did not say why');
    expect(whyNot(null, "Warning: Couldn't load Vulkan: libvulkan.so.1: no such file\n")).toContain(
      'libvulkan.so.1: no such file',
    );
    expect(whyNot(null, '')).toBe('no graphics driver offers a device to WebGPU');
  });

  test.skipIf(process.platform !== 'linux' || 'because' in findPackages())(
    'where no driver is installed (Linux, with both packages), training on it is refused with what would help',
    async () => {
      const nothing = path.join(temporaryFolder(), 'none.json');
      const env = { VK_DRIVER_FILES: nothing, VK_ICD_FILENAMES: nothing };
      const { stdout } = await succeed(['engines', '--json'], { env });
      const { engines } = JSON.parse(stdout) as { readonly engines: readonly { readonly name: string }[] };
      expect(engines.find((one) => one.name === 'webgpu')).toMatchObject({
        ready: false,
        because: 'no graphics driver offers a device to WebGPU',
        help: expect.stringContaining('apt install'),
      });
      const { code, stderr } = await dnc(['train', 'specs/quickstart.dn', '--engine', 'webgpu'], { env });
      expect(code).toBe(6);
      expect(stderr).toContain('engine-not-ready');
    },
  );
});
