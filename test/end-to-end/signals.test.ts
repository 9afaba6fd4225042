import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { dnc, start, succeed } from '../support/cli.js';
import { makeTemporaryFolder, removeFolder, temporaryFolder } from '../support/folders.js';
import { tinySpec, writeSpec } from '../support/specs.js';

const quick = ['--threads', '1'];
/** Long enough that it does not end before a test stops it. */
const long = tinySpec({ first: 100_000 });

describe.each([
  ['SIGINT', 130],
  ['SIGTERM', 143],
] as const)('%s', (signal, code) => {
  test(`ends training with a checkpoint and exit code ${code}, and says how to go on`, async () => {
    const cwd = temporaryFolder();
    writeSpec(cwd, long);
    const running = start(['train', 'net.dn', '--out', 'run', ...quick], { cwd });
    await running.said(' 2/100000 ');
    running.child.kill(signal);
    const ended = await running.ended;
    expect(ended).toMatchObject({ code, signal: null, stdout: '' });
    expect(ended.stderr).toContain(`${signal}: writing a checkpoint after this step; once more stops at once\n`);
    expect(ended.stderr.endsWith('stopped; go on with: dnc train --resume run\n')).toBe(true);
    expect(readdirSync(path.join(cwd, 'run/checkpoints'))).toHaveLength(1);
    expect(existsSync(path.join(cwd, 'run/lock'))).toBe(false);
    expect(existsSync(path.join(cwd, 'run/result.json'))).toBe(false);

    const resumed = start(['train', '--resume', 'run'], { cwd });
    await resumed.said('going on at epoch ');
    resumed.child.kill(signal);
    expect((await resumed.ended).code).toBe(code);
  });
});

test('training whose batches are made ahead in another thread ends as any other', async () => {
  const cwd = temporaryFolder();
  writeSpec(
    cwd,
    `model Net {
  image = Input(28, 28, 1)
  flat  = Flatten
  fc1   = Dense(8, activation: relu)
  drop  = Dropout(0.5)
  digit = Dense(10)
}
data { source: drawn_digits(train: 80, test: 10); validation: 16; augment: [rotate(10), shift(1)] }
train { loss: sparse_categorical_crossentropy(from_logits: true); batch_size: 32; epochs: 100000 }
`,
  );
  const running = start(['train', 'net.dn', '--out', 'run', ...quick], { cwd });
  await running.said(' 2/100000 ');
  running.child.kill('SIGINT');
  const ended = await running.ended;
  expect(ended).toMatchObject({ code: 130, signal: null, stdout: '' });
  expect(ended.stderr.endsWith('stopped; go on with: dnc train --resume run\n')).toBe(true);
  const resumed = start(['train', '--resume', 'run'], { cwd });
  await resumed.said('going on at epoch ');
  resumed.child.kill('SIGKILL');
  expect((await resumed.ended).signal).toBe('SIGKILL');
});

test('a second signal stops at once, and nothing is lost', async () => {
  const cwd = temporaryFolder();
  // Where no step is under way that could end: the threshold is searched on many rows.
  const text = tinySpec({ first: 1, second: 1, finetune: 1 })
    .replace('samples: 120', 'samples: 300000')
    .replace('validation: 20', 'validation: 299800');
  writeSpec(cwd, text);
  const running = start(['train', 'net.dn', '--out', 'run', ...quick], { cwd });
  await running.said('shrinking 1/1 ');
  running.child.kill('SIGINT');
  await running.said('once more stops at once');
  running.child.kill('SIGINT');
  const ended = await running.ended;
  expect(ended).toMatchObject({ code: 130, signal: null });
  expect(existsSync(path.join(cwd, 'run/result.json'))).toBe(false);
  expect(ended.stderr).not.toContain('finetune 1/1');
  await succeed(['train', '--resume', 'run'], { cwd });
});

test('a run that a live process writes is refused, and goes on unharmed', async () => {
  const cwd = temporaryFolder();
  writeSpec(cwd, long);
  const running = start(['train', 'net.dn', '--out', 'run', ...quick], { cwd });
  await running.said(' 1/100000 ');
  const resumed = await dnc(['train', '--resume', 'run'], { cwd });
  expect(resumed.code).toBe(5);
  expect(resumed.stderr).toContain(`error[run-locked]: run is being written by process ${running.child.pid}\n`);
  const restarted = await dnc(['train', 'net.dn', '--out', 'run', ...quick], { cwd });
  expect(restarted.code).toBe(5);
  expect(restarted.stderr).toContain('error[run-exists]: run holds a run already');
  running.child.kill('SIGKILL');
  await running.ended;

  // Killed: its lock is still there, and does not count.
  expect(existsSync(path.join(cwd, 'run/lock'))).toBe(true);
  const after = start(['train', '--resume', 'run'], { cwd });
  await after.said('/100000 ');
  after.child.kill('SIGTERM');
  expect((await after.ended).code).toBe(143);
});

