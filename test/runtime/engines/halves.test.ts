import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import type { Worker } from 'node:worker_threads';
import { describe, expect, test, vi } from 'vitest';
import { Batches, type BoundTable } from '../../../src/data/batches.js';
import { PickedRows } from '../../../src/data/picked-rows.js';
import { Builder } from '../../../src/program/builder.js';
import { evaluate } from '../../../src/program/evaluate.js';
import { splitUpdate } from '../../../src/program/passes/split.js';
import type { HostTensor, Program } from '../../../src/program/program.js';
import { stateTypes } from '../../../src/runtime/engines/host.js';
import { tryDirect } from '../../../src/runtime/engines/onnxruntime/direct.js';
import { inHalves } from '../../../src/runtime/engines/onnxruntime/halves.js';
import { HalvesRunner } from '../../../src/runtime/engines/onnxruntime/halves-runner.js';
import type { SecondThread } from '../../../src/runtime/engines/onnxruntime/second-thread.js';
import { tryInPlace } from '../../../src/runtime/engines/onnxruntime/in-place.js';
import { onnxruntime } from '../../../src/runtime/engines/onnxruntime/index.js';
import { libraryFile, loadLibrary, probeLibrary } from '../../../src/runtime/engines/onnxruntime/library.js';
import type { Library } from '../../../src/runtime/engines/onnxruntime/session.js';
import { trySharedMemory } from '../../../src/runtime/engines/onnxruntime/shared-memory.js';
import { State } from '../../../src/runtime/engines/onnxruntime/state.js';
import { normwise } from '../../parity/numbers.js';
import { compileUpdate } from '../../../src/runtime/engines/onnxruntime/update-pass/index.js';
import { temporaryFolder } from '../../support/folders.js';
import { generator, initialState, randomFloats, stepInputs, stepProgram } from './steps.js';

const seed = Number(process.env.DNC_TEST_SEED ?? 1 + Math.floor(Math.random() * 1e6));
const step = stepProgram({ widths: [90, 70, 40, 3], optimizer: 'adam', lambda: 1e-3, keep: 0.8 });

async function library(): Promise<Library> {
  const ort = await loadLibrary();
  return {
    ort,
    inPlace: await tryInPlace(ort),
    direct: tryDirect(libraryFile()),
    memory: trySharedMemory(),
  };
}

/** A runner over a state of its own. */
async function runnerOf(program: Program, given: Library, threads = 2) {
  const { data, update } = splitUpdate(program);
  const halves = inHalves(data, update, 0)!;
  const pass = await compileUpdate(halves.update, { threads: 2 });
  if ('reason' in pass) throw new Error(pass.reason);
  const state = new State(stateTypes({ program }));
  const runner = new HalvesRunner(given, { program, data, halves, pass }, state, threads);
  const start = initialState(program, seed);
  for (const [name, { data: numbers }] of Object.entries(start)) state.get(name).data.set(numbers);
  await runner.open();
  const now = () => Object.fromEntries(Object.keys(start).map((name) => [name, state.get(name).data.slice()]));
  return { runner, now };
}

/** Batches of many sizes, one row and growing ones among them. */
const sizes = [5, 16, 1, 16, 40, 7, 41, 2, 16];

