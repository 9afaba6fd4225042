import { expect, test } from 'vitest';
import { lowerProgram } from '../../src/onnx/lower.js';
import { Builder, type Value } from '../../src/program/builder.js';
import { gradient } from '../../src/program/gradient.js';
import { optimize } from '../../src/program/passes/index.js';

/** The operators of a program, and what each Transpose turns. */
function lowered(write: (b: Builder) => void) {
  const b = new Builder();
  write(b);
  const { nodes } = lowerProgram(optimize(b.build('test'))).model;
  // Axes that stay together are turned as one.
  const beforeReshape = (name: string) => {
    const node = nodes.find((one) => one.outputs.includes(name));
    return node?.operator === 'Reshape' ? node.inputs[0]! : name;
  };
  return {
    operators: nodes.map((node) => node.operator),
    turned: nodes.filter((node) => node.operator === 'Transpose').map((node) => beforeReshape(node.inputs[0]!)),
  };
}

const dense = (b: Builder, h: Value) => b.matmul(b.reshape(h, ['batch', 2 * 2 * 5]), b.state('dense', [20, 3]));

/** Two convolutions with all that is usually between them, down to a dense layer. */
function chain(b: Builder, x: Value): Value {
  let h = b.relu(b.add(b.conv2d(x, b.state('first', [3, 3, 2, 4])), b.state('bias', [4])));
  h = b.maxPool2d(b.multiply(h, b.state('scale', [4])), [2, 2]);
  h = b.add(h, b.tanh(b.conv2d(h, b.state('middle', [3, 3, 4, 4]), { padding: [1, 1, 1, 1] })));
  h = b.averagePool2d(b.conv2d(h, b.state('second', [2, 2, 4, 5])), [1, 1], { strides: [1, 1] });
  return dense(b, h);
}

test('a chain of convolutions is turned at its ends only, apart from kernels', () => {
  const { operators, turned } = lowered((b) => b.result('y', chain(b, b.batch('x', 'float', ['batch', 8, 8, 2]))));
  expect(turned.filter((one) => !['first', 'middle', 'second'].includes(one))).toEqual([
    'x',
    expect.stringMatching(/^average_pool2d/),
  ]);
  expect(operators.filter((one) => one === 'Conv')).toHaveLength(3);
  // The bias is Conv's own third input.
  expect(operators.filter((one) => one === 'Add')).toHaveLength(1);
});

test('one channel, or one pixel, is reshaped and not turned', () => {
  const { turned } = lowered((b) => {
    const x = b.batch('x', 'float', ['batch', 4, 4, 1]);
    const h = b.conv2d(x, b.state('kernel', [4, 4, 1, 3]));
    b.result('y', b.matmul(b.reshape(h, ['batch', 3]), b.state('dense', [3, 2])));
  });
  expect(turned).toEqual(['kernel']);
});

test('the gradient of a chain turns what filter gradients read and write, and nothing between', () => {
  const { turned } = lowered((b) => {
    const x = b.batch('x', 'float', ['batch', 8, 8, 2]);
    const kernels = [];
    const y = chain(b, x);
    for (const { name, value } of [...b.build('all').inputs]) {
      if (['first', 'middle', 'second'].includes(name)) kernels.push(b.value(value));
    }
    for (const [at, one] of gradient(b, b.sum(b.square(y)), kernels).entries()) b.result(`${at}`, one);
  });
  // Each kernel; x; both ends of the dense layer; of each filter gradient the gradient, its result, and the input where that is not x.
  expect(turned).toHaveLength(3 + 1 + 2 + 3 * 2 + 2);
});

test('a value that is read in plain order and channels first is turned once', () => {
  const { turned } = lowered((b) => {
    const x = b.batch('x', 'float', ['batch', 6, 6, 2]);
    const [one, other] = [b.state('one', [3, 3, 2, 4]), b.state('other', [3, 3, 2, 4])];
    b.result('y', b.add(b.conv2d(x, one), b.conv2d(x, other)));
  });
  expect(turned.filter((name) => name === 'x')).toHaveLength(1);
});
