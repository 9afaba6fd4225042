import { describe, expect, it } from 'vitest';
import { printResolved } from '../../../src/compiler/1-spec/index.js';
import { compile } from '../../../src/compiler/compile.js';
import { editorSchema } from '../../../src/compiler/editor-schema.js';
import { Failure } from '../../../src/diagnostics/report.js';
import { Source } from '../../../src/diagnostics/source.js';
import { line, lower, marks } from './harness.js';

const model =
  'let width = 8\nlet lambda = 1e-3\nmodel Net { image = Input(4)\nfc1 = Dense(width) @l1(lambda)\nDense(1) }\n';
const data = 'data { source: sparse_regression(features: 4); validation: 10% }\n';
const train = 'train { loss: mse; metrics: [nmse]; epochs: 8 }\n';
const lowered = (sweep: string, sets: readonly string[] = []) => lower(`${model}${data}${train}${sweep}`, sets);
const spaces = (sweep: string, sets: readonly string[] = []) => {
  const { spec, lines } = lowered(sweep, sets);
  expect(lines).toEqual([]);
  return Object.fromEntries(spec!.sweep!.axes.map(({ address, space }) => [address, space]));
};

describe('the space of a sweep', () => {
  it('is lists, ranges, and points at equal ratios, as --set takes them', () => {
    expect(
      spaces(
        'let widths = [4, 2 * width]\nsweep { width: widths; train.seed: 1..3; lambda: log(1e-6, 1e-2, 5); data.validation: [7%, 20]; train.optimizer: [adam(1e-3), sgd(0.1, momentum: 0.9)]; model.fc1.activation: [relu, "tanh"]; train.epochs: [1 epoch, 2 epochs] }',
      ),
    ).toEqual({
      width: { kind: 'values', values: ['4', '16'] },
      'train.seed': { kind: 'values', values: ['1', '2', '3'] },
      lambda: { kind: 'values', values: ['1e-6', '1e-5', '1e-4', '0.001', '0.01'] },
      'data.validation': { kind: 'values', values: ['7%', '20'] },
      'train.optimizer': { kind: 'values', values: ['adam(0.001)', 'sgd(0.1, momentum: 0.9)'] },
      'model.fc1.activation': { kind: 'values', values: ['relu', '"tanh"'] },
      'train.epochs': { kind: 'values', values: ['1 epoch', '2 epochs'] },
    });
  });

  it('may be intervals where values are drawn', () => {
    expect(spaces('sweep { lambda: log(1e-6, 1e-2); width: uniform(4, 8); strategy: random; trials: 3 }')).toEqual({
      lambda: { kind: 'log', from: 1e-6, to: 1e-2 },
      width: { kind: 'uniform', from: 4, to: 8 },
    });
  });

  it('has six digits between its ends', () => {
    const { lambda } = spaces('sweep { lambda: log(1e-3, 7e-2, 4) }');
    expect(lambda).toEqual({ kind: 'values', values: ['0.001', '0.00412129', '0.016985', '0.07'] });
  });

  it('is changed and added to by --set', () => {
    expect(
      spaces('sweep { lambda: [1, 2]; width: 1..2 }', ['sweep.lambda=[3]', 'sweep.train.seed=1..2', 'sweep.seed=4']),
    ).toEqual({
      lambda: { kind: 'values', values: ['3'] },
      width: { kind: 'values', values: ['1', '2'] },
      'train.seed': { kind: 'values', values: ['1', '2'] },
    });
    expect(spaces('', ['sweep.lambda=[3]'])).toEqual({ lambda: { kind: 'values', values: ['3'] } });
  });

  it('reads alike in YAML', () => {
    const text = `
let: { width: 8 }
model: { name: Net, layers: [{ Input: 4 }, Dense(width), Dense(1)] }
data: { source: sparse_regression, validation: 10% }
train: { loss: mse, epochs: 2 }
sweep: { width: 4..6, train.seed: [1, 2], train.batch_size: { log: { from: 8, to: 32, points: 3 } } }
`;
    const { spec } = compile(new Source('net.yaml', text), { sets: ['model.input_1.shape=[4]'] });
    expect(spec.sweep!.axes.map(({ space }) => space)).toEqual([
      { kind: 'values', values: ['4', '5', '6'] },
      { kind: 'values', values: ['1', '2'] },
      { kind: 'values', values: ['8', '16', '32'] },
    ]);
  });

  it('is no part of the resolved text', () => {
    const { spec } = lowered('sweep { width: 1..2 }');
    expect(printResolved(spec!)).not.toContain('sweep');
    expect(spec!.hash).toBe(lowered('').spec!.hash);
  });

  it('is open for editors', () => {
    const { properties } = editorSchema() as { properties: Record<string, { additionalProperties: object }> };
    expect(properties.sweep!.additionalProperties).toMatchObject({ anyOf: expect.any(Array) });
  });
});

