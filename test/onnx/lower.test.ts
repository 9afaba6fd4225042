import { describe, expect, test } from 'vitest';
import { lowerProgram } from '../../src/onnx/lower.js';
import { lowerings } from '../../src/onnx/ops/index.js';
import { Builder } from '../../src/program/builder.js';
import { ops } from '../../src/program/ops/index.js';
import type { Program } from '../../src/program/program.js';

test('every op has a lowering, constants apart', () => {
  expect(Object.keys(lowerings).sort()).toEqual(
    Object.keys(ops)
      .filter((op) => op !== 'constant')
      .sort(),
  );
});

function build(write: (b: Builder) => void): Program {
  const b = new Builder();
  write(b);
  return b.build('test');
}
const operators = (program: Program, options = {}) =>
  lowerProgram(program, options).model.nodes.map((node) => node.operator);

describe('a dense layer', () => {
  const dense = (rows: number | 'batch', read = false) =>
    build((b) => {
      const x = b.batch('x', 'float', [rows, 3]);
      const product = b.matmul(x, b.state('w', [3, 2]));
      b.result('y', b.add(b.state('b', [2]), product));
      if (read) b.result('product', product);
    });

  test('is one Gemm', () => {
    expect(operators(dense('batch'))).toEqual(['Gemm']);
    expect(operators(dense(4))).toEqual(['Gemm']);
  });
  test('is a product and a sum where the product is read too', () => {
    expect(operators(dense('batch', true))).toEqual(['MatMul', 'Add']);
  });
  test('keeps an addend that would broadcast the product', () => {
    const program = build((b) => {
      const product = b.matmul(b.batch('x', 'float', [1, 3]), b.state('w', [3, 2]));
      b.result('y', b.add(product, b.batch('z', 'float', ['batch', 2])));
    });
    expect(operators(program)).toEqual(['MatMul', 'Add']);
  });
});

test('onnxruntime’s own ops stay out of a file for others', () => {
  const program = build((b) => {
    b.result('y', b.matmul(b.batch('x', 'float', [4, 3, 'batch']), b.batch('z', 'float', [4, 3, 5]), true));
  });
  expect(operators(program)).toEqual(['Transpose', 'MatMul']);
  expect(operators(program, { microsoft: true })).toEqual(['FusedMatMul']);
});

describe('names', () => {
  const program = build((b) => {
    const w = b.state('w', [2]);
    const x = b.batch('x', 'float', ['batch', 2]);
    b.result('w', b.sum(w));
    b.result('same', x);
    b.result('twice', x);
    b.next('w', w);
  });
  const { model, outputs } = lowerProgram(program);

  test('of inputs are kept, of outputs made different where an input has them', () => {
    expect(model.inputs.map((one) => one.name)).toEqual(['w', 'x']);
    expect(outputs.map((one) => one.onnx)).toEqual(['w_2', 'same', 'twice', 'next:w']);
    expect(model.outputs.map((one) => one.name)).toEqual(['w_2', 'same', 'twice', 'next:w']);
  });
  test('are defined once, before they are read', () => {
    const defined = new Set([...model.inputs, ...model.initializers].map((one) => one.name));
    expect(defined.size).toBe(model.inputs.length + model.initializers.length);
    for (const node of model.nodes) {
      for (const name of node.inputs) expect(defined).toContain(name);
      for (const name of node.outputs) {
        expect(defined).not.toContain(name);
        defined.add(name);
      }
    }
    for (const output of model.outputs) expect(defined).toContain(output.name);
  });
});

test('equal constants are stored once, unused ones not at all', () => {
  const program = build((b) => {
    const x = b.batch('x', 'float', ['batch', 2]);
    b.constant(7, []);
    b.result('y', b.multiply(b.multiply(x, 3), b.constant(3)));
  });
  expect(lowerProgram(program).model.initializers.map((one) => one.data)).toEqual([Float32Array.of(3)]);
});

test('weights of another shape are refused', () => {
  const program = build((b) => b.result('y', b.sum(b.state('w', [2, 3]))));
  const w = { shape: [3, 2], data: new Float32Array(6) };
  expect(() => lowerProgram(program, { initializers: { w } })).toThrow('w is [3, 2] and the program wants [2, 3]');
});
