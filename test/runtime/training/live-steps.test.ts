import { describe, expect, test } from 'vitest';
import { paramShape, paramSize } from '../../../src/compiler/3-dims/index.js';
import { type StepProgram, stepProgram } from '../../../src/compiler/4-program/index.js';
import { normWise } from '../../../src/compiler/5-shrink/certificate.js';
import {
  allLiving,
  checkLiving,
  type Living,
  livingNetwork,
  stateLeft,
  wholeValues,
} from '../../../src/compiler/5-shrink/live.js';
import type { Values } from '../../../src/compiler/5-shrink/values.js';
import { compile } from '../../../src/compiler/compile.js';
import { Source } from '../../../src/diagnostics/source.js';
import { allParams, type Network, nodeOf } from '../../../src/ir/graph.js';
import { evaluate } from '../../../src/program/evaluate.js';
import {
  type Attributes,
  type HostTensor,
  type Instruction,
  type Program,
  sizeOf,
  type Tensor64,
  type TensorType,
  type ValueId,
} from '../../../src/program/program.js';
import { verify } from '../../../src/program/verify.js';
import type { Engine } from '../../../src/runtime/engines/engine.js';
import { engines } from '../../../src/runtime/engines/index.js';
import { RandomInputs } from '../../../src/runtime/training/random-inputs.js';
import { seeded } from '../../support/random.js';

// Training goes on after a shrink as the whole network would with the parameters, gradients and slots of what went held at 0: dropout's masks are
// those of the same units, and nothing else changes. Where a method takes a mean over a group, it is that of what is left of the group.

const [ROWS, FEATURES] = [13, 12];
const text = (optimizer: string, method: string) => `
model Net @${method} {
  features = Input(${FEATURES})
  hidden   = Dense(9, activation: relu)
  drop     = Dropout(0.3)
  more     = Dense(7, activation: tanh)
  value    = Dense(1)
}
data { source: sparse_regression }
train { loss: mse; metrics: [mse]; epochs: 1; optimizer: ${optimizer}; seed: 11 }
`;

const cases = [
  ['sgd(0.05, momentum: 0.9)', 'l1(1e-3)'],
  ['adam(0.01)', 'dropneuron(1e-2, solver: gradient)'],
  ['adam(0.01)', 'dropneuron(1e-2, metric: euclidean)'],
  ['sgd(0.05)', 'dropneuron(1e-2, reweighted: true)'],
  ['adam(0.01)', 'dropneuron(1e-2)'],
  ['rmsprop(0.01)', 'dropneuron(li: 1e-2, lo: 3e-2, reweighted: true)'],
] as const;

/** Those whose proximal step divides by the mean over a group of what the optimizer divides gradients by. */
const tellsGroupSizes = (optimizer: string, method: string) =>
  !optimizer.startsWith('sgd') && !/gradient|euclidean/.test(method);

const ready: Engine[] = [];
for (const engine of Object.values(engines)) if ((await engine.probe()).ready) ready.push(engine);

type State = Readonly<Record<string, HostTensor>>;

interface Side {
  readonly network: Network;
  readonly step: StepProgram;
  readonly state: State;
}

interface Pair {
  readonly network: Network;
  readonly living: Living;
  readonly whole: Side;
  /** The whole network as it is without live shrinking: what went counts in the means over groups. */
  readonly unaware: Side;
  readonly left: Side;
  /** Rows of the whole network, with 0 in the features that went. */
  readonly rows: Float32Array;
  readonly target: Float32Array;
}

