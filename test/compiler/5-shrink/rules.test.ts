import { describe, expect, it } from 'vitest';
import { lowerDims, paramShape } from '../../../src/compiler/3-dims/index.js';
import { Reports } from '../../../src/diagnostics/report.js';
import { allParams } from '../../../src/ir/graph.js';
import { initialValues } from '../../../src/runtime/weights/initial-values.js';
import { originalsOfNetwork } from '../../../src/runtime/weights/model-weights.js';
import { Plant, plant } from './plant.js';

/** Every row of the table of rules: which units go, what holds their values, and which stay for which reason. */

const ZEROS = /pads with zeros, so no bias can take its place/;

describe('valid convolutions', () => {
  const NET = `
    image = Input(6, 6, 2)
    conv1 = Conv2D(5, 3, activation: relu)
    conv2 = Conv2D(4, 3, activation: relu)
    flat = Flatten
    out = Dense(3)`;

  it('fold a constant filter into the bias of the filters that read it', () => {
    const it = plant(NET, 1).noInput('conv1', [1], 0.5).noReader('conv2', [2]).shrink();
    expect(it.left('conv1')).toEqual([0, 2, 3, 4]);
    expect(it.left('conv2')).toEqual([0, 1, 3]);
    expect(it.result.folded).toMatchObject([
      { reader: 'conv2', param: 'conv2.bias', constants: [{ layer: 'conv1', index: 1, value: 0.5 }], added: false },
    ]);
    expect(it.argument('conv1', 'filters')).toBe(4);
    expect(it.result.values.get('conv2.kernel')).toHaveLength(9 * 4 * 3);
    expect(it.result.values.get('out.kernel')).toHaveLength(4 * 3 * 3);
  });

  it('and what flattens them does, position by position', () => {
    const it = plant(NET, 2).noInput('conv2', [0], 0.25).shrink();
    expect(it.left('conv2')).toEqual([1, 2, 3]);
    expect(it.result.folded[0]!.param).toBe('out.bias');
    expect(it.argument('flat', 'keep')).toBeUndefined();
  });

  it('of one input channel that nothing reads keep the others', () => {
    const it = plant(NET, 3).noReader('image', [0]).shrink();
    expect(it.left('image')).toEqual([1]);
    expect(it.argument('image', 'keep')).toEqual([1]);
  });

  it('drop single positions of a flattened map, and count them in the map that is left', () => {
    const it = plant(NET, 4).noReader('conv2', [3]).noReader('flat', [0, 5]).shrink();
    expect(it.left('conv2')).toEqual([0, 1, 2]);
    expect(it.argument('flat', 'keep')).toEqual([1, 2, 3, 5, 6, 7, 8, 9, 10, 11]);
  });
});

describe('convolutions that add zeros', () => {
  const net = (activation: string) => `
    image = Input(5, 5, 2)
    conv1 = Conv2D(5, 3, activation: ${activation})
    conv2 = Conv2D(4, 3, padding: same, activation: tanh)
    pool = GlobalAveragePooling2D
    out = Dense(3)`;

  it('let a zero go', () => {
    const it = plant(net('relu'), 5).noInput('conv1', [1], -0.5).shrink();
    expect(it.left('conv1')).toEqual([0, 2, 3, 4]);
    expect(it.result.folded).toEqual([]);
  });

  it('keep one constant unit for all that are, the one that is largest', () => {
    const it = plant(net('linear'), 6)
      .noInput('conv1', [0], 0.5)
      .noInput('conv1', [2], -2)
      .noInput('conv1', [3], 1)
      .shrink();
    expect(it.left('conv1')).toEqual([1, 2, 4]);
    expect(it.result.folded).toMatchObject([
      {
        reader: 'conv2',
        param: 'conv2.kernel',
        carrier: { layer: 'conv1', index: 2 },
        constants: [{ index: 0 }, { index: 3 }],
      },
    ]);
    expect(it.pins('conv1')).toEqual([expect.stringMatching(ZEROS)]);
  });

  it('keep a lone constant unit, and say why', () => {
    const it = plant(net('linear'), 7).noInput('conv1', [2], 1.5).shrink();
    expect(it.result.changed).toBe(false);
    expect(it.pins('conv1')).toEqual([expect.stringMatching(ZEROS)]);
  });

  it('take one carrier for two that read the same units, the one whose smaller value is largest', () => {
    const it = plant(
      `image = Input(5, 5, 2)
       conv1 = Conv2D(4, 3)
       a = Conv2D(3, 3, padding: same, activation: tanh) <- conv1
       scaled = Rescaling(-1, offset: 2) <- conv1
       b = Conv2D(3, 3, padding: same, activation: tanh)
       both = Concatenate <- a, b
       pool = GlobalAveragePooling2D
       out = Dense(2)`,
      8,
    )
      .noInput('conv1', [0], 1.9)
      .noInput('conv1', [1], 1)
      .noInput('conv1', [3], 0.5)
      .shrink();
    // 1.9 is 0.1 for b, and 1 is 1 for both; 0.5 is 1.5 for b.
    expect(it.left('conv1')).toEqual([1, 2]);
  });

  it('keep all where no unit is other than 0 for every reader', () => {
    const it = plant(
      `image = Input(5, 5, 2)
       conv1 = Conv2D(3, 3)
       a = Conv2D(3, 3, padding: same, activation: tanh) <- conv1
       moved = Rescaling(1, offset: -1) <- conv1
       b = Conv2D(3, 3, padding: same, activation: tanh)
       both = Concatenate <- a, b
       pool = GlobalAveragePooling2D
       out = Dense(2)`,
      9,
    )
      .noInput('conv1', [0], 1)
      .noInput('conv1', [1], 0)
      .shrink();
    expect(it.left('conv1')).toEqual([0, 1, 2]);
  });

  it('of a grouped convolution keep all: filters of one group do not read the units of another', () => {
    const it = plant(
      `image = Input(5, 5, 2)
       conv1 = Conv2D(4, 3)
       conv2 = Conv2D(4, 3, groups: 2, padding: same, activation: tanh)
       pool = GlobalAveragePooling2D
       out = Dense(2)`,
      9,
    )
      .noInput('conv1', [0], 1)
      .noInput('conv1', [2], 2)
      .shrink();
    expect(it.left('conv1')).toEqual([0, 1, 2, 3]);
  });

  it('of a transposed convolution too', () => {
    const it = plant(
      `image = Input(4, 4, 2)
       conv1 = Conv2D(4, 3)
       up = Conv2DTranspose(3, 3, strides: 2, activation: tanh)
       pool = GlobalAveragePooling2D
       out = Dense(2)`,
      10,
    )
      .noInput('conv1', [0], 1)
      .noInput('conv1', [1], 3)
      .noReader('up', [2])
      .shrink();
    expect(it.left('conv1')).toEqual([1, 2, 3]);
    expect(it.left('up')).toEqual([0, 1]);
  });

  it('of a causal convolution over steps too', () => {
    const it = plant(
      `series = Input(6, 3)
       each = Dense(4)
       conv = Conv1D(3, 2, padding: causal, activation: relu)
       pool = GlobalMaxPooling1D
       out = Dense(2)`,
      11,
    )
      .noInput('each', [0, 2], 1)
      .shrink();
    expect(it.left('each')).toEqual([0, 1, 3]);
  });
});

