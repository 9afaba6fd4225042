import { expect, test } from 'vitest';
import { compile } from '../../../src/compiler/compile.js';
import { Failure } from '../../../src/diagnostics/report.js';
import { Source } from '../../../src/diagnostics/source.js';

/** What a network with a convolution and a Dense layer is refused for. */
function refused(model: string, hidden = ''): string | undefined {
  const text = `model Net ${model} {
  digits = Input(28, 28, 1)
  c1     = Conv2D(4, 3) ${hidden}
  pixels = Flatten
  fc     = Dense(10)
}
data { source: drawn_digits(train: 100, test: 20) }
train { loss: sparse_categorical_crossentropy(from_logits: true); phases { a { epochs: 6 }; b { epochs: 6 } } }
`;
  try {
    compile(new Source('net.dn', text));
    return undefined;
  } catch (error) {
    if (error instanceof Failure) return error.diagnostics.map(({ message }) => message).join(' | ');
    throw error;
  }
}

test.each(['@dropnet(2)', '@prune_large(0.5)', '@dsd(0.3, during: a)'])(
  'pruning after training goes with %s, pruning on the way does not',
  (other) => {
    expect(refused('', `@magnitude(0.5) ${other}`)).toBeUndefined();
    expect(refused('', `@magnitude(0.5, schedule: linear) ${other}`)).toContain('holds zeros by a schedule of its own');
  },
);

test('filters on the whole of a mixed network name the layer that has none, and what to write', () => {
  const message = refused('@magnitude(0.5, of: filter)');
  expect(message).toContain('fc is a Dense');
  expect(message).toContain('behind the convolutions');
  expect(message).toContain('`of: unit`');
  expect(refused('', '@magnitude(0.5, of: filter)')).toBeUndefined();
  expect(refused('@magnitude(0.5, of: unit)')).toBeUndefined();
});
