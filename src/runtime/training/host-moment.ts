import { paramShape, paramSize } from '../../compiler/3-dims/index.js';
import {
  biasUnitAxes,
  type Judging,
  lossKind,
  type MethodSite,
  originalsPer,
  type Sampled,
  sampleProgram,
  sumOf,
  writtenUnits,
} from '../../compiler/4-program/index.js';
import { placesOf } from '../../compiler/5-shrink/cut.js';
import type { Values } from '../../compiler/5-shrink/values.js';
import { type BoundTable, Batches } from '../../data/batches.js';
import { objectivesOf } from '../../compiler/objectives.js';
import { extents } from '../../ir/dims.js';
import { type Network, nodeOf, outputShape, type Param } from '../../ir/graph.js';
import type { HostTensor, Program } from '../../program/program.js';
import { Stream } from '../../random/streams.js';
import type { HostMoment, HostSite, Sample, SampleTensor, SparsityMethod } from '../../sparsity/method.js';
import type { Engine, EngineOptions } from '../engines/engine.js';
import { tensorsOf } from '../weights/tensors.js';
import { breathe } from './pace.js';

/** What the moments outside of the step program are made of. */
export interface HostState {
  readonly network: Network;
  /** The parameters as they are; sites get copies. */
  readonly values: Values;
  /** The parameters when the methods that act have done their work: what layers compute with. Absent: as they are. */
  readonly settled?: () => Values;
  /** The parameters before training. */
  readonly initial: () => Values;
  /** The own tensors of methods by name; absent where training is over. */
  readonly state?: Readonly<Record<string, HostTensor>>;
  readonly train: BoundTable;
  readonly phase: Judging;
  readonly seed: number;
  /** Epochs done since the run began: names the random streams. */
  readonly epoch: number;
  readonly engine: Engine;
  readonly engineOptions: EngineOptions;
  /** What happens between the parts of long work; absent: nothing but that signals are let in. */
  readonly pause?: HostMoment<never>['pause'];
}

/** The moment of one method at its sites, and what its writing made of the parameters and own tensors, by name. */
export interface OpenMoment {
  readonly moment: HostMoment<never>;
  /** What is other than before. */
  written(): Map<string, Float32Array>;
}

/** Methods that have a moment, each with the sites of all its annotations that have something to do then. */
export function methodsWith(
  sites: readonly MethodSite[],
  moment: 'advance' | 'select' | 'refit',
): ReadonlyMap<SparsityMethod, readonly MethodSite[]> {
  const found = new Map<SparsityMethod, MethodSite[]>();
  for (const site of sites) {
    const { method, annotation } = site;
    if (!method[moment]) continue;
    if (moment === 'select' && method.selects?.(annotation.arguments as never) === false) continue;
    found.set(method, [...(found.get(method) ?? []), site]);
  }
  return found;
}

/** Opens the moment of a method: copies of the numbers at its sites, which it may write. */
export function openMoment(at: HostState, sites: readonly MethodSite[]): OpenMoment {
  const copies = new Map<string, Float32Array>();
  const copyOf = (name: string, data: Float32Array) => {
    let copy = copies.get(name);
    if (!copy) copies.set(name, (copy = data.slice()));
    return copy;
  };
  let initial: Values | undefined;
  const initialOf = (name: string) => (initial ??= at.initial()).get(name)!;
  const before = (name: string) => at.values.get(name) ?? (at.state![name]!.data as Float32Array);
  const open = sites.map(({ annotation, kernel, tensors }): HostSite<never> => {
    const { param, bias, site } = kernel;
    const written = writtenUnits(at.network, param, site);
    const units = originalsPer(at.network, kernel, 'written unit');
    const groups = (axes: readonly number[] | undefined) => axes && placesOf(site.kernelShape, axes);
    return {
      arguments: annotation.arguments as never,
      site,
      kernel: copyOf(param.name, before(param.name)),
      bias: bias && copyOf(bias.name, before(bias.name)),
      get initial() {
        return { kernel: initialOf(param.name), bias: bias && initialOf(bias.name) };
      },
      tensors: Object.fromEntries(
        at.state
          ? Object.entries(tensors).map(([name, own]) => [name, copyOf(own.param.name, before(own.param.name))])
          : [],
      ),
      unitOf: { incoming: groups(site.incoming), outgoing: groups(site.outgoing) },
      unitOfBias: bias && unitOfBias(at.network, bias),
      written,
      isWrittenLast: isWrittenLast(at.network, site.layer, written),
      whole: {
        weights: originalsPer(at.network, kernel, 'weight')?.width ?? paramSize(param),
        units: units?.width ?? written.length,
      },
      sum: sumOf(at.network, nodeOf(at.network.graph, site.layer)),
      isOutput: (unit) => site.outputs?.has(unit) ?? false,
    };
  });
  const written = () =>
    new Map([...copies].filter(([name, data]) => before(name).some((value, k) => value !== data[k])));
  const asWritten = (): HostState => {
    if (at.settled) throw new Error('while training goes on, masks do not know what is written');
    return { ...at, values: new Map([...at.values, ...written()]) };
  };
  return {
    moment: {
      sites: open,
      sample: (rows, of) => new RowSample(of === 'written' ? asWritten() : at, rows),
      random: (name) => Stream.named(name, { seed: at.seed, epoch: at.epoch }),
      pause: at.pause ?? breathe,
    },
    written,
  };
}

