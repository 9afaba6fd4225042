import { describe, expect, test } from 'vitest';
import { lowerSpec } from '../../../src/compiler/1-spec/index.js';
import { lowerGraph } from '../../../src/compiler/2-graph/index.js';
import { Reports } from '../../../src/diagnostics/report.js';
import { Source } from '../../../src/diagnostics/source.js';
import { read } from '../../../src/dsl/read.js';
import { graphOf, specText } from '../lowered.js';

const wires = (body: string, head?: string) =>
  Object.fromEntries(
    graphOf(specText(body, head === undefined ? {} : { head })).graph.nodes.map((node) => [
      node.name,
      node.inputs.map((input) => input.node),
    ]),
  );

const output = (name: string) => ({ name, node: name, output: 0 });

describe('wiring', () => {
  test('a layer reads the one above it, unless it names another', () => {
    expect(wires('x = Input(3)\na = Dense(2)\nb = Dense(2) <- x\nc = Dense(2)', 'Net -> a, c')).toEqual({
      x: [],
      a: ['x'],
      b: ['x'],
      c: ['b'],
    });
  });

  test('an Input reads nothing, wherever it stands', () => {
    expect(wires('x = Input(3)\na = Dense(2)\ny = Input(3)\nb = Dense(2)', 'Net -> a, b')).toEqual({
      x: [],
      a: ['x'],
      y: [],
      b: ['y'],
    });
  });

  test('the last layer is the output, unless the model names its own', () => {
    expect(graphOf(specText('x = Input(3)\na = Dense(2)\nb = Dense(1)')).graph.outputs).toEqual([output('b')]);
    const { graph, lines } = graphOf(specText('x = Input(3)\na = Dense(2)\nb = Dense(1)', { head: 'Net -> b, a' }));
    expect(lines).toEqual([]);
    expect(graph.outputs).toEqual([output('b'), output('a')]);
    expect(graph.inputs).toEqual(['x']);
    expect(graph.name).toBe('Net');
  });

  test('an Input that keeps nothing may stand unread', () => {
    expect(graphOf(specText('dead = Input(3, keep: [])\nx = Input(3)\na = Dense(2)')).lines).toEqual([]);
  });
});

/** Every mistake of this stage: the lines that it must give, and no others. */
const mistakes: readonly (readonly [name: string, body: string, lines: readonly string[], head?: string])[] = [
  ['no Input', 'a = Dense(2)\nb = Dense(1)', ['no-input @Net: model Net has no Input']],
  [
    'nothing above the first layer',
    'a = Dense(2)\nx = Input(3)\nb = Dense(1)',
    ['nothing-above @a = Dense(2): a reads the layer above it, and there is none'],
    'Net -> a, b',
  ],
  [
    'a name that no layer has',
    'image = Input(3)\na = Dense(2) <- imge\nb = Dense(1)',
    ['unknown-layer-name @imge: no layer is called imge [did you mean `image`?]'],
  ],
  [
    'an output that no layer is',
    'x = Input(3)\nhidden = Dense(2)\nvalue = Dense(1)',
    ['unknown-layer-name @valu: no layer is called valu [did you mean `value`?]'],
    'Net -> valu',
  ],
  [
    'a name far from all others',
    'x = Input(3)\na = Dense(2) <- something',
    ['unknown-layer-name @something: no layer is called something'],
  ],
  [
    'a layer further down',
    'x = Input(3)\na = Dense(2) <- b\nb = Dense(1) <- x',
    ['reads-later-layer @b: a reads b, which comes after it'],
  ],
  [
    'too many inputs',
    'x = Input(3)\ny = Input(3)\na = Dense(2) <- x, y',
    ['input-count @x: a reads one input and was given 2'],
  ],
  [
    'an input of an Input',
    'x = Input(3)\ny = Input(3) <- x\na = Dense(2)',
    ['input-count @x: y reads no inputs and was given 1'],
  ],
  [
    'a layer that nobody reads',
    'x = Input(3)\na = Dense(2)\nb = Dense(1) <- x',
    ['unread-layer @a = Dense(2): nothing reads a, and it is not an output'],
  ],
  [
    'an Input that nobody reads',
    'y = Input(2)\nx = Input(3)\nb = Dense(1)',
    ['unread-layer @y = Input(2): nothing reads y, and it is not an output'],
  ],
  [
    'several at once, each by itself',
    'x = Input(3)\na = Dense(2) <- y\nb = Dense(2) <- c\nc = Dense(1) <- a',
    [
      'unknown-layer-name @y: no layer is called y [did you mean `x`?]',
      'reads-later-layer @c: b reads c, which comes after it',
    ],
  ],
];

