import { describe, expect, test } from 'vitest';
import { forwardProgram, methodSites } from '../../../src/compiler/4-program/index.js';
import { compile } from '../../../src/compiler/compile.js';
import type { Values } from '../../../src/compiler/5-shrink/values.js';
import { Failure } from '../../../src/diagnostics/report.js';
import { Source } from '../../../src/diagnostics/source.js';
import { extents } from '../../../src/ir/dims.js';
import { evaluate } from '../../../src/program/evaluate.js';
import { sizeOf, type Tensor64 } from '../../../src/program/program.js';
import { Stream } from '../../../src/random/streams.js';
import { engines } from '../../../src/runtime/engines/index.js';
import { methodsWith, openMoment } from '../../../src/runtime/training/host-moment.js';
import { initialValues } from '../../../src/runtime/weights/initial-values.js';
import { lower } from '../../parity/support.js';

const ROWS = 80;

const textOf = (body: string, shape: string) =>
  `model Net {\n  x = Input(${shape})\n${body}\n}\ndata { source: sparse_regression }\ntrain { loss: mse; epochs: 1 }\n`;

/** A network as it is drawn, with biases that are not 0, and rows of normal numbers that it reads. */
function plant(body: string, shape: string) {
  const { spec, network } = lower(textOf(body, shape));
  const values = new Map(
    [...initialValues(network, 3)].map(([name, data]) => {
      const stream = Stream.named(name, { seed: 5 });
      return [name, name.endsWith('bias') ? data.map((_, k) => 0.3 * stream.normal(k)) : data];
    }),
  );
  const inputs = extents(network.shapes.get('x')![0]!);
  const width = sizeOf(inputs);
  const stream = Stream.named('rows', { seed: 7 });
  const x = Float32Array.from({ length: ROWS * width }, (_, k) => stream.normal(k));
  const open = (now: Values) => {
    const at = {
      network,
      values: now,
      initial: () => now,
      train: { rows: ROWS, tensors: [{ name: 'x', extents: inputs, width, data: x, rows: undefined }] },
      phase: spec.train.phases[0]!,
      seed: 1,
      epoch: 0,
      engine: engines['tfjs-cpu'],
      engineOptions: { threads: 1 },
    };
    return (sites = methodSites(network)) => openMoment(at, sites);
  };
  /** What the network says of the rows, in float64. */
  const outputs = (now: Values) => {
    const tensors = [...now].map(([name, data]): [string, Tensor64] => [
      name,
      { dtype: 'float', shape: [data.length], data: Float64Array.from(data) },
    ]);
    const program = forwardProgram(network, { mode: 'inference' });
    const given = Object.fromEntries(tensors);
    const states = program.inputs.flatMap(({ name, role, value }) =>
      role === 'state' ? [[name, { ...given[name]!, shape: program.values[value]!.shape as number[] }] as const] : [],
    );
    const read: Tensor64 = { dtype: 'float', shape: [ROWS, ...inputs], data: Float64Array.from(x) };
    return Object.values(evaluate(program, { ...Object.fromEntries(states), x: read }).results)[0]!
      .data as Float64Array;
  };
  return { network, values: values as Values, open, outputs };
}

/** Does what simplifying does after training. */
async function settle({ network, values, open }: ReturnType<typeof plant>): Promise<Values> {
  let now = values;
  for (const moment of ['select', 'refit'] as const)
    for (const [method, own] of methodsWith(methodSites(network), moment)) {
      const { moment: at, written } = open(now)(own);
      await method[moment]!(at);
      now = new Map([...now, ...written()]);
    }
  return now;
}

const norm = (numbers: Iterable<number>) => Math.sqrt([...numbers].reduce((sum, one) => sum + one * one, 0));
const off = (one: Float64Array, other: Float64Array) => norm(one.map((value, k) => value - other[k]!)) / norm(other);
const kept = (weights: Float32Array) => weights.reduce((count, one) => count + Number(one !== 0), 0);

