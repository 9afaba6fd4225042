import { describe, expect, test } from 'vitest';
import { compile } from '../../src/compiler/compile.js';
import { Source } from '../../src/diagnostics/source.js';
import { columns } from '../../src/reports/columns.js';
import { showAnnotation, summarize, summaryText } from '../../src/reports/summary.js';

const { network } = compile(
  new Source(
    'net.dn',
    `
model Net {
  image = Input(28, 28, 1)
  flat  = Flatten
  fc    = Dense(100, activation: relu) @dropneuron(1e-4, li: 0) @l1(1e-5, bias: true, during: [train])
  out   = Dense(10, use_bias: false)
}
data { source: drawn_digits }
train { loss: sparse_categorical_crossentropy(from_logits: true); epochs: 1 }
`,
  ),
);

test('sizes of layers and of the whole', () => {
  const summary = summarize(network);
  expect(summary).toMatchObject({
    model: 'Net',
    parameters: 784 * 100 + 100 + 1000,
    weights: 784 * 100 + 1000,
    multiply_adds: 784 * 100 + 1000,
    bytes: 4 * (784 * 100 + 100 + 1000),
  });
  expect(
    summary.layers.map(({ name, kind, shape, parameters, multiply_adds }) => [
      name,
      kind,
      shape,
      parameters,
      multiply_adds,
    ]),
  ).toEqual([
    ['image', 'Input', [28, 28, 1], 0, 0],
    ['flat', 'Flatten', [784], 0, 0],
    ['fc', 'Dense', [100], 78_500, 78_400],
    ['out', 'Dense', [10], 1000, 1000],
  ]);
});

test('the table', () => {
  expect(summaryText(network)).toBe(
    [
      'model Net',
      'layer  kind     shape    parameters  multiply-adds  annotations',
      'image  Input    28×28×1           0              0',
      'flat   Flatten  784               0              0',
      'fc     Dense    100          78,500         78,400  @dropneuron(lambda: 0.0001, li: 0) @l1(lambda: 0.00001, bias: true, during: [train])',
      'out    Dense    10            1,000          1,000',
      '                             79,500         79,400',
      '',
    ].join('\n'),
  );
});

describe('annotations', () => {
  const span = { source: new Source('net.dn', ''), start: 0, end: 0 };

  test('show what is not at its default', () => {
    const shown = (word: string, args: Record<string, unknown>) => showAnnotation({ word, arguments: args, span });
    expect(
      shown('dropneuron', { lambda: 0.5, solver: 'proximal', reweighted: false, delta: 0.5, metric: 'optimizer' }),
    ).toBe('@dropneuron(lambda: 0.5)');
    expect(shown('dropneuron', { lambda: 0.5, solver: 'gradient', reweighted: true })).toBe(
      '@dropneuron(lambda: 0.5, solver: gradient, reweighted: true)',
    );
    expect(shown('l2', { lambda: 1, bias: false, during: 'a' })).toBe('@l2(lambda: 1, during: a)');
    expect(shown('l2', {})).toBe('@l2');
  });
});

describe('columns', () => {
  test('are aligned, without spaces at the ends of lines', () => {
    expect(
      columns(
        [
          ['a', '1', 'x'],
          ['long', '1000', ''],
        ],
        ['left', 'right', 'left'],
      ),
    ).toBe('a        1  x\nlong  1000\n');
  });

  test('of no lines are empty', () => expect(columns([], ['left'])).toBe(''));

  test('take lines that are short of cells', () => {
    expect(columns([['a'], ['b', 'c']], ['left', 'right'])).toBe('a\nb  c\n');
  });
});

test('a layer that uses the weights of another says whose, and has no parameters of its own: rows add up to the total', () => {
  const { network: twins } = compile(
    new Source(
      'twins.dn',
      `model Twins {
  left  = Input(4)
  right = Input(4)
  tower = Dense(8) <- left
  again = Shared(tower) <- right
  both  = Add <- tower, again
  out   = Dense(1)
}
data { source: csv("pairs.csv"); inputs { left: [a, b, c, d]; right: [e, f, g, h] }; target: y }
train { loss: mse; epochs: 1 }
`,
    ),
  );
  const { layers, parameters } = summarize(twins);
  expect(layers.filter(({ shares }) => shares !== undefined).map(({ name, shares }) => [name, shares])).toEqual([
    ['again', 'tower'],
  ]);
  expect(layers.reduce((sum, layer) => sum + layer.parameters, 0)).toBe(parameters);
  expect(parameters).toBe(4 * 8 + 8 + 8 + 1);
  expect(summaryText(twins)).toContain('again  Dense  8               0             32  (weights of tower)\n');
});
