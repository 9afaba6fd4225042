import { readFileSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import path from 'node:path';
import { expect, test } from 'vitest';
import { dnc, succeed } from '../support/cli.js';
import { temporaryFolder } from '../support/folders.js';
import { writeSpec } from '../support/specs.js';

const text = `# Its rows are not there.
model Tiny { features = Input(6); hidden = Dense(4, activation: relu); Dense(3) }
data { source: csv("not-there.csv"); target: kind }
train { loss: sparse_categorical_crossentropy(from_logits: true); class_weight { a: 2, b: 1, c: 1 }; batch_size: 8; epochs: 1 }
`;

/** With steps that are many times as large, behind those that are measured. */
const largeLater = `${text}simplify { finetune { epochs: 1; batch_size: ${2 ** 19} } }\n`;

test('engines are measured without data, and the fastest is pinned in the spec', { timeout: 120_000 }, async () => {
  const cwd = temporaryFolder();
  writeSpec(cwd, largeLater);
  const { stdout, stderr } = await succeed(
    ['engines', '--measure', 'net.dn', '--seconds', '1', '--pin', 'spec', '--json'],
    {
      cwd,
      limit: 110_000,
    },
  );
  const found = JSON.parse(stdout) as {
    multiply_adds: number;
    threads: number;
    measured: { name: string; milliseconds: number; ratio: number; describe: string }[];
    failed: unknown[];
  };
  const threads = availableParallelism();
  expect(found).toMatchObject({ format: 1, spec: 'net.dn', batch_size: 8, multiply_adds: 3 * 8 * 36, threads });
  expect(found.measured.length + found.failed.length).toBeGreaterThanOrEqual(2);
  const [first] = found.measured;
  expect(first).toMatchObject({ ratio: 1 });
  for (const { name, milliseconds, ratio, describe } of found.measured) {
    expect(milliseconds).toBeGreaterThan(0);
    expect(ratio).toBeGreaterThanOrEqual(1);
    expect(describe).toContain(name);
  }
  const many = threads === 1 ? '1 thread' : `${threads} threads`;
  expect(stderr).toContain(
    `net.dn: steps of \`train\`, 8 drawn rows each, 864 multiply-adds, ${many}; takes about 1 s`,
  );
  expect(stderr).toContain(`${first!.name} is pinned in net.dn\n`);
  const pinned = readFileSync(path.join(cwd, 'net.dn'), 'utf8');
  expect(pinned).toBe(largeLater.replace('epochs: 1 }', `epochs: 1; engine: "${first!.name}" }`));
});

test('the settings of a user are named, and refused where they cannot be read', async () => {
  const cwd = temporaryFolder();
  const env = { DNC_CONFIG: cwd };
  const file = path.join(cwd, 'settings.json');
  expect((await succeed(['engines'], { cwd, env })).stdout).toContain(`your settings would be in ${file}\n`);
  writeFileSync(file, '{ "format": 1, "engine": "tfjs-cpu" }');
  expect((await succeed(['engines'], { cwd, env })).stdout).toContain(`your settings say tfjs-cpu: ${file}\n`);
  const { settings } = JSON.parse((await succeed(['engines', '--json'], { cwd, env })).stdout) as { settings: unknown };
  expect(settings).toEqual({ file, engine: 'tfjs-cpu' });
  writeFileSync(file, '{ "format": 1, "engine": "tfjs-cqu" }');
  expect((await succeed(['engines'], { cwd, env })).stdout).toContain(
    `your settings say tfjs-cqu, and no engine is called so: ${file}\n`,
  );
  writeFileSync(file, '{');
  const { code, stderr } = await dnc(['engines'], { cwd, env });
  expect(code).toBe(4);
  expect(stderr).toContain(`the settings in ${file} cannot be read: it is not JSON`);
});

test.each([
  [['engines', '--pin', 'user'], '--pin goes with --measure'],
  [['engines', '--seconds', '3'], '--seconds goes with --measure'],
  [['engines', '--set', 'train.epochs=3'], '--set goes with --measure'],
  [['engines', '--threads', 'x'], '--threads goes with --measure or verify'],
  [['engines', '--measure', 'net.dn', '--pin', 'here'], '--pin takes spec or user, not here'],
  [['engines', 'verify', 'onnxruntime', '--measure', 'net.dn'], '--measure takes a spec, and no action beside it'],
])('%j is a usage error', async (words, message) => {
  const cwd = temporaryFolder();
  writeSpec(cwd, text);
  const { code, stderr } = await dnc(words, { cwd });
  expect(code).toBe(2);
  expect(stderr).toContain(message);
});
