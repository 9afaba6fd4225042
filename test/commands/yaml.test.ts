import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { check } from '../../src/commands/check.js';
import type { Command, Io, Options } from '../../src/commands/command.js';
import { convert } from '../../src/commands/convert.js';
import { fmt } from '../../src/commands/fmt.js';
import { diff } from '../../src/commands/diff.js';
import { evaluate } from '../../src/commands/eval.js';
import { init } from '../../src/commands/init.js';
import { predict } from '../../src/commands/predict.js';
import { report } from '../../src/commands/report.js';
import { schema } from '../../src/commands/schema.js';
import { simplify } from '../../src/commands/simplify.js';
import { specFile, specFiles } from '../../src/commands/spec-file.js';
import { train } from '../../src/commands/train.js';
import { Source } from '../../src/diagnostics/source.js';
import { startRun } from '../../src/runtime/run/run.js';
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
  await expect(run(convert, ['net.dn', 'net.yaml'])).rejects.toMatchObject({
    exit: 5,
    message: 'net.yaml is there already',
  });
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
  // Its own file is brought up to date; another one stays, and no folder is made by a slip.
  writeFileSync('dnc.schema.json', JSON.stringify({ title: 'A dnc spec in YAML' }));
  expect((await run(schema, ['dnc.schema.json'])).code).toBe(0);
  writeFileSync('mine.json', '{"title":"mine"}');
  await expect(run(schema, ['mine.json'])).rejects.toMatchObject({ exit: 5, message: 'mine.json is there already' });
  expect(readFileSync('mine.json', 'utf8')).toBe('{"title":"mine"}');
  expect((await run(schema, ['mine.json'], { force: true })).code).toBe(0);
  await expect(run(schema, ['gone/s.json'])).rejects.toThrow('its folder does not exist');
  expect(existsSync('gone')).toBe(false);
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

const TABLE = `# Prices.
model:
  name: House
  layers:
    - { name: facts, Input: }
    - { name: hidden, Dense: 6, activation: relu, sparsity: { dropneuron: 1e-3 } }
    - { name: price, Dense: 1 }
data: { source: csv("houses.csv"), test: csv("test.csv"), target: price, validation: 20%, standardize: true }
train: { loss: mse, metrics: [mae], optimizer: adam(1e-2), epochs: 4 }
simplify: { threshold: 1.1 }
`;

test('a YAML spec of a table is trained, resumed, evaluated, predicted with, compared, reported and simplified', async () => {
  process.chdir(temporaryFolder());
  const rows = Array.from({ length: 60 }, (_, k) => `${k % 7},${['n', 's', 'w'][k % 3]},${2 * (k % 7) + (k % 3)}`);
  writeFileSync('houses.csv', `area,region,price\n${rows.join('\n')}\n`);
  writeFileSync('test.csv', 'area,region,price\n1,n,2\n2,nowhere,5\n');
  writeFileSync('new.csv', 'region,area\ns,1.5\nelsewhere,2\n');
  writeFileSync('net.yaml', TABLE);
  const options = { engine: 'tfjs-cpu', threads: '1' };
  const unknown = (category: string) =>
    `note: region: "${category}" is in none of the training rows; 1 row has all zeros for it\n`;

  const stopped = await startRun({
    specFile: 'net.yaml',
    source: new Source('net.yaml', TABLE),
    sets: [],
    engine: options.engine,
    engineOptions: { threads: 1, updatePass: true },
    checkpointSeconds: 1000,
    watcher: { note: () => {} },
    stopping: { signal: 'SIGTERM' },
    dataFolder: undefined,
    fromScratch: false,
    out: 'run',
  });
  expect(stopped.stopped).toBe('SIGTERM');
  expect((await run(train, [undefined], { resume: 'run' })).code).toBe(0);
  expect((await run(train, ['net.yaml'], { ...options, out: 'whole' })).note).toContain(unknown('nowhere'));
  const small = readFileSync('run/net.min.yaml', 'utf8');
  expect(small).toBe(readFileSync('whole/net.min.yaml', 'utf8'));
  expect(small).toMatch(/^ {4}- \{ name: facts, Input: 4, keep: \[[^\]]+\] \}$/m);
  expect(small).toContain('# Prices.');

  const score = await run(evaluate, ['run/net.min.yaml'], options);
  expect(score).toMatchObject({ code: 0, note: unknown('nowhere') });
  expect(score.out).toMatch(/^test: 2 rows\nloss +\d/);
  const predicted = await run(predict, ['run/net.min.yaml'], { ...options, input: 'new.csv' });
  expect(predicted.note).toBe(unknown('elsewhere'));
  expect(predicted.out.trimEnd().split('\n')).toHaveLength(2);
  expect((await run(diff, ['net.yaml', 'run/net.min.yaml'])).out).toContain('hidden  Dense');
  expect((await run(report, ['run'])).out).toBe(`${path.join('run', 'report.html')}\n`);
  expect(readFileSync('run/report.html', 'utf8')).toContain('House');
  expect((await run(simplify, ['run/net.min.yaml'], { ...options, out: 'again' })).code).toBe(0);
  expect(readFileSync('again/net.min.yaml', 'utf8')).toContain('threshold: 0');
}, 30_000);
