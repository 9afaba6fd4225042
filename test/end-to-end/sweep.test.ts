import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { dnc, start, succeed } from '../support/cli.js';
import { makeTemporaryFolder, removeFolder, temporaryFolder } from '../support/folders.js';
import { writeSpec } from '../support/specs.js';

const spec = (sweep: string, epochs = 2) => `let lambda = 1e-3
let width = 4
model Tiny {
  features = Input(6)
  hidden   = Dense(width, activation: relu)  @dropneuron(lambda)
  value    = Dense(1)
}
data { source: sparse_regression(features: 6, samples: 60, test: 20, seed: 3); validation: 20 }
train { loss: mse; metrics: [nmse]; batch_size: 10; epochs: ${epochs}; optimizer: adam(0.02) }
simplify { threshold: 0.01 }
sweep { ${sweep} }
`;
const grid = 'lambda: [1e-3, 1e-1]; train.seed: 1..2';
const read = (cwd: string, folder: string) => readFileSync(path.join(cwd, folder, 'sweep.json'), 'utf8');
const trialsOf = (cwd: string, folder: string) =>
  (JSON.parse(read(cwd, folder)) as { trials: { state: string; error?: string; folder: string; objective?: number }[] })
    .trials;

let whole: { readonly cwd: string; readonly stdout: string; readonly stderr: string };
beforeAll(async () => {
  const cwd = makeTemporaryFolder();
  writeSpec(cwd, spec(grid, 40));
  whole = { cwd, ...(await succeed(['sweep', 'net.dn', '--out', 'whole', '--workers', '1'], { cwd })) };
}, 60_000);
afterAll(() => removeFolder(whole.cwd));

