import { expect, test } from 'vitest';
import { forwardProgram } from '../../src/compiler/4-program/index.js';
import { compile } from '../../src/compiler/compile.js';
import { Source } from '../../src/diagnostics/source.js';
import { evaluate } from '../../src/program/evaluate.js';
import { exact } from '../parity/support.js';

/** A classifier that ends in this layer. */
function ending(layer: string) {
  const text = `model Net {
  x = Input(784)
  d = Dense(10)
  y = ${layer}
}
data { source: mnist }
train { loss: sparse_categorical_crossentropy; epochs: 1 }
`;
  return compile(new Source('net.dn', text)).network;
}

test('a network that ends in Softmax gives its logits, as one that ends in an activation', () => {
  const given = {
    x: exact(
      [1, 784],
      Array.from({ length: 784 }, (_, k) => Math.sin(k)),
    ),
    'd.kernel': exact(
      [784, 10],
      Array.from({ length: 7840 }, (_, k) => Math.cos(3 * k)),
    ),
    'd.bias': exact(
      [10],
      Array.from({ length: 10 }, (_, k) => k),
    ),
  };
  const outputs = (layer: string, logits: boolean) =>
    evaluate(forwardProgram(ending(layer), { mode: 'inference', logits }), given).results.y!.data;
  expect(outputs('Softmax', true)).toEqual(outputs('Activation(softmax)', true));
  expect(outputs('Softmax', false)).toEqual(outputs('Activation(softmax)', false));
  expect(outputs('Softmax', true)).not.toEqual(outputs('Softmax', false));
});
