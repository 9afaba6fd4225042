import { describe, expect, it } from 'vitest';
import {
  lowerDims,
  originalBlocks,
  originalIndices,
  originalShape,
  paramShape,
  paramSize,
} from '../../../src/compiler/3-dims/index.js';
import { allLiving, checkLiving, livingNetwork, stateLeft, wholeValues } from '../../../src/compiler/5-shrink/live.js';
import type { ShrinkResult } from '../../../src/compiler/5-shrink/shrink.js';
import type { ValuesExact } from '../../../src/compiler/5-shrink/values.js';
import { Reports } from '../../../src/diagnostics/report.js';
import type { Unit } from '../../../src/ir/dims.js';
import { allParams, type Network, nodeOf, type Param, unitMakers } from '../../../src/ir/graph.js';
import { layers } from '../../../src/layers/index.js';
import { initialValues } from '../../../src/runtime/weights/initial-values.js';
import {
  decodeModelWeights,
  encodeModelWeights,
  originalsOfNetwork,
} from '../../../src/runtime/weights/model-weights.js';
import { difference, outputsOf } from './networks.js';
import { seed as chosen } from '../../program/support.js';
import { kindsOf, type RandomGraph, randomGraph } from './random-graphs.js';

/** How many graphs: `DNC_TEST_GRAPHS=20000` for the larger run. */
const GRAPHS = Number(process.env.DNC_TEST_GRAPHS ?? 1000);
const PART = 100;