describe('explicit zero padding', () => {
  const net = (reader: string) => `
    image = Input(4, 4, 2)
    conv1 = Conv2D(4, 2)
    wide = ZeroPadding2D(1)
    ${reader}
    flat = Flatten
    out = Dense(3)`;

  it('keeps one constant unit for all at the convolution behind it', () => {
    const it = plant(net('conv2 = Conv2D(4, 2, activation: tanh)'), 70)
      .noInput('conv1', [0], 0.5)
      .noInput('conv1', [2], -2)
      .noInput('conv1', [3], 0)
      .shrink();
    expect(it.left('conv1')).toEqual([1, 2]);
    expect(it.result.folded).toMatchObject([
      { reader: 'conv2', param: 'conv2.kernel', carrier: { layer: 'conv1', index: 2 }, constants: [{ index: 0 }] },
    ]);
    expect(it.pins('conv1')).toEqual([expect.stringMatching(ZEROS)]);
  });

  it('keeps one behind functions of single elements, too', () => {
    const it = plant(net('act = ReLU\n drop = Dropout(0.5)\n conv2 = Conv2D(4, 2, padding: same)'), 73)
      .noInput('conv1', [0], 0.5)
      .noInput('conv1', [2], -2)
      .noInput('conv1', [3], 2)
      .shrink();
    // Of relu of -2 nothing is left; 2 stands for 0.5.
    expect(it.left('conv1')).toEqual([1, 3]);
    expect(it.result.folded).toMatchObject([
      { reader: 'conv2', param: 'conv2.kernel', carrier: { layer: 'conv1', index: 3 }, constants: [{ index: 0 }] },
    ]);
  });

  it('keeps one where the border is no longer 0, and the bias takes what is the same at all places', () => {
    const it = plant(net('norm = BatchNormalization\n act = Activation(sigmoid)\n conv2 = Conv2D(4, 2)'), 74)
      .noInput('conv1', [0], 0.5)
      .noInput('conv1', [2], -2)
      .noInput('conv1', [3])
      .shrink();
    // Unit 3 is one number inside and at the border.
    expect(it.left('conv1')).toHaveLength(2);
    expect(it.left('conv1')[0] === 1 || it.left('conv1')[1] === 1).toBe(true);
    const params = it.result.folded.map(({ param }) => param);
    expect(params).toEqual(['conv2.kernel', 'conv2.bias']);
    expect(it.result.folded[1]!.constants.map(({ index }) => index)).toContain(3);
  });

  it('keeps units with another border than 0 at a convolution that pads by itself: there are three numbers', () => {
    const it = plant(net('act = Activation(sigmoid)\n conv2 = Conv2D(4, 2, padding: same)'), 75)
      .noInput('conv1', [0], 0.5)
      .noInput('conv1', [2], -2)
      .shrink();
    expect(it.left('conv1')).toEqual([0, 1, 2, 3]);
  });

  it('a batch norm of factor 0 behind it leaves one number, for one carrier at a convolution that pads by itself', () => {
    const it = plant(net('norm = BatchNormalization\n conv2 = Conv2D(4, 2, padding: same)'), 76)
      .set('norm.gamma', { 0: 0, 2: 0 })
      .set('norm.beta', { 0: 0.5, 2: -2 })
      .shrink();
    expect(it.left('conv1')).toEqual([1, 2, 3]);
  });

  it('a carrier for each padding at which constants begin', () => {
    const it = plant(
      net(`norm = BatchNormalization
           more = ZeroPadding2D(1)
           conv2 = Conv2D(4, 2)`).replaceAll('Conv2D(4, 2)\n    wide', 'Conv2D(7, 2)\n    wide'),
      77,
    )
      // Constants 0 and 1 inside of the first padding, and 0 beside it; 2 and 3 within the second.
      .noInput('conv1', [0, 1], 0.5)
      .set('conv1.bias', { 1: 2 })
      .set('norm.moving_mean', { 0: 0, 1: 0 })
      .set('norm.beta', { 0: 0, 1: 0, 2: 3, 3: 1 })
      .set('norm.gamma', { 2: 0, 3: 0 })
      .shrink();
    expect(it.left('conv1')).toEqual([1, 2, 4, 5, 6]);
    expect(it.result.folded).toMatchObject([
      { carrier: { layer: 'conv1', index: 1 }, constants: [{ index: 0 }] },
      { carrier: { layer: 'conv1', index: 2 }, constants: [{ index: 3 }] },
    ]);
  });

  it('also where the convolution pads once more, and at what reads every place by itself', () => {
    for (const reader of [
      'conv2 = Conv2D(4, 3, padding: same)',
      'more = ZeroPadding2D([0, 1])\nconv2 = Conv2D(4, 2)',
      'conv2 = Dense(4)',
      'conv2 = Conv2DTranspose(4, 2)',
    ]) {
      const it = plant(net(reader), 71).noInput('conv1', [1], 1).noInput('conv1', [3], 0.25).shrink();
      expect(it.left('conv1'), reader).toEqual([0, 1, 2]);
    }
  });

  it('of series too, and for a recurrent layer', () => {
    const it = plant('x = Input(4, 3)\nd = Dense(4)\nwide = ZeroPadding1D(2)\nrnn = LSTM(3)\nout = Dense(2)', 72)
      .noInput('d', [0, 1, 2], 0.5)
      .shrink();
    expect(it.left('d')).toHaveLength(2);
  });

  it('leaves all where a filter does not read all, or a layer is called elsewhere, too', () => {
    const grouped = plant(net('conv2 = Conv2D(4, 2, groups: 2)'), 73).noInput('conv1', [1, 3], 0.5).shrink();
    expect(grouped.left('conv1')).toEqual([0, 1, 2, 3]);
    const shared = plant(
      `x = Input(4, 3)
       d = Dense(4)
       wide = ZeroPadding1D(1)
       last = Dense(2) <- d
       again = Shared(last) <- wide
       a = GlobalAveragePooling1D <- last
       b = GlobalMaxPooling1D <- again
       out = Concatenate <- a, b`,
      74,
    )
      .noInput('d', [1, 3], 0.5)
      .shrink();
    expect(shared.left('d')).toEqual([0, 1, 2, 3]);
  });
});

