import { expect, test } from 'vitest';
import { allParams } from '../../src/ir/graph.js';
import { bindRows } from '../../src/runtime/spec/rows.js';
import { lower } from '../parity/support.js';

// Layers among the arguments of others: what such a layer says of itself holds there, too.

function specOf(layers: string) {
  return lower(`model Net {
  x = Input(4, 3)
${layers}
  y = Dense(1)
}
data { source: sparse_regression }
train { loss: mse; epochs: 1 }
`);
}

/** The parameters of a network that training moves. */
function trained(layers: string): readonly string[] {
  return allParams(specOf(layers).network).flatMap((param) =>
    param.trained && param.layer !== 'y' ? [param.name] : [],
  );
}

test('a layer that is not trainable stays as it is at every step', () => {
  expect(trained('  n = TimeDistributed(Dense(2))')).toEqual(['n.kernel', 'n.bias']);
  expect(trained('  n = TimeDistributed(Dense(2, trainable: false))')).toEqual([]);
});

test('of two directions one may be trained', () => {
  const forward = ['n.forward_kernel', 'n.forward_recurrent_kernel', 'n.forward_bias'];
  const backward = forward.map((name) => name.replace('forward', 'backward'));
  expect(trained('  n = Bidirectional(LSTM(2))')).toEqual([...forward, ...backward]);
  expect(trained('  n = Bidirectional(LSTM(2, trainable: false))')).toEqual([]);
  const other = 'LSTM(2, go_backwards: true, trainable: false)';
  expect(trained(`  n = Bidirectional(LSTM(2), backward_layer: ${other})`)).toEqual(forward);
});

test('indices are those of the vectors that every step looks up', () => {
  const { network, spec } = specOf('  n = TimeDistributed(Embedding(5, 2))');
  const table = (largest: number) => ({
    rows: 1,
    fields: [
      { name: 'x', shape: [4, 3], form: 'values' as const, data: Float32Array.from({ length: 12 }, () => largest) },
    ],
    target: 'y',
    files: [],
  });
  expect(() => bindRows(network, spec, undefined, table(4))).not.toThrow();
  expect(() => bindRows(network, spec, undefined, table(5))).toThrow(/5/);
});
