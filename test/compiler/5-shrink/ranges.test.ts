import { describe, expect, it } from 'vitest';
import { paramShape } from '../../../src/compiler/3-dims/index.js';
import { forwardProgram } from '../../../src/compiler/4-program/index.js';
import { evaluateRounded } from '../../../src/compiler/5-shrink/certificate.js';
import { sitesOf } from '../../../src/compiler/5-shrink/links.js';
import { factsWithin } from '../../../src/compiler/5-shrink/ranges.js';
import { dependsOnInputs, shrink } from '../../../src/compiler/5-shrink/shrink.js';
import type { ValuesExact } from '../../../src/compiler/5-shrink/values.js';
import { allParams, type Network } from '../../../src/ir/graph.js';
import { between, type InputRanges } from '../../../src/ir/ranges.js';
import { evaluate } from '../../../src/program/evaluate.js';
import type { Tensor64 } from '../../../src/program/program.js';
import { seed as chosen } from '../../program/support.js';
import { difference, outputsOf, randomNumbers, withExact } from './networks.js';
import { netOf, Plant, plant } from './plant.js';
import { randomGraph } from './random-graphs.js';

/** Rows for every Input whose features lie in their ranges, at their ends as often as between them; from −5 to 5 where they have none. */
function rowsWithin(
  network: Network,
  ranges: InputRanges,
  count: number,
  seed: number,
  whole: Readonly<Record<string, number>> = {},
): Record<string, Float64Array> {
  const next = randomNumbers(seed);
  return Object.fromEntries(
    network.graph.nodes
      .filter(({ name }) => network.graph.inputs.includes(name))
      .map((node) => {
        const width = (node.arguments.shape as number[]).reduce((product, extent) => product * extent, 1);
        const own = ranges[node.name];
        const data = Float64Array.from({ length: count * width }, (_, k) => {
          if (!own) return 5 * next();
          const feature = k % own.low.length;
          const share = Math.min(1, Math.max(0, 0.5 + next()));
          const [low, high] = [Math.max(-1e3, own.low[feature]!), Math.min(1e3, own.high[feature]!)];
          const value = low + share * (high - low);
          return Object.hasOwn(whole, node.name) ? Math.round(value) : Math.fround(value);
        });
        return [node.name, data];
      }),
  );
}

/** Shrinks within ranges, and holds the result to the outputs for rows within, and to be at rest. */
function shrinkWithin(
  network: Network,
  values: Map<string, Float32Array>,
  ranges: InputRanges,
  seed = 1,
  whole: Readonly<Record<string, number>> = {},
) {
  const result = shrink(network, values, { ranges });
  const rows = rowsWithin(network, ranges, 20, seed, whole);
  const before = outputsOf(network, values, rows, 20);
  const exact = outputsOf(result.network, withExact(result), rows, 20);
  for (const { name } of network.graph.outputs)
    expect(difference(before[name]!, exact[name]!), name).toBeLessThanOrEqual(1e-12);
  return result;
}

const left = (result: ReturnType<typeof shrink>, layer: string) =>
  result.kept.find((kept) => kept.layer === layer)!.positions;

const UNIT = { x: between(3, 0, 1) };

