import { describe, expect, test } from 'vitest';
import { Builder, type Value } from '../../src/program/builder.js';
import { evaluate } from '../../src/program/evaluate.js';
import { gradient } from '../../src/program/gradient.js';
import { optimize } from '../../src/program/passes/index.js';
import { printProgram } from '../../src/program/print.js';
import { isProgram, type Program } from '../../src/program/program.js';
import type { ScanAttributes } from '../../src/program/recurrence.js';
import { verify } from '../../src/program/verify.js';
import { difference, Random, seed, tensor } from './support.js';

/** h ← tanh(x · W + h · U + b), every step's h and the last one. */
function simple(b: Builder): { readonly inputs: readonly Value[]; readonly last: Value; readonly all: Value } {
  const x = b.batch('x', 'float', [4, 'batch', 2]);
  const [kernel, recurrent, bias] = [b.state('W', [2, 3]), b.state('U', [3, 3]), b.state('b', [3])];
  const zeros = b.broadcastTo(b.constant(0), ['batch', 3]);
  const { states, outputs } = b.scan(
    { states: [zeros], sequences: [x], captures: [kernel, recurrent, bias] },
    (c, { states: [h], slices: [slice], captures }) => {
      const [w, u, offset] = captures as readonly [Value, Value, Value];
      const next = c.tanh(c.add(c.add(c.matmul(slice!, w), c.matmul(h!, u)), offset));
      return { states: [next], outputs: [next] };
    },
  );
  return { inputs: [x, kernel, recurrent, bias], last: states[0]!, all: outputs[0]! };
}

function given(r: Random) {
  const numbers = (...shape: number[]) => {
    const size = shape.reduce((product, extent) => product * extent, 1);
    return tensor(
      shape,
      Array.from({ length: size }, () => r.between(-1, 1)),
    );
  };
  return { x: numbers(4, 2, 2), W: numbers(2, 3), U: numbers(3, 3), b: numbers(3) };
}

const scansOf = (program: Program) =>
  program.instructions.filter(({ op }) => op === 'scan').map(({ attributes }) => attributes as ScanAttributes);

test('reads as text, with its body', () => {
  const b = new Builder();
  b.result('last', simple(b).last);
  expect(printProgram(optimize(b.build('recurrence')))).toBe(`program recurrence
inputs
  %0 = batch x : float[4, batch, 2]
  %1 = state W : float[2, 3]
  %2 = state U : float[3, 3]
  %3 = state b : float[3]
data
  %4 = constant 0 : float[]
  %5 = broadcast_to %4 {shape: [batch, 3]} : float[batch, 3]
  %6 = scan %5 %0 %1 %2 %3 {sequences: 1, states: 1} : float[batch, 3]
    program body
    inputs
      %0 = batch state:0 : float[batch, 3]
      %1 = batch slice:0 : float[batch, 2]
      %2 = batch capture:0 : float[2, 3]
      %3 = batch capture:1 : float[3, 3]
      %4 = batch capture:2 : float[3]
    data
      %5 = matmul %1 %2 : float[batch, 3]
      %6 = matmul %0 %3 : float[batch, 3]
      %7 = add %5 %6 : float[batch, 3]
      %8 = add %7 %4 : float[batch, 3]
      %9 = tanh %8 : float[batch, 3]
    outputs
      result state:0 = %9
outputs
  result last = %6
`);
});

