import { describe, expect, it } from 'vitest';
import { plant } from './plant.js';

/** Networks that pruning libraries have as their own tests, each with the units that must stay. */

describe('structures', () => {
  it('Dense, Reshape, transposed convolution, Flatten, Dense: a channel goes with all that it is made of', () => {
    const net = `
      x = Input(4)
      fc = Dense(12, activation: relu)
      map = Reshape(2, 2, 3)
      up = Conv2DTranspose(4, 2, strides: 2, activation: relu)
      flat = Flatten
      out = Dense(2)`;
    const channel = plant(net, 200).noReader('fc', [1, 4, 7, 10]).noReader('up', [2]).shrink();
    expect(channel.left('fc')).toEqual([0, 2, 3, 5, 6, 8, 9, 11]);
    expect(channel.argument('map', 'target_shape')).toEqual([2, 2, 2]);
    expect(channel.left('up')).toEqual([0, 1, 3]);
    // One place of a channel alone has to stay.
    const place = plant(net, 201).noInput('fc', [4]).shrink();
    expect(place.left('fc')).toHaveLength(12);
  });

  it('a residual MLP keeps what any block needs', () => {
    const it = plant(
      `x = Input(4)
       stem = Dense(5, activation: tanh)
       a = Dense(4, activation: relu)
       b = Dense(5)
       first = Add <- stem, b
       c = Dense(3, activation: relu)
       d = Dense(5)
       second = Add <- first, d
       out = Dense(2)`,
      202,
    )
      .noReader('stem', [0, 4])
      .noReader('a', [1])
      .noInput('c', [2])
      .shrink();
    expect(it.left('stem')).toEqual([1, 2, 3]);
    expect(it.left('b')).toEqual([1, 2, 3]);
    expect(it.left('d')).toEqual([1, 2, 3]);
    expect(it.left('a')).toEqual([0, 2, 3]);
    expect(it.left('c')).toEqual([0, 1]);
  });

  it('a dense block: each layer reads all before it', () => {
    const it = plant(
      `image = Input(4, 4, 2)
       a = Conv2D(3, 1, activation: relu)
       b = Conv2D(3, 1, activation: relu)
       ab = Concatenate <- a, b
       c = Conv2D(3, 1, activation: relu)
       abc = Concatenate <- ab, c
       norm = BatchNormalization
       pool = GlobalAveragePooling2D
       out = Dense(2)`,
      203,
    )
      .noReader('a', [0])
      .noReader('b', [1])
      .noInput('c', [2])
      .shrink();
    expect(it.left('a')).toEqual([1, 2]);
    expect(it.left('b')).toEqual([0, 2]);
    expect(it.left('c')).toEqual([0, 1]);
    expect(it.result.values.get('norm.gamma')).toHaveLength(6);
  });

  it('one convolution for two images', () => {
    const it = plant(
      `left = Input(3, 3, 2)
       right = Input(3, 3, 2)
       conv = Conv2D(4, 2, activation: relu) <- left
       other = Shared(conv) <- right
       a = GlobalMaxPooling2D <- conv
       b = GlobalAveragePooling2D <- other
       both = Concatenate <- a, b
       out = Dense(2)`,
      204,
    )
      .noReader('conv', [1])
      .shrink();
    expect(it.left('conv')).toEqual([0, 2, 3]);
    expect(it.result.values.get('out.kernel')).toHaveLength(6 * 2);
  });

  it('several inputs and outputs', () => {
    const it = plant(
      `x = Input(4)
       y = Input(3)
       a = Dense(4, activation: relu) <- x
       b = Dense(4, activation: relu) <- y
       ab = Concatenate <- a, b
       price = Dense(1) <- ab
       kind = Dense(3, activation: softmax) <- a`,
      205,
      'price, kind',
    )
      .noReader('a', [0], 'price')
      .noReader('a', [1])
      .noReader('b', [3])
      .noReader('y', [2])
      .shrink();
    expect(it.left('a')).toEqual([0, 2, 3]);
    expect(it.left('b')).toEqual([0, 1, 2]);
    expect(it.left('y')).toEqual([0, 1]);
  });

  it('a single output channel stays', () => {
    const it = plant(`image = Input(4, 4, 2)\nconv = Conv2D(3, 1, activation: relu)\nout = Conv2D(1, 1)`, 206)
      .noReader('conv', [1])
      .shrink();
    expect(it.left('conv')).toEqual([0, 2]);
    expect(it.left('out')).toEqual([0]);
  });

  it('Permute and Reshape between convolutions', () => {
    const it = plant(
      `image = Input(2, 4, 2)
       a = Conv2D(3, 1, activation: relu)
       turned = Permute([2, 1, 3])
       long = Reshape(8, 3)
       b = Conv1D(3, 2, activation: relu)
       flat = Flatten
       out = Dense(2)`,
      207,
    );
    it.noReader('b', [1]);
    const result = it.shrink();
    expect(result.left('b')).toEqual([0, 2]);
    expect(result.left('a')).toEqual([0, 1, 2]);
  });

  it.each(['LSTM', 'GRU'])('stacked %s in both directions', (kind) => {
    const it = plant(
      `series = Input(4, 3)
       both = Bidirectional(${kind}(3, return_sequences: true))
       last = ${kind}(3)
       out = Dense(2)`,
      208,
    )
      .noReader('both.forward', [1])
      .noReader('both.backward', [2])
      .noReader('last', [0])
      .shrink();
    expect(it.left('both.forward')).toEqual([0, 2]);
    expect(it.left('both.backward')).toEqual([0, 1]);
    expect(it.left('last')).toEqual([1, 2]);
  });
});

