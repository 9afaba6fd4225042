import { describe, expect, test } from 'vitest';
import { plant, type Plant } from '../../compiler/5-shrink/plant.js';
import { holdLiveLaw, OPTIMIZERS } from './live-law.js';

/**
 * Of every kind of layer that can lose units: what live shrinking leaves, with the optimizer's state and the statistics, is trained as the whole network with
 * the rest held at 0.
 */

interface Case {
  readonly net: string;
  readonly outputs?: string;
  readonly dead: (plant: Plant) => Plant;
  /** Positions left, by layer. */
  readonly left: Readonly<Record<string, readonly number[]>>;
  readonly whole?: Readonly<Record<string, number>>;
}

const cases: Readonly<Record<string, Case>> = {
  'a convolution, and pictures of which a channel is not read': {
    net: `
      image = Input(4, 5, 3)
      conv = Conv2D(5, [2, 3], strides: 2, padding: same, activation: relu)
      drop = SpatialDropout2D(0.3)
      more = Conv2D(4, 2, activation: tanh)
      flat = Flatten
      y = Dense(2)`,
    dead: (it) => it.noReader('image', [1]).noReader('conv', [0, 3]).noInput('more', [2]),
    left: { image: [0, 2], conv: [1, 2, 4], more: [0, 1, 3] },
  },
  'a grouped convolution that keeps other units in each block': {
    net: `
      image = Input(4, 4, 2)
      before = Conv2D(6, 1, activation: tanh)
      grouped = Conv2D(8, 2, groups: 2, activation: relu)
      norm = BatchNormalization
      pool = GlobalAveragePooling2D
      y = Dense(2)`,
    dead: (it) => it.noReader('before', [0, 5]).noReader('grouped', [1, 2, 4, 7]),
    left: { before: [1, 2, 3, 4], grouped: [0, 3, 5, 6] },
  },
  'a grouped convolution that loses a block': {
    net: `
      image = Input(4, 4, 2)
      before = Conv2D(8, 1, activation: tanh)
      grouped = Conv2D(8, 2, groups: 4, activation: relu)
      pool = GlobalMaxPooling2D
      y = Dense(2)`,
    dead: (it) => it.noReader('before', [2, 3]).noReader('grouped', [2, 3]),
    left: { before: [0, 1, 4, 5, 6, 7], grouped: [0, 1, 4, 5, 6, 7] },
  },
  'depthwise convolutions, one of which makes two of each channel': {
    net: `
      image = Input(4, 4, 2)
      before = Conv2D(4, 1, activation: relu)
      depthwise = DepthwiseConv2D(2, use_bias: false)
      norm = BatchNormalization
      twice = DepthwiseConv2D(2, depth_multiplier: 2)
      noise = GaussianNoise(0.1)
      y = Conv2D(2, 1)`,
    dead: (it) => it.noReader('before', [1]).noReader('twice', [2, 3]).noInput('before', [1]),
    left: { before: [0, 2, 3], twice: [0, 1, 4, 5, 6, 7] },
  },
  'a separable and a transposed convolution': {
    net: `
      image = Input(3, 3, 2)
      before = Conv2D(4, 1, activation: relu)
      separable = SeparableConv2D(5, 2, padding: same, activation: relu)
      up = Conv2DTranspose(4, 2, strides: 2, activation: tanh)
      drop = Dropout(0.2)
      y = Conv2D(1, 2)`,
    dead: (it) => it.noReader('before', [3]).noReader('separable', [0, 2]).noReader('up', [1]),
    left: { before: [0, 1, 2], separable: [1, 3, 4], up: [0, 2, 3] },
  },
  'batch norms, one behind a Concatenate of two of them': {
    net: `
      x = Input(5)
      a = Dense(4)
      norm_a = BatchNormalization
      b = Dense(5, activation: tanh) <- x
      norm_b = BatchNormalization(center: false)
      both = Concatenate <- norm_a, norm_b
      norm = BatchNormalization(momentum: 0.9)
      drop = Dropout(0.4)
      y = Dense(2)`,
    dead: (it) => it.noReader('a', [0, 2]).noReader('b', [1, 4]),
    left: { a: [1, 3], b: [0, 2, 3] },
  },
  'sums, products and means of branches': {
    net: `
      x = Input(4)
      stem = Dense(6, activation: tanh)
      f = Dense(6, activation: relu)
      sum = Add <- stem, f
      gate = Dense(6, activation: sigmoid) <- sum
      product = Multiply <- sum, gate
      g = Dense(6) <- product
      h = Dense(6) <- sum
      mean = Average <- g, h
      most = Maximum <- mean, product
      y = Dense(2)`,
    dead: (it) => it.noReader('stem', [1, 4]).noReader('g', [1, 4]).noReader('gate', [1, 4]),
    left: { stem: [0, 2, 3, 5], f: [0, 2, 3, 5], gate: [0, 2, 3, 5], g: [0, 2, 3, 5], h: [0, 2, 3, 5] },
  },
  'a constant that goes into a bias, behind a Concatenate': {
    net: `
      x = Input(4)
      a = Dense(3, activation: tanh)
      b = Dense(4, activation: sigmoid) <- x
      both = Concatenate <- a, b
      z = Dense(3, activation: relu)
      y = Dense(2)`,
    dead: (it) => it.noInput('b', [2], 0.5).noReader('a', [0]).noInput('z', [1], 0.7),
    left: { a: [1, 2], b: [0, 1, 3], z: [0, 2] },
  },
  'an embedding, one recurrent layer behind another': {
    net: `
      words = Input(4)
      table = Embedding(7, 5)
      drop = SpatialDropout1D(0.3)
      lstm = LSTM(4, return_sequences: true, dropout: 0.2, recurrent_dropout: 0.3)
      gru = GRU(5, return_sequences: true, recurrent_dropout: 0.25)
      rnn = SimpleRNN(3)
      y = Dense(2)`,
    dead: (it) => it.noReader('table', [0, 3]).noReader('lstm', [1]).noReader('gru', [0, 4]).noReader('rnn', [1]),
    left: { table: [1, 2, 4], lstm: [0, 2, 3], gru: [1, 2, 3], rnn: [0, 2] },
    whole: { words: 7 },
  },
  'two directions that lose other units': {
    net: `
      x = Input(3, 4)
      both = Bidirectional(LSTM(4, return_sequences: true, dropout: 0.2))
      added = Bidirectional(GRU(3, return_sequences: true), merge_mode: sum)
      flat = Flatten
      y = Dense(2)`,
    dead: (it) =>
      it.noReader('x', [3]).noReader('both.forward', [0]).noReader('both.backward', [1, 3]).noReader('added', [1]),
    left: { x: [0, 1, 2], 'both.forward': [1, 2, 3], 'both.backward': [0, 2], added: [0, 2] },
  },
  'attention that loses a head, and units of heads': {
    net: `
      x = Input(3, 4)
      into = Dense(4, activation: tanh)
      attention = MultiHeadAttention(3, 4, value_dim: 5, dropout: 0.3)
      sum = Add <- into, attention
      more = TimeDistributed(Dense(4, activation: relu))
      y = Dense(2)`,
    dead: (it) => {
      const { values } = it;
      // Head 1 writes nothing, nothing reads unit 3 of head 0 and unit 1 of head 2, and of the queries unit 2 of head 0 and unit 0 of head 2 are 0.
      const output = values.get('attention.output_kernel')!;
      for (let place = 0; place < 3 * 5 * 4; place++)
        if (Math.floor(place / 20) === 1 || [3, 11].includes(Math.floor(place / 4))) output[place] = 0;
      for (const name of ['query_kernel', 'query_bias', 'key_kernel', 'key_bias'])
        values.get(`attention.${name}`)!.forEach((_, k, data) => {
          if ([2, 8].includes(k % 12)) data[k] = 0;
        });
      return it.noReader('x', [2]).noReader('more', [0]);
    },
    left: {
      x: [0, 1, 3],
      'attention.heads': [0, 2],
      'attention.key': [0, 1, 3, 9, 10, 11],
      'attention.value': [0, 1, 2, 4, 10, 12, 13, 14],
      more: [1, 2, 3],
    },
  },
  'one layer for two inputs': {
    net: `
      left = Input(3, 3, 2)
      right = Input(3, 3, 2)
      conv = Conv2D(4, 2, activation: relu) <- left
      other = Shared(conv) <- right
      norm = BatchNormalization <- conv
      again = Shared(norm) <- other
      a = GlobalMaxPooling2D <- norm
      b = GlobalAveragePooling2D <- again
      both = Concatenate <- a, b
      drop = Dropout(0.3)
      y = Dense(2)`,
    dead: (it) => it.noReader('conv', [1]).noReader('left', [0]),
    left: { conv: [0, 2, 3], left: [1], right: [1] },
  },
  'Reshape to channels, Permute to channels first, Flatten': {
    net: `
      x = Input(4)
      fc = Dense(12, activation: tanh)
      map = Reshape(2, 2, 3)
      conv = Conv2D(4, 1, activation: relu)
      first = Permute([3, 1, 2])
      drop = Dropout(0.3)
      flat = Flatten
      y = Dense(2)`,
    dead: (it) => it.noReader('fc', [1, 4, 7, 10]).noReader('conv', [0, 2]),
    left: { fc: [0, 2, 3, 5, 6, 8, 9, 11], conv: [1, 3] },
  },
  'a sequence of which one channel is left to flatten': {
    net: `
      x = Input(3, 4)
      conv = Conv1D(3, 2, padding: causal, activation: tanh)
      alpha = PReLU(shared_axes: [1])
      flat = Flatten
      drop = Dropout(0.3)
      y = Dense(2)`,
    dead: (it) => it.noReader('conv', [0, 2]),
    left: { conv: [1], flat: [1, 4, 7] },
  },
  'two outputs that read other units': {
    net: `
      x = Input(4)
      z = Input(3)
      a = Dense(5, activation: relu) <- x
      b = Dense(4, activation: tanh) <- z
      both = Concatenate <- b, a
      price = Dense(1) <- both
      kind = Dense(3, activation: softmax) <- a`,
    outputs: 'price, kind',
    dead: (it) => it.noReader('a', [0], 'price').noReader('a', [1, 3]).noReader('b', [3]).noReader('z', [2]),
    left: { a: [0, 2, 4], b: [0, 1, 2], z: [0, 1] },
  },
};

describe.each(Object.entries(cases))('%s', (name, { net, outputs, dead, left, whole }) => {
  test.each(OPTIMIZERS)('%s', (optimizer) => {
    const planted = dead(plant(net, 300 + Object.keys(cases).indexOf(name), outputs));
    for (const twice of [false, true]) {
      const { living } = holdLiveLaw(planted, { optimizer, twice, ...(whole && { whole }) })!;
      expect(living.kept).toMatchObject(left);
    }
  });
});
