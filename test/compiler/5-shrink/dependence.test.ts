import { describe, expect, it } from 'vitest';
import { dependsOnInputs, shrinkLiving } from '../../../src/compiler/5-shrink/shrink.js';
import { failureOf } from '../../data/failure.js';
import { difference, outputsOf, randomRows } from './networks.js';
import { type Plant, plant } from './plant.js';

/** Whether any row of two sets of random ones has another output: what `dependsOnInputs` tells from the weights alone. */
function moves({ network, values }: Plant): boolean {
  const [a, b] = [1, 2].map((seed) => {
    const rows = randomRows(network, 6, seed);
    for (const data of Object.values(rows)) for (let k = 0; k < data.length; k++) data[k] = Math.abs(data[k]! * 4);
    return outputsOf(network, values, rows, 6);
  });
  return network.graph.outputs.some(({ name }) => difference(a![name]!, b![name]!) > 0);
}

const TOKENS = `
    tokens = Input(5)
    v = Embedding(9, 4)
    p = PositionEmbedding(5)
    sum = Add <- v, p
    pool = GlobalAveragePooling1D
    label = Dense(2)`;

/** Every unit of these parameters. */
function silence(it: Plant, ...names: readonly string[]): Plant {
  for (const name of names) it.values.get(name)!.fill(0);
  return it;
}

describe('an output that depends on no input is refused', () => {
  it('where vectors of positions are all that is left of a sum, by the name of the layer that died', async () => {
    const it = silence(plant(TOKENS, 1), 'v.embeddings');
    expect(moves(it)).toBe(false);
    expect(await failureOf(() => it.shrink())).toMatchObject({
      exit: 3,
      text: expect.stringContaining('all 4 units of v died: the output label no longer depends on any input'),
    });
  });

  it('and not while one of the vectors is left', () => {
    const it = silence(plant(TOKENS, 2), 'v.embeddings').set('v.embeddings', { 6: 0.5 });
    expect(moves(it)).toBe(true);
    expect(dependsOnInputs(it.network, it.values)).toBe(true);
    it.shrink();
  });

  it('nor while the unit that is left reaches no reader', () => {
    const it = silence(plant(TOKENS, 3), 'v.embeddings').set('v.embeddings', { 6: 0.5 }).noReader('v', [2]);
    expect(moves(it)).toBe(false);
    expect(dependsOnInputs(it.network, it.values)).toBe(false);
  });

  it('where zeros beside a constant map make it vary by place', () => {
    const net = `
      image = Input(4, 4, 2)
      a = Conv2D(3, 3, padding: same, activation: relu)
      b = Conv2D(3, 3, padding: same, activation: tanh)
      flat = Flatten
      out = Dense(2)`;
    const it = plant(net, 4).noInput('a', [0, 1, 2], 0.5);
    expect(moves(it)).toBe(false);
    expect(dependsOnInputs(it.network, it.values)).toBe(false);
    // One channel that varies is enough, unless only the others are read.
    const one = plant(net, 4).noInput('a', [0, 1], 0.5);
    expect(dependsOnInputs(one.network, one.values)).toBe(true);
    const unread = plant(net, 4).noInput('a', [0, 1], 0.5).noReader('a', [2]);
    expect(moves(unread)).toBe(false);
    expect(dependsOnInputs(unread.network, unread.values)).toBe(false);
  });

  const RECURRENT = ['SimpleRNN(4)', 'LSTM(4)', 'GRU(4)', 'Bidirectional(LSTM(4))', 'LSTM(4, return_sequences: true)'];
  it.each(RECURRENT)('where %s reads nothing but its own past', async (layer) => {
    const pool = layer.includes('return_sequences') ? 'pool = GlobalAveragePooling1D' : '';
    const net = `
      review = Input(5)
      words = Embedding(9, 3)
      over = ${layer}
      ${pool}
      verdict = Dense(1)`;
    const kernels = (it: Plant) => [...it.values.keys()].filter((name) => /^over\.(.*_)?kernel$/.test(name));
    const recurrent = (name: string) => name.includes('recurrent');
    // Their biases are not 0: what the layer holds varies from step to step.
    const dead = plant(net, 5);
    silence(dead, ...kernels(dead).filter((name) => !recurrent(name)));
    expect(moves(dead)).toBe(false);
    expect(await failureOf(() => dead.shrink())).toMatchObject({
      text: expect.stringMatching(/all \d units of over died: the output verdict no longer depends on any input/),
    });
    const all = plant(net, 6);
    silence(all, 'words.embeddings', ...kernels(all));
    expect(await failureOf(() => all.shrink())).toMatchObject({
      text: expect.stringContaining('all 3 units of words died'),
    });
    const alive = plant(net, 7);
    silence(alive, ...kernels(alive).filter(recurrent));
    expect(dependsOnInputs(alive.network, alive.values)).toBe(true);
  });

  it('but not where attention reads an input by its scores alone', () => {
    const it = plant(
      `
      tokens = Input(5)
      v = Embedding(9, 4)
      p = PositionEmbedding(5)
      seen = MultiHeadAttention(2, 3) <- query: v, value: p
      pool = GlobalAveragePooling1D
      label = Dense(2)`,
      8,
    );
    expect(moves(it)).toBe(true);
    expect(dependsOnInputs(it.network, it.values)).toBe(true);
    silence(it, 'v.embeddings');
    expect(moves(it)).toBe(false);
    expect(dependsOnInputs(it.network, it.values)).toBe(false);
  });

  it('nor where a norm mixes a unit that varies with those that are read', () => {
    const it = plant(
      `
      tokens = Input(5)
      v = Embedding(9, 4)
      p = PositionEmbedding(5)
      sum = Add <- v, p
      norm = LayerNormalization
      pool = GlobalAveragePooling1D
      label = Dense(2)`,
      9,
    );
    silence(it, 'v.embeddings').set('v.embeddings', { 6: 0.5 });
    const kernel = it.values.get('label.kernel')!;
    kernel.fill(0, 4, 6);
    expect(moves(it)).toBe(true);
    expect(dependsOnInputs(it.network, it.values)).toBe(true);
  });

  it('and through flattened maps by the channels that vary', () => {
    const net = `
      tokens = Input(3)
      v = Embedding(9, 2)
      p = PositionEmbedding(3)
      sum = Add <- v, p
      flat = Flatten
      out = Dense(2)`;
    const it = silence(plant(net, 10), 'v.embeddings').set('v.embeddings', { 4: 0.5 });
    expect(dependsOnInputs(it.network, it.values)).toBe(true);
    const unread = it.noReader('v', [0]);
    expect(moves(unread)).toBe(false);
    expect(dependsOnInputs(unread.network, unread.values)).toBe(false);
  });
});

