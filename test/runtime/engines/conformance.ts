import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Builder } from '../../../src/program/builder.js';
import { evaluate } from '../../../src/program/evaluate.js';
import { type OpName, ops } from '../../../src/program/ops/index.js';
import type { HostTensor, Program, Tensor64 } from '../../../src/program/program.js';
import type { EngineOptions, Loaded } from '../../../src/runtime/engines/engine.js';
import { type EngineName, engines } from '../../../src/runtime/engines/index.js';
import { normwise } from '../../parity/numbers.js';
import { CaseWriter, opCases } from './op-cases.js';
import { forwardProgram, generator, initialState, stepInputs, stepProgram } from './steps.js';

const seed = Number(process.env.DNC_TEST_SEED ?? 20_24);

/** An engine with its options, by a title for people. */
export interface Way {
  readonly engine: EngineName;
  readonly title: string;
  readonly options: EngineOptions;
  /** Where the whole takes too long for every run of the tests: these ops, and so many steps of one optimizer. */
  readonly sample?: { readonly ops: readonly OpName[]; readonly steps: number };
}

/** Element by element; of a sum whose terms cancel no engine has more digits than those of its large elements leave. */
function expectClose(what: string, found: HostTensor, wanted: Tensor64): void {
  expect(found.shape, what).toEqual(wanted.shape);
  const largest = wanted.data.reduce(
    (most, value) => (Number.isFinite(value) ? Math.max(most, Math.abs(value)) : most),
    1,
  );
  for (const [i, reference] of wanted.data.entries()) {
    const bound = 1e-6 * largest + 1e-5 * Math.abs(reference);
    if (Math.abs(found.data[i]! - reference) <= bound) continue;
    expect.fail(`${what}: element ${i} is ${found.data[i]} and should be ${reference} (DNC_TEST_SEED=${seed})`);
  }
}

/** Follows a step program in float64, from the same state and with the same inputs. */
function reference(program: Program, steps: number, rows: (step: number) => number) {
  let state: Record<string, Tensor64 | HostTensor> = initialState(program, seed);
  const results: Readonly<Record<string, Tensor64>>[] = [];
  for (let step = 1; step <= steps; step++) {
    const after = evaluate(program, { ...state, ...stepInputs(program, step, rows(step), seed) });
    state = { ...state, ...after.state };
    results.push(after.results);
  }
  return { state, results };
}

/**
 * What every engine is held to. A suite of tests; where the engine is not ready they are skipped, and their title says why.
 */
