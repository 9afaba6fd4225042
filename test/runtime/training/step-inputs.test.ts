import { availableParallelism } from 'node:os';
import fc from 'fast-check';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { Batches, type BoundTable } from '../../../src/data/batches.js';
import { bind } from '../../../src/data/bind.js';
import type { Field, Table } from '../../../src/data/source.js';
import { select } from '../../../src/data/splits.js';
import type { Call } from '../../../src/ir/kind.js';
import type { HostTensor, Program, RandomSpec } from '../../../src/program/program.js';
import { RandomInputs } from '../../../src/runtime/training/random-inputs.js';
import { hasThreadAhead, StepInputs, type StepInputOptions } from '../../../src/runtime/training/step-inputs.js';

const open: StepInputs[] = [];
afterEach(async () => {
  for (const one of open.splice(0)) await one.close();
});

const CALLS: readonly Call[] = [
  { word: 'shift', arguments: { pixels: 1, direction: 'both', outside: 0 } },
  { word: 'rotate', arguments: { degrees: 30, outside: 'edge' } },
  { word: 'flip', arguments: { direction: 'both' } },
  { word: 'crop', arguments: { share: 0.6 } },
];

interface Case {
  readonly rows: number;
  readonly batchSize: number;
  readonly seed: number;
  readonly calls: readonly Call[];
  readonly keep: boolean;
  readonly split: boolean;
  readonly random: readonly RandomSpec['distribution'][];
}

const cases: fc.Arbitrary<Case> = fc
  .record({
    rows: fc.integer({ min: 2, max: 23 }),
    batchSize: fc.integer({ min: 1, max: 9 }),
    seed: fc.integer({ min: 0, max: 2 ** 31 - 1 }),
    calls: fc.subarray([...CALLS]),
    keep: fc.boolean(),
    split: fc.boolean(),
    random: fc.array(
      fc.constantFrom<RandomSpec['distribution']>(
        { kind: 'bernoulli', keep: 0.5 },
        { kind: 'normal' },
        { kind: 'uniform' },
      ),
      { maxLength: 3 },
    ),
  })
  .filter(({ calls, random }) => calls.length + random.length > 0);

function table({ rows, calls, keep, split }: Case): BoundTable {
  const image: Field = {
    name: 'image',
    shape: [5, 4, 2],
    form: 'values',
    data: Float32Array.from({ length: rows * 40 }, (_, k) => Math.sqrt(k)),
  };
  const label: Field = { name: 'label', shape: [], form: 'classes', classes: 2, data: new Int32Array(rows) };
  const all: Table = { rows, fields: [image, label], target: 'label', files: [] };
  return bind(
    {
      data: calls.length > 0 ? { augment: calls } : {},
      inputs: [{ name: 'image', extents: keep ? [40] : [5, 4, 2], ...(keep && { keep: [0, 3, 17, 39] }) }],
      outputs: [{ name: 'y', extents: [2], form: 'classes' }],
    },
    split
      ? select(
          all,
          Int32Array.from({ length: Math.ceil(rows / 2) }, (_, k) => rows - 1 - 2 * k),
        )
      : all,
  );
}

/** A program's random inputs: the first one is drawn once for the batch, units of the others are missing. */
function randomOf({ random, seed }: Case): RandomInputs {
  const units = (k: number) => (k === 0 ? [0, 1, 2] : [0, 2, 5]);
  const program = {
    inputs: random.map((distribution, k) => ({
      name: `random:${k}`,
      role: 'random',
      value: k,
      random: { stream: `drop_${k}.mask`, distribution, units: units(k), width: k === 0 ? 3 : 6 },
    })),
    values: random.map((_, k) => ({ dtype: 'float', shape: [k === 0 ? 1 : 'batch', 3] })),
  } as unknown as Program;
  return new RandomInputs(program, seed);
}

function inputsOf(of: Case, options: Partial<StepInputOptions> = {}) {
  const batches = new Batches(table(of), { batchSize: of.batchSize, seed: of.seed });
  const inputs = new StepInputs(batches, randomOf(of), { seed: of.seed, ...options });
  open.push(inputs);
  return { inputs, steps: batches.steps };
}