/** A network after some training, in which units have died in every way, and what is left of it. */
function pair(optimizer: string, method: string): Pair {
  const { spec, network } = compile(new Source('net.dn', text(optimizer, method)));
  const phase = { ...spec.train.phases[0]!, finetune: false };
  const random = seeded(`live ${optimizer} ${method}`);
  const step = stepProgram(network, phase);
  const draw = (size: number, scale: number, from = -1) =>
    Float32Array.from({ length: size }, () => scale * (from + (1 - from) * random.next()));
  const start = Object.fromEntries(
    step.state.map(({ name, shape, slot }) => [
      name,
      { shape, data: slot ? draw(sizeOf(shape), 0.1, 0) : draw(sizeOf(shape), 0.5) },
    ]),
  );
  const zero = (name: string, width: number, { row, column }: { row?: number; column?: number }) => {
    const { data } = start[name]!;
    for (let k = 0; k < data.length; k++) if (Math.floor(k / width) === row || k % width === column) data[k] = 0;
  };
  for (const row of [2, 5, 7]) zero('hidden.kernel', 9, { row });
  // A unit that is 0, two that nobody reads, and one that is constant: behind Dropout it would not be.
  zero('hidden.kernel', 9, { column: 1 });
  start['hidden.bias']!.data[1] = 0;
  zero('more.kernel', 7, { row: 4 });
  zero('value.kernel', 1, { row: 3 });
  zero('more.kernel', 7, { column: 5 });
  start['more.bias']!.data[5] = 0.3;

  const values: Values = new Map(allParams(network).map(({ name }) => [name, start[name]!.data as Float32Array]));
  const { living, shrunk } = checkLiving(network, values, allLiving(network), { patience: 1, stepsLeft: 1e6 });
  expect(shrunk).toBeDefined();
  expect(living.kept).toEqual({
    features: [0, 1, 3, 4, 6, 8, 9, 10, 11],
    hidden: [0, 2, 3, 5, 6, 7, 8],
    more: [0, 1, 2, 4, 6],
    value: [0],
  });
  const small = stateLeft(network, shrunk!, step.state, start);
  const x = draw(ROWS * FEATURES, 1);
  expect(shrunk!.folded.map(({ reader }) => reader)).toEqual(['value']);
  const state = wholeState(network, living, step, small);
  return {
    network,
    living,
    whole: { network, step: { ...step, program: meansOfWhatIsLeft(step.program, network, living) }, state },
    unaware: { network, step, state },
    left: { network: shrunk!.network, step: stepProgram(shrunk!.network, phase), state: small },
    rows: x.map((value, k) => (living.kept.features!.includes(k % FEATURES) ? value : 0)),
    target: draw(ROWS, 1),
  };
}

/**
 * The step of the whole network with every mean over a group of a kernel taken over the weights that are left of it. A group that went whole keeps its
 * mean, which multiplies 0.
 */
function meansOfWhatIsLeft(program: Program, network: Network, living: Living): Program {
  const smaller = allParams(livingNetwork(network, living));
  const ones = new Map(smaller.map((param) => [param.name, new Float32Array(paramSize(param)).fill(1)]));
  const masks = wholeValues(network, living, ones);
  const values = [...program.values];
  const instructions: Instruction[] = [];
  const write = (
    op: string,
    inputs: readonly ValueId[],
    type: TensorType,
    attributes: Attributes,
    output?: ValueId,
  ) => {
    const id = output ?? values.push(type) - 1;
    instructions.push({ op, inputs, outputs: [id], attributes, region: 'update' });
    return id;
  };
  const constant = (shape: readonly number[], data: Float64Array) =>
    write('constant', [], { dtype: 'float', shape }, { dtype: 'float', shape, data });
  let means = 0;
  for (const instruction of program.instructions) {
    const { op, inputs, outputs, attributes, region } = instruction;
    if (op !== 'mean' || region !== 'update') {
      instructions.push(instruction);
      continue;
    }
    means += 1;
    const [from, to] = [values[inputs[0]!]!, values[outputs[0]!]!];
    const [rows, columns] = from.shape as readonly [number, number];
    const kernels = allParams(network).filter((param) => paramShape(param).join() === from.shape.join());
    expect(kernels).toHaveLength(1);
    const mask = masks.get(kernels[0]!.name)!;
    const [axis] = attributes.axes as readonly number[];
    const group = (k: number) => (axis === 0 ? k % columns : Math.floor(k / columns));
    const left = new Float64Array(axis === 0 ? columns : rows);
    for (const [k, one] of mask.entries()) left[group(k)]! += one;
    const counted = Float64Array.from(mask, (one, k) => (left[group(k)] === 0 ? 1 : one));
    const counts = left.map((count) => (count === 0 ? (axis === 0 ? rows : columns) : count));
    const masked = write('multiply', [inputs[0]!, constant([rows, columns], counted)], from, {});
    const sum = write('sum', [masked], to, attributes);
    write('divide', [sum, constant(to.shape as readonly number[], counts)], to, {}, outputs[0]);
  }
  return means === 0 ? program : verify({ ...program, values, instructions });
}

