import { expect, test } from 'vitest';
import { compile } from '../../../src/compiler/compile.js';
import { indexReaders } from '../../../src/compiler/indices.js';
import { Failure } from '../../../src/diagnostics/report.js';
import { Source } from '../../../src/diagnostics/source.js';

/** The Inputs that Embeddings read, or what is refused. */
function readOf(layers: string): string[] {
  try {
    const text = `model Net {\n  tokens = Input(32)\n  ${layers}\n  Flatten\n  label = Dense(2)\n}
data { source: sequences(train: 300, test: 100); validation: 50 }
train { loss: sparse_categorical_crossentropy(from_logits: true); epochs: 1 }`;
    const { network } = compile(new Source('net.dn', text));
    return indexReaders(network.graph).flatMap(({ below, origins }) => origins.map(({ name }) => `${name} ${below}`));
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    return error.diagnostics.map((one) => `${one.code}: ${one.message}`);
  }
}

test.each([
  'Embedding(10, 4)',
  'Reshape(4, 8); Flatten; Embedding(10, 4)',
  'Reshape(4, 8); Permute(2, 1); Embedding(10, 4)',
  'Slice(0, 10); Embedding(10, 4)',
  'RepeatVector(2); Embedding(10, 4)',
  'left, right = Split(2); both = Concatenate <- right, left; Embedding(10, 4)',
  'Reshape(8, 4); ZeroPadding1D(1); Cropping1D(2); Embedding(10, 4)',
  'Reshape(4, 8); TimeDistributed(Embedding(10, 4))',
  'Reshape(4, 8); TimeDistributed(Reshape(2, 4)); Embedding(10, 4)',
])('indices are followed through what hands them on: %s', (layers) => {
  expect(readOf(layers)).toEqual(['tokens 10']);
});

test.each([
  ['Rescaling(0.5); Embedding(10, 4)', 'rescaling_1 (Rescaling)'],
  ['soft = Dense(8); Embedding(10, 4)', 'soft (Dense)'],
  ['Dropout(0.5); Reshape(4, 8); Embedding(10, 4)', 'dropout_1 (Dropout)'],
  ['Reshape(4, 8); TimeDistributed(Dense(3)); Embedding(10, 4)', 'time_distributed_1 (TimeDistributed)'],
  ['half = Rescaling(0.5); both = Concatenate <- tokens, half; Embedding(10, 4)', 'half (Rescaling)'],
])('an Embedding of what is computed is refused: %s', (layers, from) => {
  expect(readOf(layers)).toEqual([
    `indices-computed: embedding_1 reads whole numbers of the data, as indices; it is given what ${from} computes`,
  ]);
});
