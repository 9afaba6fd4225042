import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { chooseEngine } from '../../../src/runtime/engines/index.js';
import type { Engine } from '../../../src/runtime/engines/engine.js';
import { tfjsCpu } from '../../../src/runtime/engines/tfjs/index.js';
import { verifyApart } from '../../../src/runtime/engines/verify-apart.js';
import { cli } from '../../support/cli.js';
import { temporaryFolder } from '../../support/folders.js';

const card = { keyword: 'card' };
const threads = { threads: 2 };

/** A command line that does this. */
function script(text: string): string {
  const file = path.join(temporaryFolder(), 'cli.mjs');
  writeFileSync(file, text);
  return file;
}

test('the command line is asked to verify the engine, with as many threads', async () => {
  const wanted = JSON.stringify(['engines', 'verify', 'card', '--threads', '2']);
  const asked = script(`if (JSON.stringify(process.argv.slice(2)) !== ${JSON.stringify(wanted)}) process.exit(2);`);
  await verifyApart(card, threads, { script: asked });
});

test('dnc is that command line', async () => {
  await verifyApart(tfjsCpu, { threads: 1 }, { script: cli });
  await expect(verifyApart(card, threads, { script: cli })).rejects.toThrow(/^there is no engine card$/);
});

test('an engine that fails is told in the words of its first line', async () => {
  const fails = script(`
    console.error('a library says something');
    console.error('error[engine-wrong]: the engine card computes wrong numbers here: it is off');
    console.error('  help: another one');
    process.exitCode = 6;
  `);
  await expect(verifyApart(card, threads, { script: fails })).rejects.toThrow(
    /^the engine card computes wrong numbers here: it is off$/,
  );
});

test('an engine that ends its process ends no other', async () => {
  const dies = script("process.kill(process.pid, 'SIGKILL'); setInterval(() => {}, 1000);");
  await expect(verifyApart(card, threads, { script: dies })).rejects.toThrow(/^card ended the process that tried it/);
});

test('an engine that waits for ever is not waited for', async () => {
  const waits = script('setInterval(() => {}, 1000);');
  await expect(verifyApart(card, threads, { script: waits, patience: 500 })).rejects.toThrow(
    'card made no small step within 0.5 seconds',
  );
});

test('without the command line auto leaves out what it would have to try, and says so', async () => {
  const refuses = async () => {
    throw new Error('not meant to be loaded');
  };
  const probe = async () => ({ ready: true, version: '1' }) as const;
  const engine = (keyword: string): Engine => ({ keyword, summary: '', probe, load: refuses });
  const table = { processor: engine('processor'), card: engine('card') };
  const size = { multiplyAdds: 100, convolutions: false };
  const chosen = await chooseEngine('auto', table, {
    size,
    ...threads,
    forLarge: { card: { from: 1, convolutions: true } },
  });
  expect(chosen.engine).toBe(table.processor);
  expect(chosen.because).toBe(
    "card is left out, since only dnc's command line tries it before it takes it: name it to take it; the fastest engine here",
  );
});
