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
import { allParams, nodeOf, unitMakers } from '../src/ir/graph.js';
import type { HostTensor } from '../src/program/program.js';
import { engines } from '../src/runtime/engines/index.js';
import { initialValues } from '../src/runtime/weights/initial-values.js';
import { learningRateAt } from '../src/runtime/training/learning-rate.js';
import { fittedOf, originalsOf, startingValues } from '../src/runtime/weights/load.js';
import { compileOptions, openWithRows } from '../src/runtime/spec/open-spec.js';
import { RandomInputs } from '../src/runtime/training/random-inputs.js';
import { bindRows, type Rows } from '../src/runtime/spec/rows.js';
import { featuresOf } from '../src/runtime/simplify/features.js';
import { simplifyAgain } from '../src/runtime/simplify/simplify-again.js';
import { valuesOf } from '../src/runtime/weights/tensors.js';
import { writeSimplified } from '../src/runtime/simplify/write-simplified.js';
import { makeTemporaryFolder, removeFolder } from './support/folders.js';
import { plantDeadUnits } from './support/planted.js';
import {
  writeStandInForCifar,
  writeStandInForMnist,
  writeStandInPictures,
  writeStandInTables,
} from './support/stand-in.js';

const folder = path.resolve(import.meta.dirname, '../specs');
const specs = readdirSync(folder).filter((name) => name.endsWith('.dn'));
const ready = (
  await Promise.all(Object.values(engines).map(async (engine) => ((await engine.probe()).ready ? [engine] : [])))
).flat();

const STEPS = 20;
/** Rows of a step here: enough for every unit to see something, few enough for plain JavaScript. */
const ROWS = 16;
/** Side of the pictures that stand in for large ones: every map of the networks that read them has a place left. */
const SIDE = 32;

interface Reduced {
  /** As `--set`: fewer rows, smaller pictures. */
  readonly sets?: readonly string[];
  /** Steps, all on the same rows. Absent: STEPS on changing rows. */
  readonly steps?: number;
  /** Whether the first engine that is ready takes the steps alone, since another spec trains the same layers on all. */
  readonly alone?: boolean;
  readonly rows?: number;
  /** Whether rounding moves single weights by a whole step. */
  readonly loosely?: boolean;
  /** Layers whose dead units have to stay, and why. */
  readonly pinned?: Readonly<Record<string, RegExp>>;
}