/** Shrinking again finds nothing more: `Plant.shrink` asks it of every case, and these are the ones where the first look does not see all. */
describe('at rest', () => {
  it('a Reshape with one channel left makes channels still, and no places of what it reads', () => {
    const it = plant('x = Input(6)\nmap = Reshape(3, 2)\nflat = Flatten\nout = Dense(2)', 210)
      .noReader('flat', [1, 3, 4, 5])
      .shrink();
    expect(it.left('x')).toEqual([0, 2, 4]);
    expect(it.argument('map', 'target_shape')).toEqual([3, 1]);
    expect(it.argument('flat', 'keep')).toEqual([0, 1]);
  });

  it('a Reshape that moves an axis of which one unit is left moves it still', () => {
    const it = plant('x = Input(1, 3)\nmap = Reshape(3)\nback = Reshape(1, 3)\nflat = Flatten\nout = Dense(2)', 211)
      .noReader('x', [0, 2])
      .shrink();
    expect(it.left('x')).toEqual([1]);
    expect(it.argument('back', 'target_shape')).toEqual([1, 1]);
  });

  it('what a layer that goes held goes with it', () => {
    // The convolution pins the steps that it goes along, which are units of x.
    const it = plant(
      `x = Input(3)
       series = Reshape(3, 1)
       conv = Conv1D(2, 2, padding: same)
       both = Concatenate <- conv, series
       flat = Flatten
       out = Dense(2)`,
      212,
    )
      .noReader('flat', [0, 1, 2, 3, 4, 6, 7, 8])
      .shrink();
    expect(it.layers).not.toContain('conv');
    expect(it.left('x')).toEqual([1]);
  });

  it('a part of a concatenation that nobody reads goes, and what it hid is found', () => {
    const it = plant(
      `x = Input(2, 2)
       norm = BatchNormalization(axis: 1)
       dense = Dense(2) <- x
       one = Slice(1, axis: 2) <- dense
       both = Concatenate(axis: 2) <- one, norm
       flat = Flatten
       out = Dense(2)`,
      213,
    )
      .set('norm.gamma', { 0: 0 })
      .noReader('flat', [0, 3])
      .shrink();
    expect(it.layers).toEqual(['x', 'norm', 'flat', 'out']);
    // The first row is its offset, whatever x holds.
    expect(it.argument('flat', 'keep')).toEqual([2, 3]);
  });

  it('rows keep their places at an Input that nobody reads', () => {
    const it = plant(
      `a = Input(3, 2)
       b = Input(3, 2)
       sum = Add <- a, b
       flat = Flatten <- a
       out = Dense(2)
       steps = Flatten <- sum
       hidden = Dense(2)
       both = Concatenate <- hidden, out
       end = Dense(1)`,
      214,
    )
      .noReader('hidden', [0, 1])
      .shrink();
    expect(it.argument('b', 'keep')).toEqual([]);
    expect(it.left('a')).toEqual([0, 1]);
  });

  it('what reads a layer that goes, and hands on units that live elsewhere, goes with it', () => {
    const it = plant(
      `x = Input(4)
       row = Reshape(1, 4)
       most = GlobalMaxPooling1D
       hidden = Dense(1)
       both = Concatenate <- hidden, x
       out = Dense(2)`,
      217,
    )
      .noReader('hidden', [0])
      .shrink();
    expect(it.layers).toEqual(['x', 'out']);
  });

  it('a value unit of an attention head that goes frees what it alone read', () => {
    const it = plant(
      'x = Input(3, 4)\natt = MultiHeadAttention(2, 2, output_shape: 2)\nflat = Flatten\nout = Dense(2)',
      215,
    )
      .noReader('att.heads', [1])
      .set('att.output_kernel', { 2: 0, 3: 0 })
      // value_kernel [in, heads, units]: unit 0 of head 0 reads features 0 and 1, all else of that head reads 2 and 3.
      .set('att.value_kernel', { 8: 0, 12: 0 })
      .set('att.query_kernel', { 0: 0, 1: 0, 4: 0, 5: 0 })
      .set('att.key_kernel', { 0: 0, 1: 0, 4: 0, 5: 0 })
      .shrink();
    expect(it.argument('att', 'num_heads')).toBe(1);
    expect(it.argument('att', 'value_dim')).toBe(1);
  });

  it('a feature made of a dead channel has its place as long as it stays', () => {
    const it = plant(
      `x = Input(3, 2)
       flat = Flatten
       times = RepeatVector(3)
       norm = BatchNormalization(axis: 2)
       wide = ZeroPadding1D(1)
       ends = Flatten
       out = Dense(2)`,
      216,
    )
      .set('norm.gamma', { 1: 0, 3: 0, 5: 0 })
      .shrink();
    expect(it.left('x').length).toBeGreaterThan(0);
  });

  it('a depthwise convolution with a multiplier keeps all that it makes of a channel', () => {
    const it = plant(
      'x = Input(2, 2, 2)\nconv = DepthwiseConv2D(2, padding: same, depth_multiplier: 2)\nflat = Flatten\nout = Dense(2)',
      217,
    )
      .noReader('flat', [0, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15])
      .shrink();
    expect(it.left('x')).toEqual([0]);
    expect(it.result.network.shapes.get('conv')![0]!.map(({ units }) => units.length)).toEqual([2, 2, 2]);
  });
});
