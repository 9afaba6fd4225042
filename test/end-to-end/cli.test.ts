import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  statSync,
  symlinkSync,
  writeFileSync,
  rmSync,
} from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { commands } from '../../src/commands/index.js';
import { cli, dnc, start, succeed } from '../support/cli.js';
import { makeTemporaryFolder, removeFolder, temporaryFolder } from '../support/folders.js';
import { tinySpec, writeSpec } from '../support/specs.js';

let folder: string;
const quick = ['--threads', '1'];
beforeAll(async () => {
  folder = makeTemporaryFolder();
  writeSpec(folder, tinySpec());
  writeSpec(folder, 'model Wrong {\n', 'wrong.dn');
  await succeed(['train', 'net.dn', ...quick, '--out', 'run'], { cwd: folder });
});
afterAll(() => removeFolder(folder));

describe('exit codes', () => {
  // docs/run-folder.md, section 7. 130 and 143 are in signals.test.ts, every code 3 and 4 with its message in messages.test.ts.
  test.each([
    [0, 'done', ['check', 'net.dn']],
    [0, 'help', ['--help']],
    [0, 'the version', ['--version']],
    [0, 'no words: help', []],
    [0, 'no difference', ['diff', 'net.dn', 'net.dn', '--exit-code']],
    [0, 'a difference that was not asked about', ['diff', 'net.dn', 'run/net.min.dn']],
    [1, 'a difference', ['diff', 'net.dn', 'run/net.min.dn', '--exit-code']],
    [1, 'not formatted', ['fmt', '--check', 'loose.dn']],
    [2, 'usage', ['train', '--engine']],
    [2, 'a parameter is missing', ['diff', 'net.dn']],
    [2, 'a value is wrong', ['eval', 'run/net.min.dn', '--split', 'all']],
    [3, 'the spec has errors', ['check', 'wrong.dn']],
    [3, 'one of several specs has errors', ['check', 'net.dn', 'wrong.dn']],
    [4, 'an input file is missing', ['summary', 'none.dn']],
    [5, 'output cannot be written', ['train', 'net.dn', '--out', 'run', ...quick]],
    [6, 'the engine is not available', ['train', 'net.dn', '--engine', 'onnxruntime', '--out', 'six']],
    [
      7,
      'training diverged',
      ['train', 'net.dn', '--out', 'seven', '--set', 'train.phases.warm.optimizer=sgd(learning_rate: 1e10)', ...quick],
    ],
  ] as const)('%d: %s', async (code, _, words) => {
    writeFileSync(path.join(folder, 'loose.dn'), tinySpec().replace('Dense(1)', 'Dense( 1 )'));
    const hidden = code === 6 ? { node: ['--import', hideOnnxruntime] } : {};
    const ended = await dnc(words, { cwd: folder, ...hidden });
    expect(ended.code, ended.stderr).toBe(code);
    expect(ended.stderr).not.toMatch(/^\s+at .*[:(]/m);
  });

  test('70: a mistake of its own, with the details in a file', async () => {
    const temporary = temporaryFolder();
    const planted =
      "import fs from 'node:fs'; import { syncBuiltinESMExports } from 'node:module'; fs.readdirSync = () => { throw new TypeError('planted'); }; syncBuiltinESMExports();";
    const { code, stderr } = await dnc(['check'], {
      cwd: folder,
      node: ['--import', `data:text/javascript,${encodeURIComponent(planted)}`],
      env: { TMPDIR: temporary },
    });
    expect(code).toBe(70);
    const [report] = readdirSync(temporary).filter((name) => name.startsWith('dnc-crash-'));
    expect(stderr).toBe(
      `error: dnc made a mistake of its own (planted); the details are in ${path.join(temporary, report!)}\n`,
    );
    expect(readFileSync(path.join(temporary, report!), 'utf8')).toMatch(
      /^dnc 1.*\ndnc check\n\nTypeError: planted\n +at /,
    );
  });
});

/** Lets onnxruntime-node not be found, as where it is not installed. */
const hideOnnxruntime = `data:text/javascript,${encodeURIComponent(`
import module from 'node:module';
const { createRequire } = module;
module.createRequire = (from) => {
  const require = createRequire(from);
  const { resolve } = require;
  require.resolve = (name, ...rest) => {
    if (name.startsWith('onnxruntime-node')) throw new Error('hidden');
    return resolve(name, ...rest);
  };
  return require;
};
module.syncBuiltinESMExports();
`)}`;

describe('output for machines', () => {
  test.each([
    ['check', 'net.dn', '--json'],
    ['check', 'wrong.dn', '--json'],
    ['compile', 'net.dn', '--json'],
    ['summary', 'net.dn', '--json'],
    ['engines', '--json'],
    ['eval', 'run/net.min.dn', '--json', ...quick],
    ['simplify', 'run', '--json', '--out', 'again', ...quick],
    ['train', 'net.dn', '--json', '--out', 'json', ...quick],
    ['diff', 'net.dn', 'run/net.min.dn', '--format', 'json'],
    ['data', 'check', 'net.dn', '--json'],
    ['report', 'run', '--json'],
    ['runs', 'ls', '--json'],
  ])('dnc %s %s %s', async (...words) => {
    const { stdout, code } = await dnc(words, { cwd: folder });
    expect(code).toBe(words[1] === 'wrong.dn' ? 3 : 0);
    const value = JSON.parse(stdout) as Record<string, unknown>;
    expect(value.format).toBe(1);
  });

  test('every command that has --json is tried', () => {
    const having = commands
      .filter((one) => one.options.some((option) => option.flags === '--json'))
      .map((one) => one.name);
    expect(having.sort()).toEqual([
      'check',
      'compile',
      'data',
      'diff',
      'engines',
      'eval',
      'report',
      'runs',
      'simplify',
      'summary',
      // test/end-to-end/sweep.test.ts
      'sweep',
      'train',
    ]);
  });

  test('predict writes one JSON line a row', async () => {
    const { stdout } = await succeed(['predict', 'run/net.min.dn', '--rows', '3', ...quick], { cwd: folder });
    // A float32 has nine digits at most.
    expect(stdout).not.toMatch(/\d\.\d{12}/);
    const rows = stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(rows).toEqual([0, 1, 2].map((row) => ({ row, outputs: { value: expect.any(Number) } })));
    const all = await succeed(['predict', 'run/net.min.dn', '--rows', '9999', ...quick], { cwd: folder });
    const count = all.stdout.trimEnd().split('\n').length;
    expect(all.stderr).toContain(`note: the test rows are ${count}, fewer than the 9,999 asked for`);
  });

  test('results go to stdout, everything else to stderr', async () => {
    const { stdout, stderr } = await succeed(['train', 'net.dn', '--out', 'streams', ...quick], { cwd: folder });
    expect(stderr).toMatch(/^engine: /m);
    expect(stderr).toMatch(/^warm 1\/3 /m);
    expect(stdout).not.toMatch(/^(engine|warm)/m);
    expect(stdout).toContain('streams/net.min.dn');
    for (const control of ['\u001b', '\r']) expect(stderr + stdout).not.toContain(control);
  });
});

describe('colours', () => {
  const check = (env: Record<string, string>) => dnc(['check', 'wrong.dn'], { cwd: folder, env });
  test('none in a pipe, some where they are asked for, none with NO_COLOR', async () => {
    expect((await check({})).stderr).not.toContain('\u001b');
    expect((await check({ FORCE_COLOR: '1' })).stderr).toContain('\u001b[');
    expect((await check({ FORCE_COLOR: '1', NO_COLOR: '1' })).stderr).not.toContain('\u001b');
    expect((await check({ FORCE_COLOR: '0' })).stderr).not.toContain('\u001b');
  });
});

describe('pipes and surroundings', () => {
  test('a reader of stdout that stops reading ends the command quietly', async () => {
    const running = start(['predict', 'run/net.min.dn', ...quick], { cwd: folder });
    running.child.stdout!.destroy();
    const { code, stderr } = await running.ended;
    expect(code).toBe(0);
    expect(stderr).toBe('');
  });

  test.skipIf(process.platform === 'win32')('dnc … | head', () => {
    const node = JSON.stringify(process.execPath);
    for (const words of ['explain', 'help', 'predict run/net.min.dn --threads 1', 'show net.dn --stage step']) {
      const { stdout, stderr } = spawnSync('sh', ['-c', `${node} ${JSON.stringify(cli)} ${words} | head -n 1`], {
        cwd: folder,
        encoding: 'utf8',
      });
      expect(stderr).toBe('');
      expect(stdout.split('\n')).toHaveLength(2);
    }
  });

  test('training goes on where nobody reads its messages', async () => {
    const running = start(['train', 'net.dn', '--out', 'unread', ...quick], { cwd: folder });
    running.child.stderr!.destroy();
    expect((await running.ended).code).toBe(0);
    expect(readFileSync(path.join(folder, 'unread/net.min.dn'), 'utf8')).toBe(
      readFileSync(path.join(folder, 'run/net.min.dn'), 'utf8'),
    );
  });

  test.skipIf(process.platform === 'win32')('stdin and stdout may be closed', () => {
    const node = JSON.stringify(process.execPath);
    for (const closed of ['<&-', '>&-', '<&- >&-']) {
      const { status, stderr } = spawnSync('sh', ['-c', `${node} ${JSON.stringify(cli)} check net.dn ${closed}`], {
        cwd: folder,
        encoding: 'utf8',
      });
      expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    }
  });

  test.skipIf(process.platform !== 'linux')('output that does not fit on the disk is an error', () => {
    const node = `${JSON.stringify(process.execPath)} ${JSON.stringify(cli)}`;
    const limited = `trap '' XFSZ; ulimit -f 4; ${node} schema > limited.json`;
    for (const line of [`${node} explain > /dev/full`, limited]) {
      const { status, stderr } = spawnSync('bash', ['-c', line], { cwd: folder, encoding: 'utf8' });
      expect({ line, status }).toEqual({ line, status: 5 });
      expect(stderr).toMatch(/^error\[cannot-write\]: cannot write the output: /);
    }
    expect(spawnSync('bash', ['-c', `${node} explain > whole.txt`], { cwd: folder }).status).toBe(0);
    expect(readFileSync(path.join(folder, 'whole.txt'), 'utf8')).toBe(
      spawnSync(process.execPath, [cli, 'explain'], { cwd: folder, encoding: 'utf8' }).stdout,
    );
  });

  test.each([
    ['no home', { HOME: '', XDG_CACHE_HOME: '', XDG_DATA_HOME: '' }],
    ['a home that does not exist', { HOME: '/nowhere/at/all', XDG_CACHE_HOME: '', XDG_DATA_HOME: '' }],
  ])('%s', async (name, env) => {
    const out = name.replaceAll(' ', '-');
    await succeed(['engines'], { cwd: folder, env });
    await succeed(['train', 'net.dn', '--out', out, ...quick], { cwd: folder, env });
    const missing = await dnc(['train', 'net.dn', '--set', 'data.source=mnist', '--out', 'missing', ...quick], {
      cwd: folder,
      env,
    });
    expect([3, 4]).toContain(missing.code);
  });

  test('nothing depends on the current folder', async () => {
    const elsewhere = temporaryFolder();
    const spec = path.join(folder, 'run/net.min.dn');
    await succeed(['eval', spec, ...quick], { cwd: elsewhere });
    await succeed(['diff', path.join(folder, 'net.dn'), spec], { cwd: elsewhere });
    expect(readdirSync(elsewhere)).toEqual([]);
  });
});

describe('help', () => {
  test.each(commands.map((command) => command.name))('dnc %s --help', async (name) => {
    const command = commands.find((one) => one.name === name)!;
    const { stdout, stderr } = await succeed([name, '--help'], { cwd: folder });
    expect(stderr).toBe('');
    const words = stdout.replace(/\s+/g, ' ');
    expect(words).toContain(command.summary.replace(/\s+/g, ' '));
    for (const option of command.options) expect(words).toContain(option.flags);
    // An example names options that exist.
    for (const example of command.examples) {
      expect(words).toContain(example);
      for (const used of example.match(/ --[a-z-]+/g) ?? [])
        expect(
          command.options.map((option) => option.flags.split(' ')[0]),
          example,
        ).toContain(used.trim());
    }
  });

  test('the list of commands has them all', async () => {
    const { stdout } = await succeed(['--help']);
    for (const { name } of commands) expect(stdout).toMatch(new RegExp(`^  ${name} `, 'm'));
  });
});

test.skipIf(process.platform === 'win32')('fmt keeps permissions, and links', async () => {
  const cwd = temporaryFolder();
  const file = writeSpec(cwd, tinySpec().replace('Dense(1)', 'Dense( 1 )'));
  chmodSync(file, 0o600);
  symlinkSync('net.dn', path.join(cwd, 'link.dn'));
  expect(await dnc(['fmt', 'link.dn'], { cwd })).toMatchObject({ code: 0, stdout: 'link.dn: formatted\n' });
  expect(readFileSync(file, 'utf8')).toBe(tinySpec());
  expect(statSync(file).mode & 0o777).toBe(0o600);
  expect(readlinkSync(path.join(cwd, 'link.dn'))).toBe('net.dn');
});

describe('from nothing', () => {
  test('dnc init && dnc compile && dnc train, in an empty folder', { timeout: 120_000 }, async () => {
    const cwd = temporaryFolder();
    await succeed(['init'], { cwd });
    expect(readdirSync(cwd)).toEqual(['network.dn']);
    const text = readFileSync(path.join(cwd, 'network.dn'), 'utf8');
    expect(await dnc(['fmt', '--check'], { cwd })).toMatchObject({ code: 0, stdout: '' });
    // Fewer epochs than it has, so that the test is short: what was compiled is what train takes.
    await succeed(
      [
        'compile',
        '--set',
        'train.epochs=2',
        '--set',
        'data.source=drawn_digits(train: 1500, test: 200)',
        '--set',
        'data.validation=500',
      ],
      { cwd },
    );
    const { stdout } = await succeed(['train', ...quick], { cwd });
    const latest = path.join(cwd, 'runs/network/latest');
    expect(readlinkSync(latest)).toMatch(/^\d{8}-\d{6}-[0-9a-f]{8}$/);
    expect(stdout).toContain('network.min.dn');
    const history = readFileSync(path.join(latest, 'history.jsonl'), 'utf8').trimEnd().split('\n');
    expect(history.filter((line) => JSON.parse(line).phase === 'train')).toHaveLength(2);
    expect(readFileSync(path.join(cwd, 'network.dn'), 'utf8')).toBe(text);
    const again = await dnc(['init'], { cwd });
    expect(again).toMatchObject({
      code: 5,
      stderr: 'error[file-exists]: network.dn is there already\n  = help: --force writes over it\n',
    });
  });

  test('init names the file and the model', async () => {
    const cwd = temporaryFolder();
    for (const name of ['my-net', '3d', 'a.1', 'plain.dn']) await succeed(['init', name], { cwd });
    expect(readdirSync(cwd).sort()).toEqual(['3d.dn', 'a.1.dn', 'my-net.dn', 'plain.dn']);
    await succeed(['check', '3d.dn', 'a.1.dn', 'my-net.dn', 'plain.dn'], { cwd });
    for (const name of ['../up', 'a/b', '-x', '', 'x.txt'])
      expect((await dnc(['init', '--', name], { cwd })).code, name).toBe(2);
    expect(readdirSync(cwd)).toHaveLength(4);
  });
});

describe('a simplified spec is a spec', () => {
  test('check, fmt, compile, summary, show, eval, predict, train and simplify take it', {
    timeout: 120_000,
  }, async () => {
    const cwd = temporaryFolder();
    cpSync(path.join(folder, 'net.dn'), path.join(cwd, 'net.dn'));
    mkdirSync(path.join(cwd, 'run'));
    cpSync(path.join(folder, 'run'), path.join(cwd, 'run'), { recursive: true });
    const spec = 'run/net.min.dn';
    const text = readFileSync(path.join(cwd, spec), 'utf8');
    for (const words of [
      ['check', spec],
      ['fmt', '--check', spec],
      ['compile', spec],
      ['summary', spec],
      ['show', spec, '--stage', 'dims'],
      ['eval', spec, ...quick],
      ['predict', spec, '--rows', '1', ...quick],
      ['train', spec, '--out', 'further', ...quick],
      ['train', spec, '--from-scratch', '--out', 'anew', ...quick],
      ['diff', 'net.dn', spec, '--behaviour'],
    ])
      await succeed(words, { cwd });
    expect(existsSync(path.join(cwd, 'further/net.min.dn'))).toBe(true);
    await succeed(['simplify', spec, '--out', 'run2', ...quick], { cwd });
    expect(readFileSync(path.join(cwd, 'run2/net.min.dn'), 'utf8')).toBe(text);
    expect(readFileSync(path.join(cwd, 'run2/net.min.safetensors'))).toEqual(
      readFileSync(path.join(cwd, 'run/net.min.safetensors')),
    );
  });

  test('weights that changed on disk are refused', async () => {
    const cwd = temporaryFolder();
    cpSync(path.join(folder, 'run'), path.join(cwd, 'run'), { recursive: true });
    const weights = path.join(cwd, 'run/net.min.safetensors');
    const bytes = readFileSync(weights);
    bytes[bytes.length - 1]! ^= 1;
    writeFileSync(weights, bytes);
    const { code, stderr } = await dnc(['eval', 'run/net.min.dn'], { cwd });
    expect(code).toBe(4);
    expect(stderr).toContain('its SHA-256 is not the one that the spec names');
  });
});

test('the same spec, engine and threads twice: the same bytes', async () => {
  await succeed(['train', 'net.dn', '--out', 'twice', ...quick], { cwd: folder });
  await succeed(['train', 'net.dn', '--out', 'two-a', '--threads', '2'], { cwd: folder });
  await succeed(['train', 'net.dn', '--out', 'two-b', '--threads', '2'], { cwd: folder });
  await succeed(['train', 'net.dn', '--out', 'wasm-a', '--engine', 'tfjs-wasm'], { cwd: folder });
  await succeed(['train', 'net.dn', '--out', 'wasm-b', '--engine', 'tfjs-wasm'], { cwd: folder });
  for (const [one, other] of [
    ['run', 'twice'],
    ['two-a', 'two-b'],
    ['wasm-a', 'wasm-b'],
  ] as const)
    for (const file of [
      'net.min.dn',
      'net.min.safetensors',
      'trained.safetensors',
      'history.jsonl',
      'certificate.json',
      'result.json',
    ])
      expect(
        readFileSync(path.join(folder, one, file)).equals(readFileSync(path.join(folder, other, file))),
        `${file} of ${other}`,
      ).toBe(true);
});

test('a run that came to its end is not resumed', async () => {
  const before = readFileSync(path.join(folder, 'run/net.min.dn'), 'utf8');
  const { stderr } = await succeed(['train', '--resume', 'run'], { cwd: folder });
  expect(stderr).toBe('run came to its end already\n');
  expect(readFileSync(path.join(folder, 'run/net.min.dn'), 'utf8')).toBe(before);
});

test('a run that was killed behind its result has its models written when it is resumed', async () => {
  const models = path.join(folder, 'run/build/net.min');
  const files = ['forward.onnx', 'manifest.json', 'spec.resolved.dn', 'tfjs/model.json', 'tfjs/weights.bin'];
  const contents = () => files.map((file) => readFileSync(path.join(models, file), 'base64'));
  const before = contents();
  for (const file of ['manifest.json', 'tfjs/model.json']) rmSync(path.join(models, file));
  // Half a file, as a killed process leaves it.
  writeFileSync(path.join(models, 'tfjs/.model.json.1.part'), '{');
  const { stderr } = await succeed(['train', '--resume', 'run'], { cwd: folder });
  expect(stderr).toBe(`run came to its end already; wrote its models: ${path.join('run', 'build', 'net.min')}\n`);
  expect(contents()).toEqual(before);
  expect(readdirSync(path.join(models, 'tfjs')).sort()).toEqual(['model.json', 'weights.bin']);
  expect(readdirSync(path.join(folder, 'run'))).not.toContain('lock');
});
