import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect } from 'vitest';
import type { StepProgram } from '../../../src/compiler/4-program/index.js';
import { stepProgram } from '../../../src/compiler/4-program/index.js';
import { paramShape } from '../../../src/compiler/3-dims/index.js';
import type { Spec } from '../../../src/compiler/spec.js';
import { allParams, type Network } from '../../../src/ir/graph.js';
import { evaluate, type Evaluation } from '../../../src/program/evaluate.js';
import { type Program, sizeOf, type Tensor64 } from '../../../src/program/program.js';
import { resolveShape } from '../../../src/program/shapes.js';
import { Random } from '../../program/support.js';
import { dimsOf, specOf } from '../lowered.js';

const folder = path.join(import.meta.dirname, 'golden');

/** Compares with golden/<name>; UPDATE=1 writes it. */
export function expectGolden(name: string, text: string): void {
  const file = path.join(folder, name);
  if (process.env.UPDATE) {
    mkdirSync(folder, { recursive: true });
    writeFileSync(file, text);
  }
  expect(existsSync(file), `${file} is missing: UPDATE=1 writes it`).toBe(true);
  expect(text).toBe(readFileSync(file, 'utf8'));
}

/** Spec and network of a text. */
export function lowered(text: string): { readonly spec: Spec; readonly network: Network } {
  const { network, lines } = dimsOf(text);
  expect(lines).toEqual([]);
  return { spec: specOf(text), network };
}

export function firstStep({ spec, network }: { spec: Spec; network: Network }): StepProgram {
  return stepProgram(network, { ...spec.train.phases[0]!, finetune: false });
}

/** Random parameters; slots zero. */
export function stateOf(network: Network, step: StepProgram | undefined, name: string): Record<string, Tensor64> {
  const random = new Random(name);
  const state: Record<string, Tensor64> = {};
  for (const param of allParams(network)) {
    const shape = paramShape(param);
    const data = Float64Array.from({ length: sizeOf(shape) }, () => random.between(-1, 1));
    state[param.name] = { dtype: 'float', shape, data };
  }
  for (const { name: slot, shape, slot: isSlot } of step?.state ?? [])
    if (isSlot !== undefined) state[slot] = { dtype: 'float', shape, data: new Float64Array(sizeOf(shape)) };
  return state;
}

/** Random batch inputs, masks and class numbers below `classes`, for every such input of a program. */
export function batchOf(program: Program, rows: number, name: string, classes = 2): Record<string, Tensor64> {
  const random = new Random(name);
  return Object.fromEntries(
    program.inputs
      .filter(({ role }) => role === 'batch' || role === 'random')
      .map(({ name: input, value, random: drawn }) => {
        const type = program.values[value]!;
        const shape = resolveShape(type.shape, rows);
        const one = () =>
          type.dtype === 'int'
            ? random.int(0, classes - 1)
            : drawn?.distribution.kind === 'bernoulli'
              ? Number(random.next() < drawn.distribution.keep)
              : random.between(-1, 1);
        return [input, { dtype: type.dtype, shape, data: Float64Array.from({ length: sizeOf(shape) }, one) }];
      }),
  );
}

export function scalarsOf(step: StepProgram, at: Parameters<StepProgram['scalars']>[0]): Record<string, Tensor64> {
  return Object.fromEntries(
    Object.entries(step.scalars(at)).map(([name, value]) => [
      name,
      { dtype: 'float' as const, shape: [], data: Float64Array.of(value) },
    ]),
  );
}

export function run(program: Program, ...given: readonly Readonly<Record<string, Tensor64>>[]): Evaluation {
  return evaluate(program, Object.assign({}, ...given));
}

/** The rows from `from` to `to` of everything with a batch. */
export function rowsOf(given: Readonly<Record<string, Tensor64>>, from: number, to: number): Record<string, Tensor64> {
  return Object.fromEntries(
    Object.entries(given).map(([name, tensor]) => {
      const [, ...rest] = tensor.shape;
      const size = sizeOf(rest);
      return [name, { ...tensor, shape: [to - from, ...rest], data: tensor.data.slice(from * size, to * size) }];
    }),
  );
}
