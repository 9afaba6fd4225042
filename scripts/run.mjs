// Every `npm run` of this repository starts here. No dependencies: it installs them when they are missing or older than the lock file.
import { spawnSync } from 'node:child_process';
import { existsSync, lstatSync, mkdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');
const [job, ...rest] = process.argv.slice(2);

const jobs = {
  demo: () => {
    build();
    node(['dist/cli.js', 'compile', 'specs/quickstart.dn']);
    node(['dist/cli.js', 'train', 'specs/quickstart.dn', '--diff', ...rest]);
  },
  build,
  test: () => finish(test(rest)),
  update: () => {
    build();
    run('npx', ['biome', 'check', '--write'], 'format');
    node(['scripts/reference.mjs']);
    run('npx', ['vitest', 'run', '--update', ...rest], 'update', { UPDATE: '1' });
  },
  new: () => node(['scripts/new.mjs', ...rest]),
  format: () => run('npx', ['biome', 'check', '--write'], 'format'),
  bench: () => {
    build();
    node(['scripts/bench.mjs', ...rest]);
  },
  results: () => {
    build();
    node(['scripts/results.mjs', ...rest]);
  },
  patterns: () => {
    build();
    node(['scripts/patterns.mjs', ...rest]);
  },
  graphs: () => node(['scripts/graphs.mjs', ...rest]),
  alexnet: () => {
    build();
    node(['scripts/alexnet.mjs', ...rest]);
  },
  // Its cache folder is the one that test/runtime/engines/native.test.ts looks in.
  native: () => {
    build();
    const cache = { DNC_CACHE: process.env.DNC_CACHE ?? path.resolve('.cache/native') };
    const engines = ['dist/cli.js', 'engines'];
    const { status } = attempt(process.execPath, [...engines, 'verify', 'tfjs-node'], cache);
    if (status !== 0) run(process.execPath, [...engines, 'install', 'native'], 'dnc engines install native', cache);
    const suites = ['native', 'images'].map((name) => `test/runtime/engines/${name}.test.ts`);
    run('npx', ['vitest', 'run', ...suites, ...rest], 'the suite', cache);
  },
  // On this machine's own graphics device; where there is none, on the software one that Debian's chromium has.
  webgpu: () => {
    build();
    const { status } = attempt(process.execPath, ['dist/cli.js', 'engines', 'verify', 'webgpu']);
    const chromium = '/usr/lib/chromium';
    const driver = path.join(chromium, 'vk_swiftshader_icd.json');
    const software = { LD_LIBRARY_PATH: chromium, VK_ICD_FILENAMES: driver, VK_DRIVER_FILES: driver };
    const whole = { ...(status === 0 ? {} : software), DNC_TEST_WEBGPU: 'whole' };
    const suites = ['webgpu', 'images'].map((name) => `test/runtime/engines/${name}.test.ts`);
    const args = ['--testNamePattern', 'webgpu', '--testTimeout', '600000'];
    run('npx', ['vitest', 'run', ...suites, ...args, ...rest], 'the suite', whole);
  },
  parity: () => {
    build();
    node(['scripts/parity.mjs', ...rest]);
  },
};

if (!Object.hasOwn(jobs, job)) {
  console.error(`unknown job ${job}; known: ${Object.keys(jobs).join(', ')}`);
  process.exit(2);
}
process.chdir(root);
install();
jobs[job]();

/** Installs what the lock file names, without any package's own scripts, when that has not been done since the lock changed. */
function install() {
  // A link leads to the packages of another checkout: installing would empty those.
  if (lstatSync('node_modules', { throwIfNoEntry: false })?.isSymbolicLink()) return;
  const done = 'node_modules/.package-lock.json';
  if (existsSync(done) && statSync(done).mtimeMs >= statSync('package-lock.json').mtimeMs - 1000) return;
  console.error('installing what package-lock.json names …');
  run('npm', ['ci', '--no-audit', '--no-fund'], 'npm ci');
}

function build() {
  node(['scripts/build.mjs']);
}

/** Type check, lint and format check, then the tests. Each check counts as one. */
function test(filters) {
  build();
  const counts = { passed: 0, failed: 0, skipped: 0 };
  for (const [name, command, args] of [
    ['types', 'npx', ['tsc', '-p', '.']],
    ['lint and format', 'npx', ['biome', 'ci', '--colors=off']],
  ]) {
    const ok = attempt(command, args).status === 0;
    console.log(`${ok ? 'passed' : 'FAILED'}  ${name}`);
    counts[ok ? 'passed' : 'failed'] += 1;
  }
  mkdirSync('.cache', { recursive: true });
  const report = '.cache/vitest.json';
  rmSync(report, { force: true });
  const { status } = attempt('npx', [
    'vitest',
    'run',
    '--reporter=default',
    '--reporter=json',
    `--outputFile.json=${report}`,
    ...filters,
  ]);
  if (!existsSync(report)) {
    console.error('vitest wrote no report');
    return { ...counts, failed: counts.failed + 1 };
  }
  const result = JSON.parse(readFileSync(report, 'utf8'));
  // A file that does not load, or an error outside every test, has no failed test to show for it.
  const outside = result.testResults.filter(
    (file) => file.status === 'failed' && file.assertionResults.every((one) => one.status !== 'failed'),
  ).length;
  counts.passed += result.numPassedTests;
  counts.failed += result.numFailedTests + outside;
  counts.skipped += result.numPendingTests + (result.numTodoTests ?? 0);
  if (status !== 0 && counts.failed === 0) counts.failed = 1;
  return counts;
}

function finish({ passed, failed, skipped }) {
  if (skipped > 0) console.log(`${skipped} skipped; each says why above or in its name`);
  console.log(`${passed} passed, ${failed} failed`);
  process.exit(failed === 0 ? 0 : 1);
}

function node(args) {
  run(process.execPath, args, args[0]);
}

function run(command, args, name, env) {
  const { status, signal } = attempt(command, args, env);
  if (status === 0) return;
  console.error(`${name} ended with ${signal ?? `exit code ${status}`}`);
  process.exit(status ?? 1);
}

function attempt(command, args, env = {}) {
  return spawnSync(command, args, {
    stdio: 'inherit',
    env: { ...process.env, ...env },
    shell: process.platform === 'win32' && command !== process.execPath,
  });
}
