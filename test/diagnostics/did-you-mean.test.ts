import { expect, test } from 'vitest';
import { didYouMean, didYouMeanOr, nearest } from '../../src/diagnostics/did-you-mean.js';

/** Words of the kind that specs are made of: layers, arguments, sections, methods. */
const layers = [
  ...[
    'Activation',
    'Add',
    'Average',
    'AveragePooling2D',
    'BatchNormalization',
    'Bidirectional',
    'Concatenate',
    'Conv1D',
  ],
  ...['Conv2D', 'Conv2DTranspose', 'Dense', 'DepthwiseConv2D', 'Dropout', 'Embedding', 'Flatten', 'GRU'],
  ...['GlobalAveragePooling2D', 'GlobalMaxPooling2D', 'Input', 'LSTM', 'LayerNormalization', 'MaxPooling2D'],
  ...[
    'MultiHeadAttention',
    'Multiply',
    'Normalization',
    'Permute',
    'Rescaling',
    'Reshape',
    'SeparableConv2D',
    'Softmax',
  ],
];
const keys = [
  ...['batch_size', 'class_weight', 'clip_norm', 'early_stopping', 'epochs', 'loss', 'loss_weights', 'metrics'],
  ...[
    'optimizer',
    'phases',
    'seed',
    'steps',
    'steps_per_epoch',
    'units',
    'activation',
    'use_bias',
    'kernel_initializer',
  ],
  ...['bias_initializer', 'filters', 'kernel_size', 'strides', 'padding', 'learning_rate', 'momentum', 'threshold'],
  ...['tolerance', 'finetune', 'validation', 'source', 'augment', 'columns', 'target', 'inputs'],
];
const LETTERS = 'abcdefghijklmnopqrstuvwxyz_0123456789';

/** Every insertion, deletion, replacement and swap of one letter. */
function* typos(word: string): Generator<string> {
  for (let i = 0; i <= word.length; i++) {
    for (const letter of LETTERS) {
      yield word.slice(0, i) + letter + word.slice(i);
      if (i < word.length) yield word.slice(0, i) + letter + word.slice(i + 1);
    }
    if (i < word.length) yield word.slice(0, i) + word.slice(i + 1);
    if (i + 1 < word.length) yield word.slice(0, i) + word[i + 1] + word[i] + word.slice(i + 2);
  }
}

test.each([
  ['layers', layers],
  ['keys', keys],
])('one-edit typos of %s find their word', (_, known) => {
  let asked = 0;
  let right = 0;
  for (const word of known) {
    for (const typo of typos(word)) {
      if (known.includes(typo)) continue;
      asked++;
      if (nearest(typo, known) === word) right++;
    }
  }
  expect(right / asked).toBeGreaterThanOrEqual(0.99);
});

test('case and separators weigh little', () => {
  expect(nearest('batchSize', keys)).toBe('batch_size');
  expect(nearest('dense', layers)).toBe('Dense');
  expect(nearest('conv2d', layers)).toBe('Conv2D');
  expect(nearest('BATCH-SIZE', keys)).toBe('batch_size');
});

test('a swap of neighbours is one slip', () => {
  expect(nearest('unist', keys)).toBe('units');
});

test('nothing is near what is far', () => {
  expect(nearest('zebra', keys)).toBeUndefined();
  expect(nearest('', keys)).toBeUndefined();
  expect(didYouMean('zebra', keys)).toEqual([]);
  expect(didYouMeanOr('zebra', ['units', 'activation'], 'options of Dense')).toEqual([
    'options of Dense: units, activation',
  ]);
  expect(didYouMeanOr('unitz', keys, 'options of Dense')).toEqual(['did you mean `units`?']);
});

test('a word of a million letters costs nothing', () => {
  expect(nearest('x'.repeat(1_000_000), keys)).toBeUndefined();
});

test('initials stand for the only name that has them', () => {
  const names = ['learning_rate', 'beta_1', 'beta_2', 'epsilon'];
  expect(nearest('lr', names)).toBe('learning_rate');
  expect(nearest('LR', names)).toBe('learning_rate');
  expect(nearest('lr', [...names, 'last_row'])).toBeUndefined();
  expect(nearest('e', names)).toBeUndefined();
});

test('a word that leaves parts of a name out is that name, though another has more of its letters', () => {
  const names = ['binary_crossentropy', 'sparse_categorical_crossentropy', 'categorical_crossentropy'];
  expect(nearest('sparse_crossentropy', names)).toBe('sparse_categorical_crossentropy');
  expect(nearest('crossentropy_sparse', names)).not.toBe('sparse_categorical_crossentropy');
  expect(nearest('binary_crosentropy', names)).toBe('binary_crossentropy');
});
