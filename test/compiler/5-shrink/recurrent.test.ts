import { describe, expect, it } from 'vitest';
import { type Plant, plant } from './plant.js';

/** Recurrent layers beyond the rules that all three have: what makes a cell zero, constants in the recurrence, both directions, layers at every step. */

/** Sets all of a parameter where the position on an axis is one of `positions`, and the gate, if any, is `gate`. */
function fill(it: Plant, tensor: string, at: { axis: number; positions: readonly number[]; gate?: number }, value = 0) {
  const data = it.values.get(tensor)!;
  const shape = it.param(tensor).axes.map(({ dim }) => dim.units.length);
  data.forEach((_, place) => {
    const index = shape.map(
      (extent, axis) => Math.floor(place / shape.slice(axis + 1).reduce((a, b) => a * b, 1)) % extent,
    );
    if (!at.positions.includes(index[at.axis]!)) return;
    if (at.gate === undefined || index.at(-2) === at.gate) data[place] = value;
  });
  return it;
}

/** Nothing reaches the gate of the units but the bias. */
function closeGate(it: Plant, layer: string, gate: number, positions: readonly number[], bias = 0): Plant {
  for (const tensor of ['kernel', 'recurrent_kernel']) fill(it, `${layer}.${tensor}`, { axis: 2, positions, gate });
  return fill(it, `${layer}.bias`, { axis: 1, positions, gate }, bias);
}

const SERIES = 'series = Input(5, 3)';

describe('a cell is zero', () => {
  it('in an LSTM whose candidate gate is, whatever the other gates do and whoever reads it', () => {
    const it = closeGate(plant(`${SERIES}\nrnn = LSTM(4, return_sequences: true)\nout = GRU(2)`, 200), 'rnn', 2, [1]);
    expect(it.shrink().left('rnn')).toEqual([0, 2, 3]);
  });

  it('if only such cells reach its candidate gate: both go', () => {
    const it = closeGate(plant(`${SERIES}\nrnn = LSTM(4)\nout = Dense(2)`, 201), 'rnn', 2, [1]);
    fill(it, 'rnn.kernel', { axis: 2, positions: [3], gate: 2 });
    fill(it, 'rnn.bias', { axis: 1, positions: [3], gate: 2 });
    const data = it.values.get('rnn.recurrent_kernel')!;
    // Cell 3's candidate reads cell 1 and nothing else.
    for (const from of [0, 2, 3]) data[(from * 4 + 2) * 4 + 3] = 0;
    expect(it.shrink().left('rnn')).toEqual([0, 2]);
  });

  it('not if its candidate is a constant: what is carried grows', () => {
    const it = closeGate(plant(`${SERIES}\nrnn = LSTM(4)\nout = Dense(2)`, 202), 'rnn', 2, [1], 0.5);
    expect(it.shrink().result.changed).toBe(false);
  });

  it('if the activation makes 0 of the candidate, and of 0', () => {
    const net = (activation: string) => `${SERIES}\nrnn = LSTM(3, activation: ${activation})\nout = Dense(2)`;
    expect(
      closeGate(plant(net('relu'), 203), 'rnn', 2, [0], -1)
        .shrink()
        .left('rnn'),
    ).toEqual([1, 2]);
    expect(closeGate(plant(net('sigmoid'), 203), 'rnn', 2, [0]).shrink().result.changed).toBe(false);
  });

  it.each([true, false])('in a GRU with reset_after: %s whose candidate gate is', (after) => {
    const net = `${SERIES}\nrnn = GRU(3, reset_after: ${after})\nout = Dense(2)`;
    const it = closeGate(plant(net, 204), 'rnn', 2, [2]);
    if (after) fill(it, 'rnn.recurrent_bias', { axis: 1, positions: [2], gate: 2 });
    expect(it.shrink().left('rnn')).toEqual([0, 1]);
  });

  it('not in a GRU whose reset gate opens to a recurrent bias', () => {
    const it = closeGate(plant(`${SERIES}\nrnn = GRU(3)\nout = Dense(2)`, 205), 'rnn', 2, [2]);
    expect(it.shrink().result.changed).toBe(false);
  });
});

describe('a constant cell of a SimpleRNN', () => {
  it('folds into what reads its output, if no cell reads it', () => {
    const it = plant(`${SERIES}\nrnn = SimpleRNN(4)\nout = Dense(2)`, 210).noInput('rnn', [1], 0.5);
    fill(it, 'rnn.recurrent_kernel', { axis: 0, positions: [1] });
    const shrunk = it.shrink();
    expect(shrunk.left('rnn')).toEqual([0, 2, 3]);
    expect(shrunk.result.folded).toMatchObject([{ reader: 'out', constants: [{ layer: 'rnn', index: 1 }] }]);
  });

  it('stays if one does: before the first step it is 0', () => {
    const it = plant(`${SERIES}\nrnn = SimpleRNN(4)\nout = Dense(2)`, 211).noInput('rnn', [1], 0.5);
    expect(it.shrink().result.changed).toBe(false);
  });
});

