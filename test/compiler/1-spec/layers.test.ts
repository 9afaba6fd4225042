import { methods } from '../../../src/sparsity/index.js';
import { describe, expect, it } from 'vitest';
import { snakeCase } from '../../../src/compiler/1-spec/names.js';
import { lower, marks, spec } from './harness.js';

/** Annotations of the layers that have some: `dropneuron(lambda 1, li 2)`, written arguments only by name given. */
function annotations(model: string): Record<string, Record<string, unknown>> {
  const { spec: lowered, lines } = lower(
    `${model}\ndata { source: mnist }\ntrain { loss: mse; phases { a { epochs: 1 }; b { epochs: 2 } } }\nsimplify { finetune { epochs: 1 } }`,
  );
  expect(lines).toEqual([]);
  return Object.fromEntries(
    lowered!.model.layers
      .filter((layer) => layer.annotations.length > 0)
      .map((layer) => [layer.name, Object.fromEntries(layer.annotations.map((one) => [one.word, one.arguments]))]),
  );
}

describe('names', () => {
  it('are those of Keras', () => {
    expect(['Dense', 'Conv2D', 'GlobalAveragePooling2D', 'LSTM', 'BatchNormalization'].map(snakeCase)).toEqual([
      'dense',
      'conv2d',
      'global_average_pooling2d',
      'lstm',
      'batch_normalization',
    ]);
  });

  it('count every layer of a kind, named or not', () => {
    const { spec: lowered } = lower(spec('Input(4)\nfirst = Dense(3)\nDense(3)\nDropout(0.5)\nlast = Dense(2)'));
    expect(lowered!.model.layers.map((layer) => layer.name)).toEqual([
      'input_1',
      'first',
      'dense_2',
      'dropout_1',
      'last',
    ]);
  });

  it('clash with a report', () => {
    expect(marks(lower(spec('x = Input(4)\ndense_2 = Dense(3)\nDense(3)\nx = Dense(3)')))).toEqual([
      'automatic-name dense_2',
      'duplicate-layer x',
    ]);
  });
});

