import * as tf from '@tensorflow/tfjs';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { forwardProgram } from '../../src/compiler/4-program/index.js';
import { normWise } from '../../src/compiler/5-shrink/certificate.js';
import { Source } from '../../src/diagnostics/source.js';
import { compileToFolder } from '../../src/exporters/compile-to-folder.js';
import '../../src/exporters/tfjs/classes.js';
import { evaluate } from '../../src/program/evaluate.js';
import { loadLibrary, probeLibrary } from '../../src/runtime/engines/onnxruntime/library.js';
import { startingValues } from '../../src/runtime/weights/load.js';
import { tensorsOf } from '../../src/runtime/weights/tensors.js';
import { temporaryFolder } from '../support/folders.js';

// A table that is standardised: the exported models take the numbers of its file and give numbers in its units, as `dnc predict` does.

const houses = [
  [50, 'north', 3, 1000],
  [80, 'south', 2, 1500],
  [120, 'far west', 5, 2600],
  [95, 'north', 4, 1700],
  [70, 'far west', 1, 1900],
  [60, 'south', 2, 1150],
] as const;
const regions = ['far west', 'north', 'south'];
/** What a user of the models puts into them: numbers as they are, a category by its place. */
const rows = houses.map(([area, region, rooms]) => [area, ...regions.map((one) => (one === region ? 1 : 0)), rooms]);

const mean = (list: readonly number[]) => list.reduce((sum, one) => sum + one, 0) / list.length;
const spread = (list: readonly number[]) => Math.sqrt(mean(list.map((one) => (one - mean(list)) ** 2)));
const standard = (list: readonly number[]) => list.map((one) => (one - mean(list)) / spread(list));

beforeAll(() => tf.setBackend('cpu'));

describe.each([
  ['all features', '', [0, 1, 2, 3, 4]],
  ['some, by their names', '(keep: [area, "region.far west"])', [0, 1]],
] as const)('%s', (_, keep, read) => {
  async function compiled() {
    const folder = temporaryFolder();
    const lines = houses.map((row) => row.join(','));
    writeFileSync(path.join(folder, 'houses.csv'), `area,region,rooms,price\n${lines.join('\n')}\n`);
    const file = path.join(folder, 'house.dn');
    const text = `model House {
  facts  = Input${keep}
  hidden = Dense(4, activation: tanh)
  price  = Dense(1)
}
data {
  source: csv("houses.csv")
  columns { price: number(standardize: true) }
  target: price
  standardize: true
}
train { loss: mse; epochs: 1 }
`;
    const whole = await compileToFolder(new Source(file, text), file, []);
    expect(whole.warnings).toEqual([]);
    // By hand: columns standardised apart from categories, the network, and back to prices.
    const [areas, rooms] = [standard(houses.map(([area]) => area)), standard(houses.map(([, , count]) => count))];
    const inside = rows.map((row, k) => [areas[k]!, ...row.slice(1, 4), rooms[k]!] as number[]);
    const { network } = whole.compiled;
    const { results } = evaluate(forwardProgram(network, { mode: 'inference' }), {
      ...tensorsOf(network, startingValues(whole.compiled, file, { fromScratch: false })),
      facts: {
        shape: [rows.length, read.length],
        data: Float32Array.from(inside.flatMap((row) => read.map((feature) => row[feature]!))),
      },
    });
    const prices = houses.map(([, , , price]) => price);
    const wanted = Array.from(results.price!.data, (one) => one * spread(prices) + mean(prices));
    return { folder: whole.folder, wanted };
  }

  test('TensorFlow.js', async () => {
    const { folder, wanted } = await compiled();
    const { modelTopology, weightsManifest } = JSON.parse(readFileSync(path.join(folder, 'tfjs/model.json'), 'utf8'));
    const model = await tf.loadLayersModel(
      tf.io.fromMemory({
        modelTopology,
        weightSpecs: weightsManifest[0].weights,
        weightData: Uint8Array.from(readFileSync(path.join(folder, 'tfjs/weights.bin'))).buffer,
      }),
    );
    const found = model.predict(tf.tensor(rows.flat(), [rows.length, 5])) as tf.Tensor;
    expect(normWise(Float64Array.from(wanted), found.dataSync())).toBeLessThanOrEqual(1e-5);
    // Saved by TensorFlow.js and loaded again, it is the same model.
    let saved: tf.io.ModelArtifacts | undefined;
    await model.save(
      tf.io.withSaveHandler(async (artifacts) => {
        saved = artifacts;
        return { modelArtifactsInfo: { dateSaved: new Date(0), modelTopologyType: 'JSON' } };
      }),
    );
    const again = (await tf.loadLayersModel(tf.io.fromMemory(saved!))).predict(
      tf.tensor(rows.flat(), [rows.length, 5]),
    ) as tf.Tensor;
    expect([...again.dataSync()]).toEqual([...found.dataSync()]);
  });

  const readiness = probeLibrary();
  test.skipIf(!readiness.ready)(
    `ONNX Runtime${readiness.ready ? '' : ` (not ready: ${readiness.because})`}`,
    async () => {
      const { folder, wanted } = await compiled();
      const ort = await loadLibrary();
      const session = await ort.InferenceSession.create(readFileSync(path.join(folder, 'forward.onnx')), {
        logSeverityLevel: 3,
      });
      const facts = new ort.Tensor('float32', Float32Array.from(rows.flat()), [rows.length, 5]);
      const { price } = await session.run({ facts }, {});
      await session.release();
      expect(normWise(Float64Array.from(wanted), price!.data as Float32Array)).toBeLessThanOrEqual(1e-5);
    },
  );

  test('rows.json says what a row is made of', async () => {
    const { folder } = await compiled();
    const { inputs, columns, target } = JSON.parse(readFileSync(path.join(folder, 'rows.json'), 'utf8'));
    expect(inputs).toEqual({ facts: ['area', 'region.far west', 'region.north', 'region.south', 'rooms'] });
    expect(columns.map(({ name, kind }: { name: string; kind: string }) => `${name} ${kind}`)).toEqual([
      'area number',
      'region one_hot',
      'rooms number',
      'price number',
    ]);
    expect(target).toBe('price');
  });
});

