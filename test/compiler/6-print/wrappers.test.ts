import { expect, it } from 'vitest';
import { compile } from '../../../src/compiler/compile.js';
import { shrink } from '../../../src/compiler/5-shrink/shrink.js';
import { printSimplified } from '../../../src/compiler/6-print/index.js';
import { Source } from '../../../src/diagnostics/source.js';
import { extents } from '../../../src/ir/dims.js';
import { allParams } from '../../../src/ir/graph.js';
import { randomValues } from '../5-shrink/networks.js';

/** The model's lines of what a text becomes when nothing reads the units whose places in a parameter's reading axis are given. */
function simplified(text: string, unread: Readonly<Record<string, readonly number[]>>): readonly string[] {
  const { spec, network } = compile(new Source('net.dn', text), {});
  const values = randomValues(network, 1);
  for (const { name, axes } of allParams(network)) {
    const perRow = extents(axes.slice(1).map(({ dim }) => dim)).reduce((product, extent) => product * extent, 1);
    for (const row of unread[name] ?? []) values.get(name)!.fill(0, row * perRow, (row + 1) * perRow);
  }
  const shrunk = shrink(network, values);
  const printed = printSimplified({
    spec,
    network,
    shrunk,
    tool: 'dnc 1.0.0',
    threshold: { kind: 'unit', value: 0 },
    parameters: { before: 0, after: 0 },
    weights: { path: 'net.min.safetensors', sha256: '9f2c'.repeat(16) },
    origin: { path: 'net.dn', sha256: '41aa'.repeat(16) },
    difference: { float32: 0, equivalent: true },
  });
  // What is printed is read again to the same sizes.
  const again = compile(new Source('net.min.dn', printed), {}).network;
  for (const [name, shapes] of again.shapes)
    expect(shapes.map(extents), name).toEqual(shrunk.network.shapes.get(name)!.map(extents));
  return printed.split('\n').filter((line) => / = (?:Input|Bidirectional|TimeDistributed|LSTM|GRU|Dense)/.test(line));
}

const rest = `data { source: sparse_regression }\ntrain { loss: mse; epochs: 1 }\n`;

it('a layer in a layer is edited at its own argument, and a direction of other width is written', () => {
  const text = `model Net {
  series = Input(6, 4)
  each   = TimeDistributed(Dense(8, activation: relu))   # per step
  both   = Bidirectional(LSTM(5, return_sequences: true))
  last   = GRU(4)
  out    = Dense(1)
}
${rest}`;
  expect(
    simplified(text, {
      'both.forward_kernel': [3],
      'both.backward_kernel': [3],
      'both.forward_recurrent_kernel': [1],
      'both.backward_recurrent_kernel': [0, 4],
      'last.kernel': [1, 5, 9],
      'last.recurrent_kernel': [2],
      'out.kernel': [2],
    }),
  ).toEqual([
    '  series = Input(6, 4)',
    '  each   = TimeDistributed(Dense(7, activation: relu))   # per step',
    '  both   = Bidirectional(LSTM(4, return_sequences: true), backward_layer: LSTM(units: 3, return_sequences: true, go_backwards: true))',
    '  last   = GRU(3)',
    '  out    = Dense(1)',
  ]);
});