describe.skipIf(!probeLibrary().ready)(`a step in halves, seed ${seed}`, () => {
  test.each(['adam', 'sgd'] as const)(
    'is what float64 makes of the whole batch, whatever its size: %s',
    async (optimizer) => {
      const step = stepProgram({ widths: [90, 70, 40, 3], optimizer, lambda: 1e-3, keep: 0.8 });
      // Adam divides a gradient by its own size: of one that is nearly 0 no digit is left in a weight. Its moments have them all.
      const tells = (name: string) => optimizer === 'sgd' || /\.[mv]$/.test(name);
      const { runner, now } = await runnerOf(step, await library());
      for (const [at, rows] of sizes.entries()) {
        const inputs = stepInputs(step, at + 1, rows, seed);
        const before = Object.fromEntries(
          Object.entries(now()).map(([name, data]) => [name, { shape: initialState(step, seed)[name]!.shape, data }]),
        ) as Record<string, HostTensor>;
        const wanted = evaluate(step, { ...before, ...inputs });
        const found = await runner.run(inputs);
        for (const [name, { data }] of Object.entries(wanted.results))
          expect(normwise(found[name]!.data, data), `${name} of ${rows} rows`).toBeLessThan(1e-5);
        expect(Object.keys(wanted.state).some(tells)).toBe(true);
        for (const [name, { data }] of Object.entries(wanted.state).filter(([name]) => tells(name)))
          expect(normwise(now()[name]!, data), `${name} after ${rows} rows`).toBeLessThan(1e-5);
      }
      await runner.end();
    },
  );

  test('gives the same bits every time, with shared memory and with copies of it', async () => {
    const full = await library();
    const ends: unknown[] = [];
    for (const given of [full, full, { ...full, memory: undefined }, { ...full, memory: undefined }]) {
      const { runner, now } = await runnerOf(step, given);
      const losses: number[] = [];
      for (let at = 0; at < 30; at++)
        losses.push((await runner.run(stepInputs(step, at + 1, sizes[at % sizes.length]!, seed))).loss!.data[0]!);
      ends.push({ losses, state: now() });
      await runner.end();
    }
    for (const one of ends) expect(one).toEqual(ends[0]);
  });

  /** Rows for the step's `x` and `y`, of which the table is a selection. */
  function tableOf(rows: number, own: number): BoundTable {
    const random = generator(own);
    const selection = Int32Array.from({ length: rows }, () => Math.floor(random(0, rows)));
    const labels = Int32Array.from({ length: rows }, () => Math.floor(random(0, 3)));
    const x = randomFloats(random, [rows, 90]).data as Float32Array;
    return {
      rows,
      tensors: [
        { name: 'x', extents: [90], width: 90, data: x, rows: selection },
        { name: 'y', extents: [], width: 1, data: labels, rows: undefined },
      ],
    };
  }

  /** Two epochs of one table, some batches of another in between, and inputs that no table holds. `asGiven`: what the runner gets of a batch. */
  async function train(given: Library, asGiven: (input: HostTensor) => HostTensor): Promise<unknown> {
    const [one, other] = [tableOf(103, seed), tableOf(60, seed + 1)].map(
      (table) => new Batches(table, { batchSize: 16, seed }),
    );
    const { runner, now } = await runnerOf(step, given);
    const losses: number[] = [];
    const run = async (read: Readonly<Record<string, HostTensor>>, rows: number) => {
      const given = Object.fromEntries(Object.entries(read).map(([name, input]) => [name, asGiven(input)]));
      const inputs = { ...stepInputs(step, losses.length + 1, rows, seed), ...given };
      losses.push((await runner.run(inputs)).loss!.data[0]!);
    };
    for (let epoch = 0; epoch < 2; epoch++) {
      one!.begin(epoch);
      other!.begin(epoch);
      for (let at = 0; at < one!.steps; at++) {
        const { inputs, rows } = one!.read(at);
        await run(inputs, rows);
        if (at === 2) await run(other!.read(0).inputs, 16);
        if (at === 3) await run({}, 9);
        if (at === 4) await run({ x: other!.read(1).inputs.x! }, 16);
        // Longer than all before: what threads hand each other is taken anew.
        if (at === 5) await run({}, 40 + epoch);
      }
      await runner.end();
      await runner.open();
    }
    await runner.end();
    // A difference of many numbers would take minutes to print.
    const digests = Object.entries(now()).map(([name, data]) => [
      name,
      createHash('sha256').update(data).digest('hex'),
    ]);
    return { losses, digests };
  }

  test('rows that each thread picks from a table are those of a batch, bit for bit', async () => {
    const full = await library();
    const copied = ({ shape, data }: HostTensor): HostTensor => ({ shape, data: data.slice() });
    const wanted = await train(full, copied);
    for (const given of [full, { ...full, memory: undefined }])
      expect(await train(given, (one) => one)).toEqual(wanted);
    expect(await train({ ...full, memory: undefined }, copied)).toEqual(wanted);
  });

  test('the second thread gathers its rows itself where it can read the memory, and is told of a table once', async () => {
    const full = await library();
    const table = tableOf(64, seed);
    for (const given of [full, { ...full, memory: undefined }]) {
      const { runner } = await runnerOf(step, given);
      const gather = vi.spyOn(PickedRows.prototype, 'gather');
      const batches = new Batches(table, { batchSize: 16, seed });
      batches.begin(0);
      for (let at = 0; at < 4; at++) {
        const { inputs } = batches.read(at);
        await runner.run({ ...stepInputs(step, at + 1, 16, seed), ...inputs });
      }
      const firsts = gather.mock.calls.map(([first, count]) => `${first}+${count}`);
      gather.mockRestore();
      const own = Array(8).fill('0+8');
      expect(firsts.sort()).toEqual(given.memory ? own : [...own, ...Array(8).fill('8+8')]);
      await runner.end();
    }
  });

  test('several at a time, and one that goes on after another', async () => {
    const given = await library();
    const [a, b] = [await runnerOf(step, given), await runnerOf(step, given)];
    for (let at = 0; at < 6; at++) {
      await a.runner.run(stepInputs(step, at + 1, 16, seed));
      await b.runner.run(stepInputs(step, at + 1, 16, seed));
      if (at === 2) {
        await a.runner.end();
        await a.runner.open();
      }
    }
    expect(a.now()).toEqual(b.now());
    await a.runner.end();
    await b.runner.end();
  });

  test('the threads of onnxruntime are divided', async () => {
    const { runner } = await runnerOf(step, await library(), 3);
    await runner.run(stepInputs(step, 1, 16, seed));
    await runner.close();
    await runner.open();
    expect(Number.isFinite((await runner.run(stepInputs(step, 2, 16, seed))).loss!.data[0])).toBe(true);
    await runner.end();
  });

  test('what goes wrong in a half is told, and the next step runs', async () => {
    const b = new Builder();
    const table = b.state('w', [4, 2]);
    const picked = b.gather(table, b.batch('i', 'int', ['batch']), 0);
    b.result('loss', b.sum(picked));
    const added = b.scatterAdd(picked, b.batch('j', 'int', ['batch']), 0, 4);
    b.inRegion('update', () => b.next('w', b.add(table, added)));
    const program = b.build('picks');
    const { runner } = await runnerOf(program, await library());
    const indices = (...of: number[]): HostTensor => ({ shape: [of.length], data: Int32Array.from(of) });
    const good = { i: indices(0, 1, 2, 3), j: indices(0, 1, 2, 3) };
    await runner.run(good);
    await expect(runner.run({ ...good, i: indices(0, 1, 2, 9) })).rejects.toThrow(/out of data bounds|must be within/i);
    await expect(runner.run({ ...good, i: indices(9, 1, 2, 3) })).rejects.toThrow(/out of data bounds|must be within/i);
    await runner.run(good);
    await runner.end();
  });

  test('an error of this thread is not told again by the next step, and changes no state', async () => {
    const { runner, now } = await runnerOf(step, await library());
    await runner.run(stepInputs(step, 1, 16, seed));
    const before = now();
    const { session } = runner as unknown as { readonly session: { runNow(): void } };
    const runNow = session.runNow;
    session.runNow = () => {
      throw new Error('here');
    };
    await expect(runner.run(stepInputs(step, 2, 16, seed))).rejects.toThrow('here');
    expect(now()).toEqual(before);
    session.runNow = runNow;
    await runner.run(stepInputs(step, 2, 16, seed));
    expect(now()).not.toEqual(before);
    await runner.end();
  });

  /** The worker behind the thread that a runner has. */
  const workerOf = (runner: HalvesRunner) => (runner as unknown as { thread: { worker: Worker } }).thread.worker;

  test('a second thread that is killed ends the step with an error, and another one is taken after that', async () => {
    const { runner } = await runnerOf(step, await library());
    for (let at = 0; at < 3; at++) {
      await runner.run(stepInputs(step, 1, 16, seed));
      // It ends while the step is under way: the event loop has not turned yet.
      void workerOf(runner).terminate();
      await expect(runner.run(stepInputs(step, 2, 16, seed))).rejects.toThrow(/second thread .* ended .*exit code/);
      await runner.end();
      await runner.open();
    }
    await runner.run(stepInputs(step, 1, 16, seed));
    await runner.end();
  });

  test.each([
    ['loads its program', 'loadModel() { process.exit(7); }'],
    ['runs its rows', 'loadModel() {} run() { process.exit(7); }'],
  ])('a second thread that ends itself while it %s is an error', async (_, session) => {
    const folder = temporaryFolder();
    const native = path.join(folder, 'binding.cjs');
    writeFileSync(
      native,
      `module.exports = { initOrt() {}, binding: { InferenceSession: class { dispose() {} ${session} } } };`,
    );
    const given = await library();
    const { runner } = await runnerOf(step, { ...given, direct: { ...given.direct!, native } });
    await expect(runner.run(stepInputs(step, 1, 16, seed))).rejects.toThrow(/second thread .* ended .*exit code 7/);
    await runner.end();
  });

  test('what the second thread could not load is loaded again by the next step', async () => {
    const given = await library();
    const { runner, now } = await runnerOf(step, given);
    await runner.run(stepInputs(step, 1, 16, seed));
    const { thread } = runner as unknown as { readonly thread: SecondThread };
    const load = vi.spyOn(thread, 'load').mockRejectedValueOnce(new Error('no room'));
    // More rows than it has room for.
    await expect(runner.run(stepInputs(step, 2, 32, seed))).rejects.toThrow('no room');
    await runner.run(stepInputs(step, 2, 32, seed));
    expect(load).toHaveBeenCalledTimes(2);

    const other = await runnerOf(step, given);
    await other.runner.run(stepInputs(step, 1, 16, seed));
    await other.runner.run(stepInputs(step, 2, 32, seed));
    expect(now()).toEqual(other.now());
    await runner.end();
    await other.runner.end();
  });

  test('an engine that is closed during a step ends it first', async () => {
    const wide = stepProgram({ widths: [400, 300, 3], optimizer: 'sgd', lambda: 0 });
    const loaded = await onnxruntime.load({ step: wide }, { threads: 2 });
    expect(loaded.record.features).toContain('rows in halves');
    await loaded.setState(initialState(wide, seed));
    for (let at = 0; at < 5; at++) {
      const running = loaded.run('step', stepInputs(wide, at + 1, 64, seed));
      await loaded.close();
      expect(Number.isFinite((await running).loss!.data[0])).toBe(true);
    }
  });

  test('the second thread ends with its engine', async () => {
    const { runner } = await runnerOf(step, await library());
    await runner.run(stepInputs(step, 1, 16, seed));
    const ends: number[] = [];
    workerOf(runner).on('exit', (code) => ends.push(code));
    await runner.end();
    expect(ends).toHaveLength(1);
  });

  test('states that another program moved come home', async () => {
    const write = (name: string, factor: number, inHalf: boolean) => {
      const b = new Builder();
      const w = b.state('w', [300, 80]);
      const fixed = b.state('fixed', [80]);
      if (inHalf) {
        const x = b.batch('x', 'float', ['batch', 300]);
        const y = b.multiply(b.matmul(x, w), fixed);
        b.result('total', b.sum(y));
        const g = b.reshape(b.sum(x, [0]), [300, 1]);
        b.inRegion('update', () => b.next('w', b.add(w, g)));
      } else {
        b.next('w', b.multiply(w, factor));
        b.next('fixed', b.add(fixed, 1));
      }
      return b.build(name);
    };
    const loaded = await onnxruntime.load(
      { step: write('step', 1, true), other: write('other', 2, false) },
      { threads: 2 },
    );
    expect(loaded.record.features).toContain('rows in halves');
    const x = { shape: [3, 300], data: new Float32Array(900).fill(1) };
    let [w, fixed] = [0, 0];
    for (let at = 0; at < 4; at++) {
      const { total } = await loaded.run('step', { x });
      expect(total!.data[0]).toBeCloseTo(3 * 300 * 80 * w * fixed, 0);
      w += 3;
      await loaded.run('other', {});
      [w, fixed] = [2 * w, fixed + 1];
      const state = await loaded.state();
      expect([state.w!.data[17], state.fixed!.data[5]]).toEqual([w, fixed]);
    }
    await loaded.close();
  });

  test('a parameter that no update changes is read by both halves, and by another program', async () => {
    const [wide, units] = [300, 80];
    const write = (trains: boolean) => {
      const b = new Builder();
      const x = b.batch('x', 'float', ['batch', wide]);
      const fixed = b.state('fixed', [wide, units]);
      const w = b.state('w', [units]);
      const y = b.multiply(b.matmul(x, fixed), w);
      if (!trains) b.result('y', y);
      else {
        b.result('total', b.sum(y));
        const g = b.sum(y, [0]);
        b.inRegion('update', () => b.next('w', b.subtract(w, b.multiply(g, 0.1))));
      }
      return b.build(trains ? 'step' : 'forward');
    };
    const loaded = await onnxruntime.load({ step: write(true), forward: write(false) }, { threads: 2 });
    expect(loaded.describe).toContain('rows in halves');
    expect(loaded.record.features).toContain('rows in halves');
    const matrix = (rows: number, columns: number, of: (row: number, column: number) => number): HostTensor => ({
      shape: [rows, columns],
      data: Float32Array.from({ length: rows * columns }, (_, at) => of(Math.floor(at / columns), at % columns)),
    });
    await loaded.setState({
      fixed: matrix(wide, units, (row, column) => (row === 0 ? column : row === 1 ? 1 : 0)),
      w: { shape: [units], data: new Float32Array(units).fill(1) },
    });
    // The first row picks 0, 1, …, the second 1, 1, …, the third both.
    const x = matrix(3, wide, (row, column) => (column > 1 ? 0 : row === 2 || row === column ? 1 : 0));
    const sum = 2 * (((units - 1) * units) / 2 + units);
    expect((await loaded.run('step', { x })).total!.data).toEqual(Float32Array.of(sum));
    const { w } = await loaded.state(['w']);
    const wanted = Array.from({ length: units }, (_, unit) => 1 - 0.1 * (2 * unit + 2));
    expect(normwise(w!.data, wanted)).toBeLessThan(1e-6);
    const { y } = await loaded.run('forward', { x });
    expect(
      normwise(
        y!.data.subarray(2 * units),
        wanted.map((one, unit) => (unit + 1) * one),
      ),
    ).toBeLessThan(1e-6);
    await loaded.setState({ fixed: matrix(wide, units, () => 0) });
    expect((await loaded.run('step', { x })).total!.data).toEqual(Float32Array.of(0));
    await loaded.close();
  });

  test('a small step is not worth a second thread', async () => {
    const small = stepProgram({ widths: [9, 7, 3], optimizer: 'sgd', lambda: 0 });
    const { data, update } = splitUpdate(small);
    expect(inHalves(data, update)).toBeUndefined();
    expect(inHalves(data, update, 0)).toBeDefined();
  });

  test('a step that is no sum over rows is run as a whole', async () => {
    const b = new Builder();
    const x = b.batch('x', 'float', ['batch', 2]);
    const w = b.state('w', [2]);
    const squares = b.square(b.sum(x, [0]));
    b.result('loss', b.sum(b.multiply(squares, w)));
    b.inRegion('update', () => b.next('w', b.subtract(w, squares)));
    const program = b.build('squares of sums');
    const { data, update } = splitUpdate(program);
    expect(inHalves(data, update, 0)).toBeUndefined();
    const loaded = await onnxruntime.load({ program }, { threads: 2 });
    expect(loaded.describe).not.toContain('halves');
    await loaded.close();
  });
});