describe('inputs', () => {
  it.each(['SimpleRNN', 'LSTM', 'GRU'])('a constant one gives %s a bias where it has none, exactly', (kind) => {
    const it = plant(`${SERIES}\neach = Dense(3)\nrnn = ${kind}(3, use_bias: false)\nout = Dense(2)`, 220);
    const shrunk = it.noInput('each', [1], 0.5).shrink();
    expect(shrunk.left('each')).toEqual([0, 2]);
    expect(shrunk.argument('rnn', 'use_bias')).toBe(true);
  });

  it('features of a series that nothing reads become keep', () => {
    const shrunk = plant(`${SERIES}\nrnn = LSTM(3)\nout = Dense(2)`, 221).noReader('series', [0, 2]).shrink();
    expect(shrunk.argument('series', 'keep')).toEqual([1]);
  });
});

describe('several outputs', () => {
  it('a cell whose last state is read stays', () => {
    const net = `${SERIES}
      y, h, c = LSTM(4, return_state: true, return_sequences: true) <- series
      rnn = GRU(3) <- y
      both = Concatenate <- rnn, c
      out = Dense(2)`;
    const it = plant(net, 230);
    fill(it, 'rnn.kernel', { axis: 0, positions: [0, 1] });
    fill(it, 'lstm_1.recurrent_kernel', { axis: 0, positions: [0, 1] });
    // The dense layer reads the carries behind the three cells of the GRU.
    fill(it, 'out.kernel', { axis: 0, positions: [3 + 1] });
    expect(it.shrink().left('lstm_1')).toEqual([0, 2, 3]);
  });
});

describe('both directions', () => {
  it('lose cells each by itself, and say so by backward_layer', () => {
    const it = plant(`${SERIES}\nboth = Bidirectional(LSTM(3))\nout = Dense(2)`, 240);
    it.noReader('both.forward', [1]).noReader('both.backward', [0, 2]);
    const shrunk = it.shrink();
    expect(shrunk.left('both.forward')).toEqual([0, 2]);
    expect(shrunk.left('both.backward')).toEqual([1]);
    expect(shrunk.argument('both', 'layer')).toMatchObject({
      word: 'LSTM',
      arguments: { units: 2, go_backwards: false },
    });
    expect(shrunk.argument('both', 'backward_layer')).toMatchObject({
      word: 'LSTM',
      arguments: { units: 1, go_backwards: true },
    });
    expect(shrunk.result.values.get('both.backward_kernel')).toHaveLength(3 * 4);
  });

  it('need no backward_layer where as many are left', () => {
    const it = plant(`${SERIES}\nboth = Bidirectional(GRU(3, return_sequences: true))\nrnn = LSTM(2)`, 241);
    const shrunk = it.noReader('both.forward', [1]).noReader('both.backward', [2]).shrink();
    expect(shrunk.argument('both', 'layer')).toMatchObject({ arguments: { units: 2 } });
    expect(shrunk.argument('both', 'backward_layer')).toBeUndefined();
  });

  it('keep a cell of a direction that nothing needs', () => {
    const it = plant(`${SERIES}\nboth = Bidirectional(SimpleRNN(3))\nout = Dense(2)`, 242);
    const shrunk = it.noReader('both.backward', [0, 1, 2]).shrink();
    expect(shrunk.left('both.forward')).toEqual([0, 1, 2]);
    expect(shrunk.left('both.backward')).toHaveLength(1);
  });

  it.each(['sum', 'ave'])('merged by %s lose a cell that is zero in both', (mode) => {
    const it = plant(`${SERIES}\nboth = Bidirectional(SimpleRNN(4), merge_mode: ${mode})\nout = Dense(2)`, 243);
    const zero = (direction: string, position: number) => {
      for (const tensor of ['kernel', 'recurrent_kernel', 'bias']) {
        const name = `both.${direction}_${tensor}`;
        fill(it, name, { axis: it.param(name).axes.length - 1, positions: [position] });
      }
    };
    zero('forward', 1);
    zero('backward', 1);
    zero('forward', 2);
    expect(it.shrink().left('both')).toEqual([0, 2, 3]);
  });

  it('merged by mul lose a cell that is zero in one of them, and that no cell reads', () => {
    const it = plant(`${SERIES}\nboth = Bidirectional(SimpleRNN(4), merge_mode: mul)\nout = Dense(2)`, 244);
    for (const tensor of ['kernel', 'recurrent_kernel', 'bias'])
      fill(it, `both.forward_${tensor}`, { axis: it.param(`both.forward_${tensor}`).axes.length - 1, positions: [2] });
    fill(it, 'both.backward_recurrent_kernel', { axis: 0, positions: [2] });
    expect(it.shrink().left('both')).toEqual([0, 1, 3]);
  });

  it('take a constant input into both biases', () => {
    const it = plant(`${SERIES}\neach = Dense(3)\nboth = Bidirectional(GRU(2))\nout = Dense(2)`, 245);
    const shrunk = it.noInput('each', [2], -0.5).shrink();
    expect(shrunk.left('each')).toEqual([0, 1]);
    expect(shrunk.result.folded.map(({ param }) => param).sort()).toEqual(['both.backward_bias', 'both.forward_bias']);
  });
});