describe('what cannot be swept', () => {
  it.each([
    ['sweep { }', 'sweep-plan sweep'],
    ['sweep { lamda: [1] }', 'sweep-values lamda'],
    ['sweep { strateg: random }', 'sweep-values strateg'],
    ['sweep { train: [1] }', 'sweep-values train'],
    ['sweep { width.units: [1] }', 'sweep-values width.units'],
    ['sweep { "a b": [1] }', 'sweep-values "a b"'],
    ['sweep { sweep.width: [1] }', 'sweep-values sweep.width'],
    ['sweep { width: [] }', 'sweep-values []'],
    ['sweep { width: [1, 2, 1] }', 'sweep-values 1'],
    ['sweep { width: 5..1 }', 'index-range 5..1'],
    ['sweep { width: 0..10000 }', 'sweep-values 0..10000'],
    ['sweep { width: 3 }', 'sweep-values 3'],
    ['sweep { width: relu }', 'sweep-values relu'],
    ['sweep { train { seed: 1..2 } }', 'sweep-values train'],
    ['sweep { width: between(1, 2) }', 'unknown-word between'],
    ['sweep { lambda: log(1e-2, 1e-6, 3) }', 'sweep-values log(1e-2, 1e-6, 3)'],
    ['sweep { lambda: log(0, 1, 3) }', 'out-of-range 0'],
    ['sweep { lambda: log(1, 2, 1) }', 'out-of-range 1'],
    ['sweep { lambda: uniform(1, 1); strategy: random; trials: 3 }', 'sweep-values uniform(1, 1)'],
    ['sweep { lambda: uniform(0, 1) }', 'sweep-plan lambda'],
    ['sweep { width: 1..3; strategy: random }', 'sweep-plan random'],
    ['sweep { width: 1..3; trials: 3 }', 'sweep-plan 3'],
    ['sweep { width: 1..3; strategy: bayes }', 'wrong-type bayes'],
    ['sweep { width: 1..200; train.seed: 1..200 }', 'sweep-plan sweep'],
    ['sweep { lambda: log(1, 2); strategy: halving }', 'sweep-plan lambda'],
    ['sweep { width: [1]; strategy: halving }', 'sweep-plan halving'],
    ['sweep { width: 1..3; strategy: halving; trials: 1 }', 'sweep-plan 1'],
    ['sweep { width: 1..3; objective: accuracy }', 'sweep-objective accuracy'],
    ['sweep { width: 1..3; objective: test_nmse }', 'sweep-objective test_nmse'],
    ['sweep: 3', 'wrong-type 3'],
  ])('%s', (sweep, expected) => {
    expect(marks(lowered(sweep))).toEqual([expected]);
  });

  it('halving of one epoch, or of steps', () => {
    const sweep = 'sweep { width: 1..4; strategy: halving }';
    expect(marks(lowered(sweep, ['train.epochs=1']))).toEqual(['sweep-plan halving']);
    expect(marks(lowered(sweep, ['train.steps=100']))).toEqual(['sweep-plan halving']);
    expect(marks(lowered(sweep, ['train.epochs=2']))).toEqual([]);
  });

  it('a spec without validation rows', () => {
    const without = `${model}data { source: sparse_regression(features: 4) }\n${train}`;
    const { found, lines } = lower(`${without}sweep { width: 1..3 }`);
    expect(lines).toEqual([
      'sweep-needs-validation @sweep: a sweep chooses by validation rows, and the spec holds none out (add `validation: 10%` to `data`)',
    ]);
    expect(found[0]!.also).toHaveLength(1);
    expect(lower(`${without}sweep { data.validation: [10%, 20%] }`).lines).toEqual([]);
  });

  it('an objective that is not computed', () => {
    const check = (sweep: string) => {
      try {
        compile(new Source('net.dn', `${model}${data}${train}${sweep}`));
        return [];
      } catch (error) {
        if (!(error instanceof Failure)) throw error;
        return error.diagnostics.map(line);
      }
    };
    for (const objective of ['val_nmse', 'val_loss'])
      expect(check(`sweep { width: 1..3; objective: ${objective} }`)).toEqual([]);
    expect(check('sweep { width: 1..3; objective: val_accuracy }')).toEqual([
      "sweep-objective @val_accuracy: the sweep's objective `val_accuracy` cannot be used: the last phase does not compute it (it can be `val_nmse`, `val_loss`; more by `metrics: […]` in `train`)",
    ]);
  });
});