describe('layers that hand channels on', () => {
  it.each([
    'MaxPooling2D(2)',
    'AveragePooling2D(2)',
    'Cropping2D(1)',
    'UpSampling2D(2)',
    'Dropout(0.5)',
    'SpatialDropout2D(0.5)',
    'GaussianNoise(0.5)',
    'LeakyReLU',
    'ReLU',
    'Permute([2, 1, 3])',
    'Rescaling(2, offset: 1)',
  ])('%s folds what it makes of a constant', (layer) => {
    const it = plant(
      `image = Input(5, 5, 2)
       conv = Conv2D(4, 2)
       between = ${layer}
       flat = Flatten
       out = Dense(2)`,
      12,
    )
      .noInput('conv', [1], 0.5)
      .noReader('conv', [3])
      .noInput('conv', [2], 0)
      .shrink();
    expect(it.left('conv')).toEqual([0]);
  });

  it('zeros beside constants keep them, padding alone lets zeros go', () => {
    const it = plant(
      `image = Input(4, 4, 2)
       conv1 = Conv2D(4, 2)
       rim = ZeroPadding2D(1)
       conv2 = Conv2D(3, 2)
       pool = GlobalMaxPooling2D
       out = Dense(2)`,
      13,
    )
      .noInput('conv1', [0])
      .noInput('conv1', [1], 1)
      .shrink();
    expect(it.left('conv1')).toEqual([1, 2, 3]);
  });
});

describe('readers without a bias', () => {
  it('get one', () => {
    const it = plant(
      `image = Input(5, 5, 2)
       conv1 = Conv2D(4, 3)
       conv2 = Conv2D(3, 2, use_bias: false, activation: relu)
       pool = GlobalMaxPooling2D
       out = Dense(2)`,
      20,
    )
      .noInput('conv1', [1], 0.5)
      .shrink();
    expect(it.left('conv1')).toEqual([0, 2, 3]);
    expect(it.argument('conv2', 'use_bias')).toBe(true);
    expect(it.result.folded).toMatchObject([{ param: 'conv2.bias', added: true }]);
  });

  it('leave it to the batch norm that alone reads them', () => {
    const it = plant(
      `image = Input(5, 5, 2)
       conv1 = Conv2D(4, 3)
       conv2 = Conv2D(3, 2, use_bias: false)
       norm = BatchNormalization
       act = ReLU
       pool = GlobalMaxPooling2D
       out = Dense(2)`,
      21,
    )
      .noInput('conv1', [1], 0.5)
      .shrink();
    expect(it.left('conv1')).toEqual([0, 2, 3]);
    expect(it.argument('conv2', 'use_bias')).toBe(false);
    expect(it.result.folded).toMatchObject([{ reader: 'conv2', param: 'norm.moving_mean', added: false }]);
  });
});

describe('batch norm', () => {
  const NET = `
    x = Input(5)
    fc = Dense(4)
    norm = BatchNormalization
    act = ReLU
    out = Dense(2)`;

  it('of factor 0 is its offset, and frees its producer', () => {
    const it = plant(NET, 30).set('norm.gamma', { 1: 0 }).set('norm.beta', { 1: 0.75 }).shrink();
    expect(it.left('fc')).toEqual([0, 2, 3]);
    expect(it.result.folded).toMatchObject([{ reader: 'out', constants: [{ index: 1, value: 0.75 }] }]);
    expect(it.result.values.get('norm.moving_mean')).toHaveLength(3);
  });

  it('of a constant is one', () => {
    const it = plant(NET, 31).noInput('fc', [2], 5).shrink();
    expect(it.left('fc')).toEqual([0, 1, 3]);
  });

  it('two on one convolution, and one over a concat', () => {
    const it = plant(
      `image = Input(5, 5, 2)
       conv = Conv2D(4, 2)
       a = BatchNormalization <- conv
       b = BatchNormalization <- conv
       ab = Concatenate <- a, b
       norm = BatchNormalization
       act = ReLU
       flat = Flatten
       out = Dense(2)`,
      32,
    )
      .set('a.gamma', { 0: 0, 1: 0 })
      .set('b.gamma', { 0: 0, 2: 0 })
      .shrink();
    // 0 is constant behind both, 1 and 2 behind one of them alone.
    expect(it.left('conv')).toEqual([1, 2, 3]);
    expect(it.result.values.get('norm.gamma')).toHaveLength(6);
  });
});

