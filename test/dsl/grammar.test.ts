import { describe, expect, test } from 'vitest';
import { Reports } from '../../src/diagnostics/report.js';
import { Source } from '../../src/diagnostics/source.js';
import type { Document, LayerNode, ValueNode } from '../../src/dsl/document.js';
import { Parser } from '../../src/dsl/parser.js';
import { printValue } from '../../src/dsl/print.js';
import { readValue } from '../../src/dsl/read.js';
import { codes, fixtures, readText, readWell } from './specs.js';

test('chevrotain finds no ambiguity in the grammar', () => {
  expect(() => new Parser(true)).not.toThrow();
});

describe('specs of the definition read without a word', () => {
  test.each(fixtures)('%s', (_, text) => {
    readWell(text);
  });
});

const value = (text: string): ValueNode => readWell(`let x = ${text}`).lets[0]!.value;
const layer = (text: string): LayerNode => readWell(`model M {\n${text}\n}`).model!.body[0] as LayerNode;
const slice = (document: Document, node: { span: { start: number; end: number } }) =>
  document.span.source.text.slice(node.span.start, node.span.end);

test('a layer has names, a call, inputs, annotations and changes, each with its span', () => {
  const text = 'model M {\n  a, b.c = Split(2, axis: -1) <- query: x, y.z  @l1(1e-5) @l2 with { u.v: 3 }  # c\n}';
  const document = readWell(text);
  const node = document.model!.body[0] as LayerNode;
  expect(node.names.map((one) => one.text)).toEqual(['a', 'b.c']);
  expect(node.inputs.map(({ name, from }) => [name?.text, from.text])).toEqual([
    ['query', 'x'],
    [undefined, 'y.z'],
  ]);
  expect(node.annotations.map((one) => slice(document, one))).toEqual(['l1(1e-5)', 'l2']);
  expect(node.call.arguments!.map((one) => slice(document, one))).toEqual(['2', 'axis: -1']);
  expect(slice(document, node.call)).toBe('Split(2, axis: -1)');
  expect(slice(document, node.with!)).toBe('{ u.v: 3 }');
  expect(slice(document, node)).toBe(text.slice(12, text.indexOf('  # c')));
});

test('empty parentheses are written ones', () => {
  expect(layer('Flatten').call.arguments).toBeUndefined();
  expect(layer('Flatten()').call.arguments).toEqual([]);
});

test('`train { }` is `train: { }`', () => {
  const [left] = readWell('train { }').entries;
  const [right] = readWell('train: { }').entries;
  expect([left!.key.text, left!.value.kind]).toEqual([right!.key.text, right!.value.kind]);
});

test('operators bind as usual and lean to the left', () => {
  const binary = value('1 - 2 - 3 * -4 / 5');
  expect(printTree(binary)).toBe('((1 - 2) - ((3 * (-4)) / 5))');
  expect(printTree(value('(1 + 2) * w'))).toBe('((1 + 2) * w)');
  expect(printTree(value('a + 1..b * 2'))).toBe('((a + 1)..(b * 2))');
});

test('the span of a value in parentheses has them', () => {
  const document = readWell('let x = (1 + 2) * 3');
  const node = document.lets[0]!.value;
  expect(node.kind === 'binary' && slice(document, node.left)).toBe('(1 + 2)');
  expect(slice(document, node)).toBe('(1 + 2) * 3');
});

test('quantities have a unit', () => {
  const node = value('40k steps');
  expect(node.kind === 'quantity' && [node.number.value, node.unit.text]).toEqual([40_000, 'steps']);
});

test('strings are JSON', () => {
  const node = value(String.raw`"a\"\u00e4\n# no comment { ["`);
  expect(node.kind === 'string' && node.value).toBe('a"ä\n# no comment { [');
});

test('words are words: only `true` and `false` are taken', () => {
  const text = ['dnc', 'let', 'block', 'model', 'repeat', 'with'].map((name) => `${name} = Dense(3)`).join('\n');
  expect(readWell(`model model {\n${text}\n}`).model!.body).toHaveLength(6);
  expect(readWell('let let = 3\nmodel: 3\nblock: 3\nlet: 4\ndnc: 5\nrepeat { }').entries).toHaveLength(5);
  expect(codes('let true = 3')).toEqual(['bad-name']);
});

describe('newlines', () => {
  const one = (text: string) => expect(readWell(`model M {\n${text}\n}`).model!.body).toHaveLength(1);
  test.each([
    ['in parentheses', 'Dense(\n3\n,\nactivation\n:\nrelu\n)'],
    ['before <-', 'Add\n\n  # comment\n  <- a, b'],
    ['behind a comma and <-', 'Add <-\na,\nb'],
    ['before @', 'Dense(3)\n@l1(1)\n\n@l2'],
    ['behind =', 'a =\nDense(3)'],
    ['before {', 'repeat 3\n{\nDense(3)\n}'],
    ['behind operators', 'repeat 3 +\n4 {\n}'],
    ['before { of with', 'Dense(3) with\n{ a: 3 }'],
  ])('%s do not end a statement', (_, text) => one(text));

  test('end it elsewhere, as `;` does', () => {
    expect(readWell('model M { a = Input(3); Dense(3);; Dense(4)\nDense(5)\n;\n}').model!.body).toHaveLength(4);
    expect(readWell('train { a: 1, b: 2; c: 3\nd: 4,\n}').entries[0]!.value).toMatchObject({ entries: { length: 4 } });
    expect(codes('model M { Dense(3); <- a }')).toEqual(['syntax']);
  });
  test('CRLF is a newline', () => {
    expect(readWell('dnc 1\r\nmodel M {\r\n  Input(3)\r\n  Dense(3)\r\n}\r\n').model!.body).toHaveLength(2);
  });
});