/** The bytes of all inputs, apart from the memory that the next step takes. */
function bytes(inputs: Readonly<Record<string, HostTensor>>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(inputs).map(([name, { shape, data }]) => [name, [shape, [...new Uint8Array(data.slice().buffer)]]]),
  );
}

const AUGMENTED: Case = {
  rows: 20,
  batchSize: 3,
  seed: 5,
  calls: CALLS,
  keep: false,
  split: false,
  random: [{ kind: 'bernoulli', keep: 0.5 }],
};

async function expectSame(of: Case, places: readonly { epoch: number; step: number }[], options: object) {
  const [direct, ahead] = [inputsOf(of, { ahead: false }).inputs, inputsOf(of, { ahead: true, ...options }).inputs];
  for (const at of places) {
    const [one, other] = [await direct.read(at), await ahead.read(at)];
    expect(other.rows).toBe(one.rows);
    expect(bytes(other.inputs)).toEqual(bytes(one.inputs));
  }
  return ahead;
}

function allPlaces({ steps }: { readonly steps: number }, epochs: readonly number[]) {
  return epochs.flatMap((epoch) => Array.from({ length: steps }, (_, step) => ({ epoch, step })));
}

describe('inputs of steps that are made ahead', () => {
  test('are the bytes of those that are made between the steps, epoch after epoch', async () => {
    await fc.assert(
      fc.asyncProperty(cases, fc.integer({ min: 0, max: 1000 }), async (of, epoch) => {
        const ahead = await expectSame(of, allPlaces(inputsOf(of), [epoch, epoch + 1, epoch + 2]), {});
        expect(ahead.isAhead).toBe(true);
        for (const one of open.splice(0)) await one.close();
      }),
      { numRuns: 12 },
    );
  });

  test('are those of any step that is asked for, in any order: as when a run goes on', async () => {
    const place = fc.record({ epoch: fc.integer({ min: 0, max: 3 }), step: fc.integer({ min: 0, max: 6 }) });
    await fc.assert(
      fc.asyncProperty(fc.array(place, { minLength: 1, maxLength: 12 }), async (places) => {
        await expectSame(AUGMENTED, places, {});
        for (const one of open.splice(0)) await one.close();
      }),
      { numRuns: 8 },
    );
  });

  test('are made by the training thread where the other one ends, cannot make one, or cannot start', async () => {
    const { text } = await import('../../../src/generated/input-worker.js');
    const places = allPlaces(inputsOf(AUGMENTED), [0, 1]);
    const ends = (exit: string) => `
      const { workerData: { buffers } } = require('node:worker_threads');
      let done = 0;
      const store = Atomics.store;
      Atomics.store = (head, at, state) => (++done > 4 ? ${exit} : store(head, at, state));
      ${text}`;
    for (const [thread, because] of [
      [ends('process.exit(3)'), 'exit code 3'],
      [ends('(() => { throw new Error("no more of them"); })()'), 'no more of them'],
      ['throw new Error("no such thread")', 'no such thread'],
    ] as const) {
      const notes: string[] = [];
      const ahead = await expectSame(AUGMENTED, places, { thread, note: (note: string) => void notes.push(note) });
      expect(ahead.isAhead).toBe(false);
      expect(notes).toEqual([expect.stringContaining(`(${because})`)]);
    }
  });

  test('are made by a thread that has no messages for people', async () => {
    const { text } = await import('../../../src/generated/input-worker.js');
    expect(text).not.toContain('DNC_');
    expect(text).not.toContain('cannot be read');
    expect(text.length).toBeLessThan(40_000);
  });

  test('are no more than three, however slow the steps are', async () => {
    // Says how many it was asked for, once nobody asks for more.
    const thread = `
      const { workerData: { buffers } } = require('node:worker_threads');
      const heads = buffers.map((buffer) => new Int32Array(buffer));
      const asked = () => heads.filter((head) => Atomics.load(head, 0) === 1).length;
      while (asked() < buffers.length) Atomics.wait(heads[0], 0, 1, 1);
      throw new Error(asked() + ' asked of ' + buffers.length);`;
    const notes: string[] = [];
    await expectSame(AUGMENTED, [{ epoch: 0, step: 0 }], { thread, note: (note: string) => void notes.push(note) });
    expect(notes).toEqual([expect.stringContaining('(3 asked of 3)')]);
  });

  test('are made ahead where they are work enough, and something is to be made', () => {
    const large: Case = { ...AUGMENTED, rows: 200, batchSize: 150 };
    // One processor has no time left over.
    expect(inputsOf(large).inputs.isAhead).toBe(availableParallelism() > 1);
    expect(inputsOf(AUGMENTED).inputs.isAhead).toBe(false);
    // Masks are drawn faster than pictures are moved.
    const masks = (batchSize: number) =>
      inputsOf({
        ...large,
        rows: batchSize,
        batchSize,
        calls: [],
        random: [{ kind: 'uniform' }, { kind: 'bernoulli', keep: 0.5 }],
      });
    expect(masks(2 ** 13).inputs.isAhead).toBe(false);
    expect(masks(2 ** 16).inputs.isAhead).toBe(availableParallelism() > 1);
    expect(inputsOf({ ...large, calls: [], random: [] }, { ahead: true }).inputs.isAhead).toBe(false);
  });

  test('are made in a thread beside those of the engine where it waits for them or leaves a core free, but not where one thread was asked for', () => {
    const of = (count: number, asked: boolean, cores: number) => hasThreadAhead({ count, asked }, cores);
    for (const asked of [false, true]) {
      expect([1, 2].map((count) => of(count, asked, 1))).toEqual([false, false]);
      expect([2, 3].map((count) => of(count, asked, 2))).toEqual([true, false]);
      expect([2, 8, 9].map((count) => of(count, asked, 8))).toEqual([true, true, false]);
    }
    expect([2, 8].map((cores) => of(1, false, cores))).toEqual([true, true]);
    expect([2, 8].map((cores) => of(1, true, cores))).toEqual([false, false]);
    const large: Case = { ...AUGMENTED, rows: 200, batchSize: 150 };
    expect(inputsOf(large, { threads: { count: 1, asked: true } }).inputs.isAhead).toBe(false);
  });

  test('are made between the steps where they would take too much memory, or there is none', async () => {
    const notes: string[] = [];
    const options = { seed: 5, ahead: true, note: (note: string) => void notes.push(note) };
    const batches = () => new Batches(table(AUGMENTED), { batchSize: 3, seed: 5 });
    // Nothing is drawn of so many units before a step asks for it.
    const units = (length: number) => {
      const random = randomOf(AUGMENTED);
      const [input] = random.inputs;
      const inputs = [{ ...input!, random: { ...input!.random, units: { length } } }];
      return Object.assign(Object.create(random), { inputs }) as RandomInputs;
    };
    open.push(new StepInputs(batches(), units(2 ** 27), options));
    expect(open.at(-1)!.isAhead).toBe(false);
    expect(notes).toEqual([
      expect.stringMatching(
        /^batches are made between the steps and not ahead of them \(2 of them take 1\.\d+ GiB\)\n$/,
      ),
    ]);
    vi.stubGlobal(
      'SharedArrayBuffer',
      class {
        constructor() {
          throw new RangeError('Array buffer allocation failed');
        }
      },
    );
    try {
      const { inputs } = inputsOf(AUGMENTED, options);
      expect(inputs.isAhead).toBe(false);
      expect(notes[1]).toContain('(Array buffer allocation failed)');
      await expect(inputs.read({ epoch: 0, step: 1 })).resolves.toMatchObject({ rows: 3 });
    } finally {
      vi.unstubAllGlobals();
    }
  });

  test('end with the training', async () => {
    const { inputs } = inputsOf(AUGMENTED, { ahead: true });
    await inputs.read({ epoch: 0, step: 0 });
    await inputs.close();
    await inputs.close();
    expect(inputs.isAhead).toBe(false);
    await expect(inputs.read({ epoch: 0, step: 1 })).resolves.toMatchObject({ rows: 3 });
  });
});
