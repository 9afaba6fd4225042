import { describe, expect, it } from 'vitest';
import { lower, spec } from './harness.js';

const text = `let width = 300
model Net {
  image = Input(784)
  fc1 = Dense(width, activation: leaky_relu(0.2))
  Dense(10)
}
data { source: mnist; validation: 10% }
train { loss: sparse_categorical_crossentropy(from_logits: true); optimizer: sgd(0.1); steps: 2k }
`;

describe('--set', () => {
  it('changes lets, arguments of layers and keys of sections', () => {
    const { spec: changed, lines } = lower(text, [
      'width=600 / 2',
      'model.fc1.use_bias=false',
      'model.fc1.activation.negative_slope=0.3',
      'model.dense_2.units = width / 3',
      'train.batch_size=64',
      'train.optimizer.momentum=0.9',
      'data.validation=5k',
    ]);
    expect(lines).toEqual([]);
    const [, fc1, dense] = changed!.model.layers;
    expect(fc1!.arguments).toMatchObject({
      units: 300,
      use_bias: false,
      activation: { word: 'leaky_relu', arguments: { negative_slope: 0.3 } },
    });
    expect(dense!.arguments.units).toBe(100);
    expect(changed!.train.phases[0]).toMatchObject({ batch_size: 64 });
    expect(changed!.train.phases[0]!.optimizer.arguments).toMatchObject({ learning_rate: 0.1, momentum: 0.9 });
    expect(changed!.data.validation).toEqual({ word: 'count', arguments: { rows: 5000 } });
    expect(changed!.sets.map((set) => set.address)).toContain('model.fc1.use_bias');
  });

  it('gives the same spec as the text that says it', () => {
    expect(lower(text, ['width=200']).spec!.hash).toBe(lower(text.replace('= 300', '= 200')).spec!.hash);
  });

  it('replaces a length by one in another unit', () => {
    const { spec: changed, lines } = lower(text, ['train.epochs=3']);
    expect(lines).toEqual([]);
    expect(changed!.train.phases[0]!.length).toEqual({ amount: 3, unit: 'epochs' });
  });

  it('lets a later one of the same address win', () => {
    expect(lower(text, ['width=5', 'width=7']).spec!.model.layers[1]!.arguments.units).toBe(7);
  });

  it('reports what is wrong at its place on the command line', () => {
    const at = (set: string) => lower(text, [set]).lines;
    expect(at('model.fc1.units=three')).toEqual([
      'word-for-number @--set three: a number is due here, and `three` is no `let` (a word that stands for a number needs a `let`: `let three = 300`; this file has `width`)',
    ]);
    expect(at('train.engine=tfjs-wasm')).toEqual([
      `unquoted-hyphen @--set tfjs-wasm: \`tfjs-wasm\` without quotes is a subtraction, and \`tfjs\` is no \`let\` (a text with a hyphen stands in quotes: --set 'train.engine="tfjs-wasm"', the outer ones for the shell)`,
    ]);
    expect(at('model.fc1.unitz=3')).toEqual([
      'unknown-argument @--set model.fc1.unitz: `Dense` has no argument `unitz` [did you mean `units`?] (arguments of Dense: `units`, `activation`, `use_bias`, `kernel_initializer`, `bias_initializer`, `trainable`)',
    ]);
    expect(at('model.fc3.units=3')).toEqual([
      'unknown-address @--set model.fc3.units: `--set model.fc3.units` hits nothing: the model has no layer `fc3` [did you mean `model.fc1`?] (layers: `image`, `fc1`, `dense_2`)',
    ]);
    expect(at('wdith=3')).toEqual([
      'unknown-address @--set wdith: `--set wdith` hits nothing: there is no `let` or section `wdith` [did you mean `width`?] (`let`s: `width`; sections: `data`, `train`, `simplify`, `sweep`, `weights`, `model`)',
    ]);
    expect(at('epochs=3')).toEqual([
      'unknown-address @--set epochs: `--set epochs` hits nothing: there is no `let` or section `epochs` (it is a key of `train`: --set train.epochs=…; `let`s: `width`; sections: `data`, `train`, `simplify`, `sweep`, `weights`, `model`)',
    ]);
    expect(at('train.batchsize=3').map((one) => one.slice(0, 80))).toEqual([
      'unknown-key @--set train.batchsize: `train` has no key `batchsize` [did you mean',
    ]);
    expect(at('train.batch_size=0')).toEqual([
      'out-of-range @--set 0: `batch_size` of `train` must be from 1 to 1,048,576, and this is 0',
    ]);
    expect(at('train.batch_size.x=3')).toHaveLength(1);
    expect(at('model.fc1=3')).toHaveLength(1);
    expect(at('width.x=3')).toHaveLength(1);
    expect(at('model=3')).toHaveLength(1);
    expect(at('train.metrics.x=3')).toHaveLength(1);
    expect(at('width')).toHaveLength(1);
    expect(at('width=')).toHaveLength(1);
    expect(at('=3')).toHaveLength(1);
    expect(at('width=3 +')).toHaveLength(1);
  });

  it('reaches into a section that the spec leaves out', () => {
    const { spec: changed, lines } = lower(spec('x = Input(4)\nDense(3)'), ['simplify.threshold=weight(0.01)']);
    expect(lines).toEqual([]);
    expect(changed!.simplify.threshold).toEqual({ kind: 'weight', value: 0.01 });
  });
});