describe('a relu unit', () => {
  const NET = `
    x = Input(3)
    hidden = Dense(3, activation: relu)
    out = Dense(2)`;
  /** The kernel is [3, 3]: unit 1 reads by these weights. */
  const unit = (weights: readonly number[], bias: number) =>
    plant(NET, 1)
      .set('hidden.kernel', Object.fromEntries(weights.map((weight, row) => [3 * row + 1, weight])))
      .set('hidden.kernel', { 2: 1, 5: -1, 8: 0.5 })
      .set('hidden.bias', { 0: 5, 1: bias, 2: 0 });

  it('whose sum stays below 0 within the range goes, and is told', () => {
    const it = unit([0.5, -3, 0.25], -0.8);
    expect(shrink(it.network, it.values).changed).toBe(false);
    const result = shrinkWithin(it.network, it.values, UNIT);
    expect(left(result, 'hidden')).toEqual([0, 2]);
    expect(result.within!.constant).toEqual([{ layer: 'hidden', value: 0, indices: [1] }]);
    expect(result.within!.linear).toEqual([{ layer: 'hidden', indices: [0] }]);
    expect(shrink(result.network, result.values, { ranges: UNIT }).changed).toBe(false);
  });

  it('that reaches 0 by a sum that rounding may lift above stays', () => {
    const it = unit([0.5, -3, 0.25], -0.75);
    expect(shrinkWithin(it.network, it.values, UNIT).changed).toBe(false);
    const beside = unit([0.5, -3, 0.25], -0.7500001);
    expect(shrinkWithin(beside.network, beside.values, UNIT).changed).toBe(false);
  });

  it('whose terms are all at most 0 goes, since no rounding lifts them', () => {
    const it = unit([-0.5, -3, 0], 0);
    expect(left(shrinkWithin(it.network, it.values, UNIT), 'hidden')).toEqual([0, 2]);
  });

  it('stays where one feature that it reads has no range', () => {
    const it = unit([0.5, -3, 0.25], -0.8);
    const some = { x: between(3, 0, 1) };
    some.x.high[2] = Number.POSITIVE_INFINITY;
    expect(shrinkWithin(it.network, it.values, some).changed).toBe(false);
    expect(shrinkWithin(it.network, it.values, {}).changed).toBe(false);
    some.x.high[2] = 1;
    some.x.low[2] = Number.NEGATIVE_INFINITY;
    expect(left(shrinkWithin(it.network, it.values, some), 'hidden')).toEqual([0, 2]);
  });

  it('counts in the range that it was given: 0 to 255 is another one', () => {
    const it = unit([0.01, -3, 0.01], -0.8);
    expect(left(shrinkWithin(it.network, it.values, UNIT), 'hidden')).toEqual([0, 2]);
    expect(shrinkWithin(it.network, it.values, { x: between(3, 0, 255) }).changed).toBe(false);
  });

  it('that reads no more than relus by weights below 0 goes for any input', () => {
    const it = plant(
      `x = Input(3)
       first = Dense(4, activation: relu)
       hidden = Dense(3, activation: relu)
       out = Dense(2)`,
      2,
    )
      .set('hidden.kernel', { 1: -1, 4: -0.5, 7: -2, 10: -1 })
      .set('hidden.bias', { 1: -0.25 });
    const result = shrinkWithin(it.network, it.values, {});
    expect(left(result, 'hidden')).toEqual([0, 2]);
  });

  it('which is cut off at a limit above is that limit, and is folded', () => {
    const it = plant(NET.replace('activation: relu', 'activation: relu6'), 3)
      .set('hidden.kernel', { 0: 0.5, 3: 0.5, 6: 0.5 })
      .set('hidden.bias', { 0: 6.5 });
    const result = shrinkWithin(it.network, it.values, UNIT);
    expect(result.within!.constant).toEqual([{ layer: 'hidden', value: 6, indices: [0] }]);
    expect(result.folded).toMatchObject([{ reader: 'out', constants: [{ layer: 'hidden', index: 0, value: 6 }] }]);
  });

  it('as a layer of its own, behind a batch norm, goes with the filter that it reads', () => {
    const it = plant(
      `image = Input(6, 6, 1)
       conv = Conv2D(3, 3, padding: same, use_bias: false)
       norm = BatchNormalization
       act = ReLU
       flat = Flatten
       out = Dense(2)`,
      4,
    );
    for (let tap = 0; tap < 9; tap++) it.set('conv.kernel', { [3 * tap + 2]: 0.1 });
    it.set('norm.gamma', { 2: 1 }).set('norm.beta', { 2: -0.5 });
    it.set('norm.moving_mean', { 2: 0.5 }).set('norm.moving_variance', { 2: 1 });
    // At most 0.9 - 0.5 - 0.5.
    const result = shrinkWithin(it.network, it.values, { image: between(1, 0, 1) });
    expect(left(result, 'conv')).toEqual([0, 1]);
    expect(result.within!.constant).toContainEqual({ layer: 'act', value: 0, indices: [2] });
    it.set('norm.beta', { 2: -0.39 });
    expect(left(shrinkWithin(it.network, it.values, { image: between(1, 0, 1) }), 'conv')).toEqual([0, 1, 2]);
  });

  it('of a convolution counts the zeros beside the image only where there are some', () => {
    const net = (padding: string) => `
      image = Input(5, 5, 1)
      conv = Conv2D(2, 3, padding: ${padding}, activation: relu)
      flat = Flatten
      out = Dense(2)`;
    const kept = (padding: string) => {
      const it = plant(net(padding), 5);
      // One tap above 0 against eight below: with pixels from 0.5 to 1 these weigh more, unless they lie beside the image.
      for (let tap = 0; tap < 9; tap++) it.set('conv.kernel', { [2 * tap + 1]: tap === 4 ? 1 : -0.3 });
      it.set('conv.bias', { 1: 0 });
      return left(shrinkWithin(it.network, it.values, { image: between(1, 0.5, 1) }), 'conv');
    };
    expect(kept('valid')).toEqual([0]);
    expect(kept('same')).toEqual([0, 1]);
  });

  it('reads only what an Input keeps', () => {
    const it = plant(NET.replace('Input(3)', 'Input(4, keep: [0, 1, 3])'), 6)
      .set('hidden.kernel', { 1: 1, 4: 0, 7: 1 })
      .set('hidden.bias', { 1: -3 });
    const ranges = { x: between(4, 0, 1) };
    ranges.x.high[2] = 100;
    expect(left(shrinkWithin(it.network, it.values, ranges), 'hidden')).toEqual([0, 2]);
    ranges.x.high[3] = 100;
    expect(left(shrinkWithin(it.network, it.values, ranges), 'hidden')).toEqual([0, 1, 2]);
  });
});

