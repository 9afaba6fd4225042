import { readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { helpWords, syntaxWords } from '../../src/commands/help-text.js';
import { commands } from '../../src/commands/index.js';
import { referenceText } from '../../src/commands/reference.js';
import { catalogue } from '../../src/diagnostics/catalogue/index.js';

const file = path.resolve(import.meta.dirname, '../../docs/reference.md');

test('docs/reference.md is what the schemas, the commands and the catalogue say (npm run update writes it)', () => {
  expect(readFileSync(file, 'utf8')).toBe(referenceText());
});

test('it names every word, command and code', () => {
  const text = referenceText();
  // The words of the syntax are in language.md.
  for (const word of helpWords().filter((one) => !Object.hasOwn(syntaxWords, one)))
    expect(text, word).toMatch(new RegExp(`(###? |\`)${word}(\`|\\n)`, 'i'));
  for (const { name } of commands) expect(text).toContain(`### dnc ${name}\n`);
  for (const code of Object.keys(catalogue)) expect(text).toContain(`| \`${code}\` |`);
});

test('tables have as many cells in every row as in their head', () => {
  let cells = 0;
  for (const line of referenceText().split('\n')) {
    const found = line.startsWith('|') ? line.split(/(?<!\\)\|/).length : 0;
    if (cells > 0 && found > 0) expect(found, line).toBe(cells);
    cells = found;
  }
});
