import { expect } from 'vitest';
import { paramShape } from '../../../src/compiler/3-dims/index.js';
import { forwardProgram, type Phase, type StepProgram, stepProgram } from '../../../src/compiler/4-program/index.js';
import { normWise } from '../../../src/compiler/5-shrink/certificate.js';
import {
  allLiving,
  checkLiving,
  type Living,
  livingNetwork,
  stateLeft,
  wholeValues,
} from '../../../src/compiler/5-shrink/live.js';
import type { Values, ValuesExact } from '../../../src/compiler/5-shrink/values.js';
import type { Unit } from '../../../src/ir/dims.js';
import { allParams, axisExtent, type Network, type Param, unitMakers } from '../../../src/ir/graph.js';
import { featuresRead } from '../../../src/layers/keep.js';
import { evaluate } from '../../../src/program/evaluate.js';
import { type HostTensor, type Program, sizeOf, type Tensor64 } from '../../../src/program/program.js';
import { RandomInputs } from '../../../src/runtime/training/random-inputs.js';
import { initialValues } from '../../../src/runtime/weights/initial-values.js';
import { randomNumbers, withExact } from '../../compiler/5-shrink/networks.js';
import type { Plant } from '../../compiler/5-shrink/plant.js';
import { lower } from '../../parity/support.js';

/**
 * What shrinking while training must be: the whole network with the parameters, gradients and slots of what went held at 0. Which entries those are is found here
 * entry by entry from the units that are left, and by nothing that slices.
 */

export const OPTIMIZERS = ['adam(0.01)', 'sgd(0.005, momentum: 0.9)'] as const;

const [ROWS, STEPS] = [4, 10];
const SEED = 11;
/** Where the random numbers of the steps are drawn. */
const EPOCH = 3;

type State = Readonly<Record<string, HostTensor>>;

export interface LawOptions {
  readonly optimizer: (typeof OPTIMIZERS)[number];
  /** Inputs of whole numbers from 0 on, with how many there are. */
  readonly whole?: Readonly<Record<string, number>>;
  /** Whether units go in two shrinks, about half of them in the first. */
  readonly twice?: boolean;
}

/** What is left. */
export interface Left {
  readonly living: Living;
  readonly network: Network;
}

/** Shrinks a network with planted units while it trains, as it were, and holds it to the law. Undefined where nothing could go. */
export function holdLiveLaw(plant: Plant, { optimizer, whole = {}, twice = false }: LawOptions): Left | undefined {
  const { network, seed } = plant;
  const next = randomNumbers(seed + 5);
  const step = stepProgram(network, phaseOf(network, optimizer));
  const start: State = Object.fromEntries(
    step.state.map(({ name, shape, slot }) => {
      const draw = () => 0.1 * Math.abs(next());
      const data = slot === undefined ? plant.values.get(name)! : Float32Array.from({ length: sizeOf(shape) }, draw);
      return [name, { shape, data }];
    }),
  );

  // The state of what is left, through one shrink or two.
  let seen = allLiving(network);
  let left: { network: Network; state: State; exact: ValuesExact } | undefined;
  const folded = new Set<string>();
  const rounds = twice ? 2 : 1;
  for (let patience = rounds; patience > 0; patience--) {
    // A unit that was dead in the look before goes now, the others one look later.
    if (patience === 2)
      seen = {
        ...seen,
        dead: Object.fromEntries(Object.entries(seen.dead).map(([of, n]) => [of, n.map(() => (next() < 0 ? 1 : 0))])),
      };
    const before = left ?? { network, state: start };
    const values: Values = new Map(
      allParams(before.network).map(({ name }) => [name, before.state[name]!.data as Float32Array]),
    );
    const { living, shrunk } = checkLiving(before.network, values, seen, { patience, stepsLeft: 1e12 });
    seen = living;
    if (!shrunk) continue;
    for (const { param } of shrunk.folded) folded.add(param);
    const declared = stepProgram(before.network, phaseOf(network, optimizer)).state;
    const state = stateLeft(before.network, shrunk, declared, before.state);
    left = { network: shrunk.network, state, exact: withExact(shrunk) };
  }
  if (!left) return undefined;

  const stays = placesOf(network, seen);
  const smallStep = stepProgram(left.network, phaseOf(network, optimizer));
  expect(Object.keys(left.state).sort()).toEqual(step.state.map(({ name }) => name).sort());
  for (const { name, param } of step.state) {
    const [before, after] = [start[name]!.data as Float32Array, left.state[name]!];
    const own = smallStep.state.find((one) => one.name === name)!;
    expect(after.shape, name).toEqual(own.shape);
    expect(after.data, name).toHaveLength(sizeOf(own.shape));
    if (!folded.has(name)) holdEqual(after.data, picked(before, stays(param)), name);
  }

  // What a checkpoint tells of it makes the same network, and puts the values back where they were.
  const again = livingNetwork(network, seen);
  expect(allParams(again).map((param) => [param.name, paramShape(param)])).toEqual(
    allParams(left.network).map((param) => [param.name, paramShape(param)]),
  );
  const valuesLeft = new Map(allParams(again).map(({ name }) => [name, left.state[name]!.data as Float32Array]));
  const back = wholeValues(network, seen, valuesLeft);
  for (const param of allParams(network)) {
    const size = plant.values.get(param.name)!.length;
    const wanted = spread(valuesLeft.get(param.name)!, stays(param), size);
    holdEqual(back.get(param.name)!, wanted, `${param.name} put back`);
  }

  // The same function while training, with the same random numbers: before rounding what was folded, but for a first shrink's.
  const rows = plant.rows(ROWS, whole);
  const bound = twice ? 1e-5 : 1e-11;
  const wanted = trainingOutputs(network, plant.values, rows);
  const found = trainingOutputs(left.network, left.exact, rows);
  for (const [name, tensor] of Object.entries(wanted))
    expect(normWise(tensor.data, found[name]!.data), `output ${name} in training`).toBeLessThanOrEqual(bound);

  for (const one of [left.network, again]) holdRandomNumbers(network, one, stays);

  // Ten steps of both.
  const targets = Object.fromEntries(
    network.graph.outputs.map(({ name, node, output }) => {
      const shape = [ROWS, ...network.shapes.get(node)![output]!.map(({ units }) => units.length)];
      return [`target:${name}`, { shape, data: Float32Array.from({ length: sizeOf(shape) }, () => next()) }];
    }),
  );
  const held = new Map(step.state.map(({ name, param }) => [name, stays(param)]));
  const masked = Object.fromEntries(
    step.state.map(({ name, shape }) => [
      name,
      { shape, data: spread(left.state[name]!.data as Float32Array, held.get(name)!, sizeOf(shape)) },
    ]),
  );
  const wholeEnd = steps(network, step, masked, rows, targets, (name, data) => {
    const kept = held.get(name)!;
    const values = kept.map((place) => data[place]!);
    data.fill(0);
    for (const [k, place] of kept.entries()) data[place] = values[k]!;
  });
  const leftEnd = steps(left.network, smallStep, left.state, rows, targets);
  for (const { name } of step.state) {
    const ended = picked(wholeEnd[name]!.data as Float64Array, held.get(name)!);
    expect(normWise(ended, leftEnd[name]!.data), `${name} after ${STEPS} steps`).toBeLessThanOrEqual(1e-9);
  }
  const trained = allParams(left.network).filter((param) => param.trained);
  const moved = trained.some(({ name }) => normWise(left.state[name]!.data, leftEnd[name]!.data) > 1e-6);
  expect(moved, 'training moves something').toBe(true);
  return { living: seen, network: left.network };
}