describe('layers that mix', () => {
  it.each([
    ['LayerNormalization', /mixes|normalises|LayerNormalization/],
    ['Softmax', /softmax|Softmax/],
  ])('%s keeps all units', (layer, reason) => {
    const it = plant(`x = Input(4)\nfc = Dense(4)\nnorm = ${layer}\nout = Dense(2)`, 40)
      .noInput('fc', [1])
      .noReader('fc', [2])
      .shrink();
    expect(it.result.changed).toBe(false);
    expect(it.pins('fc')[0]).toMatch(reason);
  });

  it('group norm lets whole dead groups go', () => {
    const it = plant(
      `image = Input(4, 4, 2)
       conv = Conv2D(6, 2)
       norm = GroupNormalization(3)
       flat = Flatten
       out = Dense(2)`,
      41,
    )
      .noReader('conv', [2, 3, 4])
      .shrink();
    expect(it.left('conv')).toEqual([0, 1, 4, 5]);
    expect(it.argument('norm', 'groups')).toBe(2);
    expect(it.pins('conv')).toEqual([expect.stringMatching(/group/)]);
  });
});

describe('merges', () => {
  it('add: a unit goes that is unread, or constant in every branch', () => {
    const it = plant(
      `x = Input(4)
       a = Dense(5, activation: tanh) <- x
       b = Dense(5, activation: tanh) <- x
       sum = Add <- a, b
       out = Dense(2)`,
      50,
    )
      .noInput('a', [0, 1], 0.5)
      .noInput('b', [1, 2], -0.25)
      .noReader('sum', [3])
      .shrink();
    expect(it.left('a')).toEqual([0, 2, 4]);
    expect(it.left('b')).toEqual([0, 2, 4]);
  });

  it('add: a residual block that is 0 goes, with its layers', () => {
    const it = plant(
      `x = Input(4)
       stem = Dense(5, activation: tanh)
       inner = Dense(6, activation: relu)
       last = Dense(5)
       sum = Add <- stem, last
       out = Dense(2)`,
      51,
    )
      .noInput('last', [0, 1, 2, 3, 4])
      .shrink();
    expect(it.layers).toEqual(['x', 'stem', 'out']);
    expect(it.inputsOf('out')).toEqual(['stem']);
    expect(it.result.layerEdits).toEqual([
      { kind: 'remove', layer: 'inner' },
      { kind: 'remove', layer: 'last' },
      { kind: 'remove', layer: 'sum' },
      { kind: 'rewire', layer: 'out', inputs: [{ node: 'stem', output: 0 }] },
    ]);
    expect(it.left('inner')).toEqual([]);
  });

  it('add: a residual block that is constant goes where readers hold its value', () => {
    const net = (reader: string) => `
       x = Input(4)
       stem = Dense(5, activation: tanh)
       inner = Dense(6, activation: relu)
       last = Dense(5)
       sum = Add <- stem, last
       ${reader}
       out = Dense(2)`;
    const dense = plant(net('fc = Dense(3, activation: relu)'), 52).noInput('last', [0, 1, 2, 3, 4], 0.5).shrink();
    expect(dense.layers).toEqual(['x', 'stem', 'fc', 'out']);
    expect(dense.result.folded).toMatchObject([{ reader: 'fc', param: 'fc.bias' }]);
    const norm = plant(net('norm = BatchNormalization'), 53).noInput('last', [0, 1, 2, 3, 4], 0.5).shrink();
    expect(norm.layers).toEqual(['x', 'stem', 'norm', 'out']);
    expect(norm.result.folded).toMatchObject([{ reader: 'norm', param: 'norm.moving_mean' }]);
    // Behind relu nothing holds it: the branch stays, with as little as it needs.
    const relu = plant(net('act = ReLU'), 54).noInput('last', [0, 1, 2, 3, 4], 0.5).shrink();
    expect(relu.layers).toEqual(['x', 'stem', 'inner', 'last', 'sum', 'act', 'out']);
    expect(relu.left('inner')).toHaveLength(1);
  });

  it('add: what a batch norm of factor 0 hides needs nothing, though its unit stays', () => {
    const it = plant(
      `x = Input(4)
       stem = Dense(5, activation: tanh)
       inner = Dense(6, activation: relu)
       last = Dense(5)
       norm = BatchNormalization
       sum = Add <- stem, norm
       out = Dense(2)`,
      55,
    );
    it.set('norm.gamma', { 0: 0, 1: 0 });
    // Units 0 and 1 of inner are read by 0 and 1 of last alone.
    const kernel = it.values.get('last.kernel')!;
    for (const row of [0, 1]) for (const column of [2, 3, 4]) kernel[row * 5 + column] = 0;
    const result = it.shrink();
    expect(result.left('last')).toEqual([0, 1, 2, 3, 4]);
    expect(result.left('inner')).toEqual([2, 3, 4, 5]);
  });

  it('subtract: the second branch goes where it is 0, the first one does not', () => {
    const it = plant(
      `x = Input(4)
       a = Dense(3, activation: tanh) <- x
       b = Dense(3) <- x
       left = Subtract <- a, b
       out = Dense(2)`,
      56,
    )
      .noInput('b', [0, 1, 2])
      .shrink();
    expect(it.layers).toEqual(['x', 'a', 'out']);
    const other = plant(
      `x = Input(4)
       a = Dense(3) <- x
       b = Dense(3, activation: tanh) <- x
       left = Subtract <- a, b
       out = Dense(2)`,
      57,
    )
      .noInput('a', [0, 1, 2])
      .shrink();
    expect(other.layers).toContain('left');
  });

  it('multiply: is 0 where any factor is, and needs nothing of the others there', () => {
    const it = plant(
      `x = Input(4)
       before = Dense(6, activation: relu) <- x
       a = Dense(4, activation: relu) <- x
       b = Dense(4) <- before
       product = Multiply <- a, b
       out = Dense(2)`,
      58,
    )
      .noInput('a', [1])
      .shrink();
    expect(it.left('a')).toEqual([0, 2, 3]);
    expect(it.left('b')).toEqual([0, 2, 3]);
  });

  it('multiply: a gate that is 1 everywhere goes', () => {
    const it = plant(
      `x = Input(4)
       a = Dense(3, activation: tanh) <- x
       gate = Dense(3) <- x
       product = Multiply <- a, gate
       out = Dense(2)`,
      59,
    )
      .noInput('gate', [0, 1, 2], 1)
      .shrink();
    expect(it.layers).toEqual(['x', 'a', 'out']);
  });

  it.each(['Average', 'Maximum', 'Minimum'])('%s: constant only where all inputs are', (merge) => {
    const it = plant(
      `x = Input(4)
       a = Dense(4, activation: tanh) <- x
       b = Dense(4, activation: tanh) <- x
       merged = ${merge} <- a, b
       out = Dense(2)`,
      60,
    )
      .noInput('a', [0, 1], 0.5)
      .noInput('b', [1, 2], 0.75)
      .shrink();
    expect(it.left('a')).toEqual([0, 2, 3]);
    expect(it.left('b')).toEqual([0, 2, 3]);
  });

  it('concat: cascaded and split again, every part keeps its own', () => {
    const it = plant(
      `x = Input(4)
       a = Dense(3, activation: tanh) <- x
       b = Dense(4, activation: tanh) <- x
       ab = Concatenate <- a, b
       c = Dense(2, activation: tanh) <- x
       abc = Concatenate <- ab, c
       first, second = Split([5, 4])
       p = Dense(2) <- first
       q = Dense(2) <- second
       both = Add <- p, q`,
      61,
    )
      .noReader('a', [1])
      .noInput('b', [3], 0.5)
      .noReader('c', [0])
      .shrink();
    expect(it.left('a')).toEqual([0, 2]);
    expect(it.left('b')).toEqual([0, 1, 2]);
    expect(it.left('c')).toEqual([1]);
  });

  it('concat: an input of which nothing is left goes, one input left is an edge', () => {
    const it = plant(
      `x = Input(4)
       a = Dense(3, activation: tanh) <- x
       b = Dense(2, activation: tanh) <- x
       ab = Concatenate <- a, b
       out = Dense(2)`,
      62,
    )
      .noReader('b', [0, 1])
      .shrink();
    expect(it.layers).toEqual(['x', 'a', 'out']);
    expect(it.inputsOf('out')).toEqual(['a']);
  });

  it('a dead tower keeps its Input with an empty list', () => {
    const it = plant(
      `left = Input(4)
       a = Dense(3, activation: tanh)
       right = Input(3)
       b = Dense(2, activation: tanh)
       ab = Concatenate <- a, b
       out = Dense(2)`,
      63,
    )
      .noReader('b', [0, 1])
      .shrink();
    expect(it.layers).toEqual(['left', 'a', 'right', 'out']);
    expect(it.argument('right', 'keep')).toEqual([]);
  });

  it('a squeeze-and-excitation gate follows the channels that it multiplies', () => {
    const it = plant(
      `image = Input(4, 4, 2)
       conv = Conv2D(4, 3, activation: relu)
       pool = GlobalAveragePooling2D
       squeeze = Dense(3, activation: relu)
       gate = Dense(4, activation: sigmoid)
       wide = Reshape(1, 1, 4)
       scaled = Multiply <- conv, wide
       flat = Flatten
       out = Dense(2)`,
      64,
    );
    it.noInput('conv', [2], -1);
    const result = it.shrink();
    expect(result.left('conv')).toEqual([0, 1, 3]);
    expect(result.left('gate')).toEqual([0, 1, 3]);
    expect(result.argument('wide', 'target_shape')).toEqual([1, 1, 3]);
  });
});

