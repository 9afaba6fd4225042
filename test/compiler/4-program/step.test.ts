import { describe, expect, test } from 'vitest';
import { evaluationProgram, forwardProgram, kernelsOf, stepProgram } from '../../../src/compiler/4-program/index.js';
import type { Tensor64 } from '../../../src/program/program.js';
import { seed } from '../../program/support.js';
import { dimsOf, specText } from '../lowered.js';
import { batchOf, firstStep, lowered, rowsOf, run, scalarsOf, stateOf } from './support.js';

const RATE = 0.1;

const net = (annotation: string, { optimizer = 'sgd', loss = 'mse', metrics = 'mse' } = {}) => `
model Net {
  x = Input(3)
  h = Dense(4, activation: tanh) ${annotation}
  y = Dense(2)
}
data { source: sparse_regression }
train { loss: ${loss}; optimizer: ${optimizer}; metrics: [${metrics}]; epochs: 1 }
`;

type Matrix = number[][];
const matrix = ({ shape: [rows = 0, columns = 0], data }: Tensor64): Matrix =>
  Array.from({ length: rows }, (_, i) => [...data.slice(i * columns, (i + 1) * columns)]);

/** A step of gradient descent on the mean squared error of x → tanh(x·W + b)·V + c, by hand. */
function byHand(given: Readonly<Record<string, Tensor64>>) {
  const [x, W, V, t] = [given.x!, given['h.kernel']!, given['y.kernel']!, given['target:y']!].map(matrix) as [
    Matrix,
    Matrix,
    Matrix,
    Matrix,
  ];
  const [b, c] = [given['h.bias']!.data, given['y.bias']!.data];
  const zeros = (rows: number, columns: number) =>
    Array.from({ length: rows }, () => new Array<number>(columns).fill(0));
  const grad = { W: zeros(3, 4), b: new Array<number>(4).fill(0), V: zeros(4, 2), c: new Array<number>(2).fill(0) };
  let loss = 0;
  x.forEach((row, r) => {
    const h = [...b].map((bias, j) => Math.tanh(row.reduce((sum, v, i) => sum + v * W[i]![j]!, bias)));
    const y = [...c].map((bias, k) => h.reduce((sum, v, j) => sum + v * V[j]![k]!, bias));
    const error = y.map((v, k) => v - t[r]![k]!);
    loss += error.reduce((sum, e) => sum + e * e, 0) / 2;
    // d(mean over rows of the mean over two outputs)
    const out = error.map((e) => (2 * e) / 2 / x.length);
    out.forEach((o, k) => {
      grad.c[k]! += o;
      h.forEach((v, j) => {
        grad.V[j]![k]! += v * o;
      });
    });
    h.forEach((v, j) => {
      const back = (1 - v * v) * out.reduce((sum, o, k) => sum + o * V[j]![k]!, 0);
      grad.b[j]! += back;
      row.forEach((value, i) => {
        grad.W[i]![j]! += value * back;
      });
    });
  });
  return { loss, grad };
}

const close = (found: ArrayLike<number>, wanted: readonly number[]) => {
  expect(found.length).toBe(wanted.length);
  wanted.forEach((value, k) => {
    expect(found[k]).toBeCloseTo(value, 12);
  });
};

