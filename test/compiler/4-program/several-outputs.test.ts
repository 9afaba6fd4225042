import { describe, expect, test } from 'vitest';
import { evaluationProgram, forwardProgram, stepProgram } from '../../../src/compiler/4-program/index.js';
import type { Tensor64 } from '../../../src/program/program.js';
import { seed } from '../../program/support.js';
import { batchOf, firstStep, lowered, run, scalarsOf, stateOf } from './support.js';

const net = (train: string, head = 'Net -> price, kind') => `
model ${head} {
  x     = Input(3)
  h     = Dense(4, activation: tanh)
  price = Dense(2) <- h
  kind  = Dense(3) <- h
}
data { source: sparse_regression }
train { ${train}; optimizer: sgd; epochs: 1 }
`;
const LOSSES = 'losses { price: mse; kind: sparse_categorical_crossentropy(from_logits: true) }';

/** One step from random numbers, with the state that it leaves. */
function stepped(train: string, classWeights?: Readonly<Record<string, readonly number[]>>) {
  const both = lowered(net(train));
  const phase = both.spec.train.phases[0]!;
  const step = stepProgram(both.network, { ...phase, finetune: false, ...(classWeights && { classWeights }) });
  const given = { ...stateOf(both.network, step, 'state'), ...batchOf(step.program, 5, 'batch', 3) };
  const { results, state } = run(step.program, given, scalarsOf(step, { step: 1, learningRate: 0.1, rows: 5 }));
  const moved = (name: string) => [...state[name]!.data].map((value, k) => value - given[name]!.data[k]!);
  return { ...both, step, given, results, state, moved };
}

const scalar = (tensor: Tensor64 | undefined) => tensor!.data[0]!;

describe(`several outputs (seed ${seed})`, () => {
  test('their losses add up by their weights, and so do their gradients', () => {
    const weighted = stepped(`${LOSSES}; loss_weights { price: 0.75; kind: 0.5 }`);
    expect(weighted.step.losses).toEqual(['price', 'kind']);
    expect(weighted.step.targets).toEqual([
      { output: 'price', form: 'values' },
      { output: 'kind', form: 'classes' },
    ]);
    const { results } = weighted;
    expect(scalar(results.loss)).toBeCloseTo(
      0.75 * scalar(results['loss:price']) + 0.5 * scalar(results['loss:kind']),
      12,
    );
    const alone = stepped(`${LOSSES}; loss_weights { kind: 0 }`);
    const other = stepped(`${LOSSES}; loss_weights { price: 0 }`);
    for (const name of ['h.kernel', 'h.bias', 'price.kernel', 'kind.bias']) {
      const [both, one, two] = [weighted, alone, other].map(({ moved }) => moved(name)) as [
        number[],
        number[],
        number[],
      ];
      both.forEach((value, k) => void expect(value).toBeCloseTo(0.75 * one[k]! + 0.5 * two[k]!, 12));
    }
    // Nothing of the other reaches a head.
    expect(Math.max(...other.moved('price.kernel').map(Math.abs))).toBe(0);
    expect(Math.max(...alone.moved('kind.kernel').map(Math.abs))).toBe(0);
  });

  test('each loss is what it is where the output is the only one', () => {
    const { results, given, state: _ } = stepped(LOSSES);
    for (const [output, loss] of [
      ['price', 'mse'],
      ['kind', 'sparse_categorical_crossentropy(from_logits: true)'],
    ] as const) {
      const lone = lowered(
        net(`loss: ${loss}`, `Net -> ${output}`).replace(output === 'price' ? /.*kind {2}=.*\n/ : /.*price =.*\n/, ''),
      );
      const step = firstStep(lone);
      expect(step.losses).toEqual([]);
      const found = run(step.program, given, scalarsOf(step, { step: 1, learningRate: 0.1, rows: 5 }));
      expect(Object.keys(found.results)).toEqual(['loss']);
      expect(scalar(found.results.loss)).toBeCloseTo(scalar(results[`loss:${output}`]), 12);
    }
  });

  test('a lone output may have a weight', () => {
    const text = net('loss: mse', 'Net -> price').replace(/.*kind {2}=.*\n/, '');
    const [plain, double] = [text, text.replace('loss: mse', 'loss: mse; loss_weights { price: 2 }')].map((one) => {
      const both = lowered(one);
      const step = firstStep(both);
      const given = { ...stateOf(both.network, step, 'state'), ...batchOf(step.program, 5, 'batch') };
      return run(step.program, given, scalarsOf(step, { step: 1, learningRate: 0.1, rows: 5 }));
    }) as [ReturnType<typeof run>, ReturnType<typeof run>];
    expect(scalar(double.results.loss)).toBeCloseTo(2 * scalar(plain.results.loss), 12);
  });

  test('metrics are those of their output and have its name before theirs', () => {
    const { step, results, given, network } = stepped(
      `${LOSSES}; metrics { price: [mae, mse]; kind: [accuracy, recall(class_id: 1), recall(class_id: 2)] }`,
    );
    expect(step.metrics.map(({ name }) => name)).toEqual([
      'price_mae',
      'price_mse',
      'kind_accuracy',
      'kind_recall',
      'kind_recall(class_id: 2)',
    ]);
    const found = run(forwardProgram(network, { mode: 'inference' }), given).results;
    expect(Object.keys(found).sort()).toEqual(['kind', 'price']);
    const error = found.price!.data.reduce((sum, y, k) => sum + (y - given['target:price']!.data[k]!) ** 2, 0) / 2;
    expect(scalar(results['metric:price_mse:error'])).toBeCloseTo(error, 12);
    const right = [...given['target:kind']!.data].filter((label, row) => {
      const logits = [...found.kind!.data.slice(3 * row, 3 * row + 3)];
      return logits.indexOf(Math.max(...logits)) === label;
    });
    const use = step.metrics[2]!;
    expect(scalar(results[`metric:kind_accuracy:${use.sums[0]}`])).toBe(right.length);
  });

  test('an evaluation counts every row once and tells classes apart where there are some', () => {
    const both = lowered(net(`${LOSSES}; loss_weights { kind: 0.5 }; class_weight { kind: [1, 2, 3] }`));
    const evaluation = evaluationProgram(both.network, both.spec.train.phases[0]!, { confusion: true });
    expect([evaluation.losses, evaluation.confusions]).toEqual([['price', 'kind'], ['kind']]);
    const given = { ...stateOf(both.network, undefined, 'state'), ...batchOf(evaluation.program, 7, 'rows', 3) };
    const { results } = run(evaluation.program, given);
    expect(scalar(results.loss)).toBeCloseTo(scalar(results['loss:price']) + 0.5 * scalar(results['loss:kind']), 12);
    expect(results['confusion:kind']!.data.reduce((sum, count) => sum + count, 0)).toBe(7);
  });

  test('rows are weighted by the classes of the output that is given weights', () => {
    const train = `${LOSSES}; class_weight { kind: [1, 2, 3] }`;
    expect(() => stepped(train)).toThrow('the weights of classes are not computed');
    const [even, weighted] = [stepped(LOSSES), stepped(train, { kind: [2, 2, 2] })];
    expect(scalar(weighted.results['loss:kind'])).toBeCloseTo(2 * scalar(even.results['loss:kind']), 12);
    expect(scalar(weighted.results['loss:price'])).toBeCloseTo(scalar(even.results['loss:price']), 12);
  });
});