describe('shared layers', () => {
  const NET = `
    left = Input(4)
    right = Input(4)
    a = Dense(4, activation: tanh) <- left
    b = Shared(a) <- right
    ab = Concatenate <- a, b
    out = Dense(2)`;

  it('keep what any call needs', () => {
    const it = plant(NET, 70);
    const [a, b] = [it.units('a'), it.network.shapes.get('b')![0]![0]!.units];
    expect(b.map((unit) => it.network.dims.find(unit))).toEqual(a.map((unit) => it.network.dims.find(unit)));
    const kernel = it.values.get('out.kernel')!;
    // Unit 1 is read behind neither call, unit 2 behind the second one alone.
    for (const row of [1, 4 + 1, 2]) for (const column of [0, 1]) kernel[row * 2 + column] = 0;
    const result = it.shrink();
    expect(result.left('a')).toEqual([0, 2, 3]);
    expect(result.argument('b', 'units')).toBe(3);
    expect(result.result.edits).toEqual([{ layer: 'a', argument: 'units', before: 4, value: 3 }]);
  });

  it('lose a constant input where it is the same at every call', () => {
    const net = `
      x = Input(4)
      p = Dense(3) <- x
      q = Dense(3) <- x
      a = Dense(4, activation: tanh) <- p
      b = Shared(a) <- q
      ab = Concatenate <- a, b
      out = Dense(2)`;
    const same = plant(net, 71).noInput('p', [1], 0.5).noInput('q', [1], 0.5).shrink();
    expect(same.left('p')).toEqual([0, 2]);
    expect(same.left('q')).toEqual([0, 2]);
    const other = plant(net, 72).noInput('p', [1], 0.5).noInput('q', [1], 0.75).shrink();
    expect(other.left('p')).toEqual([0, 1, 2]);
    expect(other.left('q')).toEqual([0, 1, 2]);
  });
});

