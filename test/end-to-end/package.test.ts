import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, type TestContext, test } from 'vitest';
import { dnc, root, succeed } from '../support/cli.js';
import { makeTemporaryFolder, removeFolder } from '../support/folders.js';

// The packed tarball, installed into an empty prefix as a user does it.
const npm = process.platform === 'win32' ? 'npm.cmd' : 'npm';
const few = [
  '--threads',
  '1',
  '--set',
  'train.epochs=2',
  '--set',
  'data.source=drawn_digits(train: 1500, test: 300)',
  '--set',
  'data.validation=500',
];

interface Packed {
  readonly filename: string;
  readonly unpackedSize: number;
  readonly files: readonly { readonly path: string }[];
}

let folder: string;
let packed: Packed;
let installed: string;
/** Why nothing could be installed; undefined where it was. */
let offline: string | undefined;

beforeAll(() => {
  folder = makeTemporaryFolder();
  const pack = spawnSync(npm, ['pack', '--json', '--pack-destination', folder], { cwd: root, encoding: 'utf8' });
  expect(pack.status, pack.stderr).toBe(0);
  packed = (JSON.parse(pack.stdout) as Packed[])[0]!;

  const prefix = path.join(folder, 'prefix');
  mkdirSync(prefix);
  // A package file of its own keeps npm from looking for one further up.
  writeFileSync(path.join(prefix, 'package.json'), '{}\n');
  const install = spawnSync(
    npm,
    ['install', '--ignore-scripts', '--no-audit', '--no-fund', '--prefer-offline', path.join(folder, packed.filename)],
    { cwd: prefix, encoding: 'utf8', timeout: 240_000 },
  );
  installed = path.join(prefix, 'node_modules/dropneuron');
  if (install.status !== 0) {
    const unreachable = install.stderr.match(
      /ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|ENETUNREACH|ENOTCACHED/,
    );
    if (!unreachable && install.status !== null) throw new Error(`npm install failed:\n${install.stderr}`);
    offline = `the npm registry cannot be reached (${unreachable?.[0] ?? 'no answer in time'})`;
    return;
  }
  cpSync(path.join(installed, 'specs/quickstart.dn'), path.join(folder, 'quickstart.dn'));
}, 300_000);
afterAll(() => removeFolder(folder), 60_000);

function needsInstalling(context: TestContext): void {
  if (offline !== undefined) context.skip(offline);
}

test('the tarball holds what is used, and nothing else', () => {
  const names = packed.files.map((file) => file.path);
  const allowed =
    /^(dist\/.*\.(js|d\.ts|wasm)|specs\/[^/]+\.(dn|yaml)|docs\/.+\.(md|svg|png)|README\.md|ARCHITECTURE\.md|LICENSE|package\.json)$/;
  expect(names.filter((name) => !allowed.test(name))).toEqual([]);
  for (const name of [
    'dist/cli.js',
    'dist/index.js',
    'dist/tfjs.js',
    'dist/types/index.d.ts',
    'dist/types/exporters/tfjs/classes.d.ts',
    'specs/quickstart.dn',
    'LICENSE',
  ])
    expect(names).toContain(name);
  expect(packed.unpackedSize).toBeLessThan(10_000_000);
});

describe('installed', () => {
  const bin = () => path.join(installed, 'dist/cli.js');
  const run = (words: readonly string[], env: Record<string, string> = {}) =>
    // No engine that was installed apart may help.
    dnc(words, { cwd: folder, cli: bin(), env: { DNC_CACHE: path.join(folder, 'cache'), ...env }, limit: 100_000 });

  test('the command is there, and knows its version', (context) => {
    needsInstalling(context);
    const { version } = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8')) as { version: string };
    const command = path.join(folder, 'prefix/node_modules/.bin', process.platform === 'win32' ? 'dnc.cmd' : 'dnc');
    expect(spawnSync(command, ['--version'], { encoding: 'utf8' }).stdout).toBe(`${version}\n`);
  });

  test('check and the quickstart run', { timeout: 120_000 }, async (context) => {
    needsInstalling(context);
    expect(await run(['check', 'quickstart.dn'])).toMatchObject({ code: 0, stdout: 'quickstart.dn: fine\n' });
    const { code, stderr, stdout } = await run(['train', 'quickstart.dn', '--out', 'run', '--diff', ...few]);
    expect(code, stderr).toBe(0);
    expect(stdout).toContain('run/quickstart.min.dn');
    await succeed(['eval', 'run/quickstart.min.dn', '--threads', '1'], { cwd: folder, cli: bin() });
  });

  test('without onnxruntime-node it takes tfjs-wasm, and says why', { timeout: 120_000 }, async (context) => {
    needsInstalling(context);
    rmSync(path.join(folder, 'prefix/node_modules/onnxruntime-node'), { recursive: true, force: true });
    const { code, stderr } = await run(['train', 'quickstart.dn', '--out', 'wasm', ...few]);
    expect(code, stderr).toBe(0);
    expect(stderr).toMatch(
      /^engine: tfjs-wasm .*onnxruntime is not ready: the package onnxruntime-node is not installed/m,
    );
    const { stdout } = await run(['engines']);
    expect(stdout).toMatch(/^not ready {2}onnxruntime /m);
    expect(stdout).toContain('dnc engines install onnxruntime');
    expect((await run(['train', 'quickstart.dn', '--engine', 'onnxruntime', ...few])).code).toBe(6);
  });

  test('the library and its TensorFlow.js classes can be imported', (context) => {
    needsInstalling(context);
    const program = `
      import { compile, Source, version } from 'dropneuron';
      import { DropNeuronPenalty } from 'dropneuron/tfjs';
      import { readFileSync } from 'node:fs';
      const { network } = compile(new Source('quickstart.dn', readFileSync('../quickstart.dn', 'utf8')));
      console.log(JSON.stringify([version, network.graph.outputs.map((output) => output.name), DropNeuronPenalty.className]));`;
    const { stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', program], {
      cwd: path.join(folder, 'prefix'),
      encoding: 'utf8',
    });
    expect(stderr).toBe('');
    expect(JSON.parse(stdout)).toEqual([expect.stringMatching(/^\d+\.\d+\.\d+$/), ['digit'], 'DropNeuronPenalty']);
  });
});
