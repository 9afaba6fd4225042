// npm run graphs: shrinks many random graphs (20,000; --count N, in thousands), 1,000 at a time, in one process and thread, and takes steps of training of each, shrunk and
// masked. What was done is kept in .cache/graphs, so that a run that is ended goes on where it was: --seed N names a run (1). Seeds of graphs that fail are listed at the end;
// each replays by DNC_TEST_SEED.
import { spawnSync } from 'node:child_process';
import { appendFileSync, existsSync, mkdirSync, readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';

const { values: options } = parseArgs({
  options: { count: { type: 'string', default: '20000' }, seed: { type: 'string', default: '1' } },
});
const FILES = ['test/compiler/5-shrink/random-graphs.test.ts', 'test/runtime/training/live-graphs.test.ts'];
/** Enough for what is asked of all of them together: that most of what is planted goes, of every kind of layer. */
const PART = 1000;
const [count, seed] = [Math.ceil(number('count', 1) / PART) * PART, number('seed', 0)];
/** The seed of the first graph; the others have those behind it. */
const first = (seed * 1_000_003) % 2 ** 30;

mkdirSync('.cache/graphs', { recursive: true });
const log = `.cache/graphs/${seed}.jsonl`;
const done = new Map(
  (existsSync(log) ? readFileSync(log, 'utf8').trim().split('\n').filter(Boolean) : []).map((line) => {
    const part = JSON.parse(line);
    return [part.from, part];
  }),
);
for (let from = 0; from < count; from += PART) {
  if (done.get(from)?.failed.length === 0) continue;
  const part = { from, failed: shrunk(first + from) };
  done.set(from, part);
  appendFileSync(log, `${JSON.stringify(part)}\n`);
  console.log(`graphs ${from} to ${from + PART - 1}: ${part.failed.length === 0 ? 'green' : part.failed.join('; ')}`);
}
const parts = [...done.values()].filter(({ from }) => from < count);
const failed = parts.flatMap((part) => part.failed);
console.log(
  `${count.toLocaleString('en')} graphs from seed ${first}; ${failed.length === 0 ? 'all green' : 'failed:'}`,
);
for (const one of failed) console.log(`  ${one}`);
process.exit(failed.length === 0 ? 0 : 1);

/** What fails among graphs of neighbouring seeds: of each hundred the first. */
function shrunk(from) {
  const env = { ...process.env, DNC_TEST_SEED: String(from), DNC_TEST_GRAPHS: String(PART) };
  const { status, stdout, stderr } = spawnSync(
    'npx',
    ['vitest', 'run', '--maxWorkers=1', '--reporter=json', ...FILES],
    {
      env,
      encoding: 'utf8',
      maxBuffer: 2 ** 28,
      shell: process.platform === 'win32',
    },
  );
  if (status === 0) return [];
  const start = stdout.indexOf('{');
  if (start < 0) return [`DNC_TEST_SEED=${from}: ${stderr.trim().split('\n').at(-1)}`];
  const { testResults } = JSON.parse(stdout.slice(start));
  const failed = testResults.flatMap(({ assertionResults }) =>
    assertionResults
      .filter((one) => one.status === 'failed')
      .map(
        (one) => /DNC_TEST_SEED=\d+/.exec(one.failureMessages.join('\n'))?.[0] ?? `DNC_TEST_SEED=${from}: ${one.title}`,
      ),
  );
  return failed.length > 0 ? failed : [`DNC_TEST_SEED=${from}: a file does not load`];
}

function number(name, least) {
  const value = Number(options[name]);
  if (Number.isInteger(value) && value >= least) return value;
  console.error(`--${name} ${options[name]}: a whole number from ${least}`);
  process.exit(2);
}
