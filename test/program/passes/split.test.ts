import { describe, expect, test } from 'vitest';
import { Builder } from '../../../src/program/builder.js';
import { evaluate } from '../../../src/program/evaluate.js';
import { splitUpdate } from '../../../src/program/passes/split.js';
import type { Program } from '../../../src/program/program.js';
import { verify } from '../../../src/program/verify.js';
import { initialState, stepInputs, stepProgram } from '../../runtime/engines/steps.js';

/** Runs the halves one after the other, as an engine does. */
function evaluateHalves(program: Program, inputs: Parameters<typeof evaluate>[1]) {
  const { data, update } = splitUpdate(program);
  const first = evaluate(verify(data), inputs).results;
  const second = evaluate(verify(update), { ...inputs, ...first });
  const own = Object.entries(first).filter(([name]) => !name.startsWith('value:'));
  return { results: { ...Object.fromEntries(own), ...second.results }, state: second.state };
}

describe('the two halves of a step', () => {
  const program = stepProgram({ widths: [6, 5, 3], optimizer: 'adam', lambda: 0.01 });
  const inputs = { ...initialState(program, 3), ...stepInputs(program, 1, 4, 3) };

  test('compute what the whole does', () => {
    expect(evaluateHalves(program, inputs)).toEqual(evaluate(program, inputs));
  });
  test('meet in the gradients of the parameters only', () => {
    const { update } = splitUpdate(program);
    const crossing = update.inputs.filter((one) => one.role === 'batch');
    expect(crossing.map((one) => program.values[one.value]!.shape)).toHaveLength(4);
    expect(update.instructions.every((one) => one.op !== 'matmul')).toBe(true);
    expect(
      update.values
        .filter((_, id) => crossing.some((one) => one.value === id))
        .map((one) => one.shape)
        .sort(),
    ).toEqual([[3], [5], [5, 3], [6, 5]]);
  });
});

test('a state that the data half computes crosses, too', () => {
  const b = new Builder();
  const x = b.batch('x', 'float', ['batch', 2]);
  const mean = b.state('mean', [2]);
  const kept = b.state('kept', [2]);
  const w = b.state('w', [2]);
  const total = b.sum(x, [0]);
  b.next('mean', b.add(mean, total));
  b.next('kept', kept);
  const next = b.inRegion('update', () => b.subtract(w, total));
  b.next('w', next);
  b.result(
    'after',
    b.inRegion('update', () => b.sum(next)),
  );
  b.result('x', x);
  const program = verify(b.build('crossing'));
  const { data, update } = splitUpdate(program);

  expect(data.outputs.map((one) => one.name)).toEqual(['x', `value:${total.id}`, expect.stringMatching(/^value:/)]);
  expect(update.outputs.map((one) => `${one.role} ${one.name}`)).toEqual(['state mean', 'state w', 'result after']);
  const inputs = {
    x: { shape: [3, 2], data: Float32Array.of(1, 2, 3, 4, 5, 6) },
    mean: { shape: [2], data: Float32Array.of(1, 1) },
    kept: { shape: [2], data: Float32Array.of(7, 8) },
    w: { shape: [2], data: Float32Array.of(0.5, 0.25) },
  };
  const whole = evaluate(program, inputs);
  const halves = evaluateHalves(program, inputs);
  expect(halves.results).toEqual(whole.results);
  // A state that stays as it is needs no output.
  expect(halves.state).toEqual({ mean: whole.state.mean, w: whole.state.w });
});