/** Initial values and random numbers of the units that are left are those that they have in the whole network. */
function holdRandomNumbers(network: Network, left: Network, stays: (param: Param) => readonly number[]): void {
  const whole = initialValues(network, SEED);
  const again = initialValues(left, SEED);
  for (const param of allParams(network))
    holdEqual(again.get(param.name)!, picked(whole.get(param.name)!, stays(param)), `${param.name} at the start`);

  const drawn = (of: Network) => forwardProgram(of, { mode: 'training' }).inputs.flatMap(({ random }) => random ?? []);
  const streams = new Map(drawn(network).map((spec) => [spec.stream, spec]));
  for (const { stream, units, width, distribution } of drawn(left)) {
    const before = streams.get(stream)!;
    expect({ stream, width, distribution }).toEqual({
      stream,
      width: before.width,
      distribution: before.distribution,
    });
    const counters = new Set(before.units);
    expect(units.every((unit) => counters.has(unit)) && new Set(units).size === units.length, stream).toBe(true);
  }
}

/** What the network computes in training. */
function trainingOutputs(network: Network, values: ValuesExact, rows: Rows): Readonly<Record<string, Tensor64>> {
  const program = forwardProgram(network, { mode: 'training' });
  const state = allParams(network).map((param) => [param.name, tensor(paramShape(param), values.get(param.name)!)]);
  const inputs = { ...rowsRead(network, rows), ...randomsOf(program, 0), inverse_rows: tensor([], [1 / ROWS]) };
  return evaluate(program, { ...Object.fromEntries(state), ...inputs }).results;
}

/** The state after some steps in float64; `hold` may change every part of it after each of them. */
function steps(
  network: Network,
  step: StepProgram,
  start: State,
  rows: Rows,
  targets: State,
  hold: (name: string, data: Float64Array) => void = () => {},
): Record<string, Tensor64> {
  let state = Object.fromEntries(Object.entries(start).map(([name, { shape, data }]) => [name, tensor(shape, data)]));
  const given = {
    ...rowsRead(network, rows),
    ...Object.fromEntries(Object.entries(targets).map(([name, { shape, data }]) => [name, tensor(shape, data)])),
  };
  for (let k = 0; k < STEPS; k++) {
    const scalars = step.scalars({
      step: k + 1,
      learningRate: step.program.name.includes('sgd') ? 0.005 : 0.01,
      rows: ROWS,
    });
    const numbers = Object.entries(scalars).map(([name, value]) => [name, tensor([], [value])]);
    const inputs = { ...given, ...randomsOf(step.program, k), ...Object.fromEntries(numbers) };
    state = { ...state, ...evaluate(step.program, { ...state, ...inputs }).state };
    for (const [name, { data }] of Object.entries(state)) hold(name, data as Float64Array);
  }
  return state;
}

