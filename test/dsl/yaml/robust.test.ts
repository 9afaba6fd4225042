import { readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { readDocument } from '../../../src/compiler/document.js';
import { formatSpec } from '../../../src/compiler/format.js';
import { Reports } from '../../../src/diagnostics/report.js';
import { Source } from '../../../src/diagnostics/source.js';
import { difference } from '../../../src/dsl/compare.js';
import { YamlEdits } from '../../../src/dsl/yaml/edit.js';
import { expectPlaced, runs } from '../specs.js';

const folder = path.resolve(import.meta.dirname, '../../../specs');
const specs = readdirSync(folder)
  .filter((name) => name.endsWith('.yaml'))
  .map((name) => readFileSync(path.join(folder, name), 'utf8'));

function readYaml(text: string) {
  const source = new Source('net.yaml', text);
  const reports = new Reports();
  const document = readDocument(source, reports);
  expectPlaced(reports.all, source);
  return { source, reports, document };
}

test('js-yaml is loaded for YAML, and for nothing else', () => {
  const { cache } = createRequire(import.meta.url);
  const loaded = () => Object.keys(cache).some((file) => file.includes('js-yaml'));
  expect(loaded()).toBe(false);
  readDocument(new Source('net.dn', 'model X { Input(3) }'), new Reports());
  expect(loaded()).toBe(false);
  readYaml('a: 1\n');
  expect(loaded()).toBe(true);
});

test('arithmetic that a line of its own could hold, and brackets could not, is refused where it is read', () => {
  const text = 'model:\n  name: X\n  sparsity: dropneuron(2 * f(x, 2))\n  layers:\n    - { name: x, Input: 3 }\n';
  const { reports } = readYaml(text);
  expect(reports.all.map(({ code, at }) => [code, at && text.slice(at.start, at.end)])).toEqual([
    ['yaml-unsayable', 'dropneuron(2 * f(x, 2))'],
  ]);
  expect(readYaml(text.replace('f(x, 2)', 'f(x)')).reports.all).toEqual([]);
});

const PIECES = [
  '',
  ' ',
  '\n',
  '  ',
  '- ',
  ': ',
  ', ',
  '[',
  ']',
  '{',
  '}',
  '"',
  "'",
  '#',
  ' # c',
  '&a ',
  '*a',
  '!!x ',
  '|',
  '?',
  '@',
  '\t',
  '---\n',
  'f(x, b: 1)',
  'f(x, 2)',
  '\u0000',
  '\ud800',
  '<<: ',
  'name: ',
  'repeat: 2',
];

test('whatever is put into a spec, reading ends with a document and placed messages; what reads is formatted once and for all', () => {
  let readable = 0;
  fc.assert(
    fc.property(
      fc.constantFrom(...specs),
      fc.array(fc.tuple(fc.nat(), fc.nat(8), fc.constantFrom(...PIECES)), { minLength: 1, maxLength: 3 }),
      (spec, changes) => {
        let text = spec;
        for (const [at, length, piece] of changes) {
          const start = at % (text.length + 1);
          text = text.slice(0, start) + piece + text.slice(start + length);
        }
        const { reports, document } = readYaml(text);
        const formatted = formatSpec(new Source('net.yaml', text));
        if (reports.failed) {
          expect(formatted).toBe(text);
          return;
        }
        readable++;
        expect(formatSpec(new Source('net.yaml', formatted))).toBe(formatted);
        expect(difference(document, readYaml(formatted).document)).toBeUndefined();
      },
    ),
    runs(300),
  );
  expect(readable).toBeGreaterThan(20);
});

test('any text is read', () => {
  fc.assert(
    fc.property(
      fc.array(fc.oneof(fc.constantFrom(...PIECES), fc.string({ maxLength: 4 })), { maxLength: 30 }),
      (parts) => {
        readYaml(parts.join(''));
      },
    ),
    runs(400),
  );
});

test('edits keep a hand-written layout: scalars, lines of their own, braces, JSON', () => {
  const edit = (text: string, change: (edits: YamlEdits, read: ReturnType<typeof readYaml>) => void) => {
    const read = readYaml(text);
    expect(read.reports.all).toEqual([]);
    const edits = new YamlEdits(read.source);
    change(edits, read);
    const after = edits.apply();
    expect(readYaml(after).reports.all, after).toEqual([]);
    return after;
  };
  const layer = (read: ReturnType<typeof readYaml>, k = 0) => {
    const statement = read.document.model!.body[k]!;
    if (statement.kind !== 'layer') throw new Error('a repeat');
    return statement;
  };
  const model = (...lines: string[]) => `model:\n  name: X\n  layers:\n${lines.join('\n')}\n`;
  const add = (text: string, what = 'keep: [0..3, 5]') =>
    edit(text, (edits, read) => edits.insertArguments(layer(read).call, what));

  expect(add(model('    - Flatten  # all'))).toBe(model('    - { Flatten: { keep: [0..3, 5] } }  # all'));
  expect(add(model('    - Input(784)'))).toBe(model('    - { Input: 784, keep: [0..3, 5] }'));
  expect(add(model('    - { name: p, Flatten: }'))).toBe(model('    - { name: p, Flatten: { keep: [0..3, 5] } }'));
  const both = (text: string) => add(text, '8, keep: [0..3]');
  expect(both(model('    - { name: facts, Input: }'))).toBe(model('    - { name: facts, Input: 8, keep: [0..3] }'));
  expect(both(model('    - { name: facts, Input }'))).toBe(model('    - { name: facts, Input: 8, keep: [0..3] }'));
  expect(both(model('    - Input'))).toBe(model('    - { Input: 8, keep: [0..3] }'));
  expect(both(model('    - name: facts', '      Input:  # all'))).toBe(
    model('    - name: facts', '      Input: 8  # all', '      keep: [0..3]'),
  );
  expect(both(model('    - { Input: , sparsity: l1 }'))).toBe(model('    - { Input: 8, keep: [0..3], sparsity: l1 }'));
  expect(add(model('    - { Flatten: , from: x }'))).toBe(model('    - { Flatten: { keep: [0..3, 5] }, from: x }'));
  expect(add(model('    - { Flatten: , from: x }'), '28, 14')).toBe(model('    - { Flatten: [28, 14], from: x }'));
  expect(add(model('    - name: image  # in', '      Input: 784   # pixels', '      from: x'))).toBe(
    model('    - name: image  # in', '      Input: 784   # pixels', '      keep: [0..3, 5]', '      from: x'),
  );
  expect(add('{"model": {"name": "X", "layers": [{"Input": {"shape": [784]}}]}}')).toBe(
    '{"model": {"name": "X", "layers": [{"Input": {"shape": [784], keep: [0..3, 5]}}]}}',
  );
  expect(
    edit(model('    - { Dense: 300, activation: relu, use_bias: true }  # c'), (edits, read) => {
      const { call } = layer(read);
      edits.replace(call.arguments![0]!.value.span, '48');
      edits.removeArgument(call, call.arguments![1]!);
    }),
  ) // The comment keeps its column.
    .toBe(model(`${'    - { Dense: 48, use_bias: true }'.padEnd(56)}# c`));
  expect(
    edit(model('    - Dense: 300', '      activation: relu  # gone', '      use_bias: true'), (edits, read) => {
      const { call } = layer(read);
      edits.removeArgument(call, call.arguments![1]!);
    }),
  ).toBe(model('    - Dense: 300', '      use_bias: true'));
  expect(
    edit('let:\n  a: [1]   # one\n  b: 2\nx: { y: a }\n', (edits, { document }) => {
      edits.removeStatement(document.lets[0]!.span);
      edits.append('let c = [          # 2 of 9\n  1, 2\n]\nweights: file("x", sha256: "y")', { apart: true });
      edits.header('# By dnc.', /^# By/);
    }),
  ).toBe(
    '# By dnc.\nlet:\n  b: 2\n  c: [          # 2 of 9\n      1, 2\n    ]\nx: { y: a }\n\nweights: { file: "x", sha256: "y" }\n',
  );
});

test('a colon that is missing is told at the word that it belongs behind', () => {
  const told = (layer: string) => {
    const { reports, source } = readYaml(`model:\n  name: X\n  layers:\n    - ${layer}\n`);
    return reports.all.map(({ code, message, at, help }) => [
      `${code}: ${message}`,
      source.text.slice(at!.start, at!.end),
      ...help,
    ]);
  };
  expect(told('{ name: fc1, Dense: 3, activation relu }')).toEqual([
    ['yaml-syntax: this is no YAML: a `:` is missing behind `activation`', 'activation', 'write `activation: relu`'],
  ]);
  expect(told('{ name fc1, Dense: 3 }')[0]![2]).toBe('write `name: fc1`');
  expect(told('{ name: fc1, Dense: { units 3 } }')[0]![2]).toBe('write `units: 3`');
  expect(told('{ name: fc1, Dense: 3, activation: relu }')).toEqual([]);
});