/** Convolutions take plain JavaScript long: networks of many of them take fewer steps, of fewer rows. */
const FEW = { steps: 3, rows: 2, loosely: true };
/** The first step and what came of it. */
const ONCE = { steps: 2, rows: 2, alone: true };
/** Rows that reduced networks are compared on: a certificate has many more where they can be computed within seconds. */
const FEW_PROBES = 2;
const heldOut = 'data.validation=50';
const smallPictures = `model.image.shape=[${SIDE}, ${SIDE}, 3]`;
const IMAGENET = { sets: [smallPictures, `data.source=image_folder("imagenet", size: [${SIDE}, ${SIDE}])`], ...ONCE };
const CIFAR = {
  sets: ['model.image.shape=[8, 8, 3]', 'data.source=image_folder("pictures", size: [8, 8])', 'data.validation=10'],
  ...ONCE,
};
const drawn = (source: string) => ({ sets: [`data.source=${source}(train: 400, test: 50)`, heldOut] });
const REDUCED: Readonly<Record<string, Reduced>> = {
  // At its full size (72 million parameters, 1.3 thousand million multiply-adds a picture) scripts/alexnet.mjs takes a step and shrinks it.
  'alexnet.dn': {
    sets: [
      smallPictures,
      `data.source=image_folder("pictures", size: [${SIDE}, ${SIDE}])`,
      'model.fc1.units=64',
      'model.fc2.units=48',
    ],
    ...ONCE,
    pinned: Object.fromEntries(
      ['conv1', 'conv2', 'conv5'].map((layer) => [
        layer,
        /: LocalResponseNormalization divides each channel by those around it, so the others would change without it$/,
      ]),
    ),
  },
  'bnet-c.dn': {
    sets: ['model.image.shape=[16, 16, 3]', 'data.source=image_folder("imagenet", size: [16, 16])'],
    ...ONCE,
  },
  'dec8-640.dn': IMAGENET,
  'dec8-768.dn': IMAGENET,
  'resnet-20.dn': { sets: ['data.validation=50'], ...FEW },
  'resnet-32.dn': CIFAR,
  'resnet-56.dn': CIFAR,
  'dec3.dn': { ...drawn('drawn_characters'), ...FEW },
  'lenet-5.dn': { sets: [heldOut, 'model.fc.units=64'], ...FEW },
  'lenet-5-caffe.dn': { sets: [heldOut], ...FEW },
  'convnet.dn': { sets: [heldOut, 'model.fc1.units=64'], ...FEW },
  'densenet.dn': { ...drawn('drawn_digits'), ...FEW },
  'mobilenet.dn': { ...drawn('drawn_digits'), ...FEW },
  'conv-autoencoder.dn': { ...drawn('drawn_digits'), ...FEW },
  'u-net.dn': { ...drawn('drawn_shapes'), ...FEW },
  'two-towers.dn': { ...drawn('two_views'), ...FEW },
  'lstm-text.dn': { ...drawn('sequences'), steps: 6, loosely: true },
  'transformer.dn': {
    ...drawn('sequences'),
    steps: 6,
    loosely: true,
    pinned: {
      words:
        /^words, 1, 16: LayerNormalization takes mean and variance over all units, so the others would change without it$/,
      // The same units, told of once.
      ...Object.fromEntries(
        ['attend_1.seen', 'think_1.outer', 'attend_2.seen', 'think_2.outer'].map((layer) => [layer, /: $/]),
      ),
    },
  },
  'gru-series.dn': {
    sets: ['data.source=series(rows: 600)', 'data.validation=last(50)', 'data.test=last(50)'],
    steps: 6,
    loosely: true,
  },
  'adamnet.dn': { sets: [heldOut], steps: 2 },
};

let temporary: string;
beforeAll(() => {
  temporary = makeTemporaryFolder();
  // More than the 5,000 rows that the specs hold out.
  writeStandInForMnist(temporary, { train: 5000 + STEPS * ROWS, test: 200 });
  writeStandInForMnist(temporary, { train: 400, test: 50 }, 'fashion-mnist');
  writeStandInForCifar(temporary, { train: 100, test: 10 });
  writeStandInPictures(temporary, 'pictures', { side: 8, classes: 10, train: 40 });
  writeStandInPictures(temporary, 'imagenet', { side: SIDE, classes: 10, train: 40, validation: 10 });
  writeStandInTables(temporary);
});
afterAll(() => removeFolder(temporary));

test('there are specs and engines to test', () => {
  expect(specs).toContain('quickstart.dn');
  expect(specs).toEqual(expect.arrayContaining(Object.keys(REDUCED)));
  expect(ready.map((engine) => engine.keyword)).toEqual(expect.arrayContaining(['tfjs-wasm', 'tfjs-cpu']));
});

