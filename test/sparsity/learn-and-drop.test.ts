import { expect, test } from 'vitest';
import { stepProgram, withFrozen } from '../../src/compiler/4-program/index.js';
import { allParams } from '../../src/ir/graph.js';
import type { Program } from '../../src/program/program.js';
import { learnAndDrop } from '../../src/sparsity/learn-and-drop.js';
import type { HostSite } from '../../src/sparsity/method.js';
import { lower, withDefaults } from '../parity/support.js';
import { type Given, hostSites, moment, placed } from './hosts.js';

/** Sites with the method's own tensors. */
function sitesOf(args: Readonly<Record<string, unknown>>, given: readonly Given[]): HostSite<never>[] {
  return hostSites('learn_and_drop', args, given).map((site) => ({
    ...site,
    tensors: { before: new Float32Array(site.kernel.length), still: new Float32Array(1) },
  }));
}

const kernel = { shape: [1, 2], kernel: [3, 4] };
const three = [
  { ...kernel, layer: 'a' },
  { ...kernel, layer: 'b' },
  { ...kernel, layer: 'c' },
];

/** Trains: the first weight of each kernel moves by so much. */
async function epoch(sites: readonly HostSite<never>[], at: number, moves: readonly number[], last = false) {
  sites.forEach((site, k) => {
    site.kernel[0]! += moves[k]!;
  });
  return learnAndDrop.advance!(moment(sites, { epoch: at, last }));
}

test('layers that stand still are frozen from the input on', async () => {
  // ‖W‖ is 5 in the beginning: changes of 0.04 are a share of 0.008, and of 0.1 one of 0.02.
  const sites = sitesOf({ threshold: 0.01 }, three);
  expect(await epoch(sites, 0, [0, 0, 0])).toEqual({});
  expect(await epoch(sites, 1, [0.1, 0.04, 0.1])).toEqual({});
  expect(await epoch(sites, 2, [0.04, 0.04, 0.1])).toEqual({ frozen: ['a', 'b'] });
  expect(await epoch(sites.slice(2), 3, [0.02])).toEqual({ frozen: ['c'] });
});

test('for as many epochs in a row as patience says, and nothing is frozen where training ends', async () => {
  const sites = sitesOf({ threshold: 0.01, patience: 2 }, three);
  await epoch(sites, 0, [0, 0, 0]);
  expect(await epoch(sites, 1, [0, 0, 0])).toEqual({});
  expect(await epoch(sites, 2, [0.1, 0, 0])).toEqual({});
  expect(await epoch(sites, 3, [0, 0, 0])).toEqual({});
  expect(await epoch(sites, 4, [0, 0, 0], true)).toEqual({});
  expect(await epoch(sites, 5, [0, 0.1, 0])).toEqual({ frozen: ['a'] });
});

test('kernels of one layer stand still together, and layers that write the outputs never do', async () => {
  const cell = [
    { ...kernel, layer: 'cell', tensor: 'kernel' },
    { ...kernel, layer: 'cell', tensor: 'recurrent_kernel' },
    { ...kernel, layer: 'y', outputs: [0, 1] },
  ];
  const sites = sitesOf({ threshold: 0.01 }, cell);
  await epoch(sites, 0, [0, 0, 0]);
  // √(0.1² / 50) is above a hundredth.
  expect(await epoch(sites, 1, [0.1, 0, 0])).toEqual({});
  expect(await epoch(sites, 2, [0.05, 0.04, 0])).toEqual({ frozen: ['cell'] });
});

test('kernels of zeros stand still as long as they are', async () => {
  const sites = sitesOf({ threshold: 0.5 }, [{ shape: [1, 2], kernel: [0, 0], layer: 'a' }]);
  await epoch(sites, 0, [0]);
  expect(await epoch(sites, 1, [1])).toEqual({});
  const same = sitesOf({ threshold: 0.5 }, [{ shape: [1, 2], kernel: [0, 0], layer: 'a' }]);
  await epoch(same, 0, [0]);
  expect(await epoch(same, 1, [0])).toEqual({ frozen: ['a'] });
});

