import { describe, expect, it } from 'vitest';
import { unitFacts } from '../../../src/compiler/5-shrink/facts.js';
import { liveness, type Modes } from '../../../src/compiler/5-shrink/liveness.js';
import { deadUnits, remove, shrink, type ShrinkResult } from '../../../src/compiler/5-shrink/shrink.js';
import type { Values } from '../../../src/compiler/5-shrink/values.js';
import { Failure } from '../../../src/diagnostics/report.js';
import type { Network } from '../../../src/ir/graph.js';
import { difference, type LayerSketch, networkOf, outputsOf, randomRows, randomValues, withExact } from './networks.js';

const LENET: readonly LayerSketch[] = [
  { name: 'image', kind: 'Input', arguments: { shape: [6] } },
  { name: 'fc1', kind: 'Dense', arguments: { units: 5, activation: 'relu' } },
  { name: 'fc2', kind: 'Dense', arguments: { units: 4, activation: 'tanh' } },
  { name: 'digit', kind: 'Dense', arguments: { units: 3 } },
];

/** Sets whole columns (connections into units) or rows (out of units) of a kernel to 0. */
function zero(values: Map<string, Float32Array>, name: string, width: number, at: { column?: number; row?: number }) {
  const data = values.get(name)!;
  for (let k = 0; k < data.length; k++) if (k % width === at.column || Math.floor(k / width) === at.row) data[k] = 0;
}

function shrinkIn(network: Network, values: Values, modes?: Modes): ShrinkResult {
  if (!modes) return shrink(network, values);
  const live = liveness(network, values, { modes });
  return remove(network, values, live, deadUnits(live));
}

function shrunk(network: Network, values: Map<string, Float32Array>, modes?: Modes): ShrinkResult {
  const rows = randomRows(network, 20, 99);
  const before = outputsOf(network, values, rows, 20);
  const result = shrinkIn(network, values, modes);
  const exact = outputsOf(result.network, withExact(result), rows, 20);
  const stored = outputsOf(result.network, result.values, rows, 20);
  for (const { name: output } of network.graph.outputs) {
    expect(difference(before[output]!, exact[output]!)).toBeLessThanOrEqual(1e-12);
    expect(difference(before[output]!, stored[output]!)).toBeLessThanOrEqual(1e-5);
  }
  const again = shrinkIn(result.network, result.values, modes);
  expect(again.changed).toBe(false);
  expect(again.edits).toEqual([]);
  expect(again.values).toEqual(result.values);
  return result;
}

const originals = (result: ShrinkResult, layer: string) => result.kept.find((one) => one.layer === layer)!.originals;
const removed = (result: ShrinkResult, layer: string) => result.kept.find((one) => one.layer === layer)!.removed;

