// npm run test:parity: asks Keras, PyTorch and onnx again, and holds dnc to their answers. With --write: replaces the committed vectors by Keras' answers.
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import { bundled } from './bundled.mjs';
import { python, pythonEnvironment } from './python.mjs';

const COMMITTED = 'test/parity/vectors';
const FRESH = '.cache/parity';
const counts = { passed: 0, failed: 0 };

if (process.argv.includes('--write')) {
  vectors('keras', COMMITTED);
  process.exit(0);
}

rmSync(FRESH, { recursive: true, force: true });
vectors('keras', `${FRESH}/keras`);
vectors('torch', `${FRESH}/torch`);
compareCommitted();
replay('keras', []);
replay('torch', ['test/parity/steps.test.ts']);
await checkOnnx();
console.log(`${counts.passed} passed, ${counts.failed} failed`);
process.exit(counts.failed === 0 ? 0 : 1);

/** Runs the oracle's script, which writes one JSON file a section. */
function vectors(oracle, folder) {
  console.log(`${oracle} computes …`);
  const { status, stderr } = spawnSync(python(oracle), [`test/parity/${oracle}_vectors.py`, folder], {
    stdio: ['ignore', 'inherit', 'pipe'],
    encoding: 'utf8',
    env: pythonEnvironment,
  });
  if (status === 0) return;
  console.error(stderr);
  process.exit(1);
}

/** Whether the committed vectors are still what Keras computes: within 1e-9 where they are numbers, as processors differ in the last digits. */
function compareCommitted() {
  for (const file of readdirSync(`${FRESH}/keras`)) {
    const at = path.join(COMMITTED, file);
    const fresh = JSON.parse(readFileSync(`${FRESH}/keras/${file}`, 'utf8')).vectors;
    const committed = existsSync(at) ? JSON.parse(readFileSync(at, 'utf8')).vectors : {};
    const names = new Set([...Object.keys(fresh), ...Object.keys(committed)]);
    const changed = [...names].filter((name) => !same(fresh[name], committed[name]));
    report(changed.length === 0, `${file}: the committed vectors are Keras' own`, changed);
  }
}

function same(a, b) {
  if (typeof a === 'number' && typeof b === 'number')
    return Math.abs(a - b) <= 1e-9 * Math.max(1, Math.abs(a), Math.abs(b));
  if (typeof a !== 'object' || typeof b !== 'object') return a === b;
  const keys = Object.keys(a);
  return keys.length === Object.keys(b).length && keys.every((key) => key in b && same(a[key], b[key]));
}

/** The tests of `npm test`, against the fresh vectors. */
function replay(oracle, files) {
  const folder = path.resolve(FRESH, oracle);
  const outcome = path.join(folder, 'vitest.json');
  spawnSync(
    'npx',
    [
      'vitest',
      'run',
      '--reporter=default',
      '--reporter=json',
      `--outputFile.json=${outcome}`,
      ...(files.length > 0 ? files : ['test/parity']),
    ],
    { stdio: 'inherit', env: { ...process.env, DNC_PARITY_VECTORS: folder } },
  );
  if (!existsSync(outcome)) return report(false, `${oracle}: vitest wrote no report`, []);
  const { numPassedTests, numFailedTests, testResults } = JSON.parse(readFileSync(outcome, 'utf8'));
  counts.passed += numPassedTests;
  counts.failed +=
    numFailedTests + testResults.filter((one) => one.status === 'failed' && one.assertionResults.length === 0).length;
}

async function checkOnnx() {
  const folder = `${FRESH}/onnx`;
  const script = await bundled('test/parity/onnx-models.ts');
  const written = spawnSync(process.execPath, [script, folder], { stdio: 'inherit' });
  if (written.status !== 0) return report(false, 'the ONNX models are written', []);
  const { stdout, stderr, status } = spawnSync(python('keras'), ['test/parity/check_onnx.py', folder], {
    encoding: 'utf8',
    env: pythonEnvironment,
  });
  if (status !== 0) return report(false, `the ONNX models are checked\n${stderr}`, []);
  const lines = stdout.trimEnd().split('\n');
  const { passed, failed, oracle } = JSON.parse(lines.pop());
  for (const line of lines) console.log(line);
  console.log(
    `${failed === 0 ? 'passed' : 'FAILED'}  ${passed + failed} models by ${oracle}: checker, shapes, and the reference evaluator's numbers`,
  );
  counts.passed += passed;
  counts.failed += failed;
}

function report(ok, what, names) {
  console.log(`${ok ? 'passed' : 'FAILED'}  ${what}${names.length > 0 ? `: not ${names.join(', ')}` : ''}`);
  counts[ok ? 'passed' : 'failed'] += 1;
}
