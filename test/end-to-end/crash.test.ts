import { existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { dnc, type Ended, start, succeed } from '../support/cli.js';
import { makeTemporaryFolder, removeFolder } from '../support/folders.js';
import { seeded } from '../support/random.js';
import { tinySpec, writeSpec } from '../support/specs.js';

// A run that was killed or stopped at any moment and resumed ends in the same bytes as one that was not. `npm test` tries a few moments of each
// kind, `node scripts/crash.mjs` hundreds.
const POINTS = Number(process.env.DNC_CRASH_POINTS ?? 4);
const faults = path.join(import.meta.dirname, '../support/faults.mjs');

let folder: string;
/** Milliseconds that a whole run takes here. */
let whole: number;
let reference: Record<string, string>;

beforeAll(async () => {
  folder = makeTemporaryFolder();
  mkdirSync(path.join(folder, 'runs'));
  writeSpec(folder, tinySpec({ first: 15, second: 15, finetune: 15 }));
  await succeed(['compile', 'net.dn'], { cwd: folder });
  const began = performance.now();
  await succeed(['train', 'net.dn', '--threads', '1', '--out', 'runs/reference'], { cwd: folder });
  whole = performance.now() - began;
  reference = traceOf('reference');
});
afterAll(() => removeFolder(folder));

/** Everything of a run that may hold no trace of interruptions. */
function traceOf(name: string): Record<string, string> {
  const out = path.join(folder, 'runs', name);
  return Object.fromEntries(
    readdirSync(out)
      .filter((entry) => entry !== 'checkpoints' && entry !== 'timing.jsonl')
      .sort()
      .map((entry) => [entry, readFileSync(path.join(out, entry)).toString('base64')]),
  );
}

/** The words that begin the run, or go on with it where it has begun. */
function words(name: string, seconds: number): string[] {
  const out = `runs/${name}`;
  const how = ['--checkpoint-seconds', String(seconds)];
  const begun = existsSync(path.join(folder, out, 'run.json'));
  return begun ? ['train', '--resume', out, ...how] : ['train', 'net.dn', '--threads', '1', '--out', out, ...how];
}

function noStackTrace(ended: Ended): void {
  expect(ended.stderr).not.toMatch(/^\s+at /m);
  expect(ended.stderr).not.toContain('mistake of its own');
}

describe.each([
  ['SIGKILL', 0],
  ['SIGKILL', 1],
  ['SIGINT', 0],
  ['SIGINT', 1000],
] as const)('%s at random moments, checkpoints every %d seconds', (signal, seconds) => {
  const points = Math.ceil(POINTS / 2);
  test('the resumed run ends in the same bytes', { timeout: 60_000 + points * 20_000 }, async () => {
    const random = seeded(`${signal} ${seconds}`);
    let struck = 0;
    for (let runs = 0; struck < points; runs++) {
      const name = `${signal}-${seconds}-${runs}`;
      // Up to four interruptions of one run, then it may end.
      for (
        let times = 0;
        times < 4 && struck < points && !existsSync(path.join(folder, 'runs', name, 'result.json'));
        times++
      ) {
        const running = start(words(name, seconds), { cwd: folder });
        const timer = setTimeout(() => running.child.kill(signal), random.next() * whole);
        const ended = await running.ended;
        clearTimeout(timer);
        noStackTrace(ended);
        if (ended.code === 0) break;
        struck += 1;
        if (signal === 'SIGKILL') {
          expect(ended.signal).toBe('SIGKILL');
        } else if (ended.stderr.includes('run: ') || ended.stderr.includes('going on at')) {
          expect(ended).toMatchObject({ code: 130, signal: null });
          expect(ended.stderr).toContain(`go on with: dnc train --resume runs/${name}\n`);
        }
      }
      if (!existsSync(path.join(folder, 'runs', name, 'result.json')))
        noStackTrace(await succeed(words(name, seconds), { cwd: folder }));
      expect(traceOf(name)).toEqual(reference);
    }
    console.log(
      `${signal}, checkpoints every ${seconds} s: ${struck} of ${points} interruptions resumed to the same bytes`,
    );
  });
});

describe('every call that changes a file', () => {
  const small = () => tinySpec({ first: 1, second: 1, finetune: 1 });
  const train = (out: string) => [
    'train',
    'small.dn',
    '--threads',
    '1',
    '--out',
    `runs/${out}`,
    '--checkpoint-seconds',
    '0',
  ];
  const resume = (out: string) =>
    existsSync(path.join(folder, 'runs', out, 'run.json'))
      ? ['train', '--resume', `runs/${out}`, '--checkpoint-seconds', '0']
      : train(out);
  const faulty = (out: string, fault: string) =>
    dnc(train(out), { cwd: folder, node: ['--import', faults], env: { DNC_FAULT: fault } });
  let calls: number;
  let expected: Record<string, string>;

  beforeAll(async () => {
    writeSpec(folder, small(), 'small.dn');
    await succeed(['compile', 'small.dn'], { cwd: folder });
    expect((await faulty('small', `count:${path.join(folder, 'count')}`)).code).toBe(0);
    calls = Number(readFileSync(path.join(folder, 'count'), 'utf8'));
    // 18 steps with a checkpoint after each, of a dozen calls.
    expect(calls).toBeGreaterThan(200);
    expected = traceOf('small');
  });

  test.each(['kill', 'torn'])(
    '%s there: the resumed run ends in the same bytes',
    { timeout: 60_000 + POINTS * 20_000 },
    async (kind) => {
      const random = seeded(kind);
      for (let point = 0; point < POINTS; point++) {
        // One moment in each of as many equal parts.
        const at = 1 + Math.floor(((point + random.next()) * calls) / POINTS);
        const name = `${kind}-${at}-${point}`;
        const killed = await faulty(name, `${kind}:${at}`);
        expect(killed.signal, `${kind}:${at}`).toBe('SIGKILL');
        if (!existsSync(path.join(folder, 'runs', name, 'result.json')))
          noStackTrace(await succeed(resume(name), { cwd: folder }));
        const { lock, ...trace } = traceOf(name);
        // Killed after everything was written: only the lock is left to tell.
        expect(trace, `${kind}:${at}`).toEqual(expected);
        removeFolder(path.join(folder, 'runs', name));
      }
      console.log(`${kind}: ${POINTS} of ${POINTS} moments of ${calls} resumed to the same bytes`);
    },
  );

  test.each(['ENOSPC', 'EIO'])(
    '%s there: exit code 5, and what was written goes on',
    { timeout: 60_000 + POINTS * 20_000 },
    async (kind) => {
      const points = Math.ceil(POINTS / 2);
      const random = seeded(kind);
      for (let point = 0; point < points; point++) {
        const at = 1 + Math.floor(((point + random.next()) * calls) / points);
        const name = `${kind}-${at}-${point}`;
        const failed = await faulty(name, `${kind}:${at}`);
        noStackTrace(failed);
        // Code 0: the call was for the link `latest` or the end of the lock, and nothing depends on these.
        if (failed.code !== 0) {
          expect(failed.code, `${kind}:${at}\n${failed.stderr}`).toBe(5);
          expect(failed.stderr).toMatch(
            /error\[cannot-write\]: cannot write .*: (the disk is full|the disk failed to write it)/,
          );
          noStackTrace(await succeed(resume(name), { cwd: folder }));
        }
        const { lock, ...trace } = traceOf(name);
        expect(trace, `${kind}:${at}`).toEqual(expected);
        removeFolder(path.join(folder, 'runs', name));
      }
    },
  );
});
