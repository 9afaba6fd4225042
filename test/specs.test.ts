import { mkdirSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { cut } from '../src/compiler/5-shrink/cut.js';
import { FLOAT32_LIMIT, FLOAT64_LIMIT, measureDifference } from '../src/compiler/5-shrink/certificate.js';
import { shrink } from '../src/compiler/5-shrink/shrink.js';
import type { Values } from '../src/compiler/5-shrink/values.js';
import { stepProgram } from '../src/compiler/4-program/index.js';
import { paramShape } from '../src/compiler/3-dims/index.js';
import { type Compiled, compile } from '../src/compiler/compile.js';
import { Batches } from '../src/data/batches.js';
import { Source } from '../src/diagnostics/source.js';
import { format } from '../src/dsl/format.js';
import { allParams } from '../src/ir/graph.js';
import type { HostTensor } from '../src/program/program.js';
import { engines } from '../src/runtime/engines/index.js';
import { initialValues } from '../src/runtime/weights/initial-values.js';
import { learningRateAt } from '../src/runtime/training/learning-rate.js';
import { fittedOf, originalsOf, startingValues } from '../src/runtime/weights/load.js';
import { openWithRows } from '../src/runtime/spec/open-spec.js';
import { RandomInputs } from '../src/runtime/training/random-inputs.js';
import { bindRows } from '../src/runtime/spec/rows.js';
import { simplifyAgain } from '../src/runtime/simplify/simplify-again.js';
import { valuesOf } from '../src/runtime/simplify/simplify.js';
import { writeSimplified } from '../src/runtime/simplify/write-simplified.js';
import { makeTemporaryFolder, removeFolder } from './support/folders.js';
import { writeStandInForMnist, writeStandInTables } from './support/stand-in.js';

const folder = path.resolve(import.meta.dirname, '../specs');
const specs = readdirSync(folder).filter((name) => name.endsWith('.dn'));
const ready = (
  await Promise.all(Object.values(engines).map(async (engine) => ((await engine.probe()).ready ? [engine] : [])))
).flat();

const STEPS = 20;
/** Rows of a step here: enough for every unit to see something, few enough for plain JavaScript. */
const ROWS = 16;

let temporary: string;
beforeAll(() => {
  temporary = makeTemporaryFolder();
  // More than the 5,000 rows that the specs hold out.
  writeStandInForMnist(temporary, { train: 5000 + STEPS * ROWS, test: 200 });
  writeStandInTables(temporary);
});
afterAll(() => removeFolder(temporary));

test('there are specs and engines to test', () => {
  expect(specs).toContain('quickstart.dn');
  expect(ready.map((engine) => engine.keyword)).toEqual(expect.arrayContaining(['tfjs-wasm', 'tfjs-cpu']));
});

describe.each(specs)('%s', (name) => {
  const file = path.join(folder, name);
  const text = readFileSync(file, 'utf8');
  const compiled = () => compile(new Source(file, text), { originals: originalsOf(file) });
  /** The values after training, from the first engine; what follows goes on with them. */
  let trained: { readonly compiled: Compiled; readonly values: Values } | undefined;

  test('checks without a warning', () => {
    expect(compiled().warnings).toEqual([]);
  });

  test('is formatted', () => {
    expect(format(text)).toBe(text);
  });

  test(`trains for ${STEPS} steps, alike on every engine`, async () => {
    const opened = await openWithRows({
      source: new Source(file, text),
      specFile: file,
      sets: [],
      dataFolder: temporary,
    });
    const { rows } = opened;
    const { spec, network } = opened.compiled;
    const phase = { ...spec.train.phases[0]!, finetune: false };
    const step = stepProgram(network, phase);
    const batches = new Batches(bindRows(network, spec, phase, rows.train), {
      seed: spec.train.seed,
      // Not the spec's own: with one row at a time the loss says nothing about progress.
      batchSize: ROWS,
    });
    const start = initialValues(network, spec.train.seed);
    const zero = Object.fromEntries(
      step.state.map(({ name, shape, slot }): [string, HostTensor] => [
        name,
        { shape, data: slot ? new Float32Array(size(shape)) : start.get(name)! },
      ]),
    );
    /** Before every step and after the last one, from the first engine. The others take every step from there. */
    const states: Readonly<Record<string, HostTensor>>[] = [zero];
    const losses: number[] = [];
    for (const [e, engine] of ready.entries()) {
      const loaded = await engine.load({ step: step.program }, { threads: 2 });
      try {
        const random = new RandomInputs(step.program, spec.train.seed);
        for (let k = 0; k < STEPS; k++) {
          const at = k % batches.steps;
          const epoch = Math.floor(k / batches.steps);
          if (at === 0) batches.begin(epoch);
          const { inputs, rows: count } = batches.read(at);
          const learningRate = learningRateAt(phase, { step: k, steps: STEPS, stepsPerEpoch: batches.steps });
          const scalars = step.scalars({ step: k + 1, learningRate, rows: count });
          if (e > 0 || k === 0) await loaded.setState(states[k]!);
          const results = await loaded.run('step', {
            ...inputs,
            ...random.draw({ epoch, step: at }, count),
            ...Object.fromEntries(
              Object.entries(scalars).map(([key, value]) => [key, { shape: [], data: Float32Array.of(value) }]),
            ),
          });
          const loss = results.loss!.data[0]! / count;
          const state = await loaded.state();
          if (e === 0) {
            losses.push(loss);
            states.push(state);
            continue;
          }
          const where = `on ${engine.keyword} at step ${k + 1}`;
          expect(Math.abs(loss / losses[k]! - 1), `loss ${where}`).toBeLessThanOrEqual(1e-5);
          for (const { name: tensor, slot } of step.state) {
            // Adam moves a weight whose gradient is next to nothing by a part of the learning rate that rounding decides.
            const chance = slot ? 0 : 1e-3 * learningRate;
            const [one, other] = [states[k + 1]![tensor]!.data, state[tensor]!.data];
            expect(apart(one, other), `${tensor} ${where}`).toBeLessThanOrEqual(1e-5 * largest(one) + chance);
          }
        }
      } finally {
        await loaded.close();
      }
    }
    for (const { data } of Object.values(states.at(-1)!))
      expect((data as Float32Array).every(Number.isFinite)).toBe(true);
    expect(losses.at(-1)).toBeLessThan(losses[0]!);
    trained = { compiled: opened.compiled, values: valuesOf(network, states.at(-1)!) };
  });

  test('loses the dead units that were planted, and nothing else changes', async () => {
    const { compiled: whole, values } = trained!;
    const { network } = whole;
    const { values: planted, dead } = plant(whole, values);
    const masked = cut(network, planted, { kind: 'unit', value: 0 });
    const shrunk = shrink(network, masked.values);
    for (const [layer, units] of dead) {
      // A Flatten's features are told by its `keep`, units of other layers by their original indices.
      const kept =
        shrunk.kept.find((one) => one.layer === layer)?.originals ??
        (shrunk.network.graph.nodes.find((one) => one.name === layer)!.arguments.keep as readonly number[]);
      for (const unit of units) expect(kept, `${layer}, unit ${unit}`).not.toContain(unit);
    }

    const difference = measureDifference({ network, values: masked.values }, shrunk, { seed: 1 });
    expect(difference.float64).toBeLessThanOrEqual(FLOAT64_LIMIT);
    expect(difference.float32).toBeLessThanOrEqual(FLOAT32_LIMIT);

    // The printed text reads back to the shrunk network with its weights.
    const out = path.join(temporary, name, 'once');
    mkdirSync(out, { recursive: true });
    const files = writeSimplified({
      folder: out,
      name: name.slice(0, -3),
      specFile: file,
      original: file,
      compiled: whole,
      simplified: {
        threshold: { kind: 'unit', value: 0 },
        masked: masked.values,
        kernels: masked.kernels,
        shrunk,
        difference,
        warnings: [],
      },
      values: shrunk.values,
      finetunedEpochs: undefined,
    });
    const again = compile(new Source(files.spec, readFileSync(files.spec, 'utf8')), {
      originals: originalsOf(files.spec),
      fitted: fittedOf(files.spec),
    });
    expect(again.fitted).toEqual(whole.fitted);
    expect(shapesOf(again)).toEqual(shapesOf({ network: shrunk.network }));
    const read = startingValues(again, files.spec, { fromScratch: false });
    for (const [tensor, data] of shrunk.values) expect(read.get(tensor), tensor).toEqual(data);
    expect(format(readFileSync(files.spec, 'utf8'))).toBe(readFileSync(files.spec, 'utf8'));

    // Simplifying it once more changes nothing, neither the text nor a bit of the weights.
    const twice = path.join(temporary, name, 'twice');
    const result = await simplifyAgain({
      from: files.spec,
      sets: [],
      out: twice,
      dataFolder: temporary,
      engine: 'auto',
      engineOptions: { threads: 2 },
    });
    expect(result.simplified.shrunk.changed).toBe(false);
    expect(readFileSync(result.files.spec, 'utf8')).toBe(readFileSync(files.spec, 'utf8'));
    expect(readFileSync(result.files.weights)).toEqual(readFileSync(files.weights));
  });
});

/**
 * Kills units of every layer in the ways there are: an input feature or a hidden unit that nothing reads, and a hidden unit that reads nothing, so
 * that it is constant. Gives the units by their layer.
 */
function plant(
  { network }: Compiled,
  values: Values,
): { values: Values; dead: ReadonlyMap<string, readonly number[]> } {
  const planted = new Map([...values].map(([name, data]) => [name, data.slice()]));
  const dead = new Map<string, readonly number[]>();
  const dense = network.graph.nodes.filter((node) => node.kind === 'Dense');
  for (const node of dense) {
    const kernel = network.params.get(node.name)!.kernel!;
    const [inputs = 0, outputs = 0] = paramShape(kernel);
    const data = planted.get(kernel.name)!;
    // What this layer reads: a unit of the layer before, or a feature of the input.
    const unread = [1, Math.floor(inputs / 2)];
    for (const row of unread) data.fill(0, row * outputs, (row + 1) * outputs);
    for (const row of unread) {
      const { layer, index } = network.dims.origin(kernel.axes[0]!.dim.units[row]!);
      dead.set(layer, [...(dead.get(layer) ?? []), index]);
    }
    if (network.graph.outputs.some((output) => output.node === node.name)) continue;
    const constant = outputs - 1;
    for (let row = 0; row < inputs; row++) data[row * outputs + constant] = 0;
    const bias = planted.get(`${node.name}.bias`);
    if (bias) bias[constant] = 0.25;
    dead.set(node.name, [constant]);
  }
  return { values: planted, dead };
}

function shapesOf({ network }: Pick<Compiled, 'network'>) {
  return allParams(network).map((param) => [
    param.name,
    paramShape(param),
    param.axes.map(({ dim }) => dim.units.map((unit) => network.dims.origin(unit))),
  ]);
}

function largest(data: ArrayLike<number>): number {
  let most = 0;
  for (let k = 0; k < data.length; k++) most = Math.max(most, Math.abs(data[k]!));
  return most;
}

/** The largest difference of two tensors, element by element. */
function apart(one: ArrayLike<number>, other: ArrayLike<number>): number {
  let most = 0;
  for (let k = 0; k < one.length; k++) most = Math.max(most, Math.abs(one[k]! - other[k]!));
  return most;
}

function size(shape: readonly number[]): number {
  return shape.reduce((product, extent) => product * extent, 1);
}