describe(`a step program (seed ${seed})`, () => {
  test('is the step that one makes by hand', () => {
    const both = lowered(net(''));
    const step = firstStep(both);
    const given = { ...stateOf(both.network, step, 'state'), ...batchOf(step.program, 5, 'batch') };
    const { results, state } = run(step.program, given, scalarsOf(step, { step: 1, learningRate: RATE, rows: 5 }));
    const { loss, grad } = byHand(given);
    expect(results.loss!.data[0]).toBeCloseTo(loss, 12);
    expect(results['metric:mse:error']!.data[0]).toBeCloseTo(loss, 12);
    const moved = (name: string, by: readonly number[]) =>
      close(
        state[name]!.data,
        [...given[name]!.data].map((w, k) => w - RATE * by[k]!),
      );
    moved('h.kernel', grad.W.flat());
    moved('h.bias', grad.b);
    moved('y.kernel', grad.V.flat());
    moved('y.bias', grad.c);
  });

  test('adds the gradients of penalties to those of the data, and reports each penalty before the update', () => {
    const both = lowered(net('@dropneuron(li: 0.3, lo: 0.2, solver: gradient) @l2(0.05, bias: true)'));
    const step = firstStep(both);
    const given = { ...stateOf(both.network, step, 'state'), ...batchOf(step.program, 5, 'batch') };
    const { results, state } = run(step.program, given, scalarsOf(step, { step: 1, learningRate: RATE, rows: 5 }));
    expect(step.penalties).toEqual(['dropneuron', 'l2']);
    const W = matrix(given['h.kernel']!);
    const norm = (xs: readonly number[]) => Math.hypot(...xs);
    const columns = [0, 1, 2, 3].map((j) => norm(W.map((row) => row[j]!)));
    const rows = W.map(norm);
    const total = (xs: readonly number[]) => xs.reduce((sum, v) => sum + v, 0);
    expect(results['penalty:dropneuron']!.data[0]).toBeCloseTo(0.3 * total(columns) + 0.2 * total(rows), 12);
    const bias = [...given['h.bias']!.data];
    expect(results['penalty:l2']!.data[0]).toBeCloseTo(0.05 * total([...W.flat(), ...bias].map((w) => w * w)), 12);
    const { grad } = byHand(given);
    close(
      state['h.kernel']!.data,
      W.flatMap((row, i) =>
        row.map((w, j) => w - RATE * (grad.W[i]![j]! + 0.3 * (w / columns[j]!) + 0.2 * (w / rows[i]!) + 0.1 * w)),
      ),
    );
    close(
      state['h.bias']!.data,
      bias.map((w, j) => w - RATE * (grad.b[j]! + 0.1 * w)),
    );
    // Layers without the annotation do not feel it.
    close(
      state['y.bias']!.data,
      [...given['y.bias']!.data].map((w, k) => w - RATE * grad.c[k]!),
    );
  });

  test('gives a loss of values what the output is, and not what comes before its sigmoid', () => {
    const both = lowered(net('').replace('Dense(2)', 'Dense(2, activation: sigmoid)'));
    const step = firstStep(both);
    const given = { ...stateOf(both.network, step, 'state'), ...batchOf(step.program, 5, 'batch') };
    const { results } = run(step.program, given, scalarsOf(step, { step: 1, learningRate: RATE, rows: 5 }));
    const forward = forwardProgram(both.network, { mode: 'inference' });
    const found = run(forward, given).results.y!.data;
    const target = given['target:y']!.data;
    expect(results.loss!.data[0]).toBeCloseTo(
      found.reduce((sum, y, k) => sum + (y - target[k]!) ** 2 / 2, 0),
      12,
    );
  });

  test('takes the proximal step after the update, on the annotated kernel only', () => {
    const both = lowered(net('@dropneuron(li: 2, lo: 0)'));
    const step = firstStep(both);
    const given = { ...stateOf(both.network, step, 'state'), ...batchOf(step.program, 5, 'batch') };
    const { state } = run(step.program, given, scalarsOf(step, { step: 1, learningRate: RATE, rows: 5 }));
    const { grad } = byHand(given);
    const updated = matrix(given['h.kernel']!).map((row, i) => row.map((w, j) => w - RATE * grad.W[i]![j]!));
    const columns = [0, 1, 2, 3].map((j) => Math.hypot(...updated.map((row) => row[j]!)));
    close(
      state['h.kernel']!.data,
      updated.flatMap((row) => row.map((w, j) => w * Math.max(0, 1 - (2 * RATE) / columns[j]!))),
    );
    close(
      state['h.bias']!.data,
      [...given['h.bias']!.data].map((w, j) => w - RATE * grad.b[j]!),
    );
    close(
      state['y.kernel']!.data,
      matrix(given['y.kernel']!).flatMap((row, j) => row.map((w, k) => w - RATE * grad.V[j]![k]!)),
    );
  });

  test('with adam hands the metric of its update to the proximal step', () => {
    const both = lowered(net('@dropneuron(li: 1.5, lo: 0)', { optimizer: 'adam' }));
    const step = firstStep(both);
    const given = { ...stateOf(both.network, step, 'state'), ...batchOf(step.program, 5, 'batch') };
    const { state } = run(step.program, given, scalarsOf(step, { step: 1, learningRate: RATE, rows: 5 }));
    const { grad } = byHand(given);
    // In the first step √v̂ is |g|.
    const divisor = grad.W.map((row) => row.map((g) => Math.abs(g) + 1e-7 / Math.sqrt(1 - 0.999)));
    const updated = matrix(given['h.kernel']!).map((row, i) =>
      row.map((w, j) => w - (RATE * grad.W[i]![j]!) / divisor[i]![j]!),
    );
    const shrunk = [0, 1, 2, 3].map((j) => {
      const column = updated.map((row) => row[j]!);
      const mean = divisor.reduce((sum, row) => sum + row[j]!, 0) / 3;
      return Math.max(0, 1 - (1.5 * RATE) / mean / Math.hypot(...column));
    });
    close(
      state['h.kernel']!.data,
      updated.flatMap((row) => row.map((w, j) => w * shrunk[j]!)),
    );
    close(
      state['h.kernel:momentum']!.data,
      grad.W.flat().map((g) => 0.1 * g),
    );
    close(
      state['h.kernel:variance']!.data,
      grad.W.flat().map((g) => 0.001 * g * g),
    );
  });

  test('takes any number of rows: a short batch is a batch', () => {
    const both = lowered(net('@dropneuron(0.01)', { optimizer: 'adam' }));
    const step = firstStep(both);
    const state = stateOf(both.network, step, 'state');
    const seven = batchOf(step.program, 7, 'batch');
    const at = (rows: number) => scalarsOf(step, { step: 1, learningRate: RATE, rows });
    const short = run(step.program, state, rowsOf(seven, 4, 7), at(3));
    const again = run(firstStep(both).program, state, rowsOf(seven, 4, 7), at(3));
    expect(short).toEqual(again);
    // Sums over rows add up; the gradient is that of the mean.
    const whole = run(step.program, state, seven, at(7));
    const first = run(step.program, state, rowsOf(seven, 0, 4), at(4));
    expect(first.results.loss!.data[0]! + short.results.loss!.data[0]!).toBeCloseTo(whole.results.loss!.data[0]!, 12);
    // The momentum of the first step is a tenth of the gradient.
    whole.state['h.kernel:momentum']!.data.forEach((value, k) => {
      const parts = 4 * first.state['h.kernel:momentum']!.data[k]! + 3 * short.state['h.kernel:momentum']!.data[k]!;
      expect(value).toBeCloseTo(parts / 7, 12);
    });
  });

  test('is the same in every phase but for what the phase says', () => {
    const { spec, network } = lowered(
      specText('x = Input(3)\ny = Dense(2)').replace(
        'epochs: 1',
        'phases { warm { epochs: 1; optimizer: sgd(0.5, momentum: 0.9) }; cool { epochs: 2; optimizer: adam; loss: binary_crossentropy(from_logits: true); metrics: [accuracy] } }',
      ),
    );
    const [warm, cool] = spec.train.phases.map((phase) => stepProgram(network, { ...phase, finetune: false }));
    expect(warm!.state.map((one) => one.name)).toEqual(['y.kernel', 'y.bias', 'y.kernel:velocity', 'y.bias:velocity']);
    expect(cool!.state.map((one) => one.name)).toEqual([
      'y.kernel',
      'y.bias',
      'y.kernel:momentum',
      'y.kernel:variance',
      'y.bias:momentum',
      'y.bias:variance',
    ]);
    expect(warm!.program.name).toBe('Net step (warm)');
    expect(cool!.metrics.map((use) => [use.name, use.sums])).toEqual([['accuracy', ['correct']]]);
    expect(warm!.scalars({ step: 3, learningRate: 0.5, rows: 4 })).toEqual({ learning_rate: 0.5, inverse_rows: 0.25 });
    expect(Object.keys(cool!.scalars({ step: 3, learningRate: 0.5, rows: 4 }))).toEqual([
      'learning_rate',
      'inverse_rows',
      'optimizer.rate',
      'optimizer.correction',
    ]);
  });
});

