import { describe, expect, test } from 'vitest';
import { multiplyAdds, parameterCount } from '../../../src/compiler/3-dims/index.js';
import { cut, thresholdsOf } from '../../../src/compiler/5-shrink/cut.js';
import { dependsOnInputs, shrink } from '../../../src/compiler/5-shrink/shrink.js';
import { compile } from '../../../src/compiler/compile.js';
import { Source } from '../../../src/diagnostics/source.js';
import { Stream } from '../../../src/random/streams.js';
import { chooseEngine } from '../../../src/runtime/engines/index.js';
import { featuresOf } from '../../../src/runtime/simplify/features.js';
import type { LatencyTable } from '../../../src/runtime/simplify/latency.js';
import { simplify } from '../../../src/runtime/simplify/simplify.js';
import { bindRows, readRows } from '../../../src/runtime/spec/rows.js';
import type { Watcher } from '../../../src/runtime/training/progress.js';
import { initialValues } from '../../../src/runtime/weights/initial-values.js';
import { failureOf } from '../../data/failure.js';
import { seeded } from '../../support/random.js';

const BODY = `features = Input(12)
  hidden   = Dense(16, activation: relu) @dropneuron(0.1)
  more     = Dense(10, activation: relu) @dropneuron(0.1)
  value    = Dense(1) @dropneuron(0.1)`;

const text = (section: string, body = BODY) => `
model Net {
  ${body}
}
data { source: sparse_regression(features: 12, samples: 60, test: 20); validation: 20 }
train { loss: mse; metrics: [nmse]; epochs: 1 }
simplify { ${section} }
`;

/** A network whose rows and columns have norms of many sizes, as training with a penalty leaves them; a way through the first units is strong. */
function drawn(section: string, seed: number, body?: string) {
  const { spec, network } = compile(new Source('net.dn', text(section, body)));
  const stream = Stream.named('target test', { seed });
  let draws = 0;
  const values = new Map(
    [...initialValues(network, seed)].map(([name, data]) => {
      const width = network.params.get(name.split('.')[0]!)!.kernel!.axes[1]!.dim.units.length;
      const columns = Array.from({ length: width }, (_, k) => (k === 0 ? 2 : 10 ** (-3 * stream.uniform(draws++))));
      const rows = Array.from({ length: data.length / width }, (_, k) =>
        k === 0 ? 2 : 10 ** (-3 * stream.uniform(draws++)),
      );
      const scaled = (weight: number, k: number) => weight * columns[k % width]! * rows[Math.floor(k / width)]!;
      return [name, name.endsWith('.kernel') ? data.map(scaled) : data] as const;
    }),
  );
  return { spec, network, values };
}

async function simplified(
  section: string,
  options: {
    seed?: number;
    body?: string;
    table?: LatencyTable;
    kept?: LatencyTable[];
    watcher?: Watcher;
    stopping?: { signal: NodeJS.Signals | undefined };
  } = {},
) {
  const { seed = 1, body, table, kept = [], ...more } = options;
  const { spec, network, values } = drawn(section, seed, body);
  const [phase] = spec.train.phases;
  const rows = await readRows(spec, { dataFolder: undefined, specFolder: '.' });
  const { engine } = await chooseEngine('auto');
  const result = await simplify({
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
    latency: { find: () => table, keep: (one) => void kept.push(one) },
    ...more,
  });
  return { ...result, network, values, spec };
}

/** What is left at every threshold there is, as long as something is. */
function everySize(section: string, seed: number, body?: string) {
  const { spec, network, values } = drawn(section, seed, body);
  const { roundTo } = spec.simplify;
  return thresholdsOf(network, values).flatMap((threshold) => {
    const masked = cut(network, values, { kind: 'unit', value: threshold }).values;
    if (!dependsOnInputs(network, masked)) return [];
    const { network: left } = shrink(network, masked, roundTo === undefined ? {} : { roundTo });
    return [
      {
        threshold,
        parameters: parameterCount(left) / parameterCount(network),
        multiply_adds: multiplyAdds(left) / multiplyAdds(network),
      },
    ];
  });
}

