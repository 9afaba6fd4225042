import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { Failure } from '../../../src/diagnostics/report.js';
import {
  type InstallNative,
  installNative,
  removeNative,
  TENSORFLOW_VERSION,
} from '../../../src/runtime/engines/tfjs-node/install.js';
import { probeNative } from '../../../src/runtime/engines/tfjs-node/library.js';
import { temporaryFolder } from '../../support/folders.js';

// Python, npm and the compiler are stand-ins here: shell scripts that write what the real ones would.
const posix = process.platform !== 'win32';

/** Makes what follows the argument of this name available as $found. */
const argument = (name: string) =>
  `found=; before=; for one in "$@"; do if [ "$before" = ${name} ]; then found=$one; fi; before=$one; done`;

const tools = {
  python3: `case "$*" in *--version*) case "$*" in *--target*) ;; *) exit 0;; esac;; esac
${argument('--target')}
echo "$*" > "$found.asked"
/bin/mkdir -p "$found/tensorflow/include"
for file in libtensorflow_cc.so.2 libtensorflow_framework.so.2 LICENSE __init__.py; do : > "$found/tensorflow/$file"; done`,
  npm: `[ "$1" = --version ] && exit 0
${argument('--prefix')}
/bin/mkdir -p "$found/node_modules/node-api-headers/include"
echo added`,
  'g++': `[ "$1" = --version ] && exit 0
${argument('-o')}
echo "$*" > "$found"`,
};

const home = process.env.DNC_CACHE;
let cache: string;
let bin: string;
beforeEach(() => {
  cache = temporaryFolder();
  bin = path.join(cache, 'bin');
  mkdirSync(bin);
  for (const [name, script] of Object.entries(tools)) tool(name, script);
  process.env.DNC_CACHE = cache;
});
afterEach(() => {
  if (home === undefined) delete process.env.DNC_CACHE;
  else process.env.DNC_CACHE = home;
});

function tool(name: string, script: string): void {
  writeFileSync(path.join(bin, name), `#!/bin/sh\n${script}\n`);
  chmodSync(path.join(bin, name), 0o755);
}

/** What it ends with: the folder, or the message and the help of its failure; what it said it would do. */
async function install(change: Partial<InstallNative> = {}) {
  const notes: string[] = [];
  try {
    const folder = await installNative({
      note: (line) => notes.push(line),
      log: () => {},
      verify: async () => undefined,
      environment: { PATH: bin },
      machine: 'linux x64',
      ...change,
    });
    return { folder, notes, message: '', help: [] };
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    expect(error.exit).toBe(6);
    const [{ message, help }] = error.diagnostics as [Failure['diagnostics'][number]];
    return { folder: undefined, notes, message, help };
  }
}

const left = () => (existsSync(path.join(cache, 'engines')) ? readdirSync(path.join(cache, 'engines')) : []);

describe.skipIf(!posix)('dnc engines install native (its stand-ins are shell scripts)', () => {
  test('leaves the binding, TensorFlow’s libraries and what says whose they are, and says each step before it', async () => {
    const verified: string[] = [];
    const { folder, notes, message } = await install({
      verify: async (where) => {
        verified.push(...readdirSync(path.join(where, 'engines', 'native')));
        return undefined;
      },
    });
    expect(message).toBe('');
    expect(folder).toBe(path.join(cache, 'engines', 'native'));
    expect(left()).toEqual(['native']);
    expect(notes.map((note) => note.slice(0, 6))).toEqual(['1 of 5', '2 of 5', '3 of 5', '4 of 5', '5 of 5']);
    expect(verified).toEqual(expect.arrayContaining(['installed.json', 'tfjs_binding.node']));
    expect(readdirSync(path.join(folder!, 'tensorflow')).sort()).toEqual([
      'LICENSE',
      'libtensorflow_cc.so.2',
      'libtensorflow_framework.so.2',
    ]);
    expect(readFileSync(path.join(folder!, 'tfjs_binding.node'), 'utf8')).toContain('-Wl,-rpath,$ORIGIN/tensorflow');
    expect(probeNative('cpu')).toMatchObject({ version: expect.stringContaining(TENSORFLOW_VERSION) });

    expect(removeNative()).toBe(folder);
    expect(left()).toEqual([]);
    expect(removeNative()).toBeUndefined();
  });

  test.each([
    ['python3', 'Python 3 with pip is needed', 'install python3 and python3-pip, or name another Python in PYTHON'],
    ['g++', 'a C++ compiler is needed', 'install g++, or name another compiler in CXX'],
    ['npm', 'npm is needed', 'install npm, which comes with Node'],
  ])('without %s nothing is begun', async (name, because, advice) => {
    tool(name, 'echo not here; exit 127');
    const { message, help, notes } = await install();
    expect(message).toContain(because);
    expect(message).toContain('not here');
    expect(help).toEqual([advice]);
    expect(notes).toHaveLength(1);
    expect(left()).toEqual([]);
  });

  test.each([
    ['pip cannot fetch TensorFlow', { python3: '[ "$3" = --version ] || { echo no network; exit 1; }' }],
    [
      'npm cannot fetch what the binding is built from',
      { npm: '[ "$1" = --version ] || { echo no network; exit 1; }' },
    ],
    ['the binding cannot be compiled', { 'g++': '[ "$1" = --version ] || { echo no network; exit 1; }' }],
  ])('where %s nothing is left behind, and what was there stays', async (because, broken) => {
    const before = (await install()).folder!;
    const marked = path.join(before, 'of the first time');
    writeFileSync(marked, '');
    for (const [name, script] of Object.entries(broken)) tool(name, script);
    const { message } = await install();
    expect(message).toBe(`the engine native could not be installed: ${because}: no network`);
    expect(left()).toEqual(['native']);
    expect(existsSync(marked)).toBe(true);
  });

  test('what computes wrong numbers is not kept', async () => {
    const { message } = await install({ verify: async () => 'it was ended by SIGSEGV' });
    expect(message).toContain('what was built does not work: it was ended by SIGSEGV');
    expect(left()).toEqual([]);
  });

  test('a stop leaves nothing', async () => {
    const stopping = new AbortController();
    const { message } = await install({
      signal: stopping.signal,
      verify: async () => {
        stopping.abort();
        return undefined;
      },
    });
    expect(message).toContain('it was stopped');
    expect(left()).toEqual([]);
  });

  test('what a killed installation left is removed by the next one', async () => {
    mkdirSync(path.join(cache, 'engines', 'native.part-999999999'), { recursive: true });
    await install();
    expect(left()).toEqual(['native']);
  });
});

test('a machine that it was not made for is told so', async () => {
  const { message, notes } = await install({ machine: 'darwin arm64' });
  expect(message).toContain('it can be built on Linux with an x64 processor, and this is darwin arm64');
  expect(notes).toEqual([]);
});
