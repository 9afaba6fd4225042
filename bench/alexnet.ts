// npm run alexnet: AlexNet at its full size takes one training step, loses planted dead units, and stays within 6 GiB.
import { readFileSync } from 'node:fs';
import { measureDifference, isEquivalent } from '../src/compiler/5-shrink/certificate.js';
import { cut } from '../src/compiler/5-shrink/cut.js';
import { shrink } from '../src/compiler/5-shrink/shrink.js';
import { parameterCount } from '../src/compiler/3-dims/index.js';
import { stepProgram } from '../src/compiler/4-program/index.js';
import { compile } from '../src/compiler/compile.js';
import { Source } from '../src/diagnostics/source.js';
import { type Network, unitMakers } from '../src/ir/graph.js';
import { Stream } from '../src/random/streams.js';
import { chooseEngine } from '../src/runtime/engines/index.js';
import { valuesOf } from '../src/runtime/weights/tensors.js';
import { RandomInputs } from '../src/runtime/training/random-inputs.js';
import { initialValues } from '../src/runtime/weights/initial-values.js';
import { plantDeadUnits } from '../test/support/planted.js';

const MOST_KILOBYTES = 6 * 2 ** 20;
/** Rows of the step: `npm run alexnet -- 128` takes the spec's own. */
const rows = Number(process.argv[2] ?? 16);

const file = 'specs/alexnet.dn';
const { spec, network } = compile(new Source(file, readFileSync(file, 'utf8')));
const phase = { ...spec.train.phases[0]!, finetune: false };
const step = stepProgram(network, phase);
const { engine } = await chooseEngine('auto');
const loaded = await engine.load({ step: step.program }, { threads: 2 });
const start = initialValues(network, spec.train.seed);
const size = (shape: readonly number[]) => shape.reduce((product, extent) => product * extent, 1);
await loaded.setState(
  Object.fromEntries(
    step.state.map(({ name, shape, slot }) => [
      name,
      { shape, data: slot ? new Float32Array(size(shape)) : start.get(name)! },
    ]),
  ),
);
const noise = Stream.named('alexnet', { seed: 1 });
const image = Float32Array.from({ length: rows * 224 * 224 * 3 }, (_, k) => noise.uniform(k));
const labels = Int32Array.from({ length: rows }, (_, row) => row % 17);
const scalars = step.scalars({ step: 1, learningRate: 1e-3, rows });
const { loss } = await loaded.run('step', {
  image: { shape: [rows, 224, 224, 3], data: image },
  'target:label': { shape: [rows], data: labels },
  ...new RandomInputs(step.program, spec.train.seed).draw({ epoch: 0, step: 0 }, rows),
  ...Object.fromEntries(
    Object.entries(scalars).map(([key, value]) => [key, { shape: [], data: Float32Array.of(value) }]),
  ),
});
const trained = valuesOf(network, await loaded.state());
await loaded.close();
console.log(`one step of ${rows} rows on ${engine.keyword}: loss ${(loss!.data[0]! / rows).toFixed(4)}`);

const { values, planted } = plantDeadUnits(network, trained);
const masked = cut(network, values, { kind: 'unit', value: 0 });
const shrunk = shrink(network, masked.values);
const widthsOf = (of: Network) => new Map(unitMakers(of).map(({ maker, axis }) => [maker, axis.units.length]));
const [widths, left] = [widthsOf(network), widthsOf(shrunk.network)];
for (const { maker, unread, constant } of planted) {
  const reasons = shrunk.pins.filter(({ layer }) => layer === maker).map(({ reason }) => reason);
  const gone = (widths.get(maker) ?? 0) - (left.get(maker) ?? 0);
  console.log(
    `${maker}: ${unread.length + constant.length} planted, ${gone} gone${reasons.map((one) => `; ${one}`).join('')}`,
  );
}
const difference = measureDifference({ network, values: masked.values }, shrunk, { seed: 1, rows: 1 });
console.log(
  `${parameterCount(network)} -> ${parameterCount(shrunk.network)} parameters, float32 apart by ${difference.float32}`,
);
const { maxRSS } = process.resourceUsage();
console.log(`at most ${(maxRSS / 2 ** 20).toFixed(2)} GiB`);
process.exitCode = isEquivalent(difference) && shrunk.changed && maxRSS <= MOST_KILOBYTES ? 0 : 1;
