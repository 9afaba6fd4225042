import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { evaluationProgram, forwardProgram, stepProgram } from '../../../src/compiler/4-program/index.js';
import { compile } from '../../../src/compiler/compile.js';
import { stagePrinters } from '../../../src/compiler/stages.js';
import { Source } from '../../../src/diagnostics/source.js';
import { optimize } from '../../../src/program/passes/index.js';
import { splitUpdate } from '../../../src/program/passes/split.js';
import { printProgram } from '../../../src/program/print.js';
import { verify } from '../../../src/program/verify.js';
import { tinySpec } from '../../support/specs.js';
import { expectGolden } from './support.js';

const small = (annotation: string, optimizer: string) => `
model Small ${annotation} {
  x = Input(3)
  h = Dense(2, activation: relu)
  y = Dense(1)
}
data { source: sparse_regression(features: 3) }
train { loss: mse; optimizer: ${optimizer}; metrics: [mse]; epochs: 1 }
`;

/** Texts of programs: a change here is a change of what is computed, and is reviewed as such. `UPDATE=1` writes them anew. */
describe('programs as text', () => {
  const source = (text: string) => new Source('small.dn', text);
  const program = (text: string) => {
    const { spec, network } = compile(source(text));
    return printProgram(stepProgram(network, { ...spec.train.phases[0]!, finetune: false }).program);
  };

  test('a step of sgd', () => expectGolden('step-sgd.txt', program(small('', 'sgd'))));

  test('a step of adam with dropneuron by proximal steps', () =>
    expectGolden('step-adam-dropneuron.txt', program(small('@dropneuron(0.01)', 'adam'))));

  test('a step of momentum with reweighted dropneuron, l1 and l2', () =>
    expectGolden(
      'step-momentum-all.txt',
      program(small('@dropneuron(0.01, reweighted: true) @l1(1e-3, bias: true) @l2(1e-4)', 'sgd(momentum: 0.9)')),
    ));

  test('forward, step and evaluation of a classifier with dropout', () => {
    const text = `
model Digits {
  image = Input(28, 28, 1)
  flat  = Flatten(keep: [3..5, 100])
  h     = Dense(3, activation: tanh) @dropneuron(0.01, solver: gradient)
  drop  = Dropout(0.25)
  digit = Dense(10, activation: softmax)
}
data { source: drawn_digits }
train { loss: sparse_categorical_crossentropy; optimizer: sgd; metrics: [accuracy]; epochs: 1 }
`;
    for (const stage of ['forward', 'step', 'evaluation'] as const)
      expectGolden(`digits-${stage}.txt`, stagePrinters[stage](source(text), {}));
  });
});

const folder = path.resolve(import.meta.dirname, '../../../specs');
const specs: readonly (readonly [string, string])[] = [
  ...readdirSync(folder)
    .filter((name) => name.endsWith('.dn'))
    .map((name) => [name, readFileSync(path.join(folder, name), 'utf8')] as const),
  ['a spec with phases, dropout and fine-tuning', tinySpec()],
];

describe.each(specs)('every program of %s', (_, text) => {
  const { spec, network } = compile(new Source('net.dn', text));
  const phases = [
    ...spec.train.phases.map((phase) => ({ ...phase, finetune: false })),
    ...(spec.simplify.finetune ? [{ ...spec.simplify.finetune, finetune: true }] : []),
  ];
  const programs = [
    ...(['inference', 'training'] as const).flatMap((mode) => [
      forwardProgram(network, { mode }),
      forwardProgram(network, { mode, logits: true }),
    ]),
    ...phases.map((phase) => stepProgram(network, phase).program),
    ...phases.map((phase) => evaluationProgram(network, phase).program),
  ];

  test('is well-formed, and as small as the passes make it', () => {
    for (const program of programs) {
      expect(verify(program)).toBe(program);
      expect(optimize(program)).toEqual(program);
    }
  });

  test('has no data instruction that reads what the update computes, and splits there', () => {
    for (const program of programs) {
      const updated = new Set(
        program.instructions.flatMap(({ region, outputs }) => (region === 'update' ? outputs : [])),
      );
      for (const { region, inputs } of program.instructions)
        if (region === 'data') for (const id of inputs) expect(updated.has(id)).toBe(false);
      if (updated.size === 0) continue;
      const { data, update } = splitUpdate(program);
      verify(data);
      verify(update);
      // The update sees no batch: parameters, slots, scalars, and gradients that were summed over the rows.
      for (const { outputs } of update.instructions)
        for (const id of outputs) expect(update.values[id]!.shape).not.toContain('batch');
    }
  });

  test('writes the next value of every state that a step moves', () => {
    for (const phase of phases) {
      const { program, state } = stepProgram(network, phase);
      const names = (role: string, of: readonly { role: string; name: string }[]) =>
        of.filter((one) => one.role === role).map((one) => one.name);
      expect(new Set(names('state', program.outputs))).toEqual(new Set(state.map((one) => one.name)));
      expect(new Set(names('state', program.inputs))).toEqual(new Set(state.map((one) => one.name)));
    }
  });
});
