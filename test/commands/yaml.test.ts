import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { check } from '../../src/commands/check.js';
import type { Command, Io, Options } from '../../src/commands/command.js';
import { convert } from '../../src/commands/convert.js';
import { fmt } from '../../src/commands/fmt.js';
import { init } from '../../src/commands/init.js';
import { schema } from '../../src/commands/schema.js';
import { specFile, specFiles } from '../../src/commands/spec-file.js';
import { temporaryFolder } from '../support/folders.js';

const home = process.cwd();
afterEach(() => process.chdir(home));

async function run(command: Command, parameters: readonly unknown[], options: Options = {}) {
  let out = '';
  let note = '';
  const io: Io = {
    out: (text) => {
      out += text;
    },
    note: (text) => {
      note += text;
    },
    status: () => {},
    terminal: false,
    colour: false,
    outColour: false,
  };
  const code = await command.run({ parameters: parameters as readonly string[], options, io });
  return { code, out, note };
}

test('init, convert, fmt, check and schema take YAML', async () => {
  process.chdir(temporaryFolder());
  await run(init, ['net.yaml']);
  const yaml = readFileSync('net.yaml', 'utf8');
  expect(yaml).toContain('- { name: hidden, Dense: 128, activation: relu }');
  expect(await run(check, [['net.yaml']])).toMatchObject({ code: 0, out: 'net.yaml: fine\n' });
  expect(await run(fmt, [['net.yaml']], { check: true })).toMatchObject({ code: 0, out: '' });

  await run(convert, ['net.yaml', 'net.dn']);
  await run(init, ['same.dn']);
  expect(readFileSync('net.dn', 'utf8').replaceAll('net', 'same')).toBe(
    readFileSync('same.dn', 'utf8').replaceAll('net', 'same'),
  );
  expect((await run(convert, ['net.dn'])).out).toBe(yaml);
  await expect(run(convert, ['net.dn', 'net.yaml'])).rejects.toThrow('--force');
  await expect(run(convert, ['net.dn', 'other.dn'])).rejects.toThrow('dnc fmt');
  await expect(run(convert, ['net.dn', 'other.txt'])).rejects.toThrow('.yaml');

  writeFileSync('net.yaml', yaml.replace('- { name: pixels, Flatten: }', '-   {name:   pixels,   Flatten:   }  '));
  expect(await run(fmt, [['net.yaml']], { check: true })).toMatchObject({ code: 1, out: 'net.yaml: not formatted\n' });
  await run(fmt, [['net.yaml']]);
  expect(readFileSync('net.yaml', 'utf8')).toBe(yaml);

  writeFileSync('net.yaml', yaml.replace('epochs: 15', 'epochz: 15'));
  const wrong = await run(check, [['net.yaml']]);
  expect(wrong.code).toBe(3);
  expect(wrong.note).toMatch(/--> net\.yaml:\d+:3\n[\s\S]*did you mean `epochs`/);

  expect((await run(schema, ['dnc.schema.json'])).note).toContain('# yaml-language-server: $schema=dnc.schema.json');
  expect(JSON.parse(readFileSync('dnc.schema.json', 'utf8'))).toEqual(JSON.parse((await run(schema, [])).out));
});

test('a folder stands for its spec in YAML; the .dn of two twins counts, and YAML of other tools does not', () => {
  const folder = temporaryFolder();
  process.chdir(folder);
  writeFileSync('compose.yaml', 'services:\n  web: {}\n');
  writeFileSync('net.yml', 'model:\n  name: X\n');
  writeFileSync('net.min.yml', 'model:\n  name: X\n');
  expect(specFile(undefined)).toBe('net.yml');
  expect(specFile(folder)).toBe(path.join(folder, 'net.yml'));
  writeFileSync('net.dn', 'model X { }\n');
  expect(specFile(undefined)).toBe('net.dn');
  expect(specFiles([])).toEqual(['net.dn', 'net.yml']);
  expect(existsSync('net.yml')).toBe(true);
});
