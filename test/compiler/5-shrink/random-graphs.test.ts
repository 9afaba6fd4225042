import { describe, expect, it } from 'vitest';
import { paramShape, paramSize } from '../../../src/compiler/3-dims/index.js';
import { allLiving, checkLiving, livingNetwork, stateLeft, wholeValues } from '../../../src/compiler/5-shrink/live.js';
import type { ValuesExact } from '../../../src/compiler/5-shrink/values.js';
import { allParams, type Network, nodeOf } from '../../../src/ir/graph.js';
import { difference, outputsOf } from './networks.js';
import { seed as chosen } from '../../program/support.js';
import { type RandomGraph, randomGraph } from './random-graphs.js';

/** How many graphs: `DNC_TEST_GRAPHS=20000` for the larger run. */
const GRAPHS = Number(process.env.DNC_TEST_GRAPHS ?? 1000);
const PART = 100;

const MAKERS = [
  'Input',
  'Dense',
  'Conv1D',
  'Conv2D',
  'Conv2DTranspose',
  'SeparableConv2D',
  'SimpleRNN',
  'LSTM',
  'GRU',
  'MultiHeadAttention',
  'Embedding',
  'Bidirectional',
  'TimeDistributed',
];

/** How many graphs became smaller while they were trained, as it were. */
let shrunkAlive = 0;

/** What came of the plants inside of attention's heads. */
const innerCount = { planted: 0, went: 0 };

/** What came of the plants, by kind of layer. */
const counts = new Map<string, { planted: number; went: number }>();

function check({ plant, planted, blocks, heads, whole }: RandomGraph): void {
  const { result } = plant.shrink({ whole });
  for (const [maker, units] of planted) {
    const { positions } = result.kept.find(({ layer }) => layer === maker)!;
    const left = new Set(positions);
    const { kind } = nodeOf(plant.network.graph, maker.split('.')[0]!);
    const count = counts.get(kind) ?? { planted: 0, went: 0 };
    counts.set(kind, count);
    const equal = (blocks.get(maker)?.size ?? 0) > 0;
    const pins = result.pins.filter(({ layer }) => layer === maker).map(({ reason }) => reason);
    units.forEach(({ fate, verdict }, unit) => {
      const what = `${maker} unit ${unit}, ${fate}`;
      if (verdict === 'stays') expect(left.has(unit), what).toBe(true);
      if (fate === 'live') return;
      count.planted += 1;
      if (verdict === undefined) return;
      // Where blocks keep equal numbers, a dead unit may stay beside a living one of another block.
      if (verdict === 'goes' && !equal) expect(left.has(unit), what).toBe(false);
      if (!left.has(unit)) count.went += 1;
      if (typeof verdict === 'object') {
        expect(left.has(unit), what).toBe(true);
        if (result.pins.some(({ layer }) => layer === maker))
          expect(
            pins.some((reason) => verdict.pinned.test(reason)),
            `${what}: ${pins.join('; ')}`,
          ).toBe(true);
      }
    });
    for (const count of equal ? blocks.get(maker)! : []) {
      const size = units.length / count;
      const perBlock = Array.from({ length: count }, (_, block) => block).map(
        (block) => positions.filter((position) => Math.floor(position / size) === block).length,
      );
      expect(new Set(perBlock).size, `${maker} keeps ${perBlock.join(', ')}`).toBe(1);
      // As many as the fullest needs.
      const needed = perBlock.map(
        (_, block) => units.slice(block * size, (block + 1) * size).filter(({ verdict }) => verdict !== 'goes').length,
      );
      expect(perBlock[0], maker).toBeLessThanOrEqual(Math.max(...needed));
    }
    const standing = positions.filter((unit) => units[unit]!.verdict === 'one for all');
    if (!equal) expect(standing.length, `${maker}: ${standing.join(', ')}`).toBeLessThanOrEqual(1);
  }
  for (const { maker, size, live } of heads) {
    const { positions } = result.kept.find(({ layer }) => layer === maker)!;
    // Every head keeps what it needs, and as many as the one that needs the most.
    expect(positions, maker).toEqual(expect.arrayContaining(live.flat()));
    const most = Math.max(...live.map(({ length }) => length));
    live.forEach((_, head) => {
      const own = positions.filter((unit) => Math.floor(unit / size) === head);
      expect(own.length, `${maker} of head ${head}`).toBe(most);
    });
    const uneven = live.some(({ length }) => length < most);
    const pins = result.pins.filter(({ layer, reason }) => layer === maker && reason.endsWith('the fullest needs'));
    expect(pins.length, `${maker} is pinned`).toBe(uneven ? 1 : 0);
    innerCount.planted += size * live.length - live.flat().length;
    innerCount.went += size * live.length - positions.length;
  }
}

/** What goes while training goes on leaves the function as it is, also when it is put back as 0. */
function checkLive({ plant, whole }: RandomGraph): void {
  const { network, values } = plant;
  const seen = checkLiving(network, values, allLiving(network), { patience: 1, stepsLeft: 1e12 });
  const rows = plant.rows(5, whole);
  const wanted = outputsOf(network, values, rows, 5);
  const same = (other: Network, of: ValuesExact, what: string) => {
    const found = outputsOf(other, of, rows, 5);
    for (const { name } of network.graph.outputs)
      expect(difference(wanted[name]!, found[name]!), `${what}, ${name}`).toBeLessThanOrEqual(1e-5);
  };
  if (!seen.shrunk) return;
  shrunkAlive += 1;
  same(seen.shrunk.network, seen.shrunk.values, 'living');
  const left = livingNetwork(network, seen.living);
  expect(allParams(left).map(paramShape)).toEqual(allParams(seen.shrunk.network).map(paramShape));
  same(network, wholeValues(network, seen.living, seen.shrunk.values), 'put back');
  const state = Object.fromEntries(
    allParams(network).map((param) => [param.name, { shape: paramShape(param), data: values.get(param.name)! }]),
  );
  const declared = allParams(network).map((param) => ({
    name: param.name,
    shape: paramShape(param),
    param,
    slot: 'm',
  }));
  const moments = stateLeft(network, seen.shrunk, declared, state);
  for (const param of allParams(left)) expect(moments[param.name]!.data).toHaveLength(paramSize(param));
}

describe(`shrinking random graphs (seed ${chosen})`, () => {
  for (let part = 0; part < GRAPHS; part += PART)
    it(`graphs ${part} to ${Math.min(part + PART, GRAPHS) - 1}`, () => {
      for (let k = part; k < Math.min(part + PART, GRAPHS); k++) {
        const seed = (chosen + k) % 2 ** 31;
        const graph = randomGraph(seed);
        try {
          check(graph);
          checkLive(graph);
        } catch (error) {
          const planted = [...graph.planted].map(
            ([maker, units]) => `${maker}: ${units.map(({ fate }) => fate).join(', ')}`,
          );
          throw new Error(`DNC_TEST_SEED=${seed}, graph 0:\n${graph.text}\n${planted.join('\n')}`, { cause: error });
        }
      }
    }, 600_000);

  it('most plants go, of every kind of layer that makes units', () => {
    expect(shrunkAlive).toBeGreaterThan(GRAPHS / 4);
    for (const kind of MAKERS) {
      const { planted, went } = counts.get(kind) ?? { planted: 0, went: 0 };
      expect(planted, kind).toBeGreaterThan(GRAPHS / 200);
      expect(went / planted, kind).toBeGreaterThan(0.5);
    }
    expect(innerCount.planted).toBeGreaterThan(GRAPHS / 200);
    expect(innerCount.went / innerCount.planted).toBeGreaterThan(0.25);
  });
});