describe('groups', () => {
  const NET = `
    image = Input(4, 4, 2)
    conv1 = Conv2D(6, 2, activation: relu)
    conv2 = Conv2D(8, 2, groups: 2, activation: relu)
    flat = Flatten
    out = Dense(2)`;

  it('of a convolution keep as many as the fullest needs', () => {
    const it = plant(NET, 80).noReader('conv1', [0, 1, 4]).noReader('conv2', [1, 2, 7]).shrink();
    // Of the channels 3 and 5 are left in the second group, so the first keeps one of 0 and 1.
    expect(it.left('conv1')).toHaveLength(4);
    expect(it.left('conv1')).toEqual(expect.arrayContaining([2, 3, 5]));
    expect(it.left('conv2')).toHaveLength(6);
    expect(it.pins('conv1')).toEqual([
      expect.stringMatching(/every group of conv2 must have equally many, and the fullest needs so many/),
    ]);
    expect(it.argument('conv2', 'groups')).toBe(2);
  });

  it('of a convolution go as a whole', () => {
    const it = plant(NET, 81).noReader('conv2', [0, 1, 2, 3]).shrink();
    expect(it.left('conv2')).toEqual([4, 5, 6, 7]);
    expect(it.left('conv1')).toEqual([3, 4, 5]);
    expect(it.argument('conv2', 'groups')).toBe(1);
  });

  it.each([
    { gone: [0, 1, 2, 3], channels: [3, 4, 5], filters: [4, 5, 6, 7], of: 'the second of two' },
    { gone: [4, 5, 6, 7], channels: [0, 1, 2], filters: [0, 1, 2, 3], of: 'the first of two' },
    { gone: [0, 1, 2, 3, 5], channels: [3, 4, 5], filters: [4, 6, 7], of: 'some filters of the second of two' },
  ])('that are one group start with the numbers of $of', ({ gone, channels, filters }) => {
    const net = plant(NET, 84);
    const { network } = net.noReader('conv2', gone).shrink().result;
    const before = initialValues(net.network, 5).get('conv2.kernel')!;
    // [2, 2, 3, 8]: a filter reads the channels of its group alone.
    const wanted = Array.from({ length: 4 }, (_, tap) =>
      channels.flatMap((channel) => filters.map((filter) => before[(tap * 3 + (channel % 3)) * 8 + filter]!)),
    ).flat();
    expect([...initialValues(network, 5).get('conv2.kernel')!]).toEqual(wanted);
    // And so does the network that a weights file gives back, and what is left of that one.
    const originals = originalsOfNetwork(network);
    expect(originals['conv2.groups']).toEqual({ indices: [filters[0]! < 4 ? 0 : 1], width: 2 });
    const reports = new Reports();
    const again = lowerDims(network.graph, { originals }, reports);
    expect(reports.failed).toBe(false);
    expect([...initialValues(again, 5).get('conv2.kernel')!]).toEqual(wanted);
    const less = new Plant(again, 85).noReader('conv2', [0]).shrink().result.network;
    const rest = wanted.filter((_, k) => k % filters.length !== 0);
    expect([...initialValues(less, 5).get('conv2.kernel')!]).toEqual(rest);
    expect(paramShape(allParams(less).find(({ name }) => name === 'conv2.kernel')!)).toEqual([
      2,
      2,
      3,
      filters.length - 1,
    ]);
  });

  it('of a convolution of three start with the numbers of the two that are left', () => {
    const net = plant(NET.replace('Conv2D(8, 2, groups: 2', 'Conv2D(9, 2, groups: 3'), 86);
    const { network } = net.noReader('conv2', [3, 4, 5]).shrink().result;
    const before = initialValues(net.network, 5).get('conv2.kernel')!;
    const wanted = [...before].filter((_, place) => ![3, 4, 5].includes(place % 9));
    expect([...initialValues(network, 5).get('conv2.kernel')!]).toEqual(wanted);
    expect(originalsOfNetwork(network)['conv2.groups']).toEqual({ indices: [0, 2], width: 3 });
  });

  it('fold constants into their own filters', () => {
    const it = plant(NET, 82).noInput('conv1', [0, 3], 0.5).shrink();
    expect(it.left('conv1')).toEqual([1, 2, 4, 5]);
    expect(it.result.values.get('conv2.kernel')).toHaveLength(4 * 2 * 8);
  });

  it('and transposed convolutions in series', () => {
    const it = plant(
      `image = Input(3, 3, 2)
       conv1 = Conv2D(4, 2, activation: relu)
       conv2 = Conv2D(4, 1, groups: 2, activation: relu)
       up = Conv2DTranspose(3, 2, activation: relu)
       conv3 = Conv2D(6, 2, groups: 3)
       flat = Flatten
       out = Dense(2)`,
      83,
    )
      .noInput('conv2', [1], -1)
      .noReader('conv2', [2])
      .noReader('conv3', [0, 3, 4])
      .shrink();
    expect(it.left('conv2')).toEqual([0, 3]);
    // One of each group is left.
    expect(it.left('conv3')).toEqual([1, 2, 5]);
  });

  it('a depthwise convolution hands channels on', () => {
    const it = plant(
      `image = Input(4, 4, 2)
       conv = Conv2D(4, 1, activation: relu)
       deep = DepthwiseConv2D(2, activation: relu)
       point = Conv2D(3, 1)
       flat = Flatten
       out = Dense(2)`,
      84,
    );
    it.noReader('conv', [1]).noInput('conv', [3], 0.5);
    const result = it.shrink();
    expect(result.left('conv')).toEqual([0, 2]);
    expect(result.result.values.get('deep.kernel')).toHaveLength(4 * 2);
  });

  it('a separable convolution with a depth multiplier lets a channel go with all that it makes of it', () => {
    const net = `
      image = Input(4, 4, 2)
      conv = Conv2D(4, 1, activation: relu)
      deep = SeparableConv2D(3, 2, depth_multiplier: 2, use_bias: false)
      flat = Flatten
      out = Dense(2)`;
    // pointwise_kernel [1, 1, 4 · 2, 3]: rows 2 and 3 read channel 1, row 4 one of two of channel 2.
    const unread = plant(net, 155)
      .set('deep.pointwise_kernel', Object.fromEntries(Array.from({ length: 9 }, (_, k) => [6 + k, 0])))
      .shrink();
    expect(unread.left('conv')).toEqual([0, 2, 3]);
    expect(unread.result.values.get('deep.depthwise_kernel')).toHaveLength(2 * 2 * 3 * 2);
    expect(unread.result.values.get('deep.pointwise_kernel')).toHaveLength(3 * 2 * 3);
    const constant = plant(net, 156).noInput('conv', [3], 0.5).shrink();
    expect(constant.left('conv')).toEqual([0, 1, 2]);
    expect(constant.argument('deep', 'use_bias')).toBe(true);
    expect(constant.pins('conv')).toEqual([]);
    const padded = plant(net.replace('use_bias: false', 'padding: same'), 157).noInput('conv', [0], 0).shrink();
    expect(padded.left('conv')).toEqual([1, 2, 3]);
  });

  it('a separable convolution makes as many of one channel as it did', () => {
    const it = plant(
      'image = Input(4, 4, 1)\ndeep = SeparableConv2D(3, 2, depth_multiplier: 3)\nflat = Flatten\nout = Dense(2)',
      158,
    )
      .set('deep.pointwise_kernel', { 3: 0, 4: 0, 5: 0 })
      .shrink();
    expect(it.result.values.get('deep.pointwise_kernel')).toHaveLength(9);
  });

  it('with a depth multiplier keeps the channels of one together', () => {
    const it = plant(
      `image = Input(4, 4, 2)
       conv = Conv2D(3, 1, activation: relu)
       deep = DepthwiseConv2D(2, depth_multiplier: 2)
       point = Conv2D(3, 1)
       flat = Flatten
       out = Dense(2)`,
      85,
    )
      .noReader('deep', [0, 1, 3])
      .shrink();
    expect(it.left('conv')).toEqual([1, 2]);
    expect(it.result.values.get('point.kernel')).toHaveLength(4 * 3);
  });
});

