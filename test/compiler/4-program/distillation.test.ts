import { describe, expect, test } from 'vitest';
import {
  type Distillation,
  forwardProgram,
  inputsOfTeacher,
  stepProgram,
  teacherName,
  teacherProgram,
} from '../../../src/compiler/4-program/index.js';
import { shrink } from '../../../src/compiler/5-shrink/shrink.js';
import type { Network } from '../../../src/ir/graph.js';
import type { Tensor64 } from '../../../src/program/program.js';
import { Random, seed } from '../../program/support.js';
import { batchOf, lowered, run, scalarsOf, stateOf } from './support.js';

const ROWS = 5;

const net = (body: string, train: string) =>
  lowered(`model ${body}
data { source: sparse_regression }
train { ${train}; optimizer: sgd; epochs: 1 }
`);

/** One step, with what the teacher says given as rows. `changed` are inputs in the place of random ones. */
function stepped(
  { network, spec }: ReturnType<typeof lowered>,
  distil: Distillation | undefined,
  changed: Readonly<Record<string, Tensor64>> = {},
  classWeights?: Readonly<Record<string, readonly number[]>>,
) {
  const phase = spec.train.phases[0]!;
  const step = stepProgram(network, {
    ...phase,
    finetune: true,
    ...(distil && { distil }),
    ...(classWeights && { classWeights }),
  });
  const given = { ...stateOf(network, step, 'student'), ...batchOf(step.program, ROWS, 'batch', 3), ...changed };
  const { results, state } = run(step.program, given, scalarsOf(step, { step: 1, learningRate: 0.1, rows: ROWS }));
  return { step, given, results, state };
}

const scalar = (tensor: Tensor64 | undefined) => tensor!.data[0]!;
const sum = (numbers: readonly number[]) => numbers.reduce((all, one) => all + one, 0);

/** Rows of a tensor, each as one list of numbers. */
const rowsOf = ({ data, shape: [rows = 0] }: Tensor64): number[][] =>
  Array.from({ length: rows }, (_, row) => [
    ...data.slice((row * data.length) / rows, ((row + 1) * data.length) / rows),
  ]);

function softmax(logits: readonly number[]): number[] {
  const powers = logits.map(Math.exp);
  return powers.map((one) => one / sum(powers));
}

const divergence = (wanted: readonly number[], found: readonly number[]) =>
  sum(wanted.map((p, k) => (p === 0 ? 0 : p * Math.log(p / found[k]!))));

/** The formula, by the definition of each divergence. */
function apart(kind: string, teacher: Tensor64, student: Tensor64, temperature: number): number {
  const [wanted, found] = [rowsOf(teacher), rowsOf(student)];
  return sum(
    wanted.map((row, k) => {
      const other = found[k]!;
      if (kind === 'values') return sum(row.map((one, j) => (one - other[j]!) ** 2)) / row.length;
      const square = temperature ** 2;
      const [cold, warm] = [row, other].map((logits) => logits.map((one) => one / temperature)) as [number[], number[]];
      if (kind === 'softmax') return square * divergence(softmax(cold), softmax(warm));
      const pair = (logit: number) => [1 / (1 + Math.exp(-logit)), 1 / (1 + Math.exp(logit))];
      return (square * sum(cold.map((one, j) => divergence(pair(one), pair(warm[j]!))))) / row.length;
    }),
  );
}

const losses = {
  softmax: [
    ['Dense(3)', 'sparse_categorical_crossentropy(from_logits: true)'],
    ['Dense(3, activation: softmax)', 'sparse_categorical_crossentropy'],
    ['Dense(3, activation: softmax)', 'categorical_crossentropy'],
  ],
  sigmoid: [
    ['Dense(3)', 'binary_crossentropy(from_logits: true)'],
    ['Dense(3, activation: sigmoid)', 'binary_crossentropy'],
  ],
  values: [
    ['Dense(3)', 'mse'],
    ['Dense(3, activation: sigmoid)', 'mae'],
    ['Dense(3, activation: softmax)', 'kl_divergence'],
  ],
} as const;
const cases = Object.entries(losses).flatMap(([kind, own]) => own.map(([head, loss]) => ({ kind, head, loss })));