/** Kinds of layers that can lose units: their own, or those that several of theirs are made of. */
const MAKERS = [
  'Input',
  'Dense',
  'Conv1D',
  'Conv2D',
  'Conv2DTranspose',
  'DepthwiseConv1D',
  'DepthwiseConv2D',
  'Reshape',
  'SeparableConv1D',
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

/** What came of the plants, by kind of layer; and how many of them have to go, or all but one of them. */
const counts = new Map<string, { planted: number; go: number; went: number }>();

function countOf(kind: string) {
  const count = counts.get(kind) ?? { planted: 0, go: 0, went: 0 };
  counts.set(kind, count);
  return count;
}

/** Why planted units stay: of units that several layers share the first tells. */
function reasonsIn(
  { network }: RandomGraph['plant'],
  pins: ReturnType<RandomGraph['plant']['shrink']>['result']['pins'],
) {
  const { dims } = network;
  const made = new Map(unitMakers(network).map(({ maker, axis }) => [maker, axis.units]));
  const reasons = new Map<Unit, string[]>();
  for (const { layer, indices, reason } of pins)
    for (const index of indices) {
      const root = dims.find(made.get(layer)![index]!);
      reasons.set(root, [...(reasons.get(root) ?? []), reason]);
    }
  return (maker: string, unit: number): readonly string[] => reasons.get(dims.find(made.get(maker)![unit]!)) ?? [];
}

function check(graph: RandomGraph): void {
  const { plant, planted, blocks, remadeBy, periods, heads, whole } = graph;
  const { result } = plant.shrink({ whole });
  checkStart(graph, result);
  const reasonsOf = reasonsIn(plant, result.pins);
  for (const [maker, units] of planted) {
    const { positions } = result.kept.find(({ layer }) => layer === maker)!;
    const left = new Set(positions);
    const kinds = [nodeOf(plant.network.graph, maker.split('.')[0]!).kind, ...remadeBy.get(maker)!];
    const counted = kinds.map(countOf);
    const equal = (blocks.get(maker)?.size ?? 0) > 0;
    units.forEach(({ fate, verdict }, unit) => {
      const what = `${maker} unit ${unit}, ${fate}`;
      if (verdict === 'stays') expect(left.has(unit), what).toBe(true);
      if (fate === 'live') return;
      const mayGo = verdict === 'goes' || verdict === 'one for all';
      for (const count of counted) {
        count.planted += 1;
        if (mayGo) count.go += 1;
        if (mayGo && !left.has(unit)) count.went += 1;
      }
      if (verdict === undefined) return;
      // Where blocks keep equal numbers, a dead unit may stay beside a living one of another block.
      if (verdict === 'goes' && !equal) expect(left.has(unit), what).toBe(false);
      if (typeof verdict === 'object') {
        expect(left.has(unit), what).toBe(true);
        const reasons = reasonsOf(maker, unit);
        expect(
          reasons.some((reason) => verdict.pinned.test(reason)),
          `${what}: ${reasons.join('; ')}`,
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
    const channels = new Set(standing.map((unit) => unit % periods.get(maker)!));
    if (!equal) expect(channels.size, `${maker}: ${standing.join(', ')}`).toBeLessThanOrEqual(1);
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
    const pins = result.pins.filter(
      ({ layer, reason }) => layer === maker && reason.endsWith('the fullest needs so many'),
    );
    expect(pins.length, `${maker} is pinned`).toBe(uneven ? 1 : 0);
    innerCount.planted += size * live.length - live.flat().length;
    innerCount.went += size * live.length - positions.length;
  }
}

/** What is left, and what a weights file makes of it again, starts with the numbers that it had in the whole network. */
function checkStart(
  { plant: { network: whole, values } }: RandomGraph,
  { network, values: left, folded }: ShrinkResult,
) {
  const file = encodeModelWeights({ network, values: left, originals: originalsOfNetwork(network) });
  const reports = new Reports();
  const { originals } = decodeModelWeights(file, 'left.safetensors');
  const again = lowerDims(network.graph, { originals }, reports);
  reports.throwIfFailed();
  const start = initialValues(whole, 5);
  const params = new Map(allParams(whole).map((param) => [param.name, param]));
  const changed = new Set(folded.map(({ param }) => param));
  for (const of of [network, again]) {
    const starts = initialValues(of, 5);
    for (const param of allParams(of)) {
      const before = params.get(param.name);
      // A bias that constants went into.
      if (!before) continue;
      expect(originalShape(of, param), param.name).toEqual(paramShape(before));
      const places = originalPlaces(of, param);
      const picked = (data: ArrayLike<number>) => places.map((place) => data[place]);
      expect([...starts.get(param.name)!], `${param.name} at the start`).toEqual(picked(start.get(param.name)!));
      if (!changed.has(param.name))
        expect([...left.get(param.name)!], param.name).toEqual(picked(values.get(param.name)!));
    }
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
  // A number of its own for every entry of a moment.
  const declared = allParams(network).map((param) => ({
    name: `${param.name}:m`,
    shape: paramShape(param),
    param,
    slot: 'm',
  }));
  const state = Object.fromEntries(
    declared.map(({ name, shape, param }) => [
      name,
      { shape, data: Float32Array.from({ length: paramSize(param) }, (_, place) => place + 1) },
    ]),
  );
  const moments = stateLeft(network, seen.shrunk, declared, state);
  const wholeParams = new Map(allParams(network).map((param) => [param.name, param]));
  for (const param of allParams(left)) {
    const of = wholeParams.get(param.name)!;
    expect(originalShape(left, param), param.name).toEqual(originalShape(network, of));
    const numberAt = new Map(originalPlaces(network, of).map((place, entry) => [place, entry + 1]));
    const { shape, data } = moments[`${param.name}:m`]!;
    expect(shape, param.name).toEqual(paramShape(param));
    expect([...data], param.name).toEqual(originalPlaces(left, param).map((place) => numberAt.get(place)));
  }
}

/** By entry of a parameter, row-major: its number in the network that was trained first, by what its units tell of themselves. Nothing here slices. */
function originalPlaces(network: Network, param: Param): readonly number[] {
  const shape = paramShape(param);
  const before = originalShape(network, param);
  const indices = originalIndices(network, param);
  const blocks = originalBlocks(network, param);
  return Array.from({ length: paramSize(param) }, (_, entry) => {
    const at: number[] = [];
    for (let axis = shape.length - 1, rest = entry; axis >= 0; axis--) {
      at[axis] = rest % shape[axis]!;
      rest = Math.floor(rest / shape[axis]!);
    }
    return at.reduce((place, position, axis) => {
      const index = axis === blocks?.axis ? blocks.byPlace[at[blocks.by]!]![position]! : indices[axis]![position]!;
      return place * before[axis]! + index;
    }, 0);
  });
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

  it('at least half of all plants go, of every kind of layer that can lose units', () => {
    expect(shrunkAlive).toBeGreaterThan(GRAPHS / 4);
    expect([...counts.keys()].sort()).toEqual([...MAKERS].sort());
    for (const [kind, { planted, go, went }] of counts) {
      expect(planted, kind).toBeGreaterThan(GRAPHS / 200);
      expect(go / planted, `${kind}: the rules let go`).toBeGreaterThanOrEqual(0.5);
      expect(went / planted, `${kind}: went`).toBeGreaterThanOrEqual(0.5);
    }
    expect(innerCount.planted).toBeGreaterThan(GRAPHS / 200);
    expect(innerCount.went / innerCount.planted).toBeGreaterThan(0.25);
  });

  it('are of all kinds of layers', () => {
    const kinds = new Set(Array.from({ length: 2000 }, (_, k) => kindsOf((chosen + k) % 2 ** 31)).flat());
    // Not a kind: another use of a layer.
    kinds.delete('Shared');
    expect([...kinds].sort()).toEqual(Object.keys(layers).sort());
  });
});
