import { describe, expect, test } from 'vitest';
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
