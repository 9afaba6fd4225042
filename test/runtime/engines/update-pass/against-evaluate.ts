import { expect } from 'vitest';
import { evaluate, evaluateInstruction } from '../../../../src/program/evaluate.js';
import type { Instruction, Program, Tensor64, ValueId } from '../../../../src/program/program.js';
import { broadcastShapes } from '../../../../src/program/shapes.js';
import type { Sharing } from '../../../../src/runtime/engines/onnxruntime/update-pass/emit.js';
import { compileUpdate, type UpdatePass } from '../../../../src/runtime/engines/onnxruntime/update-pass/index.js';

/** Compiles a program that the update pass must take. */
export async function compiled(program: Program, sharing?: Sharing): Promise<UpdatePass> {
  const pass = await compileUpdate(program, sharing);
  if ('reason' in pass) throw new Error(`the update pass does not take it: ${pass.reason}`);
  return pass;
}

/** max |a − b| / max |b|, and 0 where both are the same, NaN and infinities included. */
export function distance(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let difference = 0;
  let size = Number.MIN_VALUE;
  for (let i = 0; i < b.length; i++) {
    if (Object.is(a[i], b[i]) || a[i] === b[i]) continue;
    if (!Number.isFinite(a[i]!) || !Number.isFinite(b[i]!)) return Number.POSITIVE_INFINITY;
    difference = Math.max(difference, Math.abs(a[i]! - b[i]!));
  }
  for (let i = 0; i < b.length; i++) if (Number.isFinite(b[i]!)) size = Math.max(size, Math.abs(b[i]!));
  return difference / size;
}

/** Numbers from a linear congruential generator, evenly in [−1, 1). */
export function numbers(seed: number): () => number {
  let state = seed >>> 0;
  for (let i = 0; i < 4; i++) state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 31 - 1;
  };
}

export type Fill = (name: string, index: number) => number;

/** Sets every input of the pass. */
export function fill(program: Program, pass: UpdatePass, value: Fill): void {
  for (const { name } of program.inputs) {
    const view = pass.views[name]!;
    for (let i = 0; i < view.length; i++) view[i] = value(name, i);
  }
}

/** What lies in the pass's memory, as the evaluator takes it. */
export function snapshot(program: Program, pass: UpdatePass): Record<string, Tensor64> {
  const inputs: Record<string, Tensor64> = {};
  for (const { name, value } of program.inputs) {
    const shape = program.values[value]!.shape as readonly number[];
    inputs[name] = { dtype: 'float', shape, data: Float64Array.from(pass.views[name]!) };
  }
  return inputs;
}

/** Every state and result after one run, compared with the float64 evaluation from the same numbers. */
export function expectRunAgrees(program: Program, pass: UpdatePass, tolerance = 1e-5): void {
  const inputs = snapshot(program, pass);
  const wanted = evaluate(program, inputs);
  pass.run();
  const untouched = program.inputs.filter(({ name }) => !(name in wanted.state));
  for (const { name } of untouched)
    expect(pass.views[name], `${name} is only read`).toEqual(Float32Array.from(inputs[name]!.data));
  for (const [name, { data }] of Object.entries(wanted.state)) {
    expect(distance(pass.views[name]!, data), `state ${name}`).toBeLessThan(tolerance);
  }
  for (const [name, { data }] of Object.entries(wanted.results)) {
    const view = pass.views[name in inputs ? `result:${name}` : name]!;
    expect(view.length, name).toBe(data.length);
    expect(distance(view, data), `result ${name}`).toBeLessThan(tolerance);
  }
}

/** Everything in two parts, however small. */
export const inTwo: Sharing = { threads: 2, worthSharing: 0 };

/** Compiles and runs a few times, each run from what the one before left: for one thread, which is given back, and as two threads do it. */
export async function expectAgrees(program: Program, value: Fill, runs = 2, tolerance = 1e-5): Promise<UpdatePass> {
  // A function may count its calls.
  const values = new Map<string, number>();
  const same: Fill = (name, index) => {
    const key = `${name} ${index}`;
    if (!values.has(key)) values.set(key, value(name, index));
    return values.get(key)!;
  };
  const pass = await compiled(program);
  for (const one of [pass, await compiled(program, inTwo)]) {
    fill(program, one, same);
    for (let run = 0; run < runs; run++) expectRunAgrees(program, one, tolerance);
  }
  return pass;
}

const jumps = new Set(['greater', 'greater_equal', 'less', 'less_equal', 'equal', 'sign']);

/** Could rounding turn this comparison around? Not for a value and itself, nor for zeros, which are exact. */
function isClose(instruction: Instruction, operands: readonly Tensor64[]): boolean {
  const [x, y = { dtype: 'float', shape: [], data: new Float64Array(1) }] = operands as [Tensor64, Tensor64?];
  if (!jumps.has(instruction.op) || x.dtype !== 'float' || instruction.inputs[0] === instruction.inputs[1])
    return false;
  const type = { dtype: 'float', shape: broadcastShapes('compare', x.shape, y.shape) } as const;
  const of = (op: string) => evaluateInstruction({ ...instruction, op }, [x, y], [type])[0]!.data;
  const [gaps, largest, least] = [of('subtract'), of('maximum'), of('minimum')];
  const size = Math.max(...largest.map(Math.abs), ...least.map(Math.abs));
  return gaps.some((gap, i) => Math.abs(gap) < 1e-5 * size && (largest[i] !== 0 || least[i] !== 0));
}

/** Is this a sum of numbers that nearly cancel? */
function cancels(instruction: Instruction, operands: readonly Tensor64[], result: Tensor64): boolean {
  if (instruction.op !== 'sum' && instruction.op !== 'mean') return false;
  const sizes = operands.map((one) => ({ ...one, data: one.data.map(Math.abs) }));
  const [all] = evaluateInstruction(instruction, sizes, [{ dtype: 'float', shape: result.shape }]);
  return Math.max(...all!.data) > 30 * Math.max(...result.data.map(Math.abs));
}

/**
 * Is the program as good as insensitive to rounding, from these inputs? Every value is computed in float64 and with each
 * instruction rounded to float32; where the two differ, so may any correct float32 code. Nor may operands of a comparison be
 * almost equal.
 */
export function isSteady(program: Program, inputs: Readonly<Record<string, Tensor64>>, tolerance = 1e-6): boolean {
  const exact = new Map<ValueId, Tensor64>();
  const rounded = new Map<ValueId, Tensor64>();
  for (const { name, value } of program.inputs) for (const values of [exact, rounded]) values.set(value, inputs[name]!);
  for (const instruction of program.instructions) {
    const types = instruction.outputs.map((id) => program.values[id]!);
    const operands = instruction.inputs.map((id) => exact.get(id)!);
    const roundedOperands = instruction.inputs.map((id) => rounded.get(id)!);
    const [a] = evaluateInstruction(instruction, operands, types);
    const [b] = evaluateInstruction(instruction, roundedOperands, types);
    if (isClose(instruction, operands) || cancels(instruction, operands, a!)) return false;
    const single = { ...b!, data: b!.data.map(Math.fround) };
    if (!(distance(single.data, a!.data) < tolerance)) return false;
    if (!single.data.every((one) => Math.abs(one) < 1e30 && (one === 0 || Math.abs(one) > 1e-30))) return false;
    exact.set(instruction.outputs[0]!, a!);
    rounded.set(instruction.outputs[0]!, single);
  }
  return true;
}
