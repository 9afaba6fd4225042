import { describe, expect, test } from 'vitest';
import { readDocument } from '../../../src/compiler/document.js';
import { Reports } from '../../../src/diagnostics/report.js';
import { Source } from '../../../src/diagnostics/source.js';
import { difference } from '../../../src/dsl/compare.js';
import { expectPlaced, readWell } from '../specs.js';

function readYaml(text: string) {
  const source = new Source('net.yaml', text);
  const reports = new Reports();
  const document = readDocument(source, reports);
  expectPlaced(reports.all, source);
  const told = reports.all.map(({ code, at }) => {
    const { line, column } = source.position(at!.start);
    return `${code} ${line}:${column} ${source.text.slice(at!.start, at!.end)}`;
  });
  return { document, told, help: reports.all.flatMap((one) => one.help) };
}

/** A text that must read well, as the .dn text says. */
function expectSame(yaml: string, dn: string): void {
  const { document, told } = readYaml(yaml);
  expect(told).toEqual([]);
  expect(difference(document, readWell(dn))).toBeUndefined();
}

const layers = (...lines: string[]) => `model:\n  name: X\n  layers:\n${lines.map((line) => `    ${line}\n`).join('')}`;

describe('what YAML says', () => {
  test('the example of the language', () =>
    expectSame(
      `dnc: 1
let: { lambda: 5e-5, init: { random_normal: { stddev: 0.01 } } }
model:
  name: LeNet_300_100
  sparsity: [{ dropneuron: lambda }, { l1: 1e-5, bias: true }]
  layers:
    - { name: image, Input: 784 }
    - { name: fc1, Dense: 300, activation: relu, kernel_initializer: init }   # a comment
    - { name: digit, Dense: 10 }
data: { source: mnist, validation: first(5000) }
train: { loss: { sparse_categorical_crossentropy: { from_logits: true } }, optimizer: { adam: { learning_rate: 1e-3 } }, epochs: 100 }
simplify: { threshold: weight(0.01), finetune: { epochs: 5 } }
weights: { file: "x.safetensors", sha256: "9f2c…" }
`,
      `dnc 1
let lambda = 5e-5
let init = random_normal(stddev: 0.01)
model LeNet_300_100 @dropneuron(lambda) @l1(1e-5, bias: true) {
  image = Input(784)
  fc1 = Dense(300, activation: relu, kernel_initializer: init)
  digit = Dense(10)
}
data { source: mnist; validation: first(5000) }
train { loss: sparse_categorical_crossentropy(from_logits: true); optimizer: adam(learning_rate: 1e-3); epochs: 100 }
simplify { threshold: weight(0.01); finetune { epochs: 5 } }
weights: file("x.safetensors", sha256: "9f2c…")
`,
    ));

  test('blocks, repeats, changes, wiring', () =>
    expectSame(
      `blocks:
  residual:
    parameters: { filters: , size: 2 + 1 }
    inputs: x
    outputs: [a, b]
    sparsity: l1(1e-5)
    layers: [{ name: conv1, conv_bn: filters }, Activation(relu), { Add: , from: [x, conv1] }, residual]
model:
  name: X
  outputs: [price, t.kind]
  layers:
    - repeat: 2 * n
      layers: [residual: 50, Split(2)]
      with: { residual_7.conv1.conv.filters: 44, residual_2: off }
    - { name: [a, b], Split: 2, from: m, with: {} }
    - { MultiHeadAttention: [4, 16], from: { query: x, value: m } }
    - { Attention: { units: 3 }, from: [x, { mask: m }], sparsity: [dropneuron(off), { l1: { bias: true } }] }
    - Dense:
        units: 3
      activation: relu
    - Flatten:
    - Flatten: []
    - Input: [[28, 28]]
    - Flatten()
`,
      `block residual(filters, size: 2 + 1) <- x -> a, b @l1(1e-5) {
  conv1 = conv_bn(filters); Activation(relu); Add <- x, conv1; residual
}
model X -> price, t.kind {
  repeat 2 * n { residual(50); Split(2) } with { residual_7.conv1.conv.filters: 44; residual_2: off }
  a, b = Split(2) <- m with { }
  MultiHeadAttention(4, 16) <- query: x, value: m
  Attention(units: 3) <- x, mask: m @dropneuron(off) @l1(bias: true)
  Dense(units: 3, activation: relu)
  Flatten; Flatten(); Input([28, 28]); Flatten()
}
`,
    ));

  test('plain scalars as .dn reads them, quoted ones as strings', () =>
    expectSame(
      `a: { n: 10k, r: 1..5, p: 0.2%, s: 40k steps, e: -(2 * width) / 3, w: relu, q: "relu", z: 'it''s', u: "\\u00e9\\n", null: null, yes: true, "odd key": 1 }
b: {}
c: [1, [2], x(3)]
d: 2 +
  3
e:
  f: g(1, [2, 3])
`,
      `a { n: 10k, r: 1..5, p: 0.2%, s: 40k steps, e: -(2 * width) / 3, w: relu, q: "relu", z: "it's", u: "\\u00e9\\n", null: null, yes: true, "odd key": 1 }
b { }
c: [1, [2], x(3)]
d: 2 + 3
e { f: g(1, [2, 3]) }
`,
    ));

  test('maps and calls are told apart by the schemas, also through a `let`', () =>
    expectSame(
      `let: { polish: { epochs: 5, optimizer: { adam: 1e-3 } }, rate: { cosine: 1e-3 }, named: tune, tune: { epochs: 3 } }
train: { loss: mse, phases: { first: { epochs: 3 }, second: polish }, optimizer: { adam: { learning_rate: { cosine: rate } } } }
data: { inputs: { image: pixels }, source: { drawn_digits: { train: 9 } } }
simplify: { finetune: named }
`,
      `let polish = { epochs: 5; optimizer: adam(1e-3) }
let rate = cosine(1e-3)
let named = tune
let tune = { epochs: 3 }
train { loss: mse; phases { first { epochs: 3 }; second: polish }; optimizer: adam(learning_rate: cosine(rate)) }
data { inputs { image: pixels }; source: drawn_digits(train: 9) }
simplify { finetune: named }
`,
    ));

  test('a byte-order mark, Windows line ends, document markers', () => {
    expectSame('\ufeffa: 1\r\nb:\r\n  c: 2 # x\r\n', 'a: 1\nb { c: 2 }\n');
    expectSame('---\na: 1\n...\n', 'a: 1\n');
    expectSame('', '');
    expectSame('# nothing\n', '');
  });
});