describe(`distillation (seed ${seed})`, () => {
  test.each(cases)(
    '$head, $loss: the loss and the distance from the teacher by $kind, by their weights',
    ({ kind, head, loss }) => {
      const one = net(`Net {\n  x = Input(4)\n  h = Dense(5, activation: tanh)\n  y = ${head}\n}`, `loss: ${loss}`);
      const random = new Random('weights');
      const plain = stepped(one, undefined);
      const forward = forwardProgram(one.network, { mode: 'inference', logits: kind !== 'values' });
      const student = run(forward, plain.given).results.y!;
      for (const [weight, temperature] of [
        [random.between(0.05, 0.95), random.between(0.5, 8)],
        [1, 1],
        [0.5, 4],
      ] as const) {
        const { results, given, step } = stepped(one, { weight, temperature }, plain.given);
        expect(step.program.inputs.some(({ name }) => name === 'teacher:y')).toBe(true);
        const wanted =
          (1 - weight) * scalar(plain.results.loss) + weight * apart(kind, given['teacher:y']!, student, temperature);
        expect(scalar(results.loss)).toBeCloseTo(wanted, 9);
      }
    },
  );

  test.each(cases)('$head, $loss: nothing is to be learned from a teacher that says the same', ({ head, loss }) => {
    const one = net(`Net {\n  x = Input(4)\n  y = ${head}\n}`, `loss: ${loss}`);
    const plain = stepped(one, undefined);
    const said = run(teacherProgram(one.network, one.spec.train.phases[0]!), plain.given).results;
    expect(Object.keys(said)).toEqual(['teacher:y']);
    const { results, state } = stepped(one, { weight: 1, temperature: 3 }, { ...plain.given, ...said });
    expect(scalar(results.loss)).toBeCloseTo(0, 12);
    for (const name of ['y.kernel', 'y.bias'])
      state[name]!.data.forEach((value, k) => void expect(value).toBeCloseTo(plain.given[name]!.data[k]!, 12));
  });

  test('its gradient with softmax is T · (softmax(student / T) − softmax(teacher / T)), to the size of that of the loss', () => {
    const one = net('Net {\n  x = Input(4)\n  y = Dense(3)\n}', `loss: ${losses.softmax[0][1]}`);
    const temperature = 5;
    const { given, state } = stepped(one, { weight: 1, temperature });
    const student = rowsOf(run(forwardProgram(one.network, { mode: 'inference' }), given).results.y!);
    const teacher = rowsOf(given['teacher:y']!);
    const at = (logits: readonly number[]) => softmax(logits.map((logit) => logit / temperature));
    for (let unit = 0; unit < 3; unit++) {
      const slope = sum(student.map((row, k) => temperature * (at(row)[unit]! - at(teacher[k]!)[unit]!))) / ROWS;
      expect(state['y.bias']!.data[unit]).toBeCloseTo(given['y.bias']!.data[unit]! - 0.1 * slope, 12);
    }
  });

  const TWO = `Net -> price, kind {
  x     = Input(3)
  h     = Dense(4, activation: tanh)
  price = Dense(2) <- h
  kind  = Dense(3) <- h
}`;
  const both = `losses { price: mse; kind: ${losses.softmax[0][1]} }; loss_weights { price: 0.75; kind: 0.5 }`;

  test('every output has a teacher of its own, and the weight of its loss; weights of classes are about targets alone', () => {
    const one = net(TWO, `${both}; class_weight { kind: [1, 2, 3] }`);
    const classWeights = { kind: [1, 2, 3] };
    const plain = stepped(one, undefined, {}, classWeights);
    const { results, given } = stepped(one, { weight: 0.25, temperature: 2 }, plain.given, classWeights);
    const said = run(forwardProgram(one.network, { mode: 'inference' }), given).results;
    const wanted = {
      price:
        0.75 * scalar(plain.results['loss:price']) + 0.25 * apart('values', given['teacher:price']!, said.price!, 2),
      kind: 0.75 * scalar(plain.results['loss:kind']) + 0.25 * apart('softmax', given['teacher:kind']!, said.kind!, 2),
    };
    expect(scalar(results['loss:price'])).toBeCloseTo(wanted.price, 9);
    expect(scalar(results['loss:kind'])).toBeCloseTo(wanted.kind, 9);
    expect(scalar(results.loss)).toBeCloseTo(0.75 * wanted.price + 0.5 * wanted.kind, 9);
  });

  test('a teacher in the step says what it says of rows, in inference mode, and reads for itself what the student does not', () => {
    const body = `Net {
  x = Input(6)
  z = Input(2)
  h = Dense(5, activation: relu) <- x
  n = BatchNormalization
  d = Dropout(0.5)
  j = Concatenate <- d, z
  y = Dense(3)
}`;
    const one = net(body, `loss: ${losses.softmax[0][1]}`);
    const teacher: Network = one.network;
    const values = new Map(
      Object.entries(stateOf(teacher, undefined, 'teacher')).map(([name, { data }]) => [
        name,
        Float32Array.from(data, (value) => (name.endsWith('variance') ? 1 + value * value : value)),
      ]),
    );
    // Without two features and a unit there is a student that keeps fewer.
    const cut = new Map([...values].map(([name, data]) => [name, data.slice()]));
    const kernel = cut.get('h.kernel')!;
    for (let k = 0; k < 5; k++) kernel[k] = kernel[3 * 5 + k] = 0;
    const student = shrink(teacher, cut).network;
    expect(inputsOfTeacher(student, teacher)).toEqual(['x']);
    expect(inputsOfTeacher(teacher, teacher)).toEqual([]);

    const rows = batchOf(teacherProgram(teacher, one.spec.train.phases[0]!), ROWS, 'rows');
    const tensors = Object.fromEntries(
      [...values].map(([name, data]) => {
        const { shape } = stateOf(teacher, undefined, 'teacher')[name]!;
        return [name, { dtype: 'float' as const, shape, data: Float64Array.from(data) }];
      }),
    );
    const said = run(teacherProgram(teacher, one.spec.train.phases[0]!), { ...rows, ...tensors }).results;
    const kept = [1, 2, 4, 5];
    const x: Tensor64 = {
      dtype: 'float',
      shape: [ROWS, 4],
      data: Float64Array.from(rowsOf(rows.x!).flatMap((row) => kept.map((k) => row[k]!))),
    };
    const shared = { x, z: rows.z! };
    const of = { network: student, spec: one.spec };
    const outside = stepped(of, { weight: 0.5, temperature: 2 }, { ...shared, ...said });
    const named = Object.fromEntries(Object.entries(tensors).map(([name, tensor]) => [teacherName(name), tensor]));
    const inside = stepped(
      of,
      { weight: 0.5, temperature: 2, teacher },
      { ...outside.given, ...shared, ...named, [teacherName('x')]: rows.x! },
    );
    expect(inside.results.loss).toEqual(outside.results.loss);
    for (const { name } of outside.step.state) expect(inside.state[name], name).toEqual(outside.state[name]);
    // Its parameters are no state that a step names or moves.
    expect(inside.step.state).toEqual(outside.step.state);
    expect(inside.step.program.outputs.some(({ name }) => name.startsWith('teacher:'))).toBe(false);
    expect(inside.step.program.inputs.flatMap(({ name, role }) => (role === 'batch' ? [name] : [])).sort()).toEqual([
      'target:y',
      'teacher:x',
      'x',
      'z',
    ]);
  });
});