describe('recurrent layers', () => {
  it.each(['SimpleRNN', 'LSTM', 'GRU'])('%s: a cell goes that nobody reads, or that is always 0', (kind) => {
    const it = plant(
      `series = Input(4, 3)
       first = ${kind}(4, return_sequences: true)
       second = ${kind}(3)
       out = Dense(2)`,
      90,
    )
      .noReader('first', [1])
      .noReader('series', [2])
      .noInput('second', [0])
      .shrink();
    expect(it.left('series')).toEqual([0, 1]);
    expect(it.left('first')).toEqual([0, 2, 3]);
    expect(it.left('second')).toEqual([1, 2]);
  });

  it.each(['SimpleRNN', 'LSTM', 'GRU'])('%s: cells that feed only each other go', (kind) => {
    const it = plant(`series = Input(4, 3)\nrnn = ${kind}(4)\nout = Dense(2)`, 91);
    it.noReader('rnn', [1, 2], 'out');
    // Of the other cells none reads them.
    const param = it.param('rnn.recurrent_kernel');
    const data = it.values.get(param.name)!;
    const perRow = data.length / 4;
    for (const row of [1, 2]) for (let k = 0; k < perRow; k++) if (![1, 2].includes(k % 4)) data[row * perRow + k] = 0;
    expect(it.shrink().left('rnn')).toEqual([0, 3]);
  });

  it.each(['SimpleRNN', 'LSTM', 'GRU'])('%s: a constant input goes into its bias', (kind) => {
    const it = plant(`series = Input(4, 3)\neach = Dense(3, activation: tanh)\nrnn = ${kind}(3)\nout = Dense(2)`, 92)
      .noInput('each', [1], 0.5)
      .shrink();
    expect(it.left('each')).toEqual([0, 2]);
    expect(it.result.folded).toMatchObject([{ reader: 'rnn', param: 'rnn.bias' }]);
  });

  it('an LSTM with a constant gate and a state that grows stays', () => {
    const it = plant(`series = Input(4, 3)\nrnn = LSTM(3)\nout = Dense(2)`, 93).noInput('rnn', [1], 0.5).shrink();
    expect(it.left('rnn')).toEqual([0, 1, 2]);
  });
});

describe('embeddings', () => {
  it('lose a column that is the same for all words, and no word', () => {
    const it = plant(
      `words = Input(5)
       vectors = Embedding(7, 4)
       rnn = GRU(3)
       out = Dense(2)`,
      95,
    );
    for (let word = 0; word < 7; word++) it.set('vectors.embeddings', { [word * 4 + 1]: 0.5 });
    const result = it.shrink({ whole: { words: 7 } });
    expect(result.left('vectors')).toEqual([0, 2, 3]);
    expect(result.result.values.get('vectors.embeddings')).toHaveLength(7 * 3);
  });
});

describe('units that stand several times on an axis', () => {
  const towers = (reader: string) => `
    left = Input(4, 4, 2)
    right = Input(4, 4, 2)
    tower = Conv2D(6, 2, activation: tanh) <- left
    other = Shared(tower) <- right
    product = Multiply <- tower, other
    difference = Subtract <- tower, other
    both = Concatenate <- product, difference, tower
    ${reader}
    flat = Flatten
    out = Dense(2)`;

  it('go where they are another constant at each place: what two calls of a layer give is multiplied and subtracted', () => {
    const it = plant(towers('reader = Conv2D(3, 2)'), 120);
    for (const [unit, value] of [
      [1, 0.5],
      [2, -2],
      [4, 0],
    ] as const)
      it.noInput('tower', [unit], value);
    const result = it.shrink();
    expect(result.left('tower')).toEqual([0, 3, 5]);
    expect(result.result.folded).toMatchObject([{ reader: 'reader', param: 'reader.bias' }]);
  });

  it('have one that stands for all beside zeros', () => {
    const it = plant(towers('reader = Conv2D(3, 2, padding: same)'), 121);
    it.noInput('tower', [1], 0.5).noInput('tower', [2], -2);
    const result = it.shrink();
    expect(result.left('tower')).toEqual([0, 2, 3, 4, 5]);
    expect(result.result.folded).toMatchObject([{ param: 'reader.kernel', carrier: { layer: 'tower', index: 2 } }]);
  });

  it('stay where not every place is constant', () => {
    const it = plant(
      `x = Input(4)
       y = Input(4)
       one = Dense(5) <- x
       two = Dense(5) <- y
       sum = Add <- one, two
       both = Concatenate <- one, sum
       out = Dense(2)`,
      122,
    ).noInput('one', [1, 2], 0.5);
    expect(it.shrink().left('one')).toEqual([0, 1, 2, 3, 4]);
  });
});