describe.each(specs)('%s', (name) => {
  const file = path.join(folder, name);
  const text = readFileSync(file, 'utf8');
  const source = new Source(file, text);
  const reduced = REDUCED[name];
  const {
    sets = [],
    steps = STEPS,
    rows: rowsOfStep = ROWS,
    loosely = false,
    alone = false,
    pinned = {},
  }: Reduced = reduced ?? {};
  /** The values after training, from the first engine; what follows goes on with them. */
  let trained: { readonly compiled: Compiled; readonly rows: Rows; readonly values: Values } | undefined;
  const open = () => openWithRows({ source, specFile: file, sets, dataFolder: temporary });

  test('checks without a warning', async () => {
    const options = await compileOptions({ source, specFile: file, sets: [], dataFolder: temporary });
    expect(compile(source, options).warnings).toEqual([]);
  });

  test('is formatted', () => {
    expect(format(text)).toBe(text);
  });

  const taking = alone ? ready.slice(0, 1) : ready;
  test(`trains for ${steps} steps, ${alone ? `on ${taking[0]?.keyword}` : 'alike on every engine'}`, async () => {
    const opened = await open();
    const { rows } = opened;
    const { spec, network } = opened.compiled;
    const phase = { ...spec.train.phases[0]!, finetune: false };
    const step = stepProgram(network, phase);
    const batches = new Batches(bindRows(network, spec, phase, rows.train), {
      seed: spec.train.seed,
      // Not the spec's own: with one row at a time the loss says nothing about progress.
      batchSize: rowsOfStep,
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
    for (const [e, engine] of taking.entries()) {
      const loaded = await engine.load({ step: step.program }, { threads: 2 });
      try {
        const random = new RandomInputs(step.program, spec.train.seed);
        for (let k = 0; k < steps; k++) {
          const at = steps < STEPS ? 0 : k % batches.steps;
          const epoch = Math.floor(k / batches.steps);
          if (at === 0) batches.begin(epoch);
          const { inputs, rows: count } = batches.read(at);
          const learningRate = learningRateAt(phase, { step: k, steps, stepsPerEpoch: batches.steps });
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
            // Where two maxima of a window are within rounding of each other the gradient goes to one or the other, which moves a weight of a kernel
            // by some thousandths of the largest gradient, and next to no gradient is a whole learning rate the other way. The bias of attention's keys changes nothing:
            // its gradient is what rounding leaves.
            const chance = slot ? 0 : (loosely ? 2 : 1e-3) * learningRate;
            const rounding = loosely && slot ? 5e-3 : 1e-5;
            const floor = loosely && slot ? 1e-6 * largestSlot(states[k + 1]!, tensor) : 0;
            const [one, other] = [states[k + 1]![tensor]!.data, state[tensor]!.data];
            expect(apart(one, other), `${tensor} ${where}`).toBeLessThanOrEqual(
              rounding * largest(one) + chance + floor,
            );
          }
        }
      } finally {
        await loaded.close();
      }
    }
    for (const { data } of Object.values(states.at(-1)!))
      expect((data as Float32Array).every(Number.isFinite)).toBe(true);
    expect(losses.at(-1)).toBeLessThan(losses[0]!);
    trained = { ...opened, values: valuesOf(network, states.at(-1)!) };
  });

  test('loses the dead units that were planted, and nothing else changes', async () => {
    if (!trained) {
      const opened = await open();
      trained = { ...opened, values: initialValues(opened.compiled.network, opened.compiled.spec.train.seed) };
    }
    const { compiled: whole, rows, values } = trained;
    const { network, spec } = whole;
    const { values: dead, planted } = plantDeadUnits(network, values);
    const masked = cut(network, dead, { kind: 'unit', value: 0 });
    const shrunk = shrink(network, masked.values);
    const stay: string[] = [];
    for (const { maker, unread, constant } of planted) {
      const axis = unitMakers(shrunk.network).find((one) => one.maker === maker)!.axis;
      // A Reshape counts its channels anew: how many are left tells.
      const before = network.shapes.get(maker)?.[0]?.at(-1)?.units.length;
      if (nodeOf(network.graph, maker.replace(/\.(key|value|heads)$/, '')).kind === 'Reshape') {
        expect(axis.units.length, maker).toBeLessThanOrEqual(before! - unread.length);
        continue;
      }
      const left =
        shrunk.kept.find((one) => one.layer === maker)?.originals ??
        axis.units.map((unit) => shrunk.network.dims.origin(unit).index);
      const reasons = shrunk.pins.filter(({ layer }) => layer === maker).map(({ reason }) => reason);
      const standing = unread.filter((unit) => left.includes(unit));
      if (standing.length > 0 || constant.filter((unit) => left.includes(unit)).length > 1)
        stay.push(
          `${maker}, ${[...unread, ...constant].filter((unit) => left.includes(unit)).join(', ')}: ${reasons.join('; ')}`,
        );
    }
    const unexplained = stay.filter(
      (line) => !Object.entries(pinned).some(([layer, reason]) => line.startsWith(`${layer},`) && reason.test(line)),
    );
    expect(unexplained).toEqual([]);
    expect(stay.length, stay.join('\n')).toBe(Object.keys(pinned).length);

    const features = featuresOf(network, spec, spec.train.phases[0]!, rows.train);
    const difference = measureDifference({ network, values: masked.values }, shrunk, {
      seed: 1,
      features,
      ...(reduced && { rows: FEW_PROBES }),
    });
    expect(difference.float64).toBeLessThanOrEqual(FLOAT64_LIMIT);
    expect(difference.float32).toBeLessThanOrEqual(FLOAT32_LIMIT);

    // The printed text reads back to the shrunk network with its weights.
    const out = path.join(temporary, name, 'once');
    mkdirSync(out, { recursive: true });
    const written = { name: name.slice(0, -3), finetunedEpochs: undefined };
    const simplified = { threshold: { kind: 'unit', value: 0 }, difference, warnings: [] } as const;
    const files = writeSimplified({
      ...written,
      folder: out,
      specFile: file,
      original: file,
      compiled: whole,
      simplified: { ...simplified, masked: masked.values, kernels: masked.kernels, shrunk },
      values: shrunk.values,
    });
    // Edits say it: no use of a block is written out, layer by layer.
    expect(readFileSync(files.spec, 'utf8')).not.toMatch(/^ +\w+\.[\w.]+ += /m);
    const again = compile(new Source(files.spec, readFileSync(files.spec, 'utf8')), {
      originals: originalsOf(files.spec),
      fitted: fittedOf(files.spec),
    });
    expect(again.fitted).toEqual(whole.fitted);
    expect(shapesOf(again)).toEqual(shapesOf({ network: shrunk.network }));
    const read = startingValues(again, files.spec, { fromScratch: false });
    for (const [tensor, data] of shrunk.values) expect(apart(read.get(tensor)!, data), tensor).toBe(0);
    expect(format(readFileSync(files.spec, 'utf8'))).toBe(readFileSync(files.spec, 'utf8'));

    // Simplifying it once more changes nothing, neither the text nor a bit of the weights.
    const twice = path.join(temporary, name, 'twice');
    if (reduced) {
      mkdirSync(twice, { recursive: true });
      const cutAgain = cut(again.network, read, { kind: 'unit', value: 0 });
      const rest = shrink(again.network, cutAgain.values);
      expect(rest.changed).toBe(false);
      const filesAgain = writeSimplified({
        ...written,
        folder: twice,
        specFile: files.spec,
        original: files.spec,
        compiled: again,
        simplified: { ...simplified, masked: cutAgain.values, kernels: cutAgain.kernels, shrunk: rest },
        values: rest.values,
      });
      expect(readFileSync(filesAgain.spec, 'utf8')).toBe(readFileSync(files.spec, 'utf8'));
      expect(readFileSync(filesAgain.weights).equals(readFileSync(files.weights))).toBe(true);
      return;
    }
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
    expect(readFileSync(result.files.weights).equals(readFileSync(files.weights))).toBe(true);
  });
});

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

/** The largest number of what an optimizer keeps under one name, of all weights. */
function largestSlot(state: Readonly<Record<string, HostTensor>>, tensor: string): number {
  const suffix = tensor.slice(tensor.indexOf(':'));
  return Object.entries(state).reduce(
    (most, [name, { data }]) => (name.endsWith(suffix) ? Math.max(most, largest(data)) : most),
    0,
  );
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