/** A state of what is left as one of the whole network: 0 where something went. */
function wholeState(network: Network, living: Living, { state }: StepProgram, left: State): State {
  return Object.fromEntries(
    state.map(({ name, shape, param, slot }) => {
      const own = slot === undefined ? '' : `:${slot}`;
      const values = new Map(
        allParams(network).flatMap((one) => {
          const tensor = left[`${one.name}${own}`];
          return tensor ? [[one.name, tensor.data as Float32Array] as const] : [];
        }),
      );
      return [name, { shape, data: wholeValues(network, living, values).get(param.name)! }];
    }),
  );
}

/** The inputs of a step: batch, masks of the step's own stream, scalars. */
function inputsOf({ step, network }: Side, { rows, target }: Pair, k: number): Record<string, HostTensor> {
  const keep = nodeOf(network.graph, 'features').arguments.keep as readonly number[] | undefined;
  const read = keep ?? Array.from({ length: FEATURES }, (_, feature) => feature);
  const x = Float32Array.from({ length: ROWS * read.length }, (_, place) => {
    return rows[Math.floor(place / read.length) * FEATURES + read[place % read.length]!]!;
  });
  const scalars = step.scalars({ step: k + 1, learningRate: 0.01, rows: ROWS });
  return {
    features: { shape: [ROWS, read.length], data: x },
    'target:value': { shape: [ROWS, 1], data: target },
    ...new RandomInputs(step.program, 11).draw({ epoch: 3, step: k }, ROWS),
    ...Object.fromEntries(
      Object.entries(scalars).map(([name, value]) => [name, { shape: [], data: Float32Array.of(value) }]),
    ),
  };
}

/** The largest norm-wise difference of a tensor after the steps, what went being 0 on both sides. */
async function apart(one: Pair, run: (side: Side) => Promise<State>): Promise<number> {
  const whole = await run(one.whole);
  const left = wholeState(one.network, one.living, one.whole.step, await run(one.left));
  return Math.max(...Object.keys(whole).map((name) => normWise(whole[name]!.data, left[name]!.data)));
}

/** Ten steps in float64. */
const inFloat64 = (both: Pair) => async (side: Side) => {
  let state: Record<string, Tensor64> = Object.fromEntries(
    Object.entries(side.state).map(([name, { shape, data }]) => [
      name,
      { dtype: 'float', shape, data: Float64Array.from(data) },
    ]),
  );
  for (let k = 0; k < 10; k++) {
    const inputs = Object.entries(inputsOf(side, both, k)).map(([name, { shape, data }]): [string, Tensor64] => [
      name,
      { dtype: 'float', shape, data: Float64Array.from(data) },
    ]);
    state = { ...state, ...evaluate(side.step.program, { ...state, ...Object.fromEntries(inputs) }).state };
  }
  return state as unknown as State;
};

describe.each(cases)('%s, @%s', (optimizer, method) => {
  test('in float64 after 10 steps', async () => {
    const both = pair(optimizer, method);
    expect(await apart(both, inFloat64(both))).toBeLessThanOrEqual(1e-9);
    // Only the means over groups tell that there was more.
    const unaware = { ...both, whole: both.unaware };
    const difference = await apart(unaware, inFloat64(unaware));
    if (tellsGroupSizes(optimizer, method)) expect(difference).toBeGreaterThan(1e-4);
    else expect(difference).toBeLessThanOrEqual(1e-9);
  });

  for (const engine of ready)
    test(`on ${engine.keyword} after 20 steps`, async () => {
      const both = pair(optimizer, method);
      const difference = await apart(both, async (side) => {
        const loaded = await engine.load({ step: side.step.program }, { threads: 1 });
        try {
          await loaded.setState(side.state);
          for (let k = 0; k < 20; k++) await loaded.run('step', inputsOf(side, both, k));
          return await loaded.state();
        } finally {
          await loaded.close();
        }
      });
      expect(difference).toBeLessThanOrEqual(1e-4);
    });
});