test.each(mistakes.map(([name, body, lines, head]) => ({ name, body, lines, head })))(
  '$name',
  ({ body, lines, head }) => {
    expect(graphOf(specText(body, head === undefined ? {} : { head })).lines).toEqual(lines);
  },
);

test('an output that is named twice is one output', () => {
  const { graph, lines } = graphOf(specText('x = Input(3)\na = Dense(2)', { head: 'Net -> a, a' }));
  expect(lines).toEqual([]);
  expect(graph.outputs).toEqual([output('a')]);
});

describe('inputs by name, and several outputs', () => {
  test('go to their places', () => {
    const { graph, lines } = graphOf(
      specText(
        'x = Input(6, 4)\ny = Input(5, 4)\na = MultiHeadAttention(2, 3) <- key: y, query: x, value: y\nb = MultiHeadAttention(2, 3) <- x, value: y\nlow, high = Split(2) <- b\nAdd <- low, high\nSplit(2) <- a',
        { head: 'Net -> add_1, high' },
      )
        .replace('\nSplit(2) <- a', '\nlast = Concatenate <- add_1, add_1')
        .replace('-> add_1, high', '-> last, high, a'),
    );
    expect(lines).toEqual([]);
    const inputs = Object.fromEntries(graph.nodes.map((node) => [node.name, node.inputs]));
    expect(inputs.a!.map((input) => input.node)).toEqual(['x', 'y', 'y']);
    expect(inputs.b!.map((input) => input.node)).toEqual(['x', 'y']);
    expect(inputs.add_1).toEqual([
      { node: 'split_1', output: 0 },
      { node: 'split_1', output: 1 },
    ]);
    expect(graph.nodes.find((node) => node.name === 'split_1')!.outputs).toEqual(['low', 'high']);
    expect(graph.outputs).toEqual([
      { name: 'last', node: 'last', output: 0 },
      { name: 'high', node: 'split_1', output: 1 },
      { name: 'a', node: 'a', output: 0 },
    ]);
  });

  const attention = (inputs: string) =>
    graphOf(specText(`x = Input(6, 4)\nMultiHeadAttention(2, 3) <- ${inputs}`)).lines;

  test('that do not fit are told', () => {
    expect(attention('qury: x, value: x')).toEqual([
      'unknown-input @qury: `MultiHeadAttention` has no input `qury` [did you mean `query`?] (inputs of MultiHeadAttention: query, value, key)',
    ]);
    expect(attention('x, query: x')).toEqual([
      'input-twice @query: `multi_head_attention_1` is given its input `query` twice',
    ]);
    expect(attention('value: x')[0]).toMatch(
      /^missing-input @.*: `multi_head_attention_1` is not given its input `query`/,
    );
    expect(attention('query: x, x')).toEqual([
      'nameless-input @x: an input of `multi_head_attention_1` without a name stands behind one with a name',
    ]);
    expect(graphOf(specText('x = Input(4)\nDense(2) <- input: x')).lines).toEqual([
      'unknown-input @input: `Dense` has no input `input` (the inputs of Dense have no names)',
    ]);
  });

  test('say which is read', () => {
    expect(graphOf(specText('x = Input(4)\na, b = Split(2)\nDense(2)')).lines).toEqual([
      'several-outputs @Dense(2): `split_1` has `a`, `b`: say which is read (`<- a`, for one)',
    ]);
    expect(graphOf(specText('x = Input(4)\ns = Split(2)\nDense(2)')).lines).toEqual([
      'several-outputs @Dense(2): `s` has 2 outputs: say which is read (name them: `a, b = …`)',
    ]);
    expect(graphOf(specText('x = Input(4)\na, b, c = Split(2)\nAdd <- a, b')).lines).toEqual([
      'output-count @a: `split_1` has 2 outputs, and 3 names stand before `=`',
    ]);
    expect(graphOf(specText('x = Input(4)\na, b = Split(2)')).lines).toEqual([
      "several-outputs @a, b = Split(2): `split_1` has `a`, `b`: say which is read (write them behind the model's name: `model Net -> a, b`)",
    ]);
  });

  test('a mistake in a block is told with the use in which it is one', () => {
    const text = `block two <- p, q { Dense(2) <- p, q }\nblock f(n) { two <- input, input; Dense(n) }\n${specText('x = Input(3)\nf(2)')}`;
    const reports = new Reports();
    const source = new Source('net.dn', text);
    lowerGraph(lowerSpec(read(source, reports), { source, sets: [] }, reports)!, reports);
    expect(
      reports.all.map(({ code, also }) => [
        code,
        ...also.map(({ at, note }) => `${note} ${source.position(at.start).line}`),
      ]),
    ).toEqual([['input-count', 'in this use of `two` 2', 'in this use of `f` 5']]);
  });
});
