import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, test } from 'vitest';
import type { Io } from '../../src/commands/command.js';
import { simplify } from '../../src/commands/simplify.js';
import { Failure } from '../../src/diagnostics/report.js';

const io: Io = { out: () => {}, note: () => {}, status: () => {}, terminal: false, colour: false, outColour: false };

test('what is wrong with --threshold is said of it, not of the --set that it stands for', async () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'dnc-simplify-'));
  try {
    const file = path.join(folder, 'net.dn');
    writeFileSync(
      file,
      'model Net {\nx = Input(4)\nDense(3)\n}\ndata { source: mnist }\ntrain { loss: mse; epochs: 1 }\n',
    );
    const error = await simplify
      .run({ parameters: [file], options: { threshold: 'abc', set: ['train.epochs=2'] }, io })
      .catch((one: unknown) => one);
    if (!(error instanceof Failure)) throw error;
    const at = error.diagnostics.find((one) => one.at?.source.name === '--threshold')?.at;
    expect(at).toMatchObject({ start: 0, end: 3, source: { text: 'abc' } });
    expect(error.diagnostics.some((one) => one.at?.source.name === '--set')).toBe(false);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