export async function conform({ engine: name, title, options, sample }: Way): Promise<void> {
  const engine = engines[name];
  const readiness = await engine.probe();
  const label = readiness.ready ? title : `${title} (not ready: ${readiness.because})`;
  const steps = sample?.steps ?? 20;

  describe.skipIf(!readiness.ready)(label, () => {
    describe('every op as the float64 evaluator computes it', () => {
      // The second way of running onnxruntime differs in the update only: one op shows that it runs.
      const names = sample?.ops ?? (options.updatePass === false ? ['matmul'] : Object.keys(ops));
      test.each(names as OpName[])('%s', async (op) => {
        const random = generator(seed + op.length * 7919 + op.charCodeAt(0) * 104_729 + op.charCodeAt(op.length - 1));
        const b = new Builder();
        const writer = new CaseWriter(b, random);
        writer.float(['batch']);
        for (let variant = 0; variant < 12; variant++) {
          const made = opCases[op](writer);
          for (const [at, value] of ('id' in made ? [made] : made).entries()) b.result(`${variant}.${at}`, value);
        }
        const program = b.build(op);
        const loaded = await engine.load({ op: program }, options);
        for (const batch of [5, 2, 1, 8]) {
          const inputs = writer.inputs(batch);
          const wanted = evaluate(program, inputs).results;
          const found = await loaded.run('op', inputs);
          expect(Object.keys(found).sort()).toEqual(Object.keys(wanted).sort());
          for (const [result, tensor] of Object.entries(found)) {
            expectClose(`${op} ${result}, batch ${batch}`, tensor, wanted[result]!);
          }
        }
        await loaded.close();
      });
    });

    test('axes without entries, as inputs of which nothing is kept leave them', async () => {
      const b = new Builder();
      const x = b.batch('x', 'float', ['batch', 0]);
      const w = b.state('w', [0, 3]);
      b.result('product', b.matmul(x, w));
      b.result('dense', b.add(b.matmul(x, w), b.state('bias', [3])));
      b.result('gradient', b.matmul(x, b.matmul(x, w), true));
      b.result('columns', b.norm(w, [0]));
      b.result('total', b.sum(b.relu(x)));
      b.next(
        'w',
        b.inRegion('update', () => b.multiply(w, 0.5)),
      );
      const program = b.build('empty');
      const loaded = await engine.load({ program }, options);
      const state = {
        w: { shape: [0, 3], data: new Float32Array(0) },
        bias: { shape: [3], data: Float32Array.of(1, 2, 3) },
      };
      await loaded.setState(state);
      const inputs = { x: { shape: [2, 0], data: new Float32Array(0) } };
      const found = await loaded.run('program', inputs);
      for (const [key, tensor] of Object.entries(evaluate(program, { ...inputs, ...state }).results)) {
        expectClose(key, found[key]!, tensor);
      }
      await loaded.close();
    });

    test('a state that the data region computes, and one that stays', async () => {
      const b = new Builder();
      const x = b.batch('x', 'float', ['batch', 2]);
      const mean = b.state('mean', [2]);
      const kept = b.state('kept', [2]);
      const w = b.state('w', [2]);
      const total = b.sum(x, [0]);
      b.next('mean', b.add(b.multiply(mean, 0.5), total));
      b.next('kept', kept);
      b.next(
        'w',
        b.inRegion('update', () => b.subtract(b.add(w, kept), b.multiply(total, mean))),
      );
      b.result('mean', mean);
      const program = b.build('moving');
      const loaded = await engine.load({ program }, options);
      let state: Record<string, HostTensor | Tensor64> = Object.fromEntries(
        ['mean', 'kept', 'w'].map((key, at) => [key, { shape: [2], data: Float32Array.of(at, at + 0.5) }]),
      );
      await loaded.setState(state as Record<string, HostTensor>);
      for (let step = 0; step < 5; step++) {
        const x = { shape: [3, 2], data: Float32Array.of(1, 2, 3, -4, step, 1) };
        const wanted = evaluate(program, { ...state, x });
        expectClose('mean', (await loaded.run('program', { x })).mean!, wanted.results.mean!);
        state = { ...state, ...wanted.state };
      }
      for (const [key, tensor] of Object.entries(await loaded.state()))
        expectClose(key, tensor, state[key] as Tensor64);
      await loaded.close();
    });

    const ways = [
      { optimizer: 'adam', lambda: 1e-3, keep: 1 },
      { optimizer: 'sgd', lambda: 1e-2, keep: 1 },
      { optimizer: 'adam', lambda: 0, keep: 0.8 },
    ] as const;
    describe.each(sample ? ways.slice(0, 1) : ways)(`${steps} steps of %o`, (what) => {
      const step = stepProgram({ widths: [17, 23, 9, 4], ...what });
      const forward = forwardProgram([17, 23, 9, 4]);
      const rows = (at: number) => (at % 5 === 0 ? 3 : 16);
      let loaded: Loaded;
      let again: Loaded;
      beforeAll(async () => {
        loaded = await engine.load({ step, forward }, options);
        await loaded.setState(initialState(step, seed));
      });
      afterAll(async () => {
        await loaded.close();
        await again?.close();
      });

      test('stay within 1e-5 of float64, norm-wise', async () => {
        const wanted = reference(step, steps, rows);
        for (let at = 1; at <= steps; at++) {
          const found = await loaded.run('step', stepInputs(step, at, rows(at), seed));
          for (const [result, tensor] of Object.entries(wanted.results[at - 1]!)) {
            expect(normwise(found[result]!.data, tensor.data), `${result} of step ${at}`).toBeLessThan(1e-5);
          }
        }
        const state = await loaded.state();
        expect(Object.keys(state).sort()).toEqual(Object.keys(wanted.state).sort());
        for (const [key, tensor] of Object.entries(wanted.state)) {
          expect(normwise(state[key]!.data, tensor.data), key).toBeLessThan(1e-5);
        }
      });

      test('give the same bits twice, with another program run in between', async () => {
        const state = await loaded.state();
        again = await engine.load({ step, forward }, options);
        await again.setState(initialState(step, seed));
        for (let at = 1; at <= steps; at++) {
          await again.run('step', stepInputs(step, at, rows(at), seed));
          if (at % 6 === 0) await again.run('forward', { x: stepInputs(step, at, 7, seed).x! });
        }
        expect(await again.state()).toEqual(state);
      });

      test('share their state with the forward program', async () => {
        const state = await loaded.state();
        const x = stepInputs(step, 1, 6, seed).x!;
        const found = await loaded.run('forward', { x });
        expectClose('logits', found.logits!, evaluate(forward, { ...state, x }).results.logits!);
        await loaded.setState({ b2: { shape: [4], data: Float32Array.of(1, 2, 3, 4) } });
        const shifted = await loaded.run('forward', { x });
        const b2 = { shape: [4], data: Float32Array.of(1, 2, 3, 4) };
        expectClose('logits', shifted.logits!, evaluate(forward, { ...state, b2, x }).results.logits!);
      });
    });
  });
}
