import { expect, test } from 'vitest';
import { writeSets } from '../../../src/compiler/6-print/sets.js';
import { compile } from '../../../src/compiler/compile.js';
import { Source } from '../../../src/diagnostics/source.js';

const dn = (input: string) => `model P {
  ${input}
  f = Flatten
  label = Dense(10)
}
data { source: drawn_digits }
train { loss: sparse_categorical_crossentropy(from_logits: true); epochs: 1 }
`;

const yaml = (input: string) => `model:
  name: P
  layers:
    - ${input}
    - { name: f, Flatten: }
    - { name: label, Dense: 10 }
data: { source: { drawn_digits: } }
train: { loss: { sparse_categorical_crossentropy: { from_logits: true } }, epochs: 1 }
`;

// Extents that are written one by one stay so, those in a list stay in one, and the value is spaced as the formatter does.
test.each([
  ['image = Input(28, 28, 1)', '[14,14,4]', 'image = Input(14, 14, 4)'],
  ['image = Input([28, 28, 1])', '[14,14,4]', 'image = Input([14, 14, 4])'],
  ['image = Input(shape: [28, 28, 1])', '[ 784 ]', 'image = Input(shape: [784])'],
  ['image = Input(784)', '[28,28,1]', 'image = Input(28, 28, 1)'],
  ['image = Input(28, 28, 1)', '784', 'image = Input(784)'],
  ['{ name: image, Input: [28, 28, 1] }', '[14,14,4]', '{ name: image, Input: [14, 14, 4] }'],
  ['{ name: image, Input: 784 }', '[14,14,4]', '{ name: image, Input: [14, 14, 4] }'],
  ['{ name: image, Input: [28, 28, 1] }', '784', '{ name: image, Input: 784 }'],
  ['{ name: image, Input: { shape: [28, 28, 1] } }', '[784]', '{ name: image, Input: { shape: [784] } }'],
  ['name: image\n      Input: [28, 28, 1]', '[14,14,4]', 'name: image\n      Input: [14, 14, 4]'],
])('%s with shape=%s is written %s', (before, value, after) => {
  const [name, write] = before.includes('name:') ? ['net.yaml', yaml] : ['net.dn', dn];
  const { spec } = compile(new Source(name, write(before)), { sets: [`model.image.shape=${value}`] });
  expect(writeSets(spec).source.text).toBe(write(after));
});
