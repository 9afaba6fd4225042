import { describe, expect, test } from 'vitest';
import { type StepProgram, stepProgram } from '../../src/compiler/4-program/index.js';
import { paramShape } from '../../src/compiler/3-dims/index.js';
import { allParams } from '../../src/ir/graph.js';
import type { optimizers } from '../../src/optimizers/index.js';
import { evaluate } from '../../src/program/evaluate.js';
import type { HostTensor, Tensor64 } from '../../src/program/program.js';
import { sizeOf } from '../../src/program/program.js';
import { engines } from '../../src/runtime/engines/index.js';
import { addTotals, lossesOf, lossOf, metricOf, newTotals } from '../../src/runtime/training/totals.js';
import { type Arguments, casesOf, floats, ints, normwise, vectorsOf, waveClasses, waveTensor } from './numbers.js';
import { exact, lower, spelled } from './support.js';

interface Case {
  readonly name: string;
  readonly optimizer: keyof typeof optimizers;
  readonly arguments?: Arguments;
  readonly learning_rate: number;
  readonly loss_weights: Readonly<Record<string, number>>;
}

const section = casesOf<{
  readonly widths: Readonly<Record<'x' | 'z' | 'left' | 'right' | 'trunk' | 'price' | 'kind', number>>;
  readonly rows: number;
  readonly steps: number;
  readonly cases: readonly Case[];
}>('outputs');
const { widths, rows, steps } = section;
const { oracle, vectors } = vectorsOf<{
  readonly loss: readonly number[];
  readonly price_loss: readonly number[];
  readonly kind_loss: readonly number[];
  readonly price_mae: readonly number[];
  readonly kind_accuracy: readonly number[];
  readonly parameters: Readonly<Record<string, readonly number[]>>;
}>('outputs');

function programOf(one: Case): { readonly step: StepProgram; readonly start: Record<string, HostTensor> } {
  const { spec, network } = lower(`
model Outputs -> price, kind {
  x     = Input(${widths.x})
  left  = Dense(${widths.left}, activation: relu)
  z     = Input(${widths.z})
  right = Dense(${widths.right}, activation: tanh)
  both  = Concatenate <- left, right
  trunk = Dense(${widths.trunk}, activation: relu)
  price = Dense(${widths.price}) <- trunk
  kind  = Dense(${widths.kind}) <- trunk
}
data { source: csv("rows.csv") }
train {
  losses { price: huber; kind: sparse_categorical_crossentropy(from_logits: true) }
  loss_weights { ${spelled(one.loss_weights)} }
  metrics { price: [mae]; kind: [accuracy] }
  optimizer: ${one.optimizer}(${spelled({ learning_rate: one.learning_rate, ...one.arguments })})
  epochs: 1
}
`);
  const layers = ['left', 'right', 'trunk', 'price', 'kind'];
  const step = stepProgram(network, { ...spec.train.phases[0]!, finetune: false });
  const slots = step.state.filter(({ slot }) => slot !== undefined);
  const start = [
    ...allParams(network).map((param): [string, HostTensor] => {
      const k = param.tensor === 'bias' ? 1 : 0;
      const salt = 100 * (layers.indexOf(param.layer) + 1) + k;
      return [param.name, waveTensor(paramShape(param), salt, 0.75 - 0.5 * k)];
    }),
    ...slots.map(({ name, shape }): [string, HostTensor] => [name, floats(shape, new Array(sizeOf(shape)).fill(0))]),
  ];
  return { step, start: Object.fromEntries(start) };
}

function batchOf(at: number): Record<string, HostTensor> {
  return {
    x: waveTensor([rows, widths.x], 1000 + at),
    z: waveTensor([rows, widths.z], 2000 + at),
    'target:price': waveTensor([rows, widths.price], 3000 + at),
    'target:kind': ints(waveClasses(rows, 4000 + at, widths.kind)),
  };
}

const scalarsOf = (step: StepProgram, one: Case, at: number) =>
  Object.entries(step.scalars({ step: at + 1, learningRate: one.learning_rate, rows }));

test('every case has its vector', () => {
  expect(Object.keys(vectors)).toEqual(section.cases.map(({ name }) => name));
});

describe(`${steps} steps of two inputs and two outputs in float64 as ${oracle}`, () => {
  test.each(section.cases)('$name', (one) => {
    const { step, start } = programOf(one);
    const wanted = vectors[one.name]!;
    let state: Record<string, HostTensor | Tensor64> = start;
    for (let at = 0; at < steps; at++) {
      const numbers = scalarsOf(step, one, at).map(([name, value]) => [name, exact([], [value])]);
      const after = evaluate(step.program, { ...state, ...batchOf(at), ...Object.fromEntries(numbers) });
      state = { ...state, ...after.state };
      const totals = newTotals();
      addTotals(totals, after.results as never, rows);
      const { price, kind } = lossesOf(totals, step.losses);
      const [mae, accuracy] = step.metrics.map((use) => metricOf(totals, use));
      const found = {
        loss: lossOf(totals),
        price_loss: price,
        kind_loss: kind,
        price_mae: mae,
        kind_accuracy: accuracy,
      };
      for (const [name, value] of Object.entries(found))
        expect(normwise([value!], [wanted[name as 'loss'][at]!]), `${name} ${at}`).toBeLessThan(1e-10);
    }
    for (const [name, values] of Object.entries(wanted.parameters))
      expect(normwise(state[name]!.data, values), name).toBeLessThan(1e-10);
  });
});

for (const [name, engine] of Object.entries(engines)) {
  const readiness = await engine.probe();
  const label = readiness.ready ? name : `${name} (not ready: ${readiness.because})`;
  describe.skipIf(!readiness.ready)(`${steps} steps on ${label} as ${oracle}, within 1e-5 norm-wise`, () => {
    test.each(section.cases)('$name', async (one) => {
      const { step, start } = programOf(one);
      const loaded = await engine.load({ step: step.program }, { threads: 2 });
      await loaded.setState(start);
      for (let at = 0; at < steps; at++) {
        const numbers = scalarsOf(step, one, at).map(([key, value]) => [key, floats([], [value])]);
        await loaded.run('step', { ...batchOf(at), ...Object.fromEntries(numbers) });
      }
      const wanted = vectors[one.name]!.parameters;
      const state = await loaded.state(Object.keys(wanted));
      await loaded.close();
      for (const [parameter, values] of Object.entries(wanted))
        expect(normwise(state[parameter]!.data, values), parameter).toBeLessThan(1e-5);
    });
  });
}
