import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { dnc } from '../support/cli.js';
import { temporaryFolder } from '../support/folders.js';

const ROWS = 100_000;
const COLUMNS = 20;

test('a table is read in a stream: its rows never stand in memory as text', async () => {
  const folder = temporaryFolder();
  const lines = Array.from({ length: ROWS }, (_, row) =>
    Array.from({ length: COLUMNS }, (_, column) => ((row * 31 + column * 17) % 1009) - 500).join(','),
  );
  writeFileSync(path.join(folder, 'table.csv'), `${lines.join('\n')}\n`);
  writeFileSync(
    path.join(folder, 'table.dn'),
    `model Table {\n  facts = Input(${COLUMNS - 1})\n  y = Dense(1)\n}\n` +
      `data { source: csv("table.csv"); target: ${COLUMNS}; standardize: true; test: 10% }\n` +
      'train { loss: mean_squared_error; batch_size: 1024; epochs: 1 }\n',
  );
  // Two million cells as texts or boxed numbers take more than this heap; 32-bit floats lie outside of it.
  const { code, stderr } = await dnc(['train', 'table.dn', '--engine', 'tfjs-cpu'], {
    cwd: folder,
    node: ['--max-old-space-size=64'],
  });
  expect(code, stderr).toBe(0);
}, 120_000);