describe('the smallest of all thresholds at which the shrunk network holds the shares', () => {
  test.each([
    ['target { parameters: 60% }', ({ parameters }: { parameters: number }) => parameters <= 0.6],
    ['target { multiply_adds: 30% }', ({ multiply_adds }: { multiply_adds: number }) => multiply_adds <= 0.3],
    [
      'target { parameters: 50%; multiply_adds: 20% }',
      (one: { parameters: number; multiply_adds: number }) => one.parameters <= 0.5 && one.multiply_adds <= 0.2,
    ],
    ['round_to: 4; target { parameters: 50% }', ({ parameters }: { parameters: number }) => parameters <= 0.5],
  ])('%s', async (section, holds) => {
    const { whole } = seeded(section);
    for (let k = 0; k < 4; k++) {
      const seed = whole(1e6);
      const sizes = everySize(section, seed);
      const first = sizes.find(holds);
      if (!first) {
        expect((await failureOf(() => simplified(section, { seed }))).text).toMatch(/^target-out-of-reach: /);
        continue;
      }
      const { target, threshold, shrunk, warnings, search } = await simplified(section, { seed });
      expect(threshold).toEqual({ kind: 'unit', value: first.threshold });
      expect(target).toMatchObject({ threshold: first.threshold, held: true });
      const { parameters, multiply_adds } = target!.left;
      if (parameters !== undefined) expect(parameters).toBe(first.parameters);
      if (multiply_adds !== undefined) expect(multiply_adds).toBe(first.multiply_adds);
      expect(multiplyAdds(shrunk.network)).toBeGreaterThan(0);
      expect([warnings, search]).toEqual([[], undefined]);
    }
  });
});

test('what is small enough already is left as it is', async () => {
  const { threshold, target } = await simplified('target { parameters: 100% }');
  expect([threshold.value, target!.looks]).toEqual([0, 1]);
});

test('a target that no threshold reaches is refused, with what the last network has', async () => {
  const body = BODY.replace('Dense(1) @dropneuron(0.1)', 'Dense(1)').replace(
    'Dense(16, activation: relu) @dropneuron(0.1)',
    'Dense(16, activation: relu)',
  );
  const { threshold, parameters } = everySize('threshold: 0', 1, body).at(-1)!;
  const refused = await failureOf(() => simplified('target { parameters: 1% }', { body }));
  expect(refused).toMatchObject({
    exit: 3,
    text: `target-out-of-reach: no threshold reaches the target, at most 1 % of the parameters: the last one that leaves a network, ${Number(threshold.toPrecision(4))}, leaves ${Number((100 * parameters).toPrecision(4))} % of the parameters`,
  });
});

test('with a tolerance the metric decides how far it goes, and a warning says by how much the target is missed', async () => {
  const generous = await simplified('target { parameters: 30%; tolerance: 10000% }', { seed: 6 });
  expect(generous.target!.held).toBe(true);
  expect(generous.search!.tried.map(({ threshold }) => threshold)).toEqual([0, generous.threshold.value]);
  const strict = await simplified('target { parameters: 30%; tolerance: 0.001% }', { seed: 6 });
  const { target, search, threshold, warnings } = strict;
  expect(target).toMatchObject({ held: false, needs: generous.threshold.value });
  expect(threshold.value).toBe(search!.threshold);
  expect(threshold.value).toBeLessThan(generous.threshold.value);
  // The next one that there is does not hold.
  const all = thresholdsOf(strict.network, strict.values);
  const next = all[all.indexOf(threshold.value) + 1];
  expect(search!.tried.find((one) => one.threshold === next)).toMatchObject({ holds: false });
  const percent = (share: number) => `${Number((100 * share).toPrecision(4))} %`;
  const short = (value: number) => String(Number(value.toPrecision(4)));
  expect(warnings.map(({ code, message }) => `${code}: ${message}`)).toContain(
    `target-missed: the target is missed: ${percent(target!.left.parameters!)} of the parameters are left, not at most 30 % of the parameters; that takes the threshold ${short(target!.needs!)}, and the metric stays within its tolerance up to ${short(threshold.value)}`,
  );
  const { at, help } = warnings.find(({ code }) => code === 'target-missed')!;
  expect(at!.source.text.slice(at!.start, at!.end)).toBe('{ parameters: 30%; tolerance: 0.001% }');
  expect(help[0]).toBe('allow more than `tolerance: 0.001%`, or leave it out to reach the target whatever it costs');
});