it('an output that is constant within the ranges is refused, as one that is dead', () => {
  const it_ = plant('x = Input(3)\nhidden = Dense(2, activation: relu)\nout = Dense(2)', 7);
  it_.values.get('hidden.bias')!.fill(-100);
  expect(() => shrink(it_.network, it_.values, { ranges: UNIT })).toThrow(/out/);
});

/** All that every layer computes, by `<layer> <output>`, in float64 or rounded after every operation. */
function allOf(network: Network, values: ValuesExact, rows: Readonly<Record<string, Float64Array>>, count: number) {
  const { graph, shapes } = network;
  const outputs = graph.nodes.flatMap(({ name }) =>
    shapes.get(name)!.map((_, output) => ({ name: `${name} ${output}`, node: name, output })),
  );
  const program = forwardProgram({ ...network, graph: { ...graph, outputs } }, { mode: 'inference', logits: false });
  const given = Object.fromEntries([
    ...allParams(network).map((param): [string, Tensor64] => [
      param.name,
      { dtype: 'float', shape: paramShape(param), data: Float64Array.from(values.get(param.name)!) },
    ]),
    ...Object.entries(rows).map(([name, data]): [string, Tensor64] => {
      const node = graph.nodes.find((one) => one.name === name)!;
      return [name, { dtype: 'float', shape: [count, ...(node.arguments.shape as number[])], data }];
    }),
  ]);
  return { float64: evaluate(program, given).results, float32: evaluateRounded(program, given) };
}

