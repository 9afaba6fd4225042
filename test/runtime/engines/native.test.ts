import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { expect, test } from 'vitest';
import { engines } from '../../../src/runtime/engines/index.js';
import { verifyEngine } from '../../../src/runtime/engines/verify.js';
import { conform } from './conformance.js';

// What `npm run test:native` built for this checkout, where nothing else is named. A process has one TensorFlow, so that these have a file of their own.
const built = path.resolve(import.meta.dirname, '../../../.cache/native');
if (process.env.DNC_CACHE === undefined && existsSync(built)) process.env.DNC_CACHE = built;

// As Node 23 and later have it.
const util = createRequire(import.meta.url)('node:util') as Record<string, unknown>;
for (const name of ['isArray', 'isNullOrUndefined']) delete util[name];

const engine = engines['tfjs-node'];
const readiness = await engine.probe();
const because = readiness.ready ? '' : ` (not ready: ${readiness.because}; npm run test:native builds it)`;

await conform({ engine: 'tfjs-node', title: 'tfjs-node', options: { threads: 2 } });

test.skipIf(!readiness.ready)(`says which TensorFlow it runs, and is verified${because}`, async () => {
  expect(await verifyEngine(engine, { threads: 2 })).toMatch(
    /^tfjs-node \d+\.\d+\.\d+, TensorFlow \d+\.\d+\.\d+, 2 threads$/,
  );
});

test.skipIf(!readiness.ready)(`a process that holds it refuses TensorFlow for another device${because}`, async () => {
  await verifyEngine(engine, { threads: 2 });
  const { loadNative } = await import('../../../src/runtime/engines/tfjs-node/library.js');
  await expect(loadNative('gpu', 2)).rejects.toThrow('holds TensorFlow as @tensorflow/tfjs-node brings it already');
});