test('where no threshold reaches the target, a tolerance decides all the same', async () => {
  const { target, warnings } = await simplified('target { parameters: 0.1%; tolerance: 10000% }');
  expect(target).toMatchObject({ held: false, threshold: everySize('threshold: 0', 1).at(-1)!.threshold });
  expect(target!.needs).toBeUndefined();
  expect(warnings.at(-1)!.message).toMatch(/; no threshold reaches it$/);
});

describe('latency', () => {
  const whole = multiplyAdds(drawn('threshold: 0', 1).network);
  /** Half of the time is there for nothing. */
  const table: LatencyTable = {
    batch_size: 128,
    engine: 'by hand',
    entries: [0.001, 0.5, 1].map((share) => ({ multiply_adds: share * whole, milliseconds: 5 + 5 * share })),
  };
  const section = 'target { latency: 60%; batch_size: 128 }';

  test('is what the table has by multiply-adds, and nothing is measured where there is one', async () => {
    const kept: LatencyTable[] = [];
    const { target, threshold } = await simplified(section, { table, kept });
    const first = everySize(section, 1).find(({ multiply_adds }) => 0.5 + 0.5 * multiply_adds <= 0.6)!;
    expect(threshold.value).toBe(first.threshold);
    expect(target!.left.latency).toBeCloseTo(0.5 + 0.5 * first.multiply_adds, 9);
    expect(target!.latency).toEqual({
      batch_size: 128,
      before: 10,
      after: expect.closeTo(5 + 5 * first.multiply_adds, 9),
    });
    expect(kept).toEqual([]);
  });

  test('is out of reach where the smallest networks take as long', async () => {
    expect((await failureOf(() => simplified('target { latency: 40% }', { table }))).text).toMatch(
      /^target-out-of-reach: no threshold reaches the target, at most 40 % of the latency: /,
    );
  });

  test('is measured once, along the path of thresholds, and the table that is kept gives the same network', async () => {
    const kept: LatencyTable[] = [];
    const notes: string[] = [];
    const watcher: Watcher = { note: (line) => void notes.push(line) };
    const generous = 'target { latency: 100%; multiply_adds: 40%; batch_size: 16 }';
    const first = await simplified(generous, { kept, watcher });
    expect(notes).toContain('latency: measured once, with batches of 16\n');
    const { entries, batch_size } = kept[0]!;
    expect(batch_size).toBe(16);
    const sizes = new Set(everySize(generous, 1).map(({ multiply_adds }) => Math.round(multiply_adds * whole)));
    expect(entries.every(({ multiply_adds }) => sizes.has(multiply_adds))).toBe(true);
    expect(entries.at(-1)!.multiply_adds).toBe(whole);
    expect(entries.length).toBeGreaterThan(4);
    // The first network on the path that is small enough, for every step.
    for (let k = 1; k < 8; k++) {
      const next = [...sizes].sort((a, b) => b - a).find((size) => size <= whole * 0.6 ** k);
      if (next !== undefined) expect(entries.map(({ multiply_adds }) => multiply_adds)).toContain(next);
    }
    notes.length = 0;
    const again = await simplified(generous, { table: kept[0]!, kept, watcher });
    expect(notes.some((line) => line.startsWith('latency'))).toBe(false);
    expect([again.threshold, again.target!.left]).toEqual([first.threshold, first.target!.left]);
    expect(kept.length).toBe(1);
  });
});