/** By number of a bias, the unit that is written with it; undefined where it has no axis of units. */
export function unitOfBias(network: Network, bias: Param): Int32Array | undefined {
  const units = biasUnitAxes(network, bias);
  if (units.length === 0) return undefined;
  return placesOf(
    paramShape(bias),
    bias.axes.flatMap((_, axis) => (units.includes(axis) ? [] : [axis])),
  ).groupOf;
}

/** Whether a layer writes these units on the last axis of its first output. */
function isWrittenLast(network: Network, layer: string, written: readonly number[]): boolean {
  const last = network.shapes.get(layer)![0]!.at(-1);
  return last !== undefined && String(last.units.map((unit) => network.dims.find(unit))) === String(written);
}

/** Rows in one run of a sampling program, and numbers that it may give at once. */
const ROWS = 500;
const NUMBERS = 2 ** 24;

/** How many numbers a sampling program gives for a row. */
function numbersOf({ outputs, values }: Program): number {
  return (values[outputs[0]!.value]!.shape.slice(1) as number[]).reduce((product, extent) => product * extent, 1);
}

interface Kept {
  /** Of a row. */
  readonly shape: readonly number[];
  readonly kept: Float32Array;
}

function whole({ shape, data }: HostTensor, rows: number): Kept {
  return { shape: shape.slice(1), kept: (data as Float32Array).subarray(0, (rows * data.length) / shape[0]!) };
}

/** The share of places by which one row's begin after another's: the golden ratio spreads them. */
const TURN = (Math.sqrt(5) - 1) / 2;

/** Of [rows, .., numbers] some places of every row, as [places, numbers]; the first row is the one at `from` of all. */
function somePlaces({ shape, data }: HostTensor, rows: number, from: number, most: number): Kept {
  const numbers = shape.at(-1)!;
  const places = data.length / (shape[0]! * numbers);
  const taken = Math.min(places, most);
  const kept = new Float32Array(rows * taken * numbers);
  for (let row = 0; row < rows; row++)
    for (let k = 0; k < taken; k++) {
      const place = Math.floor(((k + (((from + row) * TURN) % 1)) * places) / taken);
      const at = (row * places + place) * numbers;
      kept.set((data as Float32Array).subarray(at, at + numbers), (row * taken + k) * numbers);
    }
  return { shape: [taken, numbers], kept };
}

/** Rows of the training data in an order that the seed fixes. Every answer is computed once. */
class RowSample implements Sample {
  readonly rows: number;
  private readonly known = new Map<string, Promise<SampleTensor>>();

  constructor(
    private readonly at: HostState,
    most: number,
  ) {
    this.rows = Math.min(most, at.train.rows);
  }

  reads(layer: string): Promise<SampleTensor> {
    return this.answer(layer, 'reads');
  }

  writes(layer: string): Promise<SampleTensor> {
    return this.answer(layer, 'writes');
  }

