import { expect, test } from 'vitest';
import { Builder } from '../../src/program/builder.js';
import type { Instruction, Program } from '../../src/program/program.js';
import { verify } from '../../src/program/verify.js';

function good(): Program {
  const b = new Builder();
  const x = b.batch('x', 'float', ['batch', 2]);
  const w = b.state('w', [2]);
  const units = [0, 1];
  const mask = b.random({ stream: 'mask', distribution: { kind: 'normal' }, units, width: 2 }, ['batch', 2]);
  const loss = b.sum(b.multiply(b.multiply(x, mask), w));
  b.result('loss', loss);
  b.next(
    'w',
    b.inRegion('update', () => b.subtract(w, b.multiply(w, b.scalar('rate')))),
  );
  return b.build('step');
}

const program = good();
const code = program.instructions;

function withInstruction(index: number, change: Partial<Instruction>): Program {
  return { ...program, instructions: code.map((one, at) => (at === index ? { ...one, ...change } : one)) };
}

const broken: readonly (readonly [string, Program])[] = [
  ['instruction 0 (multiply) reads the value 4 before it is defined', withInstruction(0, { inputs: [0, 4] })],
  ['instruction 1 (multiply) defines the value 3 again', withInstruction(1, { outputs: [3] })],
  ['instruction 1 (multiply) defines the value 99, which has no type', withInstruction(1, { outputs: [99] })],
  [
    'instruction 2 (sum) gives float[2] for the value 5, which is declared float[]',
    withInstruction(2, { attributes: { axes: [0], keepDims: false } }),
  ],
  [
    'instruction 2 (sum): sum: [batch, 2] has no axis 2',
    withInstruction(2, { attributes: { axes: [2], keepDims: false } }),
  ],
  ['instruction 2 (summ): there is no such op', withInstruction(2, { op: 'summ' })],
  ['instruction 2 (sum) has 0 outputs instead of 1', withInstruction(2, { outputs: [] })],
  [
    'instruction 4 (subtract) is in the data region and reads the value 7 of the update region',
    withInstruction(4, { region: 'data' }),
  ],
  ['the input w is there twice', { ...program, inputs: [...program.inputs, { name: 'w', value: 7, role: 'state' }] }],
  [
    'the input w is a state and has a batch',
    { ...program, values: program.values.map((type, at) => (at === 1 ? program.values[0]! : type)) },
  ],
  [
    'the input x is a scalar and float[batch, 2]',
    { ...program, inputs: program.inputs.map((one) => (one.name === 'x' ? { ...one, role: 'scalar' } : one)) },
  ],
  [
    'the input random:mask is batch and its draw does not fit that',
    { ...program, inputs: program.inputs.map((one) => (one.name === 'random:mask' ? { ...one, role: 'batch' } : one)) },
  ],
  [
    'the input random:mask is float[batch, 2] and draws 1 units a row',
    {
      ...program,
      inputs: program.inputs.map((one) => (one.random ? { ...one, random: { ...one.random, units: [0] } } : one)),
    },
  ],
  ['the result loss is the value 99, which nothing defines', withOutputs({ name: 'loss', value: 99, role: 'result' })],
  ['the state v follows no state input of this name', withOutputs({ name: 'v', value: 1, role: 'state' })],
  ['the state w is float[], and before the step it is float[2]', withOutputs({ name: 'w', value: 5, role: 'state' })],
  ['the result loss is given twice', { ...program, outputs: [program.outputs[0]!, program.outputs[0]!] }],
];

function withOutputs(...outputs: Program['outputs']): Program {
  return { ...program, outputs };
}

test('a sound program passes and comes back', () => {
  expect(verify(program)).toBe(program);
});

for (const [message, one] of broken) {
  test(`caught: ${message}`, () => expect(() => verify(one)).toThrow(`step: ${message}`));
}