test('a diverging run names the step and keeps its checkpoints', async () => {
  const cwd = temporaryFolder();
  writeSpec(cwd, tinySpec().replace('learning_rate: cosine(0.01)', 'learning_rate: 1e30'));
  const { code, stderr } = await dnc(['train', 'net.dn', '--out', 'run', ...quick], { cwd });
  expect(code).toBe(7);
  expect(stderr).toMatch(
    /error\[diverged\]: training diverged: the loss is not finite at step \d of epoch 1 \(shrinking\)/,
  );
  const [checkpoint, ...others] = readdirSync(path.join(cwd, 'run/checkpoints'));
  expect(others).toEqual([]);
  expect(stderr).toContain(path.join('run/checkpoints', checkpoint!));
  const history = readFileSync(path.join(cwd, 'run/history.jsonl'), 'utf8').trimEnd().split('\n');
  expect(history.map((line) => JSON.parse(line).phase)).toEqual(['warm', 'warm', 'warm']);
  expect(existsSync(path.join(cwd, 'run/lock'))).toBe(false);
});

describe('where nothing can be written', () => {
  // The superuser may write anywhere: dnc then runs as another user.
  const root = process.getuid?.() === 0;
  const user = root ? { user: 65_534 } : {};

  test.skipIf(process.platform === 'win32')('a read-only folder: exit code 5, and earlier files stay', async () => {
    const cwd = temporaryFolder();
    // A result that was fine-tuned would not be replaced anyway.
    writeSpec(cwd, tinySpec().replace(/\n *finetune .*/, ''));
    await succeed(['train', 'net.dn', '--out', 'run', ...quick], { cwd });
    const before = readFileSync(path.join(cwd, 'run/net.min.dn'), 'utf8');
    const folders = [
      cwd,
      ...readdirSync(cwd, { recursive: true, withFileTypes: true }).flatMap((one) =>
        one.isDirectory() ? [path.join(one.parentPath, one.name)] : [],
      ),
    ];
    for (const folder of folders) chmodSync(folder, 0o555);
    try {
      for (const words of [
        ['compile', 'net.dn'],
        ['init', 'other'],
        ['fmt', 'net.dn'],
        ['train', 'net.dn', '--out', 'again', ...quick],
        ['simplify', 'run', ...quick],
      ]) {
        const { code, stderr } = await dnc(words, { cwd, ...user });
        // A spec that is formatted already is not written.
        expect(code, `${words}\n${stderr}`).toBe(words[0] === 'fmt' ? 0 : 5);
        if (code === 5) expect(stderr).toMatch(/error\[cannot-write\]: cannot write .*: no permission\n/);
      }
    } finally {
      for (const folder of folders) chmodSync(folder, 0o755);
    }
    expect(readFileSync(path.join(cwd, 'run/net.min.dn'), 'utf8')).toBe(before);
    expect(existsSync(path.join(cwd, 'again'))).toBe(false);
  });

  const disk = makeTemporaryFolder();
  const mounted =
    process.platform === 'linux' &&
    root &&
    spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=160k', 'dnc-test', disk]).status === 0;
  if (mounted) spawnSync('umount', [disk]);
  removeFolder(disk);

  test.skipIf(!mounted)(
    'a full disk (needs to mount a small one): exit code 5, and the run goes on when there is room',
    async () => {
      const cwd = temporaryFolder();
      writeSpec(cwd, tinySpec());
      await succeed(['train', 'net.dn', '--out', 'reference', ...quick], { cwd });
      const small = path.join(cwd, 'small');
      mkdirSync(small);
      expect(spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=160k', 'dnc-test', small]).status).toBe(0);
      try {
        const filler = path.join(small, 'filler');
        spawnSync('dd', ['if=/dev/zero', `of=${filler}`, 'bs=1k', 'count=112']);
        const { code, stderr } = await dnc(['train', 'net.dn', '--out', 'small/run', ...quick], { cwd });
        expect(code, stderr).toBe(5);
        expect(stderr).toMatch(/error\[cannot-write\]: cannot write small\/run.*: the disk is full\n/);
        rmSync(filler);
        await succeed(
          existsSync(path.join(small, 'run/run.json'))
            ? ['train', '--resume', 'small/run']
            : ['train', 'net.dn', '--out', 'small/run', ...quick],
          { cwd },
        );
        expect(
          readFileSync(path.join(small, 'run/net.min.safetensors')).equals(
            readFileSync(path.join(cwd, 'reference/net.min.safetensors')),
          ),
        ).toBe(true);
      } finally {
        spawnSync('umount', [small]);
      }
    },
  );
});
