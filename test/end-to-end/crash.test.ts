import { existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { dnc, type Ended, start, succeed } from '../support/cli.js';
import { makeTemporaryFolder, removeFolder } from '../support/folders.js';
import { seeded } from '../support/random.js';
import { liveSpec, tinySpec, writeSpec } from '../support/specs.js';

// A run that was killed or stopped at any moment and resumed ends in the same bytes as one that was not. `npm test` tries a few moments of each
// kind, `node scripts/crash.mjs` hundreds.
const POINTS = Number(process.env.DNC_CRASH_POINTS ?? 4);
const faults = path.join(import.meta.dirname, '../support/faults.mjs');

const specs = {
  'every kind of state': tinySpec({ first: 15, second: 15, finetune: 15 }),
  'live shrinking': liveSpec(),
};
type Named = keyof typeof specs;

let folder: string;
/** By spec: milliseconds that a whole run takes here, and what it leaves. */
const whole = {} as Record<Named, number>;
const reference = {} as Record<Named, Record<string, string>>;

const specFile = (of: Named) => `${of.split(' ')[0]}.dn`;

beforeAll(async () => {
  folder = makeTemporaryFolder();
  mkdirSync(path.join(folder, 'runs'));
  for (const of of Object.keys(specs) as Named[]) {
    writeSpec(folder, specs[of], specFile(of));
    await succeed(['compile', specFile(of)], { cwd: folder });
    const began = performance.now();
    const out = `reference-${of.split(' ')[0]}`;
    await succeed(['train', specFile(of), '--threads', '1', '--out', `runs/${out}`], { cwd: folder });
    whole[of] = performance.now() - began;
    reference[of] = traceOf(out);
    expect(Object.keys(reference[of])).toContain(`build/${of.split(' ')[0]}.min/manifest.json`);
  }
});
afterAll(() => removeFolder(folder));

/** Everything of a run that may hold no trace of interruptions, with the models of its result. */
function traceOf(name: string): Record<string, string> {
  const out = path.join(folder, 'runs', name);
  return Object.fromEntries(
    readdirSync(out, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => path.relative(out, path.join(entry.parentPath, entry.name)).split(path.sep).join('/'))
      .filter((file) => !file.startsWith('checkpoints/') && file !== 'timing.jsonl')
      .sort()
      .map((file) => [file, readFileSync(path.join(out, file)).toString('base64')]),
  );
}

/** The words that begin the run, or go on with it where it has begun. */
function words(of: Named, name: string, seconds: number): string[] {
  const out = `runs/${name}`;
  const how = ['--checkpoint-seconds', String(seconds)];
  const begun = existsSync(path.join(folder, out, 'run.json'));
  return begun ? ['train', '--resume', out, ...how] : ['train', specFile(of), '--threads', '1', '--out', out, ...how];
}

function noStackTrace(ended: Ended): void {
  expect(ended.stderr).not.toMatch(/^\s+at /m);
  expect(ended.stderr).not.toContain('mistake of its own');
}

/** What dnc said of a run that was interrupted. */
function interrupted(ended: Ended, signal: 'SIGKILL' | 'SIGINT', name: string): void {
  noStackTrace(ended);
  if (signal === 'SIGKILL') {
    expect(ended.signal).toBe('SIGKILL');
  } else if (ended.stderr.includes('run: ') || ended.stderr.includes('going on at')) {
    expect(ended).toMatchObject({ code: 130, signal: null });
    expect(ended.stderr).toContain(`go on with: dnc train --resume runs/${name}\n`);
  }
}

describe.each([
  ['SIGKILL', 0, 'every kind of state'],
  ['SIGKILL', 1, 'every kind of state'],
  ['SIGINT', 0, 'every kind of state'],
  ['SIGINT', 1000, 'every kind of state'],
  ['SIGKILL', 1000, 'live shrinking'],
  ['SIGINT', 1000, 'live shrinking'],
] as const)('%s at random moments, checkpoints every %d seconds, %s', (signal, seconds, of) => {
  const points = Math.ceil(POINTS / 2);
  test('the resumed run ends in the same bytes', { timeout: 60_000 + points * 20_000 }, async () => {
    const random = seeded(`${signal} ${seconds} ${of}`);
    let struck = 0;
    for (let runs = 0; struck < points; runs++) {
      const name = `${signal}-${seconds}-${of.split(' ')[0]}-${runs}`;
      // Up to four interruptions of one run, then it may end.
      for (let times = 0; times < 4 && struck < points; times++) {
        const running = start(words(of, name, seconds), { cwd: folder });
        const timer = setTimeout(() => running.child.kill(signal), random.next() * whole[of]);
        const ended = await running.ended;
        clearTimeout(timer);
        noStackTrace(ended);
        if (ended.code === 0) break;
        struck += 1;
        interrupted(ended, signal, name);
      }
      // One that was killed behind its result has its models to write.
      noStackTrace(await succeed(words(of, name, seconds), { cwd: folder }));
      expect(traceOf(name)).toEqual(reference[of]);
    }
    console.log(
      `${signal}, checkpoints every ${seconds} s: ${struck} of ${points} interruptions resumed to the same bytes`,
    );
  });
});

describe.each(['SIGKILL', 'SIGINT'] as const)('%s each time that the network has become smaller', (signal) => {
  test('the resumed run ends in the same bytes', { timeout: 120_000 }, async () => {
    const random = seeded(`${signal} at a shrink`);
    let struck = 0;
    // A run may come to its end before a signal reaches it: another one is struck then.
    for (let runs = 0; runs < 5 && struck < 3; runs++) {
      const name = `${signal}-shrink-${runs}`;
      for (let ended: Ended | undefined; ended?.code !== 0; ) {
        expect(struck).toBeLessThan(20);
        const running = start(words('live shrinking', name, 1000), { cwd: folder });
        // At once, while the engine makes the smaller network ready, or a little later.
        running.said('live shrinking: ').then(
          () => setTimeout(() => running.child.kill(signal), random.next() < 0.5 ? 0 : 60 * random.next()),
          () => {},
        );
        ended = await running.ended;
        if (ended.code !== 0) {
          struck += 1;
          interrupted(ended, signal, name);
        }
      }
      expect(traceOf(name)).toEqual(reference['live shrinking']);
    }
    expect(struck).toBeGreaterThan(1);
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
        // Also where it has its result: the models may not be whole.
        noStackTrace(await succeed(resume(name), { cwd: folder }));
        expect(traceOf(name), `${kind}:${at}`).toEqual(expected);
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
        expect(traceOf(name), `${kind}:${at}`).toEqual(expected);
        removeFolder(path.join(folder, 'runs', name));
      }
    },
  );
});