describe('what a layer multiplies with its weights', () => {
  test.each([
    ['Dense', '6', '  y = Dense(3, activation: tanh) @net_trim'],
    ['Dense on steps', '5, 4', '  y = Dense(3, activation: relu) @net_trim'],
    [
      'Conv2D with padding and strides',
      '5, 4, 2',
      '  y = Conv2D(3, 3, strides: 2, padding: same, activation: relu) @net_trim',
    ],
    ['Conv2D without a bias', '4, 4, 2', '  y = Conv2D(3, [2, 3], use_bias: false) @net_trim'],
    [
      'Conv1D that looks back',
      '6, 2',
      '  y = Conv1D(4, 3, padding: causal, dilation_rate: 2, activation: elu) @net_trim',
    ],
  ])('%s', async (_, shape, body) => {
    const { values, open } = plant(body, shape);
    const { moment } = open(values)();
    const [site] = moment.sites;
    const sample = moment.sample(20);
    const [{ data, shape: all }, written] = [await sample.summands('y', 8), await sample.writes('y')];
    const units = site!.written.length;
    const weights = site!.kernel.length / units;
    // At most eight places here: all of them.
    expect(all).toEqual([written.data.length / units, weights]);
    const activation = {
      tanh: Math.tanh,
      relu: (s: number) => Math.max(0, s),
      linear: (s: number) => s,
      elu: (s: number) => (s > 0 ? s : Math.expm1(s)),
    }[site!.sum!.activation]!;
    written.data.forEach((value, k) => {
      const [row, unit] = [Math.floor(k / units), k % units];
      let sum = site!.bias?.[unit] ?? 0;
      for (let j = 0; j < weights; j++) sum += data[row * weights + j]! * site!.kernel[j * units + unit]!;
      expect(activation(sum)).toBeCloseTo(value, 5);
    });
  });

  test('of many places some, other ones of every row', async () => {
    const { values, open } = plant('  y = Conv1D(2, 1) @net_trim', '30, 3');
    const { moment } = open(values)();
    const sample = moment.sample(40);
    const [{ data, shape }, read] = [await sample.summands('y', 4), await sample.reads('y')];
    expect(shape).toEqual([160, 3]);
    const seen = new Set<number>();
    for (let row = 0; row < 40; row++) {
      const places = [0, 1, 2, 3].map((k) => {
        const own = data.subarray((row * 4 + k) * 3, (row * 4 + k + 1) * 3);
        return Array.from({ length: 30 }, (_, place) => place).find((place) =>
          own.every((value, j) => read.data[(row * 30 + place) * 3 + j] === value),
        )!;
      });
      // Evenly: one in every quarter, or just behind it.
      places.forEach((place, k) => {
        expect(place).toBeGreaterThanOrEqual(Math.floor(7.5 * k));
        expect(place).toBeLessThan(Math.ceil(7.5 * (k + 1)));
        seen.add(place);
      });
    }
    expect(seen.size).toBe(30);
  });
});

test.each([
  ['a layer with a state', '  h = LSTM(3) @net_trim\n  y = Dense(1)', '4, 2', /LSTM is not one sum/],
  [
    'groups',
    '  h = Conv1D(4, 2, groups: 2) @l0_constrained(2)\n  f = Flatten\n  y = Dense(1)',
    '4, 2',
    /Conv1D is not one sum/,
  ],
  ['a phase', '  h = Dense(4) @layerwise_refined(0.5, during: train)\n  y = Dense(1)', '4', /acts in no phase/],
])('%s is refused', (_, body, shape, reason) => {
  const compiled = () => compile(new Source('net.dn', textOf(body, shape)));
  expect(compiled).toThrow(Failure);
  try {
    compiled();
  } catch (error) {
    expect(String((error as Failure).diagnostics.map(({ message }) => message))).toMatch(reason);
  }
});

const three = (annotation: string) => `  a = Dense(16, activation: relu) ${annotation}
  b = Dense(12, activation: relu) ${annotation}
  y = Dense(3) ${annotation}`;

test.each(['cascade', 'parallel'])('@net_trim leaves what layers write within epsilon, mode %s', async (mode) => {
  const planted = plant(three(`@net_trim(0.2, mode: ${mode})`), '10');
  const now = await settle(planted);
  const before = planted.open(planted.values)().moment.sample(ROWS);
  const after = planted.open(now)().moment.sample(ROWS);
  for (const layer of ['a', 'b', 'y']) {
    const [one, other] = [(await after.writes(layer)).data, (await before.writes(layer)).data];
    const share = norm(one.map((value, k) => value - other[k]!)) / norm(other);
    // Of a cascade each layer keeps to epsilon, or to where the trained weights are on what it reads now.
    if (layer === 'a') expect(share).toBeLessThanOrEqual(0.21);
    expect(share).toBeLessThan(0.5);
    expect(kept(now.get(`${layer}.kernel`)!)).toBeLessThan(now.get(`${layer}.kernel`)!.length);
  }
  const weights = ['a', 'b', 'y'].map((layer) => kept(now.get(`${layer}.kernel`)!));
  expect(weights.reduce((sum, one) => sum + one)).toBeLessThan(0.9 * (160 + 192 + 36));
});

