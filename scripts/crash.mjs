// Kills, stops and starves training at many moments, and holds every resumed run to the bytes of one that was left alone:
// node scripts/crash.mjs [moments of each kind, default 200]. `npm test` tries 4 of each.
import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const points = Number(process.argv[2] ?? 200);
if (!Number.isSafeInteger(points) || points < 1) {
  console.error('node scripts/crash.mjs [moments of each kind]');
  process.exit(2);
}
const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');
const build = spawnSync(process.execPath, ['scripts/build.mjs'], { cwd: root, stdio: 'inherit' });
if (build.status !== 0) process.exit(build.status ?? 1);
const { status } = spawnSync(
  process.execPath,
  ['node_modules/vitest/vitest.mjs', 'run', 'test/end-to-end/crash.test.ts'],
  {
    cwd: root,
    stdio: 'inherit',
    env: { ...process.env, DNC_CRASH_POINTS: String(points) },
  },
);
process.exit(status ?? 1);