describe(`dropout (seed ${seed})`, () => {
  const text = (shape: string) =>
    specText(`x = Input(${shape})\na = Dense(4)\ndrop = Dropout(0.5)\nflat = Flatten\ny = Dense(1)`);

  test.each(['3', '2, 3'])('draws for every element of a row of %s, and scales what is left', (shape) => {
    const both = lowered(text(shape));
    const step = firstStep(both);
    const input = step.program.inputs.find((one) => one.role === 'random')!;
    const width = shape === '3' ? 4 : 8;
    expect(input.name).toBe('random:drop.mask');
    expect(input.random).toEqual({
      stream: 'drop.mask',
      distribution: { kind: 'bernoulli', keep: 0.5 },
      units: Array.from({ length: width }, (_, k) => k),
      width,
    });
    // With every unit kept, twice the value: the loss of the doubled layer.
    const state = stateOf(both.network, step, 'state');
    const batch = batchOf(step.program, 3, 'batch');
    const at = scalarsOf(step, { step: 1, learningRate: RATE, rows: 3 });
    const mask = batch['random:drop.mask']!;
    const all = run(step.program, state, batch, { 'random:drop.mask': { ...mask, data: mask.data.map(() => 1) } }, at);
    const double = { ...state, 'y.kernel': { ...state['y.kernel']!, data: state['y.kernel']!.data.map((w) => 2 * w) } };
    const evaluation = evaluationProgram(both.network, both.spec.train.phases[0]!);
    expect(evaluation.program.inputs.some((one) => one.role === 'random')).toBe(false);
    expect(all.results.loss!.data[0]).toBeCloseTo(run(evaluation.program, double, batch).results.loss!.data[0]!, 12);
    // With none, what the bias alone gives.
    const none = run(step.program, state, batch, { 'random:drop.mask': { ...mask, data: mask.data.map(() => 0) } }, at);
    const silent = { ...state, 'y.kernel': { ...state['y.kernel']!, data: state['y.kernel']!.data.map(() => 0) } };
    expect(none.results.loss!.data[0]).toBeCloseTo(run(evaluation.program, silent, batch).results.loss!.data[0]!, 12);
  });

  test('counts units as the network that was trained first had them', () => {
    const body = 'x = Input(3)\na = Dense(2)\ndrop = Dropout(0.5)\ny = Dense(1)';
    const { spec } = lowered(specText(body));
    const shrunk = dimsOf(specText(body), { originals: { a: { indices: [1, 3], width: 5 } } }).network;
    const { random } = firstStep({ spec, network: shrunk }).program.inputs.find((one) => one.role === 'random')!;
    expect(random!.units).toEqual([1, 3]);
    expect(random!.width).toBe(5);
    const tall = dimsOf(specText('x = Input(2, 3)\na = Dense(2)\ndrop = Dropout(0.5)\nflat = Flatten\ny = Dense(1)'), {
      originals: { a: { indices: [1, 3], width: 5 } },
    }).network;
    const drawn = firstStep({ spec, network: tall }).program.inputs.find((one) => one.role === 'random')!.random!;
    expect(drawn.units).toEqual([1, 3, 6, 8]);
    expect(drawn.width).toBe(10);
  });
});

