import { expect, test } from 'vitest';
import { compile } from '../../../src/compiler/compile.js';
import { Source } from '../../../src/diagnostics/source.js';
import { chooseEngine } from '../../../src/runtime/engines/index.js';
import { featuresOf } from '../../../src/runtime/simplify/features.js';
import { initialValues } from '../../../src/runtime/weights/initial-values.js';
import { bindRows, readRows } from '../../../src/runtime/spec/rows.js';
import { simplify } from '../../../src/runtime/simplify/simplify.js';
import type { Watcher } from '../../../src/runtime/training/progress.js';
import { failureOf } from '../../data/failure.js';

const BODY = `features = Input(12)
  hidden   = Dense(6, activation: relu) @dropneuron(0.1)
  value    = Dense(1) @dropneuron(0.1)`;

const text = (threshold: string, body: string) => `
model Net {
  ${body}
}
data { source: sparse_regression(features: 12, samples: 60, test: 20); validation: 20 }
train { loss: mse; metrics: [nmse]; epochs: 1 }
simplify { threshold: ${threshold} }
`;

/** Simplifies the network as it is drawn, with every weight multiplied by `scale`. */
async function simplified(
  threshold: string,
  scale: number,
  body = BODY,
  change: (values: Map<string, Float32Array>) => unknown = () => undefined,
  watcher: Watcher = { note: () => {} },
) {
  const { spec, network } = compile(new Source('net.dn', text(threshold, body)));
  const [phase] = spec.train.phases;
  const rows = await readRows(spec, { dataFolder: undefined, specFolder: '.' });
  const values = new Map(
    [...initialValues(network, 1)].map(([name, data]) => [name, data.map((weight) => weight * scale)]),
  );
  change(values);
  const { engine } = await chooseEngine('auto');
  return simplify({
    spec,
    network,
    values,
    phase: phase!,
    validation: bindRows(network, spec, phase!, rows.validation!),
    train: bindRows(network, spec, phase!, rows.train),
    initial: () => values,
    features: featuresOf(network, spec, phase!, rows.train),
    engine,
    engineOptions: { threads: 1 },
    watcher,
  });
}

test.each(['0', 'weight(0.01)', 'auto(tolerance: 1%)'])(
  'a network that training left without living units is named as dead, threshold %s',
  async (threshold) => {
    expect(await failureOf(() => simplified(threshold, 0))).toMatchObject({
      exit: 3,
      text: 'dead-network: all 6 units of hidden died: the output value no longer depends on any input',
    });
  },
);

test('the search may judge by a metric that the history does not show', async () => {
  const { search } = await simplified('auto(tolerance: 1000%, metric: mse)', 1);
  expect(search!.before.metric).toBeGreaterThan(0);
  expect(search!.limit).toBeCloseTo(11 * search!.before.metric, 6);
  expect(search!.tried.every(({ judgement }) => judgement === undefined || Number.isFinite(judgement.metric))).toBe(
    true,
  );
  expect(search!.threshold).toBeGreaterThan(0);
});

test('a search takes 0 where nothing goes at the largest threshold that holds, and says so', async () => {
  const body = `features = Input(12)
  hidden   = Dense(6, activation: relu)
  own      = Dense(6) @dropneuron(0.1)
  sum      = Add <- hidden, own
  value    = Dense(1)`;
  // One weight of `own` matters. All others can be cut at no price, and no unit goes with them: `hidden` has the same units, and reads the same features.
  const faint = (values: Map<string, Float32Array>) =>
    values.set(
      'own.kernel',
      values.get('own.kernel')!.map((weight, k) => (k === 5 ? 0.05 : 1e-6 * weight)),
    );
  const { search, threshold, shrunk, masked } = await simplified(
    'auto(tolerance: 0.001%, metric: mse)',
    1,
    body,
    faint,
  );
  expect(search!.withoutGain).toBeGreaterThan(0);
  expect(search!.tried.filter(({ holds }) => holds).at(-1)!.threshold).toBe(search!.withoutGain);
  expect(search!.after).toEqual(search!.before);
  expect([search!.threshold, threshold.value, shrunk.changed]).toEqual([0, 0, false]);
  expect(masked.get('own.kernel')!.includes(0)).toBe(false);
});

test('a certificate that takes a while is announced, with how far it is; one that does not is not; a search counts what it tries', async () => {
  const told: [string, number | undefined][] = [];
  const watcher: Watcher = { note: () => {}, work: (what, share) => void told.push([what, share]) };
  await simplified('0', 1, BODY, undefined, watcher);
  expect(told).toEqual([]);
  await simplified('0', 1, BODY.replace('Dense(6', 'Dense(4000'), undefined, watcher);
  expect(told).toEqual(
    [0, 0.25, 0.5, 0.75].map((share) => ['certificate: outputs before and after, on 1,000 rows', share]),
  );
  told.length = 0;
  const { search } = await simplified('auto(tolerance: 1000%, metric: mse)', 1, BODY, undefined, watcher);
  const judged = search!.tried.filter(({ judgement }) => judgement !== undefined).length;
  expect(told).toEqual(Array.from({ length: judged }, (_, k) => [`threshold: candidate ${k + 1}`, undefined]));
});