test('every trial is a run of its own, and the best is chosen by validation rows', () => {
  const { cwd, stdout } = whole;
  expect(stdout).toMatch(/^ {3}# {2}lambda +val_nmse +parameters +multiply-adds +front\n\* /);
  expect(stdout).toContain('mean ± standard deviation over train.seed\n');
  expect(stdout.match(/on test rows, which chose nothing: nmse /g)).toHaveLength(1);
  expect(existsSync(path.join(cwd, 'build'))).toBe(false);
  const { trials, chosen } = JSON.parse(read(cwd, 'whole')) as {
    trials: { combination: number; objective: number; folder: string }[];
    chosen: { combination: number; test: { nmse: number } };
  };
  expect(trials).toHaveLength(4);
  const means = [1, 2].map((k) =>
    trials.filter(({ combination }) => combination === k).reduce((sum, { objective }) => sum + objective / 2, 0),
  );
  expect(chosen.combination).toBe(means[0]! < means[1]! ? 1 : 2);
  const scores = trials
    .filter(({ combination }) => combination === chosen.combination)
    .map(({ folder }) => JSON.parse(readFileSync(path.join(cwd, 'whole', folder, 'result.json'), 'utf8')).scores);
  expect(chosen.test.nmse).toBeCloseTo(
    (scores[0].test.simplified.metrics.nmse + scores[1].test.simplified.metrics.nmse) / 2,
    12,
  );
  for (const name of ['pareto-parameters.svg', 'pareto-multiply-adds.svg'])
    expect(readFileSync(path.join(cwd, 'whole', name), 'utf8')).toMatch(/^<svg [^>]*xmlns=.*<\/svg>\n$/s);
});

test('two at once, one of them killed, give the same bytes', { timeout: 90_000 }, async () => {
  const { cwd } = whole;
  const running = start(['sweep', 'net.dn', '--out', 'two', '--workers', '2'], { cwd });
  const lock = path.join(cwd, 'two/trials/01/lock');
  while (!existsSync(lock)) await new Promise((done) => setTimeout(done, 2));
  process.kill(Number(readFileSync(lock, 'utf8')), 'SIGKILL');
  const { code, stderr } = await running.ended;
  expect(code, stderr).toBe(0);
  expect(stderr).toContain('trial 1 was ended by SIGKILL; it ');
  expect(read(cwd, 'two')).toBe(read(cwd, 'whole'));
  for (const { folder } of trialsOf(cwd, 'whole'))
    expect(networkOf(path.join(cwd, 'two', folder))).toEqual(networkOf(path.join(cwd, 'whole', folder)));
});

test('a sweep that is stopped goes on', { timeout: 90_000 }, async () => {
  const { cwd } = whole;
  const running = start(['sweep', 'net.dn', '--out', 'stopped', '--workers', '1'], { cwd });
  await running.said('trial 1  ');
  running.child.kill('SIGINT');
  const { code, stderr } = await running.ended;
  expect(code).toBe(130);
  expect(stderr.endsWith('stopped; go on with: dnc sweep --resume stopped\n')).toBe(true);
  expect(existsSync(path.join(cwd, 'stopped/lock'))).toBe(false);
  const resumed = await succeed(['sweep', '--resume', 'stopped', '--workers', '2'], { cwd });
  expect(resumed.stdout.replaceAll('stopped/', 'whole/')).toBe(whole.stdout);
  expect(read(cwd, 'stopped')).toBe(read(cwd, 'whole'));
  expect((await dnc(['sweep', 'net.dn', '--out', 'stopped'], { cwd })).stderr).toContain('error[sweep-exists]');
});

test('a sweep that is killed ends its trials, and goes on', { timeout: 90_000 }, async () => {
  const { cwd } = whole;
  writeSpec(cwd, spec('train.seed: 1..2', 100_000), 'long.dn');
  const running = start(['sweep', 'long.dn', '--out', 'killed', '--workers', '1'], { cwd });
  const history = path.join(cwd, 'killed/trials/01/history.jsonl');
  while (!existsSync(history)) await new Promise((done) => setTimeout(done, 2));
  const worker = Number(readFileSync(path.join(cwd, 'killed/trials/01/lock'), 'utf8'));
  running.child.kill('SIGKILL');
  await running.ended;
  // The worker notices, and writes its checkpoint.
  while (existsSync(path.join(cwd, 'killed/trials/01/lock'))) await new Promise((done) => setTimeout(done, 5));
  expect(readdirSync(path.join(cwd, 'killed/trials/01/checkpoints')).length).toBeGreaterThan(0);
  while (isAlive(worker)) await new Promise((done) => setTimeout(done, 5));
});

test('halving goes on with the better half from its checkpoint, as if it had not stopped', {
  timeout: 90_000,
}, async () => {
  const { cwd } = whole;
  const values = '[1e-3, 1e-1]; width: [4, 1]';
  writeSpec(cwd, spec(`lambda: ${values}; strategy: halving`, 8), 'half.dn');
  const { stdout, stderr } = await succeed(['sweep', 'half.dn', '--out', 'half', '--workers', '2'], { cwd });
  expect(stderr).toContain('behind 2 epochs: 2 of 4 go on\n');
  expect(stderr).toContain('behind 4 epochs: 1 of 2 go on\n');
  expect(stdout.match(/stopped early, behind 2 epochs/g)).toHaveLength(2);
  expect(stdout.match(/stopped early, behind 4 epochs/g)).toHaveLength(1);
  await succeed(['sweep', 'half.dn', '--out', 'all', '--workers', '2', '--strategy', 'grid'], { cwd });
  const [k] = trialsOf(cwd, 'half').flatMap(({ state }, at) => (state === 'finished' ? [at] : []));
  const { folder } = trialsOf(cwd, 'half')[k!]!;
  expect(networkOf(path.join(cwd, 'half', folder))).toEqual(networkOf(path.join(cwd, 'all', folder)));
});

test('a point that cannot be trained fails, and the others go on', { timeout: 60_000 }, async () => {
  const { cwd } = whole;
  writeSpec(cwd, spec('width: [4, 2.5]; train.optimizer: [adam(0.02), sgd(1e30)]'), 'bad.dn');
  const { stdout } = await succeed(['sweep', 'bad.dn', '--out', 'bad', '--workers', '2'], { cwd });
  const trials = trialsOf(cwd, 'bad');
  expect(trials.map(({ state }) => state)).toEqual(['finished', 'failed', 'failed', 'failed']);
  expect(trials[1]!.error).toMatch(/^training diverged: /);
  expect(trials[2]!.error).toMatch(/^`units` of `Dense` takes a whole number ≥ 1, and this is the number 2\.5/);
  expect(stdout).toContain('failed: training diverged: ');
});

test('a report shows it again', { timeout: 60_000 }, async () => {
  const { cwd, stdout } = whole;
  const again = await succeed(['sweep', 'report', 'whole', '--out', 'page.html'], { cwd });
  expect(again.stdout).toBe(stdout);
  expect(readFileSync(path.join(cwd, 'page.html'), 'utf8')).toContain('Parallel coordinates');
  const { stdout: json } = await succeed(['sweep', 'report', 'whole', '--json', '--latency'], { cwd });
  const report = JSON.parse(json) as { combinations: { milliseconds: number }[]; fronts: Record<string, number[]> };
  expect(report.combinations.every(({ milliseconds }) => milliseconds > 0)).toBe(true);
  expect(Object.keys(report.fronts)).toEqual(['parameters', 'multiply_adds', 'milliseconds']);
});

test('what cannot be swept is told before anything is trained', { timeout: 60_000 }, async () => {
  const cwd = temporaryFolder();
  const told = async (words: readonly string[], text = spec('lambda: [1e-3, 1e-1]')) => {
    writeSpec(cwd, text);
    const { code, stderr } = await dnc(['sweep', ...words], { cwd });
    expect(existsSync(path.join(cwd, 'sweeps'))).toBe(false);
    return `${code} ${stderr}`;
  };
  expect(await told(['net.dn'], spec('train.epoch: [1, 2]'))).toMatch(
    /^3 error\[unknown-key\]: `train` has no key `epoch`\n *--> net\.dn:11:9\n/,
  );
  expect(await told(['net.dn'], spec('model.hiden.units: [1, 2]'))).toMatch(
    /^3 error\[[\w-]+\]: .*hiden.*\n *--> net\.dn:11:9\n/,
  );
  expect(await told(['net.dn', '--set', 'lambda=3'])).toContain(
    '3 error[sweep-values]: `lambda` cannot be swept: `--set` fixes it',
  );
  expect(await told(['net.dn', '--strategy', 'random'])).toContain('error[sweep-plan]');
  expect(await told(['net.dn'], spec('').replace(/sweep .*/, ''))).toContain('3 error[no-sweep-section]');
  expect(await told(['net.dn'], spec('train.epochs: 2..4; strategy: halving'))).toContain(
    'halving compares trials of one length',
  );
  expect(await told(['report', 'nothing'])).toContain('4 error[no-sweep]');
  expect(await told(['--resume', 'nothing', '--strategy', 'grid'])).toMatch(/^2 error: --resume goes on with/);

  writeSpec(cwd, spec('train.epoch: [1, 2]'));
  const checked = await dnc(['check', 'net.dn'], { cwd });
  expect(`${checked.code} ${checked.stderr}`).toMatch(
    /^3 error\[unknown-key\]: `train` has no key `epoch`\n *--> net\.dn:11:9\n/,
  );

  const { cwd: other } = whole;
  const text = readFileSync(path.join(other, 'net.dn'), 'utf8');
  writeFileSync(path.join(other, 'net.dn'), `${text}# more\n`);
  const { code, stderr } = await dnc(['sweep', '--resume', 'whole'], { cwd: other });
  writeFileSync(path.join(other, 'net.dn'), text);
  expect(`${code} ${stderr}`).toContain('4 error[sweep-changed]');
});

/** What a run came to. */
function networkOf(folder: string): string[] {
  return ['history.jsonl', 'trained.safetensors', 'net.min.dn', 'net.min.safetensors', 'result.json'].map((name) =>
    readFileSync(path.join(folder, name.replace(/^net/, nameOf(folder)))).toString('base64'),
  );
}

function nameOf(folder: string): string {
  return (JSON.parse(readFileSync(path.join(folder, 'run.json'), 'utf8')) as { name: string }).name;
}

function isAlive(process_: number): boolean {
  try {
    process.kill(process_, 0);
    return true;
  } catch {
    return false;
  }
}