describe('two inputs and two outputs', () => {
  async function compiled() {
    const folder = temporaryFolder();
    const lines = houses.map((row) => row.join(','));
    writeFileSync(path.join(folder, 'houses.csv'), `area,region,rooms,price\n${lines.join('\n')}\n`);
    const file = path.join(folder, 'house.dn');
    const text = `model House -> worth, region {
  size  = Input
  wide  = Dense(3, activation: tanh)
  rooms = Input
  both  = Concatenate <- wide, rooms
  trunk = Dense(4, activation: tanh)
  worth = Dense(1) <- trunk
  region = Dense(3) <- trunk
}
data {
  source: csv("houses.csv")
  inputs { size: area }
  targets { worth: price }
  columns { price: number(standardize: true) }
  standardize: true
}
train { losses { worth: mse; region: sparse_categorical_crossentropy(from_logits: true) }; epochs: 1 }
`;
    const whole = await compileToFolder(new Source(file, text), file, []);
    expect(whole.warnings).toEqual([]);
    const column = (k: 0 | 2 | 3) => houses.map((house) => house[k]);
    const { results } = evaluate(forwardProgram(whole.compiled.network, { mode: 'inference' }), {
      ...tensorsOf(whole.compiled.network, startingValues(whole.compiled, file, { fromScratch: false })),
      size: { shape: [6, 1], data: Float32Array.from(standard(column(0))) },
      rooms: { shape: [6, 1], data: Float32Array.from(standard(column(2))) },
    });
    return {
      folder: whole.folder,
      inputs: { size: Float32Array.from(column(0)), rooms: Float32Array.from(column(2)) },
      wanted: {
        worth: Array.from(results.worth!.data, (one) => one * spread(column(3)) + mean(column(3))),
        region: [...results.region!.data],
      },
    };
  }

  test('TensorFlow.js', async () => {
    const { folder, inputs, wanted } = await compiled();
    const { modelTopology, weightsManifest } = JSON.parse(readFileSync(path.join(folder, 'tfjs/model.json'), 'utf8'));
    const model = await tf.loadLayersModel(
      tf.io.fromMemory({
        modelTopology,
        weightSpecs: weightsManifest[0].weights,
        weightData: Uint8Array.from(readFileSync(path.join(folder, 'tfjs/weights.bin'))).buffer,
      }),
    );
    const found = model.predict([tf.tensor(inputs.size, [6, 1]), tf.tensor(inputs.rooms, [6, 1])]) as tf.Tensor[];
    expect(found).toHaveLength(2);
    for (const [k, values] of [wanted.worth, wanted.region].entries())
      expect(normWise(Float64Array.from(values), found[k]!.dataSync())).toBeLessThanOrEqual(1e-5);
  });

  const readiness = probeLibrary();
  test.skipIf(!readiness.ready)(
    `ONNX Runtime${readiness.ready ? '' : ` (not ready: ${readiness.because})`}`,
    async () => {
      const { folder, inputs, wanted } = await compiled();
      const ort = await loadLibrary();
      const session = await ort.InferenceSession.create(readFileSync(path.join(folder, 'forward.onnx')), {
        logSeverityLevel: 3,
      });
      const feeds = Object.entries(inputs).map(([name, data]) => [name, new ort.Tensor('float32', data, [6, 1])]);
      const found = await session.run(Object.fromEntries(feeds), {});
      await session.release();
      for (const [name, values] of Object.entries(wanted))
        expect(normWise(Float64Array.from(values), found[name]!.data as Float32Array)).toBeLessThanOrEqual(1e-5);
    },
  );

  test('rows.json says which column each predicts', async () => {
    const { folder } = await compiled();
    const { inputs, targets } = JSON.parse(readFileSync(path.join(folder, 'rows.json'), 'utf8'));
    expect(inputs).toEqual({ size: ['area'], rooms: ['rooms'] });
    expect(targets).toEqual({ worth: 'price', region: 'region' });
  });
});
