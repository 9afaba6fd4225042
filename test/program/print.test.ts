import { expect, test } from 'vitest';
import { Builder } from '../../src/program/builder.js';
import { gradient } from '../../src/program/gradient.js';
import { optimize } from '../../src/program/passes/index.js';
import { printProgram } from '../../src/program/print.js';

test('a step reads as text', () => {
  const b = new Builder();
  const x = b.batch('x', 'float', ['batch', 4]);
  const y = b.batch('y', 'int', ['batch']);
  const w = b.state('w', [4, 3]);
  const draw = {
    stream: 'mask',
    distribution: { kind: 'bernoulli', keep: 0.5 },
    units: [0, 1, 2, 5],
    width: 6,
  } as const;
  const logits = b.matmul(b.multiply(x, b.random(draw, ['batch', 4])), w);
  const rows = b.sum(b.multiply(b.logSoftmax(logits), b.oneHot(y, 3)));
  const loss = b.negate(b.multiply(rows, b.scalar('per_row')));
  b.result('loss', loss);
  b.result('correct', b.sum(b.cast(b.equal(b.argmax(logits, -1), y), 'float')));
  b.inRegion('update', () => {
    const penalty = b.multiply(b.sum(b.norm(w, [0])), 0.01);
    b.result('penalty', penalty);
    const [g] = gradient(b, penalty, [w]);
    const [data] = b.inRegion('data', () => gradient(b, loss, [w]));
    b.next('w', b.subtract(w, b.multiply(b.scalar('rate'), b.add(g!, data!))));
  });
  expect(printProgram(optimize(b.build('step')))).toMatchInlineSnapshot(`
    "program step
    inputs
      %0 = batch x : float[batch, 4]
      %1 = batch y : int[batch]
      %2 = state w : float[4, 3]
      %3 = random random:mask bernoulli(0.5), 4 of 6 units : float[batch, 4]
      %4 = scalar per_row : float[]
      %5 = scalar rate : float[]
    data
      %6 = multiply %0 %3 : float[batch, 4]
      %7 = matmul %6 %2 : float[batch, 3]
      %8 = log_softmax %7 : float[batch, 3]
      %9 = one_hot %1 {depth: 3} : float[batch, 3]
      %10 = multiply %8 %9 : float[batch, 3]
      %11 = sum %10 {axes: [0, 1]} : float[]
      %12 = multiply %11 %4 : float[]
      %13 = negate %12 : float[]
      %14 = argmax %7 {axis: 1} : int[batch]
      %15 = equal %14 %1 : bool[batch]
      %16 = cast %15 {dtype: float} : float[batch]
      %17 = sum %16 {axes: [0]} : float[]
      %18 = negate %4 : float[]
      %19 = multiply %18 %9 : float[batch, 3]
      %20 = exp %8 : float[batch, 3]
      %21 = sum %19 {axes: [1], keepDims} : float[batch, 1]
      %22 = multiply %20 %21 : float[batch, 3]
      %23 = subtract %19 %22 : float[batch, 3]
      %24 = matmul %6 %23 {transposeX} : float[4, 3]
    update
      %25 = norm %2 {axes: [0]} : float[3]
      %26 = sum %25 {axes: [0]} : float[]
      %27 = constant 0.01 : float[]
      %28 = multiply %26 %27 : float[]
      %29 = constant 0 : float[]
      %30 = greater %25 %29 : bool[3]
      %31 = reciprocal %25 : float[3]
      %32 = select %30 %31 %29 : float[3]
      %33 = multiply %27 %32 : float[3]
      %34 = multiply %2 %33 : float[4, 3]
      %35 = add %34 %24 : float[4, 3]
      %36 = multiply %5 %35 : float[4, 3]
      %37 = subtract %2 %36 : float[4, 3]
    outputs
      result loss = %13
      result correct = %17
      result penalty = %28
      state w = %37
    "
  `);
});

test('long constants are cut, with a checksum', () => {
  const print = (last: number) => {
    const b = new Builder();
    b.result('r', b.constant([1, -0, 3, 4, 5, 6, 7, 8, 9, last], [10]));
    return printProgram(b.build('long'));
  };
  expect(print(10)).toMatch(/%0 = constant \[1, -0, 3, 4, 5, 6, 7, 8 … 10 numbers, [0-9a-f]{8}\] : float\[10\]/);
  expect(print(10)).not.toBe(print(11));
});