describe(`parameters that no gradient moves (seed ${seed})`, () => {
  const NORMALIZED = net(LOSSES).replace(
    'h     = Dense(4, activation: tanh)',
    'n = BatchNormalization(momentum: 0.75)\n  h = Dense(4, activation: tanh)',
  );
  const start = (train = '') => {
    const both = lowered(NORMALIZED.replace('optimizer: sgd', `optimizer: sgd${train}`));
    const step = firstStep(both);
    const given = { ...stateOf(both.network, step, 'state'), ...batchOf(step.program, 5, 'batch', 3) };
    return { ...both, step, given };
  };

  test('get the values that their layer gives them, and have neither slots nor an average', () => {
    const { step, given } = start('(momentum: 0.9); ema_momentum: 0.5');
    const moving = ['n.moving_mean', 'n.moving_variance'];
    const names = step.state.map(({ name }) => name);
    expect(names.filter((name) => name.startsWith('n.moving'))).toEqual(moving);
    expect(names).toContain('n.gamma:average');
    const { state } = run(step.program, given, scalarsOf(step, { step: 1, learningRate: 0.1, rows: 5 }));
    for (let feature = 0; feature < 3; feature++) {
      const values = Array.from({ length: 5 }, (_, row) => given.x!.data[3 * row + feature]!);
      const mean = values.reduce((sum, x) => sum + x, 0) / 5;
      const variance = values.reduce((sum, x) => sum + (x - mean) ** 2, 0) / 5;
      const earlier = (name: string) => given[name]!.data[feature]!;
      expect(state['n.moving_mean']!.data[feature]).toBeCloseTo(0.75 * earlier('n.moving_mean') + 0.25 * mean, 12);
      expect(state['n.moving_variance']!.data[feature]).toBeCloseTo(
        0.75 * earlier('n.moving_variance') + 0.25 * variance,
        12,
      );
    }
  });

  test('are read by the evaluation, beside the averages of the others', () => {
    const { network, spec } = start('; ema_momentum: 0.5');
    const evaluation = evaluationProgram(network, spec.train.phases[0]!, {
      stateOf: (param) => (param.trained ? `${param.name}:average` : param.name),
    });
    const read = evaluation.program.inputs.filter(({ role }) => role === 'state').map(({ name }) => name);
    expect(read).toEqual(expect.arrayContaining(['n.moving_mean', 'n.moving_variance', 'n.gamma:average']));
    expect(read).not.toContain('n.gamma');
  });
});