test('trailing commas', () => {
  expect(layer('Dense(3, 4,)').call.arguments).toHaveLength(2);
  expect(value('[1, 2,\n]')).toMatchObject({ items: { length: 2 } });
  expect(codes('let a = [,]')).toEqual(['syntax']);
  expect(codes('let a = f(1,,)')).toEqual(['syntax']);
});

test('readValue reads what a command line gives', () => {
  const parse = (text: string) => {
    const reports = new Reports();
    const node = readValue(new Source('--set', text), reports);
    return node ? printValue(node) : reports.all.map((one) => one.code).join();
  };
  expect(parse('500')).toBe('500');
  expect(parse('adam(1e-3)')).toBe('adam(1e-3)');
  expect(parse('[1..3, relu]')).toBe('[1..3, relu]');
  expect(parse('{ a: 1 }')).toBe('{ a: 1 }');
  expect(parse('')).toBe('syntax');
  expect(parse('.5')).toBe('bad-number');
  expect(parse('1 2')).toBe('syntax');
  expect(parse('1; 2')).toBe('syntax');
  expect(parse('f(')).toBe('unclosed-bracket');
});

describe('one mistake, one diagnostic', () => {
  test.each([
    ['model M { Dense(300, activation=relu) }', ['equals-for-colon']],
    ["model M { Dense(300, activation: 'relu') }", ['bad-quotes']],
    ['train { rate: .001 }', ['bad-number']],
    ['train { learning-rate: 1 }', ['bad-name']],
    ['model ResNet-20 { Dense(3) }', ['bad-name']],
    ['model M { Input(3) Dense(4) }', ['two-statements']],
    ['model M { Dense(3 }\ntrain { a: 1 }', ['unclosed-bracket']],
    ['model M {\n  Dense([3)\n}\ntrain { a: 1 }', ['unclosed-bracket']],
    ['model M {\n  Input(3)\n  Dense(3\n  a = Dense(3)\n}\ntrain { a: 1 }', ['unclosed-bracket']],
    ['model M {\n  Dense(3))\n}\ntrain { a: 1 }', ['stray-bracket']],
    ['model M {\n  Dense("abc)\n  Dense(3)\n}', ['unclosed-string']],
    ['train { a: b: 1 }', ['syntax']],
    ['let a = \nmodel M { Dense(3) }', ['syntax']],
    ['train { a: { b 3 } }', ['syntax']],
    ['model M {\n  a = Dense 300 { a: 1; b 2 }\n  b = Dense(3)\n}', ['syntax']],
    ['model M {\n  repeat 3 { Dense(3 4) }\n  b = Dense(3)\n}', ['syntax']],
    ['model M {\n  repeat { Dense(3) }\n  b = Dense(3)\n}', ['syntax']],
    ['let a = \nlet b = 3', ['syntax']],
    ['let a 3\nlet b = 3', ['syntax']],
    ['(((', ['unclosed-bracket']],
    ['🙂', ['bad-character']],
    ['let a = 1 ＋ 2', ['bad-character', 'syntax']],
    ['let a = `relu`', ['bad-quotes']],
    ['$$$ %%% &&&', ['bad-character', 'bad-character', 'bad-character']],
  ])('%s', (text, expected) => {
    expect(codes(text)).toEqual(expected);
  });

  test('and the statements around it are read', () => {
    const { document } = readText(
      'let a = 3\nmodel M {\n  Input(3)\n  Dense(3 4)\n  Dense(5)\n}\ntrain { a 1; b: 2 }\nlet c = 4',
    );
    expect(document.lets.map((one) => one.name.text)).toEqual(['a', 'c']);
    expect(document.model!.body.map((one) => one.kind === 'layer' && printValue(one.call))).toEqual([
      'Input(3)',
      'Dense(3)',
      'Dense(5)',
    ]);
    expect(document.entries[0]!.value).toMatchObject({ entries: { length: 1 } });
  });
});

function printTree(node: ValueNode): string {
  switch (node.kind) {
    case 'binary':
      return `(${printTree(node.left)} ${node.operator} ${printTree(node.right)})`;
    case 'unary':
      return `(-${printTree(node.operand)})`;
    case 'range':
      return `(${printTree(node.from)}..${printTree(node.to)})`;
    default:
      return printValue(node);
  }
}