describe(`the other programs (seed ${seed})`, () => {
  const text = `
model Net {
  x = Input(3)
  h = Dense(4, activation: tanh)
  drop = Dropout(0.5)
  y = Dense(3, activation: softmax)
}
data { source: sparse_regression }
train { loss: sparse_categorical_crossentropy; metrics: [accuracy]; epochs: 1 }
`;
  const both = lowered(text);
  const state = stateOf(both.network, undefined, 'state');

  test('forward by hand, with and without the softmax', () => {
    const forward = forwardProgram(both.network, { mode: 'inference' });
    const logits = forwardProgram(both.network, { mode: 'inference', logits: true });
    const batch = batchOf(forward, 4, 'rows');
    const [x, W, V] = [batch.x!, state['h.kernel']!, state['y.kernel']!].map(matrix) as [Matrix, Matrix, Matrix];
    const wanted = x.map((row) => {
      const h = [...state['h.bias']!.data].map((b, j) => Math.tanh(row.reduce((sum, v, i) => sum + v * W[i]![j]!, b)));
      return [...state['y.bias']!.data].map((b, k) => h.reduce((sum, v, j) => sum + v * V[j]![k]!, b));
    });
    close(run(logits, state, batch).results.y!.data, wanted.flat());
    const shares = wanted.map((row) => {
      const all = row.reduce((sum, z) => sum + Math.exp(z), 0);
      return row.map((z) => Math.exp(z) / all);
    });
    close(run(forward, state, batch).results.y!.data, shares.flat());
    expect(forward.inputs.every((one) => one.role !== 'random')).toBe(true);
    expect(forward.outputs.map((one) => one.name)).toEqual(['y']);
  });

  test('evaluation is the loss and the metrics of the forward program', () => {
    const evaluation = evaluationProgram(both.network, both.spec.train.phases[0]!);
    const batch = batchOf(evaluation.program, 6, 'rows', 3);
    const { results } = run(evaluation.program, state, batch);
    const forward = run(forwardProgram(both.network, { mode: 'inference' }), state, batch).results.y!;
    const rows = matrix(forward);
    const labels = [...batch['target:y']!.data];
    expect(evaluation.targets).toEqual([{ output: 'y', form: 'classes' }]);
    expect(results.loss!.data[0]).toBeCloseTo(
      rows.reduce((sum, row, r) => sum - Math.log(row[labels[r]!]!), 0),
      12,
    );
    const correct = rows.filter((row, r) => row.indexOf(Math.max(...row)) === labels[r]).length;
    expect(results['metric:accuracy:correct']!.data[0]).toBe(correct);
    expect(Object.keys(results).sort()).toEqual(['loss', 'metric:accuracy:correct']);
    // An evaluation changes nothing.
    expect(evaluation.program.outputs.some((one) => one.role === 'state')).toBe(false);
  });

  test('several outputs each have their result', () => {
    const { network } = lowered(specText('x = Input(3)\na = Dense(2)\nb = Dense(1)', { head: 'Net -> b, a' }));
    const forward = forwardProgram(network, { mode: 'inference' });
    expect(forward.outputs.map((one) => one.name)).toEqual(['b', 'a']);
    const { results } = run(forward, stateOf(network, undefined, 'two'), batchOf(forward, 2, 'two'));
    expect([results.a!.shape, results.b!.shape]).toEqual([
      [2, 2],
      [2, 1],
    ]);
  });

  test('an output that another layer reads is read with its activation', () => {
    const { network } = lowered(
      specText('x = Input(3)\na = Dense(2, activation: softmax)\nb = Dense(1)', { head: 'Net -> a, b' }),
    );
    const given = stateOf(network, undefined, 'two');
    const probabilities = forwardProgram(network, { mode: 'inference' });
    const logits = forwardProgram(network, { mode: 'inference', logits: true });
    const batch = batchOf(probabilities, 2, 'two');
    expect(run(logits, given, batch).results.b).toEqual(run(probabilities, given, batch).results.b);
    expect(run(logits, given, batch).results.a).not.toEqual(run(probabilities, given, batch).results.a);
  });
});