describe('shrink', () => {
  it('changes nothing where nothing is dead', () => {
    const network = networkOf(LENET);
    const values = randomValues(network, 1);
    const result = shrunk(network, values);
    expect(result.changed).toBe(false);
    expect(result.edits).toEqual([]);
    expect(result.values).toEqual(values);
  });

  it('removes a unit that no one reads', () => {
    const network = networkOf(LENET);
    const values = randomValues(network, 2);
    zero(values, 'fc2.kernel', 4, { row: 3 });
    const result = shrunk(network, values);
    expect(removed(result, 'fc1')).toEqual([{ index: 3, reason: 'unread' }]);
    expect(originals(result, 'fc1')).toEqual([0, 1, 2, 4]);
    expect(result.edits).toEqual([{ layer: 'fc1', argument: 'units', before: 5, value: 4 }]);
    expect(result.values.get('fc1.kernel')).toHaveLength(6 * 4);
    expect(result.values.get('fc2.kernel')).toHaveLength(4 * 4);
    expect(result.folded).toEqual([]);
  });

  it("folds a constant unit into its reader's bias", () => {
    const network = networkOf(LENET);
    const values = randomValues(network, 3);
    zero(values, 'fc1.kernel', 5, { column: 1 });
    values.get('fc1.bias')![1] = 0.75;
    const before = values.get('fc2.bias')!;
    const weights = values.get('fc2.kernel')!.slice(4, 8);
    const result = shrunk(network, values);
    expect(removed(result, 'fc1')).toEqual([{ index: 1, reason: 'constant', value: 0.75 }]);
    expect(result.folded).toEqual([
      { reader: 'fc2', param: 'fc2.bias', constants: [{ layer: 'fc1', index: 1, value: 0.75 }], added: false },
    ]);
    expect([...result.exact.get('fc2.bias')!]).toEqual([...before].map((bias, k) => bias + 0.75 * weights[k]!));
    expect(result.values.get('fc2.bias')).toEqual(Float32Array.from(result.exact.get('fc2.bias')!));
  });

  it('a constant that relu makes 0 goes without folding', () => {
    const network = networkOf(LENET);
    const values = randomValues(network, 4);
    zero(values, 'fc1.kernel', 5, { column: 2 });
    values.get('fc1.bias')![2] = -0.5;
    const result = shrunk(network, values);
    expect(removed(result, 'fc1')).toEqual([{ index: 2, reason: 'constant', value: 0 }]);
    expect(result.folded).toEqual([]);
  });

  it('follows chains: a unit that reads only constants is one', () => {
    const network = networkOf(LENET);
    const values = randomValues(network, 5);
    zero(values, 'fc1.kernel', 5, { column: 0 });
    values.get('fc1.bias')![0] = 0.5;
    // fc2's unit 2 reads fc1's unit 0 only.
    for (let row = 1; row < 5; row++) values.get('fc2.kernel')![row * 4 + 2] = 0;
    const inner = Math.fround(values.get('fc2.kernel')![2]!) * 0.5 + values.get('fc2.bias')![2]!;
    const result = shrunk(network, values);
    expect(removed(result, 'fc1').map(({ index }) => index)).toEqual([0]);
    expect(removed(result, 'fc2')).toEqual([{ index: 2, reason: 'constant', value: Math.tanh(inner) }]);
  });

  it('follows chains backwards: what only dead units read goes, down to the inputs', () => {
    const network = networkOf(LENET);
    const values = randomValues(network, 6);
    zero(values, 'digit.kernel', 3, { row: 1 });
    for (let column = 0; column < 4; column++) if (column !== 1) values.get('fc2.kernel')![2 * 4 + column] = 0;
    for (let column = 0; column < 5; column++) if (column !== 2) values.get('fc1.kernel')![4 * 5 + column] = 0;
    const result = shrunk(network, values);
    expect(removed(result, 'fc2')).toEqual([{ index: 1, reason: 'unread' }]);
    expect(removed(result, 'fc1')).toEqual([{ index: 2, reason: 'unread' }]);
    expect(originals(result, 'image')).toEqual([0, 1, 2, 3, 5]);
    expect(result.edits[0]).toEqual({ layer: 'image', argument: 'keep', before: undefined, value: [0, 1, 2, 3, 5] });
  });

  it('composes keep with the list that the Input has', () => {
    const [input, ...rest] = LENET;
    const network = networkOf([{ ...input!, arguments: { shape: [6], keep: [1, 2, 4, 5] } }, ...rest]);
    const values = randomValues(network, 7);
    zero(values, 'fc1.kernel', 5, { row: 1 });
    const result = shrunk(network, values);
    expect(result.network.graph.nodes[0]!.arguments.keep).toEqual([1, 4, 5]);
    expect(originals(result, 'image')).toEqual([1, 4, 5]);
  });

  it('keeps a constant output and reports it', () => {
    const network = networkOf(LENET);
    const values = randomValues(network, 8);
    zero(values, 'digit.kernel', 3, { column: 1 });
    const result = shrunk(network, values);
    expect(result.changed).toBe(false);
    expect(result.constantOutputs).toEqual([{ output: 'digit', index: 1, value: values.get('digit.bias')![1] }]);
  });

  it('gives a reader without bias one', () => {
    const network = networkOf([
      LENET[0]!,
      LENET[1]!,
      { name: 'fc2', kind: 'Dense', arguments: { units: 4, activation: 'tanh', use_bias: false } },
      LENET[3]!,
    ]);
    const values = randomValues(network, 9);
    zero(values, 'fc1.kernel', 5, { column: 1 });
    values.get('fc1.bias')![1] = 0.25;
    zero(values, 'digit.kernel', 3, { row: 0 });
    const result = shrunk(network, values);
    expect(result.edits).toContainEqual({ layer: 'fc2', argument: 'use_bias', before: false, value: true });
    expect(result.values.get('fc2.bias')).toHaveLength(3);
    expect(result.folded[0]!.added).toBe(true);
  });

  it('keeps the units that softmax mixes, and says why', () => {
    const network = networkOf([
      LENET[0]!,
      { name: 'gate', kind: 'Dense', arguments: { units: 4 } },
      { name: 'share', kind: 'Activation', arguments: { activation: 'softmax' } },
      { name: 'out', kind: 'Dense', arguments: { units: 2 } },
    ]);
    const values = randomValues(network, 10);
    zero(values, 'gate.kernel', 4, { column: 1 });
    zero(values, 'out.kernel', 2, { row: 2 });
    const result = shrunk(network, values);
    expect(result.changed).toBe(false);
    // One is constant and one is unread.
    expect(result.pins).toEqual([
      {
        layer: 'gate',
        indices: [1, 2],
        reason: 'softmax looks at all units together, so the others would change without it',
      },
    ]);
  });

  it('treats units behind dropout and rescaling as what they are at inference', () => {
    const sketch: LayerSketch[] = [
      LENET[0]!,
      LENET[1]!,
      { name: 'drop', kind: 'Dropout', arguments: { rate: 0.5 } },
      { name: 'scale', kind: 'Rescaling', arguments: { scale: 2, offset: 1 } },
      { name: 'out', kind: 'Dense', arguments: { units: 2 } },
    ];
    const network = networkOf(sketch);
    const values = randomValues(network, 11);
    zero(values, 'fc1.kernel', 5, { column: 3 });
    values.get('fc1.bias')![3] = 0.5;
    expect(shrunk(network, values).folded[0]!.constants).toEqual([{ layer: 'fc1', index: 3, value: 2 }]);
    // Dropout turns a constant into one that varies; a zero stays one in both modes.
    expect(shrunk(network, values, 'both').changed).toBe(false);
    values.get('fc1.bias')![3] = -0.5;
    expect(shrunk(network, values, 'both').folded[0]!.constants).toEqual([{ layer: 'fc1', index: 3, value: 1 }]);
  });

  it('two outputs: a unit that one of them reads stays', () => {
    const network = networkOf(
      [
        LENET[0]!,
        LENET[1]!,
        { name: 'a', kind: 'Dense', arguments: { units: 2 } },
        { name: 'b', kind: 'Dense', arguments: { units: 2 }, reads: 'fc1' },
      ],
      ['a', 'b'],
    );
    const values = randomValues(network, 12);
    zero(values, 'a.kernel', 2, { row: 0 });
    zero(values, 'a.kernel', 2, { row: 1 });
    zero(values, 'b.kernel', 2, { row: 1 });
    expect(removed(shrunk(network, values), 'fc1')).toEqual([{ index: 1, reason: 'unread' }]);
  });

  it('weights too small for a float32 norm still count', () => {
    const network = networkOf(LENET);
    const values = randomValues(network, 13);
    zero(values, 'fc2.kernel', 4, { row: 3 });
    values.get('fc2.kernel')![3 * 4] = 1e-40;
    expect(shrunk(network, values).changed).toBe(false);
  });

  it('drops pixels of an image at the Flatten, and lists why the image keeps its axes', () => {
    const network = networkOf([
      { name: 'image', kind: 'Input', arguments: { shape: [2, 3, 1] } },
      { name: 'flat', kind: 'Flatten' },
      { name: 'fc', kind: 'Dense', arguments: { units: 3, activation: 'relu' } },
      { name: 'out', kind: 'Dense', arguments: { units: 2 } },
    ]);
    const values = randomValues(network, 14);
    zero(values, 'fc.kernel', 3, { row: 0 });
    zero(values, 'fc.kernel', 3, { row: 4 });
    const result = shrunk(network, values);
    expect(result.edits).toEqual([{ layer: 'flat', argument: 'keep', before: undefined, value: [1, 2, 3, 5] }]);
    const next = new Map(result.values);
    zero(next, 'fc.kernel', 3, { row: 1 });
    const smaller = shrunk(result.network, next);
    expect(smaller.edits).toEqual([{ layer: 'flat', argument: 'keep', before: [1, 2, 3, 5], value: [1, 3, 5] }]);
  });

  it('counts a keep list in the input that has shrunk itself', () => {
    const network = networkOf([
      { name: 'rows', kind: 'Input', arguments: { shape: [2, 3] } },
      { name: 'each', kind: 'Dense', arguments: { units: 4, activation: 'relu' } },
      { name: 'flat', kind: 'Flatten' },
      { name: 'out', kind: 'Dense', arguments: { units: 2 } },
    ]);
    const values = randomValues(network, 15);
    // Unit 1 of `each` is read from no row, unit 3 from the second one only.
    for (const row of [1, 5, 3]) zero(values, 'out.kernel', 2, { row });
    const result = shrunk(network, values);
    expect(result.edits).toEqual([
      { layer: 'each', argument: 'units', before: 4, value: 3 },
      { layer: 'flat', argument: 'keep', before: undefined, value: [0, 1, 3, 4, 5] },
    ]);
    for (const row of [3]) zero(values, 'out.kernel', 2, { row: row + 4 });
    expect(shrunk(network, values).edits).toEqual([{ layer: 'each', argument: 'units', before: 4, value: 2 }]);
  });

  it('recounts a keep list that the user wrote', () => {
    const network = networkOf([
      { name: 'image', kind: 'Input', arguments: { shape: [3] } },
      { name: 'fc', kind: 'Dense', arguments: { units: 4, activation: 'relu' } },
      { name: 'flat', kind: 'Flatten', arguments: { keep: [1, 3] } },
      { name: 'out', kind: 'Dense', arguments: { units: 2 } },
    ]);
    expect(shrunk(network, randomValues(network, 16)).edits).toEqual([
      { layer: 'fc', argument: 'units', before: 4, value: 2 },
      { layer: 'flat', argument: 'keep', before: [1, 3], value: undefined },
    ]);
  });

  it('a keep list in another order keeps its order', () => {
    const network = networkOf([
      { name: 'image', kind: 'Input', arguments: { shape: [3] } },
      { name: 'fc', kind: 'Dense', arguments: { units: 4, activation: 'relu' } },
      { name: 'flat', kind: 'Flatten', arguments: { keep: [3, 1] } },
      { name: 'out', kind: 'Dense', arguments: { units: 2 } },
    ]);
    expect(shrunk(network, randomValues(network, 20)).edits[1]).toMatchObject({ layer: 'flat', value: [1, 0] });
  });

  it('a constant that stays for another reader is not folded', () => {
    const network = networkOf(
      [
        LENET[0]!,
        LENET[1]!,
        { name: 'share', kind: 'Activation', arguments: { activation: 'softmax' } },
        { name: 'out', kind: 'Dense', arguments: { units: 2 }, reads: 'fc1' },
      ],
      ['share', 'out'],
    );
    const values = randomValues(network, 21);
    zero(values, 'fc1.kernel', 5, { column: 1 });
    values.get('fc1.bias')![1] = 0.75;
    const result = shrunk(network, values);
    expect(result.changed).toBe(false);
    expect(result.folded).toEqual([]);
  });

  it('does not fold what is no number', () => {
    const network = networkOf(LENET);
    const values = randomValues(network, 22);
    zero(values, 'fc1.kernel', 5, { column: 1 });
    values.get('fc1.bias')![1] = Number.POSITIVE_INFINITY;
    expect(shrink(network, values).changed).toBe(false);
  });

  it('knows that dropout draws in training, and that 0 is 0 under any draw', () => {
    const network = networkOf([
      LENET[0]!,
      LENET[1]!,
      { name: 'drop', kind: 'Dropout', arguments: { rate: 0.5 } },
      { name: 'out', kind: 'Dense', arguments: { units: 2 } },
    ]);
    const values = randomValues(network, 23);
    for (const column of [0, 3]) zero(values, 'fc1.kernel', 5, { column });
    values.get('fc1.bias')!.set([0.5], 0);
    values.get('fc1.bias')!.set([-0.5], 3);
    const facts = (mode: 'training' | 'inference') => unitFacts(network, values, mode).get('drop')![0]![0];
    expect(facts('inference')).toEqual([{ constant: 0.5 }, 'varies', 'varies', 'zero', 'varies']);
    expect(facts('training')).toEqual(['varies', 'varies', 'varies', 'zero', 'varies']);
  });

  it('keeps what Reshape splits', () => {
    const network = networkOf([
      { name: 'image', kind: 'Input', arguments: { shape: [3] } },
      { name: 'fc', kind: 'Dense', arguments: { units: 4, activation: 'relu' } },
      { name: 'grid', kind: 'Reshape', arguments: { target_shape: [2, 2, 1] } },
      { name: 'flat', kind: 'Flatten' },
      { name: 'out', kind: 'Dense', arguments: { units: 2 } },
    ]);
    const values = randomValues(network, 17);
    zero(values, 'fc.kernel', 4, { column: 1 });
    zero(values, 'out.kernel', 2, { row: 1 });
    const result = shrunk(network, values);
    expect(result.pins[0]!.reason).toMatch(/Reshape grid splits this axis/);
    expect(result.network.shapes.get('fc')![0]![0]!.units).toHaveLength(4);
  });

  it('refuses an output that depends on no input, and names the layer that died', () => {
    const network = networkOf(LENET);
    const values = randomValues(network, 18);
    for (let column = 0; column < 4; column++) zero(values, 'fc2.kernel', 4, { column });
    expect(() => shrink(network, values)).toThrow(Failure);
    try {
      shrink(network, values);
    } catch (error) {
      const [first] = (error as Failure).diagnostics;
      expect((error as Failure).exit).toBe(3);
      expect(first).toMatchObject({
        code: 'dead-network',
        message: 'all 4 units of fc2 died: the output digit no longer depends on any input',
        help: ['use a smaller lambda on fc2, or a lower threshold'],
      });
    }
  });
});