describe('what YAML cannot say', () => {
  test('calls with named arguments are told as maps, all of them', () => {
    const { told, help } = readYaml(
      `${layers('- Dense(300, activation: relu)', '- { name: a, Dense: f(x, 2), units: 3 }', '- { Conv2D(8, 3) }')}train:
  optimizer: adam(learning_rate: cosine(1e-3))
  loss: mse
  metrics: [accuracy, f(1, [2])]
`,
    );
    expect(told).toEqual([
      'yaml-call 4:7 Dense(300, activation: relu)',
      'yaml-call 5:25 f(x, 2)',
      'yaml-call 6:9 Conv2D(8, 3)',
      'yaml-call 8:14 adam(learning_rate: cosine(1e-3))',
      'yaml-call 10:23 f(1, [2])',
    ]);
    expect(help).toEqual([
      'write `{ Dense: 300, activation: relu }`',
      'write `{ f: [x, 2] }`',
      'write `{ Conv2D: [8, 3] }`',
      'write `{ adam: { learning_rate: cosine(1e-3) } }`',
      'write `{ f: [1, [2]] }`',
    ]);
  });

  test('anchors, aliases, tags, merge keys, directives, documents, blocks of text', () => {
    expect(readYaml('a: &x 1\nb: *x\nc: !!str 2\n<<: 3\n').told).toEqual([
      'yaml-feature 1:4 &x',
      'yaml-feature 2:4 *x',
      'yaml-feature 3:4 !!str',
      'yaml-feature 4:1 <<',
    ]);
    expect(readYaml('%YAML 1.2\n---\na: 1\n').told).toEqual(['yaml-feature 1:1 %']);
    expect(readYaml('a: 1\n---\nb: 2\n').told).toEqual(['yaml-feature 3:1 b']);
    expect(readYaml('a: |\n  x\n').told).toEqual(['yaml-feature 1:4 |']);
  });

  test.each([
    ['a: 1\n  b: 2\n', 'yaml-syntax 2:4 :'],
    ['a:\n\tb: 1\n', 'yaml-syntax 2:1 \t'],
    ['a:1\nb: 2\n', 'yaml-syntax 1:1 a'],
    ['a: 1\nfoo\nb: 2\n', 'yaml-syntax 2:1 foo'],
    ['a: @drop(1)\n', 'yaml-syntax 1:4 @'],
    ['a: [1, 2\nb: 3\n', 'unclosed-bracket 1:4 ['],
    ['a: { b: 1\n', 'unclosed-bracket 1:4 {'],
    ['a: "x\nb: 2\n', 'unclosed-string 1:4 "'],
    ['a: 1\na: 2\n', 'written-twice 2:1 a'],
    ['let: { w: 1, w: 2 }\n', 'written-twice 1:14 w'],
    ['train: { epochs: 1, epochs: 2 }\n', 'written-twice 1:21 epochs'],
    [layers('- { name: a, Dense: 3, name: b }'), 'written-twice 4:28 name'],
    [layers('- { Dense: { units: 3 }, units: 4 }'), 'written-twice 4:30 units'],
    ['train: { epochs: }\n', 'syntax 1:17 '],
    ['- a\n', 'syntax 1:1 - a'],
    ['[a, b]: 1\n', 'syntax 1:1 [a, b]'],
    ['train: { ? , a: 1 }\n', 'syntax 1:11 '],
    ['model: { name: X, layer: [] }\n', 'syntax 1:19 layer'],
    ['model: { layers: [] }\n', 'syntax 1:1 model'],
    ['model: X\n', 'syntax 1:8 X'],
    [layers('- 3'), 'syntax 4:7 3'],
    [layers('- fc = Dense(3)'), 'syntax 4:7 fc = Dense(3)'],
    [layers('- { name: a }'), 'syntax 4:7 { name: a }'],
    [layers('- { learning-rate: 3 }'), 'bad-name 4:9 learning-rate'],
    ['a: 012\n', 'bad-number 1:4 012'],
    ['a: [1, .5]\n', 'bad-number 1:8 .5'],
    ['a: 2 * (3\n', 'unclosed-bracket 1:8 ('],
    ['a: b#c\n', 'bad-character 1:5 #'],
    ['a: x y\n', 'two-statements 1:6 y'],
    ['dnc: 2\n', 'language-version 1:6 2'],
    ['a: "\u202e"\n', 'hidden-direction 1:5 \u202e'],
  ])('%j', (text, expected) => expect(readYaml(text).told.slice(0, 1)).toEqual([expected]));
});

test('bombs, depth and size end at once with a message', () => {
  const bomb = [
    'a: &a [x]',
    ...'bcdefghijk'
      .split('')
      .map((name, k) => `${name}: &${name} [${Array(9).fill(`*${'abcdefghijk'[k]}`).join(', ')}]`),
  ].join('\n');
  expect(readYaml(bomb).told.map((one) => one.split(' ')[0])).toEqual(['yaml-feature', 'yaml-feature']);
  for (const deep of [
    '['.repeat(200_000),
    `a: ${'{a: '.repeat(100_000)}`,
    `a: ${'['.repeat(100)}${']'.repeat(100)}`,
    `a: ${'f('.repeat(100_000)}`,
  ])
    expect(readYaml(deep).told.map((one) => one.split(' ')[0])).toEqual(['nested-too-deep']);
  expect(readYaml(`a: "${'x'.repeat(9_000_000)}"`).told.map((one) => one.split(' ')[0])).toEqual(['spec-too-large']);
  expect(readYaml(`a: [${'1, '.repeat(300_000)}1]`).told).toEqual([]);
});