describe('the groups of kernels', () => {
  const groupsOf = (layers: string, layer: string) =>
    kernelsOf(lowered(specText(layers)).network, layer).map(({ site, bias }) => ({ ...site, bias: bias?.tensor }));

  test('are columns and rows', () => {
    const layers = 'x = Input(3)\na = Dense(2)\nf = Flatten\ny = Dense(1)';
    const site = { layer: 'a', tensor: 'kernel', kernelShape: [3, 2], incoming: [0], outgoing: [1], bias: 'bias' };
    expect(groupsOf(layers, 'a')).toEqual([site]);
    expect(groupsOf(layers, 'f')).toEqual([]);
  });

  test('are filters and channels of a convolution, with all places', () => {
    const [site] = groupsOf('x = Input(5, 5, 3)\na = Conv2D(4, 2)\nf = Flatten\ny = Dense(1)', 'a');
    expect(site).toMatchObject({ kernelShape: [2, 2, 3, 4], incoming: [0, 1, 2], outgoing: [0, 1, 3] });
  });

  test('are apart where a convolution has groups', () => {
    const [site] = groupsOf('x = Input(5, 5, 6)\na = Conv2D(4, 2, groups: 2)\nf = Flatten\ny = Dense(1)', 'a');
    expect(site).toMatchObject({ kernelShape: [2, 2, 3, 2, 2], incoming: [0, 1, 2], outgoing: [0, 1, 4] });
  });

  test('are channels of a depthwise kernel, and both of a separable one', () => {
    const layers = 'x = Input(5, 5, 3)\na = DepthwiseConv2D(2)\nb = SeparableConv2D(4, 2)\nf = Flatten\ny = Dense(1)';
    expect(groupsOf(layers, 'a')).toMatchObject([
      { kernelShape: [2, 2, 3, 1], incoming: [0, 1, 3], outgoing: undefined, bias: 'bias' },
    ]);
    expect(groupsOf(layers, 'b')).toMatchObject([
      { tensor: 'depthwise_kernel', incoming: [0, 1, 3], outgoing: undefined, bias: undefined },
      { tensor: 'pointwise_kernel', incoming: [0, 1, 2], outgoing: [0, 1, 3], bias: 'bias' },
    ]);
  });

  test('are cells with all gates, of both kernels', () => {
    expect(groupsOf('x = Input(5, 3)\na = LSTM(4)\ny = Dense(1)', 'a')).toMatchObject([
      { tensor: 'kernel', kernelShape: [3, 4, 4], incoming: [0, 1], outgoing: [1, 2], bias: 'bias' },
      { tensor: 'recurrent_kernel', kernelShape: [4, 4, 4], incoming: [0, 1], outgoing: [1, 2], bias: undefined },
    ]);
  });
});

test('scalars of a step: the mean is over the rows that there are', () => {
  const step = firstStep(lowered(net('', { optimizer: 'adam' })));
  const at = step.scalars({ step: 2, learningRate: 0.01, rows: 8 });
  expect(at.inverse_rows).toBe(1 / 8);
  expect(at.learning_rate).toBe(0.01);
  expect(at['optimizer.correction']).toBeCloseTo(Math.sqrt(1 - 0.999 ** 2), 15);
  expect(at['optimizer.rate']).toBeCloseTo((0.01 * Math.sqrt(1 - 0.999 ** 2)) / (1 - 0.9 ** 2), 15);
  const names = step.program.inputs.filter((one) => one.role === 'scalar').map((one) => one.name);
  for (const name of names) expect(at, name).toHaveProperty([name]);
});
