import { expect, test } from 'vitest';
import { Builder, type Value } from '../../src/program/builder.js';
import { evaluate } from '../../src/program/evaluate.js';
import { gradient } from '../../src/program/gradient.js';
import { optimize } from '../../src/program/passes/index.js';
import { printProgram } from '../../src/program/print.js';
import { difference, Random, seed, tensor } from './support.js';

/** A step of a small classifier with a group penalty: what gradient and its passes are for. */
function network(b: Builder) {
  const x = b.batch('x', 'float', ['batch', 5]);
  const labels = b.batch('labels', 'int', ['batch']);
  const perRow = b.scalar('perRow');
  const w1 = b.state('w1', [5, 4]);
  const b1 = b.state('b1', [4]);
  const w2 = b.state('w2', [4, 3]);
  const hidden = b.tanh(b.add(b.matmul(x, w1), b1));
  const loss = b.multiply(b.negate(b.sum(b.multiply(b.oneHot(labels, 3), b.logSoftmax(b.matmul(hidden, w2))))), perRow);
  const states = [w1, b1, w2] as const;
  const penalty = b.inRegion('update', () => b.multiply(b.add(b.sum(b.norm(w1, [0])), b.sum(b.norm(w1, [1]))), 0.01));
  return { states, loss, penalty };
}

function values(r: Random, rows: number) {
  const normal = (shape: number[], size: number) =>
    tensor(
      shape,
      Array.from({ length: size }, () => r.between(-1, 1)),
    );
  return {
    x: normal([rows, 5], rows * 5),
    labels: tensor(
      [rows],
      Array.from({ length: rows }, () => r.int(0, 2)),
      'int',
    ),
    perRow: tensor([], [1 / rows]),
    w1: normal([5, 4], 20),
    b1: normal([4], 4),
    w2: normal([4, 3], 12),
  };
}

test(`a whole network agrees with central differences (seed ${seed})`, () => {
  const b = new Builder();
  const { states, loss, penalty } = network(b);
  b.result(
    'objective',
    b.inRegion('update', () => b.add(loss, penalty)),
  );
  const data = gradient(b, loss, states);
  const extra = b.inRegion('update', () => gradient(b, penalty, states));
  for (const [at, name] of ['w1', 'b1', 'w2'].entries()) {
    b.result(
      `g.${name}`,
      b.inRegion('update', () => b.add(data[at]!, extra[at]!)),
    );
  }
  const step = optimize(b.build('step'));
  for (const rows of [1, 3]) {
    const inputs = values(new Random(`network ${rows}`), rows);
    const { results } = evaluate(step, inputs);
    for (const name of ['w1', 'b1', 'w2'] as const) {
      const numeric = Array.from(inputs[name].data, (value, i) => {
        const at = (moved: number) => {
          const data = Float64Array.from(inputs[name].data);
          data[i] = moved;
          return evaluate(step, { ...inputs, [name]: { ...inputs[name], data } }).results.objective!.data[0]!;
        };
        return (at(value + 1e-5) - at(value - 1e-5)) / 2e-5;
      });
      expect(difference(results[`g.${name}`]!.data, numeric)).toBeLessThan(1e-7);
    }
  }
});

test('the penalty and its gradient share one norm a group', () => {
  const b = new Builder();
  const { states, penalty } = network(b);
  b.result('penalty', penalty);
  const [g] = b.inRegion('update', () => gradient(b, penalty, states));
  b.result('g', g!);
  const step = optimize(b.build('step'));
  expect(step.instructions.filter((one) => one.op === 'norm')).toHaveLength(2);
  expect(step.instructions.some((one) => one.op === 'broadcast_to')).toBe(false);
  expect(step.instructions.every((one) => one.region === 'update')).toBe(true);
});

test('gradients of gradients', () => {
  const b = new Builder();
  const x = b.state('x', [2]);
  const [first] = gradient(b, b.sum(b.multiply(b.square(x), x)), [x]);
  const [second] = gradient(b, b.sum(first!), [x]);
  b.result('first', first!);
  b.result('second', second!);
  const { results } = evaluate(b.build('cube'), { x: tensor([2], [2, -3]) });
  expect(Array.from(results.first!.data)).toEqual([12, 27]);
  expect(Array.from(results.second!.data)).toEqual([12, -18]);
});

test('what the result does not depend on has gradient zero, in its own shape', () => {
  const b = new Builder();
  const x = b.batch('x', 'float', ['batch', 2]);
  const y = b.batch('y', 'float', ['batch', 3]);
  const gradients = gradient(b, b.sum(b.multiply(b.sign(x), b.constant([1, 2], [2]))), [x, y]);
  for (const [at, one] of gradients.entries()) b.result(`g${at}`, one);
  const inputs = { x: tensor([2, 2], [1, 2, 3, 4]), y: tensor([2, 3], [1, 2, 3, 4, 5, 6]) };
  const { results } = evaluate(b.build('apart'), inputs);
  expect(results.g0).toEqual(tensor([2, 2], [-0, -0, -0, -0]));
  expect(results.g1).toEqual(tensor([2, 3], [-0, -0, -0, -0, -0, -0]));
});

test('adding the gradient of what does not matter costs nothing', () => {
  const b = new Builder();
  const x = b.batch('x', 'float', ['batch', 3]);
  const w = b.state('w', [3]);
  const [none] = gradient(b, b.sum(b.square(x)), [w]);
  const [some] = gradient(b, b.sum(b.multiply(x, w)), [w]);
  b.result('g', b.add(none!, some!));
  expect(optimize(b.build('sum')).instructions.map((one) => one.op)).toEqual(['sum']);
});

test('only what lies between is visited', () => {
  const b = new Builder();
  const x = b.state('x', [3]);
  const w = b.state('w', [3]);
  const hidden = b.exp(x);
  const loss = b.sum(b.multiply(hidden, w));
  b.result('unrelated', b.sum(b.tanh(w)));
  const before = b.instructions.length;
  const gradients = gradient(b, loss, [w, hidden]);
  expect(b.instructions.slice(before).map((one) => one.op)).toEqual([
    'constant',
    'broadcast_to',
    'multiply',
    'multiply',
  ]);
  for (const [at, one] of gradients.entries()) b.result(`g${at}`, one);
  const { results } = evaluate(b.build('between'), { x: tensor([3], [0, 0, 0]), w: tensor([3], [1, 2, 3]) });
  expect(Array.from(results.g0!.data)).toEqual([1, 1, 1]);
  expect(Array.from(results.g1!.data)).toEqual([1, 2, 3]);
});

test('the instructions belong to the current region', () => {
  const b = new Builder();
  const w = b.state('w', [3]);
  const loss = b.sum(b.square(w));
  const before = b.instructions.length;
  b.inRegion('update', () => gradient(b, loss, [w]));
  expect(b.instructions.slice(before).every((one) => one.region === 'update')).toBe(true);
});

test('what has no gradient is refused', () => {
  const b = new Builder();
  const x = b.state('x', [3]);
  const labels = b.batch('labels', 'int', ['batch']);
  expect(() => gradient(b, x, [x])).toThrow('takes the gradient of a float scalar and was given float[3]');
  expect(() => gradient(b, b.sum(x), [labels])).toThrow('only floats have gradients, not int[batch]');
});

test('two builds print the same', () => {
  const print = () => {
    const b = new Builder();
    const { states, loss, penalty } = network(b);
    const all: Value[] = gradient(b, b.add(loss, penalty), states);
    for (const [at, one] of all.entries()) b.result(`g${at}`, one);
    return printProgram(b.build('step'));
  };
  expect(print()).toBe(print());
});