test('what makes no sense', () => {
  const refused = (phases: readonly string[], others: readonly string[] = []) =>
    learnAndDrop.refuses!(withDefaults(learnAndDrop, {}) as never, placed({ phases, others }));
  expect(refused(['train', 'finetune'])).toMatch(/the fine-tuning moves all/);
  expect(refused(['train'], ['dropnet'])).toMatch(/begins training again/);
  expect(refused(['train'], ['l1'])).toBeUndefined();
});

/** Multiplications in the products and convolutions of a program, with so many rows. */
function work({ instructions, values }: Program, rows: number): number {
  const extents = (id: number) => values[id]!.shape.map((extent) => (extent === 'batch' ? rows : Number(extent)));
  const size = (shape: readonly number[]) => shape.reduce((product, extent) => product * extent, 1);
  return instructions.reduce((sum, { op, inputs, outputs, attributes }) => {
    if (op !== 'matmul') return sum;
    const read = extents(inputs[0]!);
    const inner = attributes.transposeX === true ? read.at(-2)! : read.at(-1)!;
    return sum + size(extents(outputs[0]!)) * inner;
  }, 0);
}

test('the step of a network whose first layers are frozen computes less, and all that it needs', () => {
  const { spec, network } = lower(`
model Net {
  x  = Input(40)
  a  = Dense(30, activation: relu)
  n  = BatchNormalization
  b  = Dense(20, activation: relu)
  y  = Dense(5)
}
data { source: sparse_regression }
train { loss: mse; epochs: 1 }
`);
  const phase = { ...spec.train.phases[0]!, finetune: false };
  const of = (frozen: readonly string[]) => stepProgram(withFrozen(network, frozen), phase).program;
  const rows = 16;
  const [whole, first, both] = [of([]), of(['a']), of(['a', 'b'])];
  const [a, b, y] = [rows * 40 * 30, rows * 30 * 20, rows * 20 * 5];
  // Forward, and what every weight's gradient and every layer's input but the first one's cost.
  expect(work(whole, rows)).toBe(2 * a + 3 * b + 3 * y);
  expect(work(first, rows)).toBe(a + 2 * b + 3 * y);
  expect(work(both, rows)).toBe(a + b + 2 * y);
  expect(first.instructions.length).toBeLessThan(whole.instructions.length);
  expect(both.instructions.length).toBeLessThan(first.instructions.length);
  // No optimizer state of what is frozen is read.
  const states = ({ inputs }: Program) => inputs.flatMap(({ name, role }) => (role === 'state' ? [name] : []));
  const slots = (program: Program, layer: string) =>
    states(program).filter((name) => name.startsWith(`${layer}.`) && name.includes(':'));
  expect(slots(whole, 'a').length).toBeGreaterThan(0);
  for (const layer of ['a', 'n']) expect(slots(first, layer)).toEqual([]);
  expect(slots(first, 'b')).toEqual(slots(whole, 'b'));
});

test('what stands behind frozen layers alone is frozen with them', () => {
  const { network } = lower(`
model Net {
  x  = Input(4)
  a  = Dense(3)
  n  = BatchNormalization
  b  = Dense(3) <- x
  m  = LayerNormalization
  s  = Add <- n, m
  o  = LayerNormalization
  y  = Dense(1)
}
data { source: sparse_regression }
train { loss: mse; epochs: 1 }
`);
  const trained = (frozen: readonly string[]) => [
    ...new Set(allParams(withFrozen(network, frozen)).flatMap(({ layer, trained: is }) => (is ? [layer] : []))),
  ];
  expect(trained([])).toEqual(['a', 'n', 'b', 'm', 'o', 'y']);
  expect(trained(['a'])).toEqual(['b', 'm', 'o', 'y']);
  expect(trained(['a', 'b'])).toEqual(['y']);
  // A layer that is still trained is before it.
  expect(trained(['y'])).toEqual(['a', 'n', 'b', 'm', 'o']);
});
