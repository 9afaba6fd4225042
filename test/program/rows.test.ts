import { describe, expect, test } from 'vitest';
import { stepProgram } from '../../src/compiler/4-program/index.js';
import { compile } from '../../src/compiler/compile.js';
import { Source } from '../../src/diagnostics/source.js';
import { Builder, type Value } from '../../src/program/builder.js';
import { evaluate } from '../../src/program/evaluate.js';
import { splitUpdate } from '../../src/program/passes/split.js';
import type { HostTensor, Program } from '../../src/program/program.js';
import { type AcrossRows, acrossRows } from '../../src/program/rows.js';
import { resolveShape } from '../../src/program/shapes.js';

function kindOf(write: (b: Builder) => Value): AcrossRows | undefined {
  const b = new Builder();
  const value = write(b);
  b.result('y', value);
  const program = b.build('rows');
  return acrossRows(program).get(program.outputs[0]!.value);
}

let inputs = 0;
const rows = (b: Builder, ...extents: number[]) => b.batch(`x${inputs++}`, 'float', ['batch', ...extents]);
const state = (b: Builder, ...extents: number[]) => b.state(`w${extents}`, extents);
const total = (b: Builder) => b.sum(rows(b, 4), [0]);

describe('what a value is on some of the rows', () => {
  const cases: readonly (readonly [string, AcrossRows | undefined, (b: Builder) => Value])[] = [
    ['a state', 'same', (b) => b.square(state(b, 4))],
    ['elementwise work on rows', 'rows', (b) => b.tanh(b.multiply(rows(b, 4), state(b, 4)))],
    ['a layer', 'rows', (b) => b.relu(b.matmul(rows(b, 4), state(b, 4, 3)))],
    ['a sum within rows', 'rows', (b) => b.sum(rows(b, 4), [1])],
    ['a sum over rows', 'sum', total],
    ['a mean of a sum', 'sum', (b) => b.mean(total(b), [0])],
    ['the largest of a row', 'rows', (b) => b.max(rows(b, 4), [1])],
    ['the largest of a sum', undefined, (b) => b.max(total(b), [0])],
    ['the norm over rows', undefined, (b) => b.norm(rows(b, 4), [0])],
    ['a product over rows', 'sum', (b) => b.matmul(rows(b, 4), rows(b, 3), true, false)],
    ['rows by rows', undefined, (b) => b.matmul(rows(b, 4), rows(b, 4), false, true)],
    ['a multiple of a sum', 'sum', (b) => b.multiply(total(b), b.scalar('share'))],
    ['a multiple by what rows are', undefined, (b) => b.multiply(total(b), rows(b, 4))],
    ['the square of a sum', undefined, (b) => b.square(total(b))],
    ['a product of sums', undefined, (b) => b.multiply(total(b), b.sum(rows(b, 4), [0]))],
    ['one over a sum', undefined, (b) => b.divide(state(b, 4), total(b))],
    ['a sum and what is the same', undefined, (b) => b.add(total(b), state(b, 4))],
    ['two sums', 'sum', (b) => b.subtract(total(b), b.negate(b.sum(b.square(rows(b, 4)), [0])))],
    ['a bool of a sum', undefined, (b) => b.greater(total(b), state(b, 4))],
    ['rows in another order of axes', 'rows', (b) => b.transpose(rows(b, 4, 3), [0, 2, 1])],
    ['rows that are no longer in front', undefined, (b) => b.transpose(rows(b, 4), [1, 0])],
    [
      'each row against each',
      undefined,
      (b) => b.subtract(b.reshape(rows(b), ['batch', 1]), b.reshape(rows(b), [1, 'batch'])),
    ],
    ['rows of a table', 'rows', (b) => b.gather(state(b, 9, 4), b.batch('i', 'int', ['batch']), 0)],
    ['the gradient of a table', 'sum', (b) => b.scatterAdd(rows(b, 4), b.batch('i', 'int', ['batch']), 0, 9)],
    ['images', 'rows', (b) => b.maxPool2d(b.conv2d(rows(b, 6, 6, 1), state(b, 3, 3, 1, 2)), [2, 2])],
  ];
  test.each(cases)('%s', (_, kind, write) => {
    expect(kindOf(write)).toBe(kind);
  });
});

const networks: Readonly<Record<string, { readonly text: string; readonly inSums: boolean }>> = {
  dense: { text: 'x = Input(6)\n h = Dense(5, activation: relu)\n d = Dropout(0.5)\n y = Dense(10)', inSums: true },
  images: {
    text: 'x = Input(8, 8, 2)\n c = Conv2D(3, 3, activation: tanh)\n p = MaxPooling2D(2)\n f = Flatten()\n y = Dense(10)',
    inSums: true,
  },
  normalized: { text: 'x = Input(6)\n h = Dense(5)\n n = LayerNormalization()\n y = Dense(10)', inSums: true },
  'normalized by the batch': {
    text: 'x = Input(6)\n h = Dense(5)\n n = BatchNormalization()\n y = Dense(10)',
    inSums: false,
  },
};

function dataOf(layers: string): Program {
  const text = `model M {\n ${layers}\n}\ndata { source: mnist }\ntrain {\n loss: sparse_categorical_crossentropy(from_logits: true)\n optimizer: adam\n metrics: [accuracy]\n epochs: 1\n}\n`;
  const { spec, network } = compile(new Source('rows.dn', text));
  const { program } = stepProgram(network, { ...spec.train.phases[0]!, finetune: false });
  return splitUpdate(program).data;
}

describe('a step on the parts of a batch', () => {
  test.each(Object.entries(networks))('%s', (_, { text, inSums }) => {
    const data = dataOf(text);
    const kinds = acrossRows(data);
    const sums = data.outputs.filter(({ value }) => kinds.get(value) === 'sum');
    expect(sums.length === data.outputs.length).toBe(inSums);
    let seed = 7;
    const next = () => {
      seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
      return seed / 2 ** 32;
    };
    const all = 7;
    const given = Object.fromEntries(
      data.inputs.map(({ name, role, value }): [string, HostTensor] => {
        const { dtype, shape } = data.values[value]!;
        const extents = resolveShape(shape, all);
        const size = extents.reduce((a, b) => a * b, 1);
        if (dtype === 'int')
          return [name, { shape: extents, data: Int32Array.from({ length: size }, () => Math.floor(10 * next())) }];
        const draw = role === 'random' ? () => Math.round(next()) : () => next() - 0.4;
        return [name, { shape: extents, data: Float32Array.from({ length: size }, draw) }];
      }),
    );
    const on = (from: number, to: number) =>
      evaluate(
        data,
        Object.fromEntries(
          data.inputs.map(({ name, value }): [string, HostTensor] => {
            const { shape, data: numbers } = given[name]!;
            if (data.values[value]!.shape[0] !== 'batch') return [name, given[name]!];
            const width = numbers.length / all;
            return [name, { shape: [to - from, ...shape.slice(1)], data: numbers.slice(from * width, to * width) }];
          }),
        ),
      ).results;
    const [whole, first, second] = [on(0, all), on(0, 4), on(4, all)];
    for (const { name } of sums) {
      const scale = Math.max(...whole[name]!.data.map(Math.abs), 1e-30);
      for (const [at, wanted] of whole[name]!.data.entries()) {
        const found = first[name]!.data[at]! + second[name]!.data[at]!;
        expect(Math.abs(found - wanted) / scale, `${name}[${at}]`).toBeLessThan(1e-12);
      }
    }
  });
});