describe('ranges contain what is computed for rows within them', () => {
  const first = chosen;
  const COUNT = 12;
  let bounded = 0;
  let constant = 0;
  let compared = 0;

  for (let part = 0; part < 4; part++)
    it(`of random graphs from all layer kinds, seed ${first}, part ${part}`, () => {
      for (let k = 0; k < 25; k++) {
        const seed = first + 25 * part + k;
        const { plant: random, whole } = randomGraph(seed);
        const { network } = random;
        const next = randomNumbers(seed + 5);
        const ranges: Record<string, InputRanges[string]> = {};
        for (const name of network.graph.inputs) {
          const node = network.graph.nodes.find((one) => one.name === name)!;
          const size = (node.arguments.shape as number[]).at(-1) ?? 1;
          const most = whole[name];
          const low = Math.fround(2 * next());
          const high = Math.fround(low + Math.abs(next()));
          ranges[name] = most === undefined ? between(size, low, high) : between(size, 0, most - 1);
        }
        // Half of the biases far below 0, so that some units never fire.
        for (const [name, data] of random.values)
          if (name.endsWith('bias'))
            data.forEach((value, j) => {
              if (next() < 0) data[j] = value - 3;
            });
        const found = factsWithin(network, random.values, sitesOf(network, random.values), ranges);
        constant += found.found.constant.length;
        const all = allOf(network, random.values, rowsWithin(network, ranges, COUNT, seed, whole), COUNT);
        for (const { name } of network.graph.nodes)
          found.ranges.get(name)!.forEach(({ low, high }, output) => {
            if (low.some(Number.isFinite) || high.some(Number.isFinite)) bounded += 1;
            for (const results of [all.float64, all.float32]) {
              const { data } = results[`${name} ${output}`]!;
              const outside = data.findIndex((x, at) => !(x >= low[at % low.length]! && x <= high[at % low.length]!));
              const unit = outside % low.length;
              expect(outside, `seed ${seed}, ${name}: ${data[outside]} in ${low[unit]}..${high[unit]}`).toBe(-1);
            }
          });
        if (!dependsOnInputs(network, random.values, ranges)) continue;
        const shrunk = shrinkWithin(network, random.values, ranges, seed, whole);
        if (found.found.constant.length > 0 && shrunk.changed) compared += 1;
      }
    });

  it('and are not all the reals', () => {
    expect(bounded).toBeGreaterThan(300);
    expect(constant).toBeGreaterThan(10);
    expect(compared).toBeGreaterThan(3);
  });
});

describe('random networks shrunk within ranges compute the same there', () => {
  const first = chosen;
  let removed = 0;
  let compared = 0;
  const WORDS = ['relu', 'relu6', 'tanh', 'sigmoid', 'elu', 'leaky_relu', 'hard_sigmoid', 'silu'];

  it(`seed ${first}`, () => {
    for (let k = 0; k < 42; k++) {
      const seed = first + k;
      const next = randomNumbers(seed);
      const word = () => WORDS[Math.floor(Math.abs(next()) * WORDS.length)]!;
      const padding = next() < 0 ? 'same' : 'valid';
      const pool = next() < 0 ? 'MaxPooling2D(2)' : 'AveragePooling2D(2)';
      const network = netOf(`
        image = Input(6, 6, 2)
        scaled = Rescaling(${(0.5 + Math.abs(next())).toFixed(3)}, offset: ${next().toFixed(3)})
        conv1 = Conv2D(6, 3, padding: ${padding}, activation: relu)
        norm = BatchNormalization
        act = ReLU
        pool = ${pool}
        flat = Flatten
        fc1 = Dense(10, activation: relu)
        left = Dense(6, activation: ${word()}) <- fc1
        right = Dense(6, activation: ${word()}) <- fc1
        merged = ${['Add', 'Subtract', 'Multiply', 'Average', 'Maximum', 'Concatenate'][k % 6]} <- left, right
        fc2 = Dense(8, activation: relu)
        out = Dense(3)`);
      const random = new Plant(network, seed);
      for (const name of ['conv1.bias', 'norm.beta', 'fc1.bias', 'fc2.bias'])
        random.values.get(name)!.forEach((_, j, data) => {
          if (j > 1 && next() < -0.5) data[j] = -20 * Math.abs(next());
        });
      const ranges = { image: between(2, 0, 1) };
      if (!dependsOnInputs(network, random.values, ranges)) continue;
      compared += 1;
      const result = shrinkWithin(network, random.values, ranges, seed);
      const plain = shrink(network, random.values);
      const count = (of: typeof result) => of.kept.reduce((sum, { positions }) => sum + positions.length, 0);
      removed += count(plain) - count(result);
      const again = shrink(result.network, result.values, { ranges });
      expect(again.changed, `seed ${seed}, shrunk twice`).toBe(false);
    }
    expect(compared).toBeGreaterThan(25);
    expect(removed).toBeGreaterThan(40);
  });
});