  gradients(layer: string): Promise<SampleTensor> {
    return this.answer(layer, 'gradients');
  }

  summands(layer: string, places: number): Promise<SampleTensor> {
    return this.answer(layer, 'summands', places);
  }

  targets(): Promise<SampleTensor> {
    let answer = this.known.get('targets');
    if (!answer) this.known.set('targets', (answer = Promise.resolve(this.readTargets())));
    return answer;
  }

  /** Of the rows that the answers of layers are of, in their order. */
  private readTargets(): SampleTensor {
    const { network, phase, train, seed } = this.at;
    const { outputs } = network.graph;
    const parts = objectivesOf(
      phase,
      outputs.map(({ name }) => name),
    ).map(({ output, loss }) => {
      const shape = outputShape(network, outputs.find(({ name }) => name === output)!);
      const classes = lossKind(loss).target === 'classes';
      const width = extents(shape).reduce((product, extent) => product * extent, 1);
      return { name: `target:${output}`, classes, width };
    });
    const width = parts.reduce((sum, part) => sum + part.width, 0);
    const data = new Float32Array(this.rows * width);
    const batches = new Batches(train, { seed, batchSize: ROWS });
    batches.begin(0);
    for (let step = 0, done = 0; done < this.rows; step++) {
      const { inputs, rows } = batches.read(step);
      for (let row = 0; row < rows && done < this.rows; row++, done++) {
        let from = done * width;
        for (const part of parts) {
          const read = inputs[part.name]!.data;
          if (part.classes) data[from + read[row]!] = 1;
          else for (let k = 0; k < part.width; k++) data[from + k] = read[row * part.width + k]!;
          from += part.width;
        }
      }
    }
    return { shape: [this.rows, width], data };
  }

  private answer(layer: string, what: Sampled, places?: number): Promise<SampleTensor> {
    const key = `${what} ${layer} ${places}`;
    let answer = this.known.get(key);
    if (!answer) this.known.set(key, (answer = this.compute(layer, what, places)));
    return answer;
  }

  private async compute(layer: string, what: Sampled, most?: number): Promise<SampleTensor> {
    const { network, phase, train, seed, engine, engineOptions } = this.at;
    const values = this.at.settled?.() ?? this.at.values;
    const program = sampleProgram(network, phase, layer, what);
    const reads = (role: string) => new Set(program.inputs.filter((one) => one.role === role).map(({ name }) => name));
    const [states, given] = [reads('state'), reads('batch')];
    const loaded = await engine.load({ sample: program }, engineOptions);
    try {
      const state = Object.entries(tensorsOf(network, values)).filter(([name]) => states.has(name));
      await loaded.setState(Object.fromEntries(state));
      // Rows come in one order, however many are computed together.
      const batchSize = Math.min(ROWS, Math.max(1, Math.floor(NUMBERS / numbersOf(program))));
      const batches = new Batches(train, { seed, batchSize });
      batches.begin(0);
      let data = new Float32Array(0);
      let shape: readonly number[] = [];
      let done = 0;
      for (let step = 0; done < this.rows; step++) {
        const { inputs, rows } = batches.read(step);
        const read = Object.fromEntries(Object.entries(inputs).filter(([name]) => given.has(name)));
        // The mean of all rows that are looked at, not of those that are computed together.
        const mean = program.inputs.some(({ name }) => name === 'inverse_rows')
          ? { inverse_rows: { shape: [], data: Float32Array.of(1 / this.rows) } }
          : {};
        const { sample } = await loaded.run('sample', { ...read, ...mean });
        const taken = Math.min(rows, this.rows - done);
        const { kept, ...of } = most === undefined ? whole(sample!, taken) : somePlaces(sample!, taken, done, most);
        shape = of.shape;
        const width = kept.length / taken;
        if (data.length === 0) data = new Float32Array(this.rows * width);
        data.set(kept, done * width);
        done += taken;
      }
      if (most !== undefined) return { shape: [data.length / shape[1]!, shape[1]!], data };
      return { shape: [this.rows, ...shape], data };
    } finally {
      await loaded.close();
    }
  }
}
