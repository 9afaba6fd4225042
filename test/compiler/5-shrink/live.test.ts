import { describe, expect, test } from 'vitest';
import {
  allLiving,
  checkLiving,
  type Living,
  livingNetwork,
  pays,
  REBUILD_STEPS,
  wholeValues,
} from '../../../src/compiler/5-shrink/live.js';
import { allParams, type Network } from '../../../src/ir/graph.js';
import { paramShape } from '../../../src/compiler/3-dims/index.js';
import { stepProgram } from '../../../src/compiler/4-program/index.js';
import { difference, networkOf, outputsOf, randomRows, randomValues } from './networks.js';

const LAYERS = [
  { name: 'x', kind: 'Input', arguments: { shape: [6] } },
  { name: 'a', kind: 'Dense', arguments: { units: 5, activation: 'relu' } },
  { name: 'b', kind: 'Dense', arguments: { units: 4, activation: 'tanh' } },
  { name: 'y', kind: 'Dense', arguments: { units: 2 } },
];
const soon = { patience: 1, stepsLeft: 1e6 };

/** Sets rows of a kernel to 0: nobody reads these units or features any more. */
function unread(network: Network, values: Map<string, Float32Array>, name: string, ...rows: number[]): void {
  const [, width = 1] = paramShape(allParams(network).find((param) => param.name === name)!);
  for (const row of rows) values.get(name)!.fill(0, row * width, (row + 1) * width);
}

const withoutSpans = (network: Network) => network.graph.nodes.map(({ name, arguments: args }) => [name, args]);
const unitsOf = ({ shapes, dims }: Network) =>
  [...shapes].map(([name, outputs]) => [
    name,
    outputs.map((shape) => shape.map((dim) => dim.units.map((unit) => dims.origin(unit)))),
  ]);