describe('its gradient', () => {
  test('sums up what captures are read by in one product for all steps, outside of the loop', () => {
    const b = new Builder();
    const { inputs, all } = simple(b);
    for (const [at, one] of gradient(b, b.sum(b.square(all)), inputs.slice(1)).entries()) b.result(`g${at}`, one);
    const program = optimize(b.build('gradients'));
    const [forward, backward] = scansOf(program);
    expect([forward!.reverse, backward!.reverse]).toEqual([false, true]);
    // What is carried back is the gradient of h alone, and no weights are added up on the way.
    expect(backward!.states).toBe(1);
    expect(backward!.body.instructions.map(({ op }) => op)).not.toContain('outer_sum');
    expect(program.instructions.filter(({ op }) => op === 'outer_sum')).toHaveLength(2);
  });

  test(`has a gradient itself (seed ${seed})`, () => {
    const b = new Builder();
    const { inputs, all } = simple(b);
    const first = gradient(b, b.sum(b.square(all)), inputs);
    const norm = first.reduce((sum, one) => b.add(sum, b.sum(b.square(one))), b.constant(0));
    b.result('norm', norm);
    for (const [at, one] of gradient(b, norm, inputs).entries()) b.result(`g${at}`, one);
    const program = verify(b.build('second order'));
    const r = new Random('second order');
    const at: Record<string, ReturnType<typeof tensor>> = given(r);
    const { results } = evaluate(program, at);
    const onlyNorm = optimize({ ...program, outputs: program.outputs.slice(0, 1) });
    for (const [index, name] of ['x', 'W', 'U', 'b'].entries()) {
      const whole = at[name]!;
      const numeric = Array.from(whole.data, (value, k) => {
        const moved = (by: number) => {
          const data = whole.data.slice();
          data[k] = value + by;
          return evaluate(onlyNorm, { ...at, [name]: { ...whole, data } }).results.norm!.data[0]!;
        };
        return (moved(1e-5) - moved(-1e-5)) / 2e-5;
      });
      expect(difference(results[`g${index}`]!.data, numeric), name).toBeLessThan(1e-6);
    }
  });
});

describe('the passes', () => {
  test('leave out stacked outputs that nobody reads, states that only they needed, and what those read', () => {
    const b = new Builder();
    const x = b.batch('x', 'float', [3, 'batch', 2]);
    const other = b.batch('other', 'float', [3, 'batch', 2]);
    const start = b.batch('start', 'float', ['batch', 2]);
    const { states, outputs } = b.scan({ states: [start, start], sequences: [x, other] }, (c, at) => ({
      states: [c.add(at.states[0]!, at.slices[0]!), c.add(at.states[1]!, c.exp(at.slices[1]!))],
      outputs: [c.multiply(at.states[1]!, 2), c.negate(at.states[0]!)],
    }));
    b.result('sum', states[0]!);
    b.result('minus', outputs[1]!);
    const [scan] = scansOf(optimize(b.build('pruned')));
    expect([scan!.states, scan!.sequences]).toEqual([1, 1]);
    expect(scan!.body.instructions.map(({ op }) => op)).toEqual(['add', 'negate']);
  });

  test('keep a state that a needed step reads, and a sequence that says how many steps there are', () => {
    const b = new Builder();
    const x = b.batch('x', 'float', [3, 'batch', 2]);
    const start = b.batch('start', 'float', ['batch', 2]);
    const { states } = b.scan({ states: [start, start], sequences: [x] }, (c, at) => ({
      states: [c.add(at.states[0]!, at.states[1]!), c.multiply(at.states[1]!, 2)],
      outputs: [at.slices[0]!],
    }));
    b.result('last', states[0]!);
    const program = optimize(b.build('kept'));
    expect(scansOf(program).map((one) => [one.states, one.sequences])).toEqual([[2, 1]]);
    const inputs = { x: tensor([3, 1, 2], new Float64Array(6)), start: tensor([1, 2], [1, 2]) };
    expect([...evaluate(program, inputs).results.last!.data]).toEqual([8, 16]);
  });

  test('simplify bodies, and compute two equal scans once', () => {
    const b = new Builder();
    const x = b.batch('x', 'float', [3, 'batch', 2]);
    const twice = [0, 1].map(
      () =>
        b.scan({ states: [], sequences: [x] }, (c, { slices: [slice] }) => ({
          states: [],
          outputs: [c.multiply(c.exp(c.multiply(slice!, 1)), c.exp(slice!))],
        })).outputs[0]!,
    );
    b.result('sum', b.add(twice[0]!, twice[1]!));
    const program = optimize(b.build('equal'));
    const scans = scansOf(program);
    expect(scans).toHaveLength(1);
    expect(scans[0]!.body.instructions.map(({ op }) => op)).toEqual(['exp', 'square']);
  });
});

test('a broken body is found', () => {
  const b = new Builder();
  b.result('last', simple(b).last);
  const program = b.build('broken');
  const instructions = program.instructions.map((one) => ({
    ...one,
    attributes: Object.fromEntries(
      Object.entries(one.attributes).map(([name, value]) => [
        name,
        isProgram(value) ? { ...value, instructions: value.instructions.slice(1) } : value,
      ]),
    ),
  }));
  expect(() => verify({ ...program, instructions })).toThrow(
    /broken: instruction \d+ \(scan\): body: .* before it is defined/,
  );
});