test('where no method has units to cut, a target out of reach names what takes more, and chance is not spoken of', async () => {
  const of = (method: string) => `features = Input(12)
  hidden   = Dense(16, activation: relu) ${method}
  value    = Dense(1)`;
  const notes: string[] = [];
  const watcher: Watcher = { note: (line) => void notes.push(line) };
  const body = of('@magnitude(0.5, of: unit)');
  await expect(simplified('target { parameters: 1% }', { body, watcher })).rejects.toMatchObject({
    diagnostics: [{ code: 'target-out-of-reach', help: ['@magnitude: more goes with a larger `rate`'] }],
  });
  expect(notes).toContain('@magnitude: selects what stays\n');
  const section = 'threshold: auto(tolerance: 0.001%)';
  const codes = async (method: string) =>
    (await simplified(section, { body: of(method) })).warnings.map(({ code }) => code);
  expect(await codes('@dropneuron(0.1)')).toEqual(['tolerance-below-noise']);
  expect(await codes('@magnitude(0.5, of: unit)')).toEqual([]);
});

test('a method whose schedule came to its end while training selects nothing, and is not said to', async () => {
  const notes: string[] = [];
  const watcher: Watcher = { note: (line) => void notes.push(line) };
  const body = 'x = Input(12)\n  hidden = Dense(16) @magnitude(0.5, schedule: linear, end: 1)\n  y = Dense(1)';
  const { kernels } = await simplified('threshold: 0', { body, watcher });
  expect(notes).toEqual([
    'note: nothing was removed: no unit became exactly 0\n',
    'note: @magnitude: more goes with whole units, by `of: unit`\n',
  ]);
  expect(kernels.nonzero).toBe(kernels.of);
});

test('what leaves a network as large as it was says so, and what takes more; what takes units does not', async () => {
  const notesWith = async (method: string) => {
    const notes: string[] = [];
    const body = `x = Input(12)\n  hidden = Dense(16) ${method}\n  y = Dense(1)`;
    await simplified('threshold: 0', { body, watcher: { note: (line) => void notes.push(line) } });
    return notes.filter((line) => line.startsWith('note: ')).map((line) => line.slice('note: '.length, -1));
  };
  expect(await notesWith('@l0(1e-4)')).toEqual([
    'nothing was removed: no unit became exactly 0',
    '@l0: more goes with a larger `lambda`, more epochs',
  ]);
  const [zeros, ...more] = await notesWith('@magnitude(0.6, criterion: random)');
  expect(zeros).toMatch(/^\d+ of the \d+ weights that are left are 0; single zeros make a network no smaller/);
  expect(more).toEqual(['@magnitude: more goes with whole units, by `of: unit`']);
  expect(await notesWith('@magnitude(0.2, of: unit)')).toEqual([]);
  // It takes nothing away by itself.
  expect(await notesWith('@l2(1e-4)')).toEqual([]);
});

test('the user may stop it between any two looks', async () => {
  let looks = 0;
  const stopping = {
    get signal(): NodeJS.Signals | undefined {
      looks += 1;
      return looks === 3 ? 'SIGINT' : undefined;
    },
  };
  await expect(simplified('target { parameters: 30% }', { stopping })).rejects.toThrow();
  expect(looks).toBe(3);
});

test.each(['threshold: 100', 'threshold: weight(100)'])(
  '%s, which leaves nothing, is refused with the highest threshold that leaves a network',
  async (section) => {
    const refused = async (one: string) => {
      try {
        await simplified(one, { seed: 3 });
      } catch (error) {
        return (error as { diagnostics: { code: string; help: string[] }[] }).diagnostics[0]!;
      }
      return undefined;
    };
    const found = (await refused(section))!;
    expect(found.code).toBe('dead-network');
    const told =
      /^the highest threshold that leaves a network is (weight\()?([\d.e-]+)\)?, with ([\d.]+) % of the parameters$/;
    const [, word = '', highest, share] = found.help.map((line) => told.exec(line)).find((one) => one !== null)!;
    const at = (value: number) => `threshold: ${word}${value}${word && ')'}`;
    // What is told is typed in, and leaves that much.
    const { shrunk, network } = await simplified(at(Number(highest)), { seed: 3 });
    expect((100 * parameterCount(shrunk.network)) / parameterCount(network)).toBeCloseTo(Number(share), 1);
    // Four digits above it there is none.
    expect((await refused(at(Number(highest) * 1.002)))?.code).toBe('dead-network');
  },
);