describe('looks', () => {
  test('a unit goes when it was dead in `patience` looks in a row', () => {
    const network = networkOf(LAYERS);
    const dead = randomValues(network, 1);
    unread(network, dead, 'b.kernel', 3);
    const alive = randomValues(network, 1);
    let living = allLiving(network);
    const counts: number[] = [];
    for (const values of [dead, dead, alive, dead, dead, dead]) {
      const found = checkLiving(network, values, living, { ...soon, patience: 3 });
      counts.push(found.living.dead.a![3] ?? -1);
      expect(found.shrunk !== undefined).toBe(counts.length === 6);
      living = found.living;
    }
    expect(counts).toEqual([1, 2, 0, 1, 2, 0]);
    expect(living.kept).toEqual({ x: [0, 1, 2, 3, 4, 5], a: [0, 1, 2, 4], b: [0, 1, 2, 3], y: [0, 1] });
    expect(living.dead.a).toEqual([0, 0, 0, 0]);
  });

  test('widths stay at multiples, with the dead units of the largest norm, and as they were where that is less', () => {
    const network = networkOf([
      { name: 'x', kind: 'Input', arguments: { shape: [6] } },
      { name: 'a', kind: 'Dense', arguments: { units: 12, activation: 'relu' } },
      { name: 'b', kind: 'Dense', arguments: { units: 3, activation: 'tanh' } },
      { name: 'y', kind: 'Dense', arguments: { units: 2 } },
    ]);
    const values = randomValues(network, 3);
    unread(network, values, 'b.kernel', 1, 2, 5, 6, 7, 9, 11);
    unread(network, values, 'y.kernel', 0);
    // Five are read; of the dead ones 2, 5 and 9 weigh most.
    for (const unit of [1, 6, 7, 11]) for (let row = 0; row < 6; row++) values.get('a.kernel')![row * 12 + unit] = 1e-3;
    const { shrunk, living } = checkLiving(network, values, allLiving(network), { ...soon, roundTo: 4 });
    expect(living.kept).toMatchObject({ a: [0, 2, 3, 4, 5, 8, 9, 10], b: [0, 1, 2], x: [0, 1, 2, 3, 4, 5] });
    expect(shrunk!.network.shapes.get('a')![0]![0]!.units).toHaveLength(8);
    expect(checkLiving(network, values, allLiving(network), { ...soon, roundTo: 8 }).living.kept.a).toHaveLength(8);
    expect(checkLiving(network, values, allLiving(network), { ...soon, roundTo: 16 }).shrunk).toBeUndefined();
  });

  test('a unit that others of the dead read goes alone where only it has been dead for long enough', () => {
    const network = networkOf(LAYERS);
    const values = randomValues(network, 2);
    // Unit 1 of a is read by unit 2 of b alone, which nobody reads; it has been dead since the look before.
    for (const column of [0, 1, 3]) values.get('b.kernel')![1 * 4 + column] = 0;
    unread(network, values, 'y.kernel', 2);
    const before = allLiving(network);
    const living = { ...before, dead: { ...before.dead, a: [0, 1, 0, 0, 0] } };
    const { living: after, shrunk } = checkLiving(network, values, living, { ...soon, patience: 2 });
    expect(after.kept.a).toEqual([0, 2, 3, 4]);
    expect(after.dead.b).toEqual([0, 0, 1, 0]);
    const rows = randomRows(network, 10, 3);
    const apart = difference(
      outputsOf(network, values, rows, 10).y!,
      outputsOf(shrunk!.network, shrunk!.values, rows, 10).y!,
    );
    expect(apart).toBeLessThanOrEqual(1e-12);
  });

  test('every layer keeps a unit, and a network that is dead as a whole is left to the end', () => {
    const network = networkOf(LAYERS);
    const values = randomValues(network, 1);
    unread(network, values, 'a.kernel', 0, 1, 2, 3, 4, 5);
    const dead = checkLiving(network, values, allLiving(network), soon);
    expect(dead.shrunk).toBeUndefined();
    expect(dead.living).toEqual(allLiving(network));

    // Beside a living branch.
    const two = networkOf(
      [
        ...LAYERS,
        { name: 'side', kind: 'Dense', arguments: { units: 3 }, reads: 'x' },
        { name: 'z', kind: 'Dense', arguments: { units: 1 } },
      ],
      ['y', 'z'],
    );
    const branch = randomValues(two, 4);
    unread(two, branch, 'z.kernel', 1, 2);
    unread(two, branch, 'y.kernel', 0, 1, 2, 3);
    // The output y is constant, so the network is dead in part: nothing goes.
    expect(checkLiving(two, branch, allLiving(two), soon).shrunk).toBeUndefined();
    unread(two, branch, 'z.kernel', 1, 2);
    branch.get('y.kernel')!.fill(0.5, 0, 2);
    expect(checkLiving(two, branch, allLiving(two), soon).living.kept).toMatchObject({ b: [0], side: [0] });
  });

  test('a constant goes into a bias that is there; a reader without one is given none while training goes on', () => {
    for (const use_bias of [true, false]) {
      const network = networkOf(
        LAYERS.map((layer) => (layer.name === 'y' ? { ...layer, arguments: { units: 2, use_bias } } : layer)),
      );
      const values = randomValues(network, 5);
      for (let row = 0; row < 5; row++) values.get('b.kernel')![row * 4 + 1] = 0;
      const { shrunk } = checkLiving(network, values, allLiving(network), soon);
      expect(shrunk?.folded.map(({ param, added }) => [param, added])).toEqual(
        use_bias ? [['y.bias', false]] : undefined,
      );
      // An average of the weights has other constants.
      expect(checkLiving(network, values, allLiving(network), { ...soon, averaged: true }).shrunk).toBeUndefined();
    }
  });

  test.each([
    ['a reader without a bias', {}, false],
    ['averaged weights', { averaged: true }, true],
  ] as const)('a constant that only the dead read goes, where nothing is folded: %s', (_, options, bias) => {
    const network = networkOf(
      LAYERS.map((one) => (one.name === 'b' ? { ...one, arguments: { ...one.arguments, use_bias: bias } } : one)),
    );
    const values = randomValues(network, 6);
    // Unit 2 of a is constant; it is read by unit 1 of b alone, which nobody reads.
    for (let row = 0; row < 6; row++) values.get('a.kernel')![5 * row + 2] = 0;
    values.get('a.bias')![2] = 0.75;
    for (const column of [0, 2, 3]) values.get('b.kernel')![2 * 4 + column] = 0;
    unread(network, values, 'y.kernel', 1);
    const { living, shrunk } = checkLiving(network, values, allLiving(network), { ...soon, ...options });
    expect(living.kept).toMatchObject({ a: [0, 1, 3, 4], b: [0, 2, 3] });
    expect(shrunk!.folded).toEqual([]);
    const rows = randomRows(network, 10, 6);
    expect(
      difference(outputsOf(network, values, rows, 10).y!, outputsOf(shrunk!.network, shrunk!.values, rows, 10).y!),
    ).toBeLessThanOrEqual(1e-12);
  });

  test('it pays where the steps that are left save as much as making the engine ready costs', () => {
    const large = networkOf(LAYERS);
    const living: Living = { ...allLiving(large), kept: { ...allLiving(large).kept, x: [0, 1, 2], b: [0, 2] } };
    const small = livingNetwork(large, living);
    // 30 + 20 + 8 multiply-adds, and 15 + 10 + 4.
    expect(pays(large, small, 2 * REBUILD_STEPS)).toBe(true);
    expect(pays(large, small, 2 * REBUILD_STEPS - 1)).toBe(false);
    expect(pays(large, large, 1e9)).toBe(false);
  });
});

