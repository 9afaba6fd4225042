import { describe, expect, it } from 'vitest';
import { plant } from './plant.js';

describe('a Reshape that leaves an axis whole leaves its units free', () => {
  it('patches of an image become a sequence', () => {
    const net = plant(
      `image = Input(4, 6, 2)
       conv = Conv2D(5, 2, strides: 2, activation: relu)
       patches = Reshape(6, 5)
       look = MultiHeadAttention(2, 3, output_shape: 5)
       sum = Add <- patches, look
       mean = GlobalAveragePooling1D
       out = Dense(2)`,
      401,
    );
    const it = net.noReader('conv', [1, 3]).shrink();
    expect(it.left('conv')).toEqual([0, 2, 4]);
    expect(it.argument('patches', 'target_shape')).toEqual([6, 3]);
    expect(it.argument('look', 'output_shape')).toBe(3);
    expect(it.pins('conv')).toEqual([]);
  });

  it('constant channels fold behind it', () => {
    const it = plant(
      'image = Input(3, 2, 2)\nconv = Conv2D(4, 1)\npatches = Reshape(6, 4)\nd = Dense(3)\nflat = Flatten\nout = Dense(2)',
      402,
    )
      .noInput('conv', [2], 0.5)
      .noReader('conv', [0])
      .shrink();
    expect(it.left('conv')).toEqual([1, 3]);
    expect(it.argument('patches', 'target_shape')).toEqual([6, 2]);
  });

  it('and so do features of an Input', () => {
    const it = plant('image = Input(3, 2, 4)\npatches = Reshape(6, 4)\nd = LSTM(3)\nout = Dense(2)', 403)
      .noReader('image', [0, 2])
      .shrink();
    expect(it.argument('image', 'keep')).toEqual([1, 3]);
    expect(it.argument('patches', 'target_shape')).toEqual([6, 2]);
  });

  it('a sequence becomes an image again', () => {
    const it = plant(
      `steps = Input(6, 3)
       wide = Dense(4, activation: tanh)
       image = Reshape(2, 3, 4)
       conv = Conv2D(3, 2, activation: relu)
       flat = Flatten
       out = Dense(2)`,
      404,
    )
      .noReader('wide', [1, 2])
      .noReader('conv', [0])
      .shrink();
    expect(it.left('wide')).toEqual([0, 3]);
    expect(it.left('conv')).toEqual([1, 2]);
    expect(it.argument('image', 'target_shape')).toEqual([2, 3, 2]);
  });

  it('there and back, with one channel left', () => {
    const it = plant(
      `image = Input(2, 3, 2)
       conv = Conv2D(4, 1, activation: relu)
       patches = Reshape(6, 4)
       again = Reshape(3, 2, 4)
       sum = GlobalAveragePooling2D
       out = Dense(2)`,
      405,
    )
      .noReader('conv', [0, 1, 3])
      .shrink();
    expect(it.left('conv')).toEqual([2]);
    expect(it.argument('patches', 'target_shape')).toEqual([6, 1]);
    expect(it.argument('again', 'target_shape')).toEqual([3, 2, 1]);
  });

  it('places beside it are laid out anew, and axes of 1 come between', () => {
    const it = plant(
      `image = Input(2, 6, 2)
       conv = Conv2D(4, 1, activation: relu)
       other = Reshape(4, 3, 4)
       more = Reshape(1, 12, 1, 4)
       line = Reshape(12, 4)
       mean = GlobalMaxPooling1D
       out = Dense(2)`,
      406,
    )
      .noReader('conv', [2])
      .shrink();
    expect(it.left('conv')).toEqual([0, 1, 3]);
    expect(it.argument('other', 'target_shape')).toEqual([4, 3, 3]);
    expect(it.argument('more', 'target_shape')).toEqual([1, 12, 1, 3]);
    expect(it.argument('line', 'target_shape')).toEqual([12, 3]);
  });

  it('also in a residual block, where the units of both sides are the same', () => {
    const it = plant(
      `image = Input(2, 2, 3)
       conv = Conv2D(4, 1, activation: relu)
       patches = Reshape(4, 4)
       f = Dense(4, activation: relu)
       sum = Add <- patches, f
       back = Reshape(2, 2, 4)
       both = Multiply <- back, conv
       flat = Flatten
       out = Dense(2)`,
      407,
    )
      .noReader('conv', [0, 3])
      .shrink();
    expect(it.left('conv')).toEqual([1, 2]);
    expect(it.left('f')).toEqual([1, 2]);
  });
});

describe('a Reshape that joins axes to the last one', () => {
  it('rows become steps: what is made of a channel goes with it', () => {
    const it = plant(
      `image = Input(3, 2, 2)
       conv = Conv2D(4, 1, activation: relu)
       rows = Reshape(3, 8)
       read = GRU(3)
       out = Dense(2)`,
      408,
    )
      .noReader('conv', [1, 2])
      .shrink();
    expect(it.left('conv')).toEqual([0, 3]);
    expect(it.argument('rows', 'target_shape')).toEqual([3, 4]);
  });

  it('a feature alone does not go, since no argument says which one', () => {
    const it = plant(
      'image = Input(3, 2, 2)\nconv = Conv2D(3, 1)\nrows = Reshape(3, 6)\nread = GRU(3)\nout = Dense(2)',
      409,
    )
      .noReader('rows', [1])
      .shrink();
    expect(it.left('conv')).toEqual([0, 1, 2]);
    expect(it.argument('rows', 'target_shape')).toEqual([3, 6]);
  });

  it('with one channel left, and then none of those behind it', () => {
    const it = plant(
      'image = Input(3, 2, 2)\nconv = Conv2D(3, 1, activation: relu)\nrows = Reshape(3, 6)\nd = Dense(4)\nflat = Flatten\nout = Dense(2)',
      410,
    )
      .noReader('conv', [0, 2])
      .noReader('d', [3])
      .shrink();
    expect(it.left('conv')).toEqual([1]);
    expect(it.argument('rows', 'target_shape')).toEqual([3, 2]);
  });
});

describe('a Reshape that splits features at every step', () => {
  it('a channel goes with all that it is made of', () => {
    const it = plant(
      `steps = Input(4, 3)
       wide = Dense(6, activation: relu)
       image = Reshape(4, 2, 3)
       conv = Conv2D(2, 1)
       flat = Flatten
       out = Dense(2)`,
      411,
    )
      .noReader('wide', [1, 4])
      .shrink();
    expect(it.left('wide')).toEqual([0, 2, 3, 5]);
    expect(it.argument('image', 'target_shape')).toEqual([4, 2, 2]);
  });
});

describe('a Reshape that does neither', () => {
  it.each([
    ['joins axes to another than the last', 'Permute([3, 1, 2])\nmix = Reshape(8, 3)', /joins this axis with others/],
    ['has other bounds', 'Permute([1, 3, 2])\nmix = Reshape(4, 2, 3)', /joins this axis with others|splits this axis/],
    [
      'splits the last axis beside others',
      'Reshape(3, 4, 2)\nmix = Activation(tanh)',
      /splits this axis, so that no unit of it can go by itself/,
    ],
  ])('keeps all units where it %s', (_, text, reason) => {
    const it = plant(`image = Input(2, 3, 2)\nconv = Conv2D(4, 1)\nact = ${text}\nflat = Flatten\nout = Dense(2)`, 412)
      .noInput('conv', [1])
      .shrink();
    expect(it.left('conv')).toEqual([0, 1, 2, 3]);
    expect(it.pins('conv')).toEqual([expect.stringMatching(reason)]);
  });
});