describe('arguments', () => {
  it('take their names from their places', () => {
    const { spec: lowered, lines } = lower(spec('x = Input(28, 28, 1)\nFlatten\nd = Dense(10, relu, use_bias: false)'));
    expect(lines).toEqual([]);
    expect(lowered!.model.layers.map((layer) => layer.arguments)).toMatchObject([
      { shape: [28, 28, 1] },
      {},
      { units: 10, activation: { word: 'relu' }, use_bias: false, bias_initializer: { word: 'zeros' } },
    ]);
    const { places } = lowered!.model.layers[2]!;
    expect(Object.keys(places)).toEqual(['units', 'activation', 'use_bias']);
    expect(places.units!.source.text.slice(places.units!.start, places.units!.end)).toBe('10');
  });

  it('are refused when unknown, missing, given twice or too many', () => {
    expect(
      marks(
        lower(
          spec('x = Input(4)\nDense\nDense(3, units: 3)\nDense(3, unitz: 3)\nDropout(0.1, 0.2)\nDense(units: 3, relu)'),
        ),
      ),
    ).toEqual([
      'missing-argument Dense',
      'argument-twice units',
      'unknown-argument unitz',
      'too-many-arguments 0.2',
      'positional-after-named relu',
    ]);
  });

  it('must fit their schema', () => {
    expect(
      marks(
        lower(
          spec(
            'x = Input(4)\nDense("300")\nDense(3, use_bias: 1)\nDense([3])\nDense(0)\nDropout(1)\nDense(5 units)\nDense(3, activation: "relu")\nDense(3, activation: adam)',
          ),
        ),
      ),
    ).toEqual([
      'wrong-type "300"',
      'wrong-type 1',
      'wrong-type [3]',
      'out-of-range 0',
      'out-of-range 1',
      'unit-mismatch 5 units',
      'wrong-type "relu"',
      'unknown-word adam',
    ]);
  });

  it('expand ranges of indices', () => {
    const { spec: lowered, lines } = lower(spec('x = Input(784, keep: [3, 98..101, 600])\nDense(2)'));
    expect(lines).toEqual([]);
    expect(lowered!.model.layers[0]!.arguments.keep).toEqual([3, 98, 99, 100, 101, 600]);
    expect(marks(lower(spec('x = Input(784, keep: [5..2, 1..1e12, 1.5..2])\nDense(2)')))).toEqual([
      'index-range 5..2',
      'too-many-units 1..1e12',
      'index-range 1.5..2',
    ]);
    expect(marks(lower(spec('x = Input(784, keep: [1, 3..5, 4])\nDense(2)')))).toEqual(['out-of-range [1, 3..5, 4]']);
    expect(marks(lower(spec('x = Input(784, keep: [1.5])\nDense(2)')))).toEqual(['wrong-type 1.5']);
  });

  it('are refused before memory is reserved for them', () => {
    expect(lower(spec('x = Input(4)\nDense(1e12)')).lines).toEqual([
      'too-many-units @1e12: `units` of `dense_1` asks for 1,000,000,000,000 units, and a layer may have at most 1,000,000 (if it is meant, raise the limit with the environment variable DNC_MAX_UNITS)',
    ]);
    expect(marks(lower(spec('x = Input(4096, 4096)\nDense(1)')))).toEqual(['too-many-units 4096, 4096']);
  });

  it('do not take regularizers, nor the layer itself', () => {
    expect(lower(spec('x = Input(4)\nDense(3, kernel_regularizer: l2(1e-4))')).lines).toEqual([
      'regularizer-argument @kernel_regularizer: `kernel_regularizer` is written as an annotation: `@l2(…)` behind the layer [write `@l2(…)` behind the layer] (annotations: ' +
        `${Object.keys(methods)
          .map((method) => `\`@${method}\``)
          .join(', ')})`,
    ]);
    expect(marks(lower(spec('x = Input(4)\nd = Dense(3) <- d')))).toEqual(['self-reference d']);
  });

  it('do not take masks', () => {
    expect(lower(spec('x = Input(4)\nEmbedding(9, 2, mask_zero: true)\nMasking')).lines).toEqual([
      'no-masks @mask_zero: `mask_zero`: dnc has no masks of steps (leave the argument out; dnc explain no-masks)',
      'no-masks @Masking: `Masking`: dnc has no masks of steps (leave the layer out; dnc explain no-masks)',
    ]);
  });

  it('do not make a vector for each of a trillion indices', () => {
    expect(marks(lower(spec('x = Input(4)\nEmbedding(1e12, 8)')))).toEqual(['too-many-units 1e12']);
  });

  it('may be lists of numbers that are no extents', () => {
    const call = 'Normalization(mean: [40k, 60k, 1e9, -2], variance: [1, 1, 1, 1])';
    expect(lower(spec(`x = Input(4)\n${call}`)).lines).toEqual([]);
    expect(lower(spec('x = Input(4k)\na, b = Split([1k, 3k])\nConcatenate <- a, b')).lines).toEqual([]);
  });
});

describe('annotations', () => {
  it('are merged argument by argument, layer over model', () => {
    const found = annotations(
      'model Net @dropneuron(1e-4, during: a) @l1(1e-5) {\nx = Input(4)\nFlatten\nfc = Dense(3) @dropneuron(li: 0.5, during: [b, finetune]) @l2(0.1)\nplain = Dense(3)\nout = Dense(2) @dropneuron(off)\n}',
    );
    expect(Object.keys(found)).toEqual(['fc', 'plain', 'out']);
    expect(Object.keys(found.fc!)).toEqual(['dropneuron', 'l1', 'l2']);
    expect(found.fc!.dropneuron).toMatchObject({ lambda: 1e-4, li: 0.5, during: ['b', 'finetune'] });
    expect(found.plain!.dropneuron).toMatchObject({ lambda: 1e-4, during: 'a' });
    expect(found.plain!.dropneuron).not.toHaveProperty('li');
    expect(Object.keys(found.out!)).toEqual(['l1']);
  });

  it('need a layer with weights, once, and known words and phases', () => {
    expect(
      marks(
        lower(
          `model Net @l2(0.1, during: nope) @foo @l1(1) @l1(2) {\nx = Input(4)\nFlatten @l1(1)\na = Dense(3) @l2(1) @l2(2)\nb = Dense(3)\n}\ndata { source: mnist }\ntrain { loss: mse; epochs: 1 }`,
        ),
      ),
    ).toEqual([
      'unknown-phase nope',
      'unknown-annotation foo',
      'annotation-twice l1(2)',
      'annotation-without-kernel l1(1)',
      'annotation-twice l2(2)',
    ]);
  });

  it('may need one of several arguments', () => {
    expect(lower(spec('x = Input(4)\nDense(3) @dropneuron(solver: gradient)')).lines).toEqual([
      'missing-one-of @dropneuron(solver: gradient): `@dropneuron` needs at least one of `lambda`, `li`, `lo`',
    ]);
    expect(marks(lower(spec('x = Input(4)\nDense(3) @dropneuron(lambda: three)')))).toEqual(['word-for-number three']);
    expect(marks(lower(spec('x = Input(4)\nDense(3) @dropneuron(delta: 0)')))).toEqual([
      'missing-one-of dropneuron(delta: 0)',
      'out-of-range 0',
    ]);
  });

  it('of the model report a mistake once, whatever the number of layers', () => {
    const found = lower(
      `model Net @l1(-1) {\nx = Input(4)\nDense(3)\nDense(3)\nDense(3)\n}\ndata { source: mnist }\ntrain { loss: mse; epochs: 1 }`,
    );
    expect(marks(found)).toEqual(['out-of-range -1']);
  });
});

it('lowers ten thousand layers', () => {
  const body = Array.from({ length: 10_000 }, () => 'Dense(3, activation: relu) @l1(1e-5)').join('\n');
  const { spec: lowered, lines } = lower(spec(`x = Input(4)\n${body}`));
  expect(lines).toEqual([]);
  expect(lowered!.model.layers).toHaveLength(10_001);
});
