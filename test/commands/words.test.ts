import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import type { Io } from '../../src/commands/command.js';
import { UsageError } from '../../src/commands/command.js';
import { helpWords } from '../../src/commands/help-text.js';
import { commands } from '../../src/commands/index.js';
import { catalogue } from '../../src/diagnostics/catalogue/index.js';
import type { CodeEntry } from '../../src/diagnostics/diagnostic.js';

/** Runs a command in this process. */
async function run(name: string, ...parameters: string[]): Promise<string> {
  let out = '';
  const io: Io = {
    out: (text) => (out += text),
    note: () => {},
    status: () => {},
    terminal: false,
    colour: false,
    outColour: false,
  };
  const command = commands.find((one) => one.name === name)!;
  expect(await command.run({ parameters, options: {}, io })).toBe(0);
  return out;
}

const entries = Object.entries(catalogue) as [string, CodeEntry<never>][];

describe('explain', () => {
  test('says of every code what it means and what helps', async () => {
    const listed = [...(await run('explain')).matchAll(/^ {2}(\S+) +(\S.*)$/gm)];
    expect(listed.map(([, code]) => code).sort()).toEqual(entries.map(([code]) => code).sort());
    for (const [line] of listed) expect(line.length, line).toBeGreaterThan(40);
    for (const [code, { severity, explain }] of entries) {
      const text = await run('explain', code);
      expect(text).toBe(`${code} (${severity})\n\n${explain.trim()}\n`);
      expect(explain.trim().length, code).toBeGreaterThan(40);
      // The list shows the first sentence, which an example is not.
      expect(explain.trim(), code).not.toMatch(/^```/);
      // Fences that are opened are closed.
      expect((explain.match(/^```/gm) ?? []).length % 2, code).toBe(0);
    }
  });

  test('names the nearest code for one that there is not', async () => {
    await expect(run('explain', 'shape-mismacth')).rejects.toThrow('did you mean `shape-mismatch`?');
    await expect(run('explain', 'constructor')).rejects.toBeInstanceOf(UsageError);
  });
});

describe('help', () => {
  test('has a text for every word that it lists', async () => {
    for (const word of helpWords()) expect((await run('help', word)).length, word).toBeGreaterThan(20);
    const all = await run('help');
    for (const word of ['Dense', 'relu', 'dropneuron', 'adam', 'mnist', 'train']) expect(all).toContain(word);
  });

  test.each(commands.map(({ name }) => name))('tells where %s is explained', async (name) => {
    if (helpWords().includes(name)) return;
    await expect(run('help', name)).rejects.toThrow(`dnc ${name} --help`);
  });

  test('names the nearest word for one that there is not', async () => {
    await expect(run('help', 'dropneurn')).rejects.toThrow('did you mean `dropneuron`?');
    await expect(run('help', '__proto__')).rejects.toBeInstanceOf(UsageError);
  });
});

describe('codes', () => {
  test('end a command with a code of the table', () => {
    for (const [code, { exit, severity }] of entries) {
      if (severity === 'error') expect([2, 3, 4, 5, 6, 7], code).toContain(exit ?? 3);
      else expect(exit, code).toBeUndefined();
    }
  });

  test('are all reported somewhere', () => {
    const source = path.resolve(import.meta.dirname, '../../src');
    const text = readdirSync(source, { recursive: true, encoding: 'utf8' })
      .filter((file) => file.endsWith('.ts') && !file.includes(path.join('diagnostics', 'catalogue')))
      .map((file) => readFileSync(path.join(source, file), 'utf8'))
      .join('\n');
    expect(entries.map(([code]) => code).filter((code) => !text.includes(`'${code}'`))).toEqual([]);
  });
});