describe('layers at every step', () => {
  it('lose units and fold constants as the layer itself', () => {
    const it = plant(
      `${SERIES}
       first = TimeDistributed(Dense(4, activation: relu))
       second = TimeDistributed(Dense(3, activation: tanh))
       rnn = LSTM(2)`,
      250,
    )
      .noInput('first', [1], 0.5)
      .noReader('first', [3])
      .noReader('second', [0]);
    const shrunk = it.shrink();
    expect(shrunk.left('first')).toEqual([0, 2]);
    expect(shrunk.left('second')).toEqual([1, 2]);
    expect(shrunk.argument('first', 'layer')).toMatchObject({ word: 'Dense', arguments: { units: 2 } });
    expect(shrunk.result.folded).toMatchObject([{ reader: 'second', param: 'second.bias' }]);
  });

  it.each([
    ['TimeDistributed(Dense(3))', ['reader.bias']],
    ['LSTM(2, return_sequences: true)', ['reader.bias']],
    [
      'Bidirectional(GRU(2), backward_layer: SimpleRNN(2, go_backwards: true))',
      ['reader.forward_bias', 'reader.backward_bias'],
    ],
    ['MultiHeadAttention(2, 2, output_shape: 3)', ['reader.query_bias', 'reader.key_bias', 'reader.value_bias']],
  ])('a constant branch of a sum goes into the biases of %s', (reader, biases) => {
    const it = plant(
      `${SERIES}
       stem = Dense(4, activation: tanh)
       inner = TimeDistributed(Dense(3, activation: relu))
       last = Dense(4)
       sum = Add <- stem, last
       reader = ${reader}
       flat = Dense(2)`,
      256,
    )
      .noInput('last', [0, 1, 2, 3], 0.5)
      .shrink();
    expect(it.layers).not.toContain('sum');
    expect(it.layers).not.toContain('inner');
    expect(it.inputsOf('reader')).toEqual(['stem']);
    expect(it.result.folded.map(({ param }) => param)).toEqual(biases);
  });

  it('a constant branch stays before what a layer sums up by itself first', () => {
    const it = plant(
      `x = Input(4, 4, 2)
       stem = Conv2D(3, 2, activation: tanh)
       last = Conv2D(3, 2) <- x
       sum = Add <- stem, last
       reader = SeparableConv2D(2, 2)
       flat = Flatten
       out = Dense(2)`,
      257,
    )
      .noInput('last', [0, 1, 2], 0.5)
      .shrink();
    expect(it.layers).toContain('sum');
  });

  it('convolutions, too', () => {
    const it = plant(
      `clips = Input(3, 6, 6, 2)
       conv = TimeDistributed(Conv2D(3, 3, activation: relu))
       pooled = TimeDistributed(GlobalAveragePooling2D)
       rnn = GRU(2)`,
      251,
    ).noReader('conv', [1]);
    expect(it.shrink().left('conv')).toEqual([0, 2]);
  });

  it('count axes of one step in what they subtract and cut', () => {
    const it = plant(
      `${SERIES}
       first = Dense(6, activation: relu)
       norm = TimeDistributed(Normalization(mean: [1, 2, 3, 4, 5, 6], variance: 2))
       cut = TimeDistributed(Slice(start: 2))
       out = LSTM(2)`,
      252,
    ).noReader('first', [3]);
    const shrunk = it.shrink();
    expect(shrunk.left('first')).toEqual([2, 4, 5]);
    expect(shrunk.argument('norm', 'layer')).toMatchObject({ arguments: { mean: [3, 5, 6], variance: 2 } });
    expect(shrunk.argument('cut', 'layer')).toMatchObject({ arguments: { start: 0 } });
  });

  it('count features of one step in what they keep', () => {
    const it = plant(
      `clips = Input(3, 3, 3, 2)
       conv = TimeDistributed(Conv2D(3, 2, activation: relu))
       flat = TimeDistributed(Reshape(12))
       rnn = GRU(2)`,
      253,
    ).noReader('flat', [1, 4, 7, 10, 3]);
    const shrunk = it.shrink();
    expect(shrunk.left('conv')).toEqual([0, 2]);
    expect(shrunk.argument('flat', 'layer')).toMatchObject({
      arguments: { target_shape: [8], keep: [0, 1, 3, 4, 5, 6, 7] },
    });
  });
});
