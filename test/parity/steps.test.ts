import { describe, expect, test } from 'vitest';
import { evaluate } from '../../src/program/evaluate.js';
import type { HostTensor, Tensor64 } from '../../src/program/program.js';
import type { EngineOptions } from '../../src/runtime/engines/engine.js';
import { type EngineName, engines } from '../../src/runtime/engines/index.js';
import { floats, normwise, vectorsOf } from './numbers.js';
import { inputsOf, judgedNames, programOf, type StepCase, type StepVector, section, stateOf } from './steps.js';
import { exact, FLOAT32_NUMBERS } from './support.js';

const { oracle, vectors } = vectorsOf<StepVector>('steps');
const { steps } = section;
/** What this oracle computes as dnc does. */
const cases = section.cases.filter(({ only }) => only === undefined || oracle.startsWith('Keras'));

/** Keras cuts probabilities at 1e-7, and see FLOAT32_NUMBERS; apart from that all compute the same in float64. */
function exactBound(one: StepCase): number {
  if (!oracle.startsWith('Keras')) return 1e-10;
  if ((one.optimizer === 'adam' && !one.arguments) || one.optimizer === 'nadam') return FLOAT32_NUMBERS;
  return one.output ? 2e-6 : 1e-10;
}

describe(`${steps} whole steps in float64 as ${oracle}`, () => {
  test.each(cases)('$name', (one) => {
    const step = programOf(one);
    const wanted = vectors[one.name]!;
    const bound = exactBound(one);
    let state: Record<string, HostTensor | Tensor64> = stateOf(one, step);
    for (let at = 0; at < steps; at++) {
      const { rows, batch, scalars } = inputsOf(one, step, at);
      const numbers = Object.fromEntries(Object.entries(scalars).map(([name, value]) => [name, exact([], [value])]));
      const after = evaluate(step.program, { ...state, ...batch, ...numbers });
      const penalty = step.penalties.reduce((sum, word) => sum + after.results[`penalty:${word}`]!.data[0]!, 0);
      expect(normwise([after.results.loss!.data[0]! / rows], [wanted.loss[at]!]), `loss ${at}`).toBeLessThan(bound);
      expect(normwise([penalty], [wanted.penalty[at]!]), `penalty ${at}`).toBeLessThan(bound);
      state = { ...state, ...after.state };
    }
    for (const [at, name] of judgedNames(one).entries())
      expect(normwise(state[name]!.data, wanted.parameters[at]!), name).toBeLessThan(bound);
  });
});

const ways: readonly { readonly engine: EngineName; readonly title: string; readonly options: EngineOptions }[] = [
  { engine: 'onnxruntime', title: 'onnxruntime', options: { threads: 2 } },
  { engine: 'onnxruntime', title: 'onnxruntime, update in ONNX', options: { threads: 2, updatePass: false } },
  { engine: 'tfjs-wasm', title: 'tfjs-wasm', options: { threads: 2 } },
  { engine: 'tfjs-cpu', title: 'tfjs-cpu', options: { threads: 1 } },
];

for (const { engine: name, title, options } of ways) {
  const engine = engines[name];
  const readiness = await engine.probe();
  const label = readiness.ready ? title : `${title} (not ready: ${readiness.because})`;

  describe.skipIf(!readiness.ready)(`${steps} whole steps on ${label} as ${oracle}, within 1e-5 norm-wise`, () => {
    test.each(cases)('$name', async (one) => {
      const step = programOf(one);
      const loaded = await engine.load({ step: step.program }, options);
      await loaded.setState(stateOf(one, step));
      for (let at = 0; at < steps; at++) {
        const { batch, scalars } = inputsOf(one, step, at);
        const numbers = Object.fromEntries(Object.entries(scalars).map(([key, value]) => [key, floats([], [value])]));
        await loaded.run('step', { ...batch, ...numbers });
      }
      const state = await loaded.state(judgedNames(one));
      await loaded.close();
      const wanted = vectors[one.name]!;
      for (const [at, parameter] of judgedNames(one).entries())
        expect(normwise(state[parameter]!.data, wanted.parameters[at]!), parameter).toBeLessThan(1e-5);
    });
  });
}