test('@net_trim at epsilon 0 leaves the outputs, and the weights where there is one way alone', async () => {
  const planted = plant(three('@net_trim(0)'), '10');
  const now = await settle(planted);
  expect(off(planted.outputs(now), planted.outputs(planted.values))).toBeLessThan(0.03);
});

test('@l0_constrained keeps so many connections, and the cascade comes nearer than the largest weights do', async () => {
  const planted = plant(three('@l0_constrained(4)'), '10');
  const now = await settle(planted);
  for (const [layer, units] of [
    ['a', 16],
    ['b', 12],
    ['y', 3],
  ] as const) {
    const kernel = now.get(`${layer}.kernel`)!;
    for (let unit = 0; unit < units; unit++)
      expect(kept(kernel.filter((_, k) => k % units === unit))).toBeLessThanOrEqual(4);
  }
  const largest = new Map(
    [...planted.values].map(([name, data]): [string, Float32Array] => {
      if (!name.endsWith('kernel')) return [name, data];
      const units = { a: 16, b: 12, y: 3 }[name[0] as 'a' | 'b' | 'y'];
      return [
        name,
        data.map((weight, k) => {
          const column = [...data.filter((_, j) => j % units === k % units)].map(Math.abs).sort((p, q) => q - p);
          return Math.abs(weight) >= column[3]! ? weight : 0;
        }),
      ];
    }),
  );
  const whole = planted.outputs(planted.values);
  expect(off(planted.outputs(now), whole)).toBeLessThan(off(planted.outputs(largest), whole));
});

test('@l0_constrained in parallel is what each layer’s rows as trained say, whatever the others do', async () => {
  const of = async (first: string) => {
    const body = `  a = Dense(16, activation: relu) ${first}\n  b = Dense(12, activation: relu) @l0_constrained(5, mode: parallel)\n  y = Dense(3)`;
    return (await settle(plant(body, '10'))).get('b.kernel');
  };
  expect(await of('@l0_constrained(2, mode: parallel)')).toEqual(await of(''));
  expect(await of('@l0_constrained(2)')).toEqual(await of(''));
});

test('@layerwise_refined removes a share of the units of each layer, and what reads them makes up for it', async () => {
  const planted = plant(three('@layerwise_refined(0.25)'), '10');
  const now = await settle(planted);
  const dead = (layer: string, units: number) => {
    const kernel = now.get(`${layer}.kernel`)!;
    const none = Array.from({ length: units }, (_, unit) =>
      kernel.every((weight, k) => k % units !== unit || weight === 0),
    );
    const bias = now.get(`${layer}.bias`)!;
    none.forEach((is, unit) => {
      expect(bias[unit] === 0).toBe(is);
    });
    return none;
  };
  const gone = { a: dead('a', 16), b: dead('b', 12) };
  expect([gone.a, gone.b].map((one) => one.filter(Boolean).length)).toEqual([4, 3]);
  expect(dead('y', 3)).toEqual([false, false, false]);
  // The same units of the network as it was trained, and nothing made up.
  const cut = new Map(
    [...planted.values].map(([name, data]): [string, Float32Array] => {
      const none = gone[name[0] as 'a' | 'b'];
      return [name, none ? data.map((weight, k) => (none[k % none.length] ? 0 : weight)) : data];
    }),
  );
  const whole = planted.outputs(planted.values);
  expect(off(planted.outputs(now), whole)).toBeLessThan(0.7 * off(planted.outputs(cut), whole));
});

test('@layerwise_refined takes units whose inputs are mostly 0 first', async () => {
  // Both units of b read one unit of a with the same weight; that of the first is active on few rows.
  const planted = plant(
    '  a = Dense(2, activation: relu)\n  b = Dense(2, activation: relu) @layerwise_refined(0.5)\n  y = Dense(1)',
    '1',
  );
  const values = new Map(planted.values)
    .set('a.kernel', Float32Array.of(1, 1))
    .set('a.bias', Float32Array.of(-1.5, 1.5))
    .set('b.kernel', Float32Array.of(1.2, 0, 0, 1))
    .set('b.bias', Float32Array.of(0.1, 0.1));
  const now = await settle({ ...planted, values });
  const kernel = now.get('b.kernel')!;
  expect([kernel[0], kernel[2]]).toEqual([0, 0]);
  expect(kernel[3]).toBeCloseTo(1, 3);
});