describe('what is told of a dead output', () => {
  it('is the layer that died between it and what lives, and no branch that died elsewhere', async () => {
    const it = plant(
      `x = Input(4)
       stem = Dense(3, activation: tanh)
       branch = Dense(3) <- stem
       sum = Add <- stem, branch
       late = Dense(2, activation: relu)
       out = Dense(1)`,
      30,
    )
      .noInput('branch', [0, 1, 2], 0.5)
      .noInput('late', [0, 1], 0.5);
    expect(await failureOf(() => it.shrink())).toMatchObject({
      text: expect.stringContaining('all 2 units of late died: the output out no longer depends on any input'),
    });
  });

  it('is a factor that died, which kills what lives beside it', async () => {
    const it = plant(
      `x = Input(4)
       stem = Dense(3, activation: tanh)
       gate = Dense(3, activation: relu) <- stem
       product = Multiply <- stem, gate
       out = Dense(1)`,
      31,
    ).noInput('gate', [0, 1, 2]);
    expect(await failureOf(() => it.shrink())).toMatchObject({
      text: expect.stringContaining('all 3 units of gate died'),
    });
  });

  it('counts the units that a layer had, where the output is found dead after others went', async () => {
    const it = plant(
      `x = Input(3, 4)
       each = Dense(4)
       turned = Permute(2, 1)
       steps = TimeDistributed(Dense(2))
       flat = Flatten
       out = Dense(2)`,
      32,
    )
      // Unit 1 alone lives: of the steps that become of the units, the one that is not read.
      .noInput('each', [0, 2, 3])
      .set('out.kernel', { 4: 0, 5: 0, 6: 0, 7: 0 });
    // A quick look does not tell.
    expect(dependsOnInputs(it.network, it.values)).toBe(true);
    expect(shrinkLiving(it.network, it.values)).toBeUndefined();
    expect(await failureOf(() => it.shrink())).toMatchObject({
      exit: 3,
      text: expect.stringContaining('all 4 units of each died: the output out no longer depends on any input'),
    });
  });
});

describe('a branch that went', () => {
  const net = (order: string) => `
      tokens = Input(5)
      ${order}
      sum = Add <- v, w, p
      pool = GlobalAveragePooling1D
      label = Dense(2)`;

  it('goes whole, though positions took its shape: they take that of another branch above them', () => {
    const it = silence(
      plant(
        net(`v = Embedding(9, 4) <- tokens
      w = Embedding(7, 4) <- tokens
      p = PositionEmbedding(5) <- v`),
        11,
      ),
      'v.embeddings',
    ).shrink();
    expect(it.left('v')).toEqual([]);
    expect(it.left('w')).toEqual([0, 1, 2, 3]);
    expect(it.result.layerEdits).toMatchObject([
      { kind: 'remove', layer: 'v' },
      { kind: 'rewire', layer: 'p', inputs: [{ node: 'w' }] },
      { kind: 'rewire', layer: 'sum', inputs: [{ node: 'w' }, { node: 'p' }] },
    ]);
    expect(it.result.values.has('v.embeddings')).toBe(false);
  });

  it('stays where every other branch stands below what reads its shape', () => {
    const it = silence(
      plant(
        net(`v = Embedding(9, 4) <- tokens
      p = PositionEmbedding(5) <- v
      w = Embedding(7, 4) <- tokens`),
        12,
      ),
      'v.embeddings',
    ).shrink();
    expect(it.left('v')).toEqual([0, 1, 2, 3]);
  });
});

describe('units that become places', () => {
  it('depend as they did, also where a Flatten makes features of them again', () => {
    const made = plant(
      `x = Input(4, 2)
       rnn = SimpleRNN(2)
       map = Reshape(2, 1, 1)
       flat = Flatten
       out = Dense(1)`,
      20,
    )
      // Cell 1 goes on by itself from its bias, and it alone is read.
      .set('rnn.kernel', { 1: 0, 3: 0 })
      .set('rnn.recurrent_kernel', { 1: 0 })
      .set('out.kernel', { 0: 0 });
    expect(dependsOnInputs(made.network, made.values)).toBe(false);
    made.set('rnn.kernel', { 3: 0.5 });
    expect(dependsOnInputs(made.network, made.values)).toBe(true);
  });
});