describe('what is left', () => {
  const flat = [
    { name: 'x', kind: 'Input', arguments: { shape: [3, 2] } },
    { name: 'a', kind: 'Dense', arguments: { units: 4, activation: 'relu' } },
    { name: 'flat', kind: 'Flatten' },
    { name: 'drop', kind: 'Dropout', arguments: { rate: 0.5 } },
    { name: 'b', kind: 'Dense', arguments: { units: 5, activation: 'tanh' } },
    { name: 'y', kind: 'Dense', arguments: { units: 2 } },
  ];

  test('follows from the spec and the positions left, however it came about; its values are those of the whole network', () => {
    const network = networkOf(flat);
    const values = randomValues(network, 7);
    // Features 2 and 9 of the flat row, then the others of unit 1 (1 and 5, now second and fifth), and a unit of b.
    unread(network, values, 'b.kernel', 2, 9);
    const first = checkLiving(network, values, allLiving(network), soon);
    const once = new Map(first.shrunk!.values);
    unread(first.shrunk!.network, once, 'b.kernel', 1, 4);
    unread(first.shrunk!.network, once, 'y.kernel', 3);
    const second = checkLiving(first.shrunk!.network, once, first.living, soon);

    expect(second.living.kept).toMatchObject({
      a: [0, 2, 3],
      flat: [0, 3, 4, 6, 7, 8, 10, 11],
      b: [0, 1, 2, 4],
    });
    const again = livingNetwork(network, second.living);
    expect(withoutSpans(again)).toEqual(withoutSpans(second.shrunk!.network));
    expect(unitsOf(again)).toEqual(unitsOf(second.shrunk!.network));

    const whole = wholeValues(network, second.living, second.shrunk!.values);
    const rows = randomRows(network, 10, 8);
    const of = (one: Network, own: Map<string, Float32Array>) => outputsOf(one, own, rows, 10).y!;
    expect(difference(of(first.shrunk!.network, once), of(network, whole))).toBeLessThanOrEqual(1e-12);
    expect(difference(of(again, new Map(second.shrunk!.values)), of(network, whole))).toBeLessThanOrEqual(1e-12);
  });

  test('dropout draws for the features that are left what it drew for them before', () => {
    const network = networkOf(flat);
    const values = randomValues(network, 7);
    unread(network, values, 'b.kernel', 1, 5, 9, 10);
    const { living } = checkLiving(network, values, allLiving(network), soon);
    const left = livingNetwork(network, living);
    const call = (word: string, args = {}) => ({ word, arguments: args });
    const phase = {
      name: 'train',
      finetune: false,
      length: { amount: 1, unit: 'epochs' },
      loss: call('mean_squared_error'),
      metrics: [],
      optimizer: call('sgd', { learning_rate: 0.1, momentum: 0 }),
      batch_size: 4,
    } as const;
    const drawn = (of: Network) => stepProgram(of, phase).program.inputs.find(({ role }) => role === 'random')!.random!;
    expect(drawn(network)).toMatchObject({ width: 12, units: Array.from({ length: 12 }, (_, k) => k) });
    expect(drawn(left)).toMatchObject({ width: 12, units: [0, 2, 3, 4, 6, 7, 8, 11] });
  });
});