describe('attention', () => {
  const NET = `
    series = Input(4, 6)
    attend = MultiHeadAttention(2, 3, value_dim: 2)
    flat = Flatten
    out = Dense(2)`;

  it('loses whole heads', () => {
    const it = plant(NET, 100).noReader('attend.heads', [0]).shrink();
    expect(it.argument('attend', 'num_heads')).toBe(1);
    expect(it.left('attend.heads')).toEqual([1]);
  });

  it('loses pairs of a query and a key that is constant, or a query that is 0', () => {
    const it = plant(NET, 101);
    const zero = (name: string, positions: number[], bias = 0) => {
      const data = it.values.get(`attend.${name}_kernel`)!;
      for (let k = 0; k < data.length; k++) if (positions.includes(k % 6)) data[k] = 0;
      for (const position of positions) it.values.get(`attend.${name}_bias`)![position] = bias;
    };
    // Unit 1 of both heads: a query that is 0 in the first, a constant key in the second.
    zero('query', [1]);
    zero('key', [4], 0.7);
    const result = it.shrink();
    expect(result.argument('attend', 'key_dim')).toBe(2);
    expect(result.argument('attend', 'num_heads')).toBe(2);
    expect(result.left('attend.key')).toEqual([0, 2, 3, 5]);
  });

  it('folds constant values into the bias of the output', () => {
    const it = plant(NET, 102).noInput('attend.value', [0, 2], 0.5).shrink();
    expect(it.left('attend.value')).toEqual([1, 3]);
    expect(it.result.folded).toMatchObject([{ reader: 'attend', param: 'attend.output_bias' }]);
  });

  it('loses other units in each head, as many in all', () => {
    const it = plant(NET, 103)
      // Of keys 0, 1, 2 of the first head and 3, 4, 5 of the second: units 0 and 4 tell nothing of any step.
      .noInput('attend.key', [0, 4], 0.3)
      // A constant value of the first head, one of the second that nothing reads.
      .noInput('attend.value', [1], 0.5)
      .set('attend.output_kernel', { 12: 0, 13: 0, 14: 0, 15: 0, 16: 0, 17: 0 });
    const result = it.shrink();
    expect(result.argument('attend', 'key_dim')).toBe(2);
    expect(result.left('attend.key')).toEqual([1, 2, 3, 5]);
    expect(result.argument('attend', 'value_dim')).toBe(1);
    expect(result.left('attend.value')).toEqual([0, 3]);
    expect(result.pins('attend.key')).toEqual([]);
    expect(result.argument('attend', 'scale')).toBe(1 / Math.sqrt(3));
  });

  it('keeps as many units in every head as the fullest needs, and says so', () => {
    const it = plant(NET, 104).noInput('attend.key', [0, 1, 4], 0.3).noInput('attend.value', [2]);
    // Of the two dead keys of the first head the one of the smaller weights goes.
    for (const name of ['query_kernel', 'key_kernel', 'query_bias', 'key_bias']) it.set(`attend.${name}`, { 0: 0.001 });
    for (const name of ['query_kernel', 'key_kernel'])
      for (let row = 0; row < 6; row++) it.set(`attend.${name}`, { [row * 6]: name === 'key_kernel' ? 0 : 0.001 });
    const result = it.shrink();
    expect(result.argument('attend', 'key_dim')).toBe(2);
    expect(result.left('attend.key')).toEqual([1, 2, 3, 5]);
    expect(result.pins('attend.key')).toEqual([
      'every head of attend must have equally many, and the fullest needs so many',
    ]);
    expect(result.left('attend.value')).toEqual([0, 1, 2, 3]);
    expect(result.pins('attend.value')).toEqual([
      'every head of attend must have equally many, and the fullest needs so many',
    ]);
  });

  it('keeps one key in every head where none is needed, and says that', () => {
    const it = plant(NET, 104).noInput('attend.key', [0, 1, 2, 3, 4, 5]);
    for (const name of ['query_kernel', 'key_kernel', 'query_bias', 'key_bias'])
      it.values.get(`attend.${name}`)!.fill(0);
    const result = it.shrink();
    expect(result.argument('attend', 'key_dim')).toBe(1);
    expect(result.pins('attend.key')).toEqual([
      'no head of attend needs any of them, but every head that stays must have one',
    ]);
  });

  it('loses the units of a head with it', () => {
    const it = plant(NET, 105).noReader('attend.heads', [0]).noInput('attend.key', [4], 0.3).shrink();
    expect(it.argument('attend', 'num_heads')).toBe(1);
    expect(it.argument('attend', 'key_dim')).toBe(2);
    expect(it.left('attend.key')).toEqual([3, 5]);
    expect(it.left('attend.value')).toEqual([2, 3]);
  });
});

describe('rounded widths', () => {
  it('are multiples, with the units of the largest norm, and never wider than they were', () => {
    const it = plant(
      `x = Input(4)\na = Dense(10, activation: tanh)\nb = Dense(6, activation: tanh)\nout = Dense(2)`,
      110,
    )
      .noReader('a', [0, 1, 2, 3, 4])
      .noReader('b', [0]);
    const result = it.shrink({ roundTo: 4 });
    expect(result.left('a')).toHaveLength(8);
    expect(result.left('b')).toHaveLength(6);
    expect(result.pins('a')).toEqual(['round_to: 4 keeps widths at multiples of 4']);
    expect(it.shrink().left('a')).toHaveLength(5);
  });
});