/**
 * The places of a parameter, and of what has its shape, that stay, in the order in which the smaller one has them: every unit that they read, write or stand for is
 * left.
 */
function placesOf(network: Network, { kept }: Living): (param: Param) => readonly number[] {
  const gone = new Set<Unit>();
  for (const { maker, axis } of unitMakers(network)) {
    const left = new Set(kept[maker]);
    axis.units.forEach((unit, k) => {
      if (!left.has(k)) gone.add(network.dims.find(unit));
    });
  }
  return ({ axes }) => {
    const shape = axes.map(axisExtent);
    /** Of every axis, and of every block that it stands for: the places that stay. */
    const left = axes.map(({ dim, groups = 1 }, k) =>
      Array.from({ length: groups }, (_, block) =>
        Array.from({ length: shape[k]! }, (_, at) => at).filter(
          (at) => !gone.has(network.dims.find(dim.units[block * shape[k]! + at]!)),
        ),
      ),
    );
    const places: number[] = [];
    const visit = (axis: number, index: readonly number[]): void => {
      if (axis < axes.length) {
        // How many stay is the same in every block: which ones, is told by the place on another axis.
        const most = Math.max(...left[axis]!.map((of) => of.length));
        for (let k = 0; k < most; k++) visit(axis + 1, [...index, k]);
        return;
      }
      const at = index.map((k, one) => {
        const blocks = left[one]!;
        const { by = axes.length - 1 } = axes[one]!;
        const telling = blocks.length === 1 ? 0 : left[by]![0]![index[by]!]!;
        return blocks[Math.floor((telling * blocks.length) / shape[by]!)]![k];
      });
      if (at.includes(undefined)) return;
      places.push(at.reduce<number>((place, k, one) => place * shape[one]! + k!, 0));
    };
    visit(0, []);
    return places;
  };
}

/** The numbers at the places that stay, in their order. */
function picked<T extends Float32Array | Float64Array>(data: T, places: readonly number[]): T {
  return (data.constructor as unknown as { from(of: readonly number[]): T }).from(places.map((place) => data[place]!));
}

/** The numbers at the places that stay, with 0 at the others. */
function spread(data: Float32Array, places: readonly number[], size: number): Float32Array {
  const whole = new Float32Array(size);
  expect(places).toHaveLength(data.length);
  for (const [k, place] of places.entries()) whole[place] = data[k]!;
  return whole;
}

/** The same numbers: a message of how many differ, not of all. */
function holdEqual(found: ArrayLike<number>, wanted: ArrayLike<number>, what: string): void {
  expect(found.length, what).toBe(wanted.length);
  const apart = Array.from(wanted).filter((value, k) => value !== found[k]);
  expect(apart.length, `${what}: of ${wanted.length} numbers so many are others`).toBe(0);
}

type Rows = Readonly<Record<string, Float64Array>>;

/** What the Inputs read of whole rows. */
function rowsRead(network: Network, rows: Rows): Record<string, Tensor64> {
  return Object.fromEntries(
    network.graph.inputs.map((name) => {
      const { arguments: args } = network.graph.nodes.find((node) => node.name === name)!;
      const { indices, extents } = featuresRead(args);
      const width = rows[name]!.length / ROWS;
      const read = indices ?? Array.from({ length: width }, (_, k) => k);
      const data = Array.from({ length: ROWS }, (_, row) => read.map((k) => rows[name]![row * width + k]!)).flat();
      return [name, tensor([ROWS, ...extents], data)];
    }),
  );
}

function randomsOf(program: Program, step: number): Record<string, Tensor64> {
  const drawn = new RandomInputs(program, SEED).draw({ epoch: EPOCH, step }, ROWS);
  return Object.fromEntries(Object.entries(drawn).map(([name, { shape, data }]) => [name, tensor(shape, data)]));
}

function tensor(shape: readonly number[], data: ArrayLike<number>): Tensor64 {
  return { dtype: 'float', shape, data: Float64Array.from(data) };
}

const phases = new Map<string, Phase>();

/** A stretch of training by the mean squared error of every output. Gradients are cut, or a drawn network whose training diverges would compare NaN with NaN. */
function phaseOf({ graph }: Network, optimizer: string): Phase {
  let phase = phases.get(optimizer);
  if (!phase) {
    const { spec } = lower(
      `model Net {\n  x = Input(2)\n  y = Dense(1)\n}\ndata { source: sparse_regression }\ntrain { loss: mse; epochs: 1; optimizer: ${optimizer}; clip_value: 1 }\n`,
    );
    phases.set(optimizer, (phase = { ...spec.train.phases[0]!, finetune: false }));
  }
  return { ...phase, losses: Object.fromEntries(graph.outputs.map(({ name }) => [name, phase.loss!])) };
}
