import { describe, expect, it } from 'vitest';
import { Builder, type Value } from '../../../../src/program/builder.js';
import { sizeOf } from '../../../../src/program/program.js';
import { stridesOf } from '../../../../src/program/shapes.js';
import { compiled, distance, expectAgrees, fill, numbers } from './against-evaluate.js';

const any = (seed: number) => {
  const next = numbers(seed);
  return () => 3 * next();
};
const positive = (seed: number) => {
  const next = numbers(seed);
  return () => 1.6 + 1.5 * next();
};

/** Shapes of every kind: whole vectors, tails of each length, single rows and columns, a number, more than two axes. */
const shapes = [[], [1], [3], [4], [37], [1, 6], [6, 1], [5, 4], [3, 9], [7, 34], [2, 3, 5], [3, 1, 2, 6]];

const unary: Record<string, (b: Builder, x: Value) => Value> = {
  negate: (b, x) => b.negate(x),
  abs: (b, x) => b.abs(x),
  sign: (b, x) => b.sign(x),
  exp: (b, x) => b.exp(x),
  log: (b, x) => b.log(x),
  sqrt: (b, x) => b.sqrt(x),
  square: (b, x) => b.square(x),
  reciprocal: (b, x) => b.reciprocal(x),
  tanh: (b, x) => b.tanh(x),
  sigmoid: (b, x) => b.sigmoid(x),
  softplus: (b, x) => b.softplus(x),
  relu: (b, x) => b.relu(x),
  erf: (b, x) => b.erf(x),
  'cast to bool and back': (b, x) => b.cast(b.cast(x, 'bool'), 'float'),
  'not, and, or': (b, x) => {
    const low = b.less(x, 0.5);
    const high = b.greaterEqual(x, -0.5);
    return b.cast(b.or(b.and(low, high), b.not(b.lessEqual(x, 1.5))), 'float');
  },
  'equal bools': (b, x) => b.cast(b.equal(b.less(x, 0.5), b.greater(x, -0.5)), 'float'),
  'maximum with a number': (b, x) => b.maximum(b.maximum(x, -0.25), b.negate(b.maximum(0.5, x))),
  'minimum with a number': (b, x) => b.minimum(b.minimum(x, 0.75), b.minimum(1, b.negate(x))),
  'division by a number': (b, x) => b.divide(b.divide(x, 3), b.divide(7, b.add(b.abs(x), 1))),
  'powers of a number': (b, x) => b.add(b.power(1.5, x), b.power(b.add(b.abs(x), 0.1), 2)),
  'roots and inverses as powers': (b, x) => b.add(b.power(b.abs(x), 0.5), b.power(b.add(b.abs(x), 1), -1)),
};

describe('elementwise operations', () => {
  for (const [name, write] of Object.entries(unary)) {
    it(name, async () => {
      for (const shape of shapes) {
        const b = new Builder();
        b.result('y', write(b, b.batch('x', 'float', shape)));
        await expectAgrees(b.build('unary'), ['log', 'sqrt', 'reciprocal'].includes(name) ? positive(1) : any(1));
      }
    });
  }

  const binary: Record<string, (b: Builder, x: Value, y: Value) => Value> = {
    add: (b, x, y) => b.add(x, y),
    subtract: (b, x, y) => b.subtract(x, y),
    multiply: (b, x, y) => b.multiply(x, y),
    divide: (b, x, y) => b.divide(x, y),
    maximum: (b, x, y) => b.maximum(x, y),
    minimum: (b, x, y) => b.minimum(x, y),
    power: (b, x, y) => b.power(x, y),
    greater: (b, x, y) => b.cast(b.greater(x, y), 'float'),
    greaterEqual: (b, x, y) => b.cast(b.greaterEqual(x, y), 'float'),
    less: (b, x, y) => b.cast(b.less(x, y), 'float'),
    lessEqual: (b, x, y) => b.cast(b.lessEqual(x, y), 'float'),
    equal: (b, x, y) => b.cast(b.equal(x, y), 'float'),
    select: (b, x, y) => b.select(b.less(x, 1.5), y, b.add(x, 10)),
    'select of bools': (b, x, y) => b.cast(b.select(b.less(x, 1.5), b.less(y, 1), b.greater(y, 2)), 'float'),
  };
  const pairs: [number[], number[]][] = [
    ...shapes.map((shape): [number[], number[]] => [shape, shape]),
    [[7, 6], [6]],
    [
      [7, 6],
      [7, 1],
    ],
    [[7, 6], []],
    [[6], [7, 1]],
    [
      [1, 6],
      [7, 1],
    ],
    [
      [5, 1],
      [1, 1],
    ],
    [[5, 5], [5]],
    [
      [2, 3, 5],
      [3, 5],
    ],
    [
      [2, 3, 5],
      [3, 1],
    ],
    [
      [2, 3, 5],
      [2, 1, 1],
    ],
    [
      [2, 1, 5],
      [3, 1],
    ],
    [
      [2, 3, 4, 5],
      [3, 1, 5],
    ],
  ];
  for (const [name, write] of Object.entries(binary)) {
    it(`${name}, broadcasting`, async () => {
      for (const [left, right] of pairs) {
        for (const [p, q] of [
          [left, right],
          [right, left],
        ] as const) {
          const b = new Builder();
          b.result('z', write(b, b.batch('x', 'float', p), b.batch('y', 'float', q)));
          // Rounded, so that some are equal.
          const next = positive(5);
          await expectAgrees(b.build('binary'), () => Math.round(4 * next()) / 4 + 0.25);
        }
      }
    });
  }

  it('gives infinities and NaN where float32 does', async () => {
    const b = new Builder();
    const x = b.batch('x', 'float', [6]);
    const y = b.batch('y', 'float', [6]);
    b.result('sign', b.sign(x));
    b.result('relu', b.relu(x));
    b.result('capped', b.minimum(x, 2));
    b.result('max', b.maximum(x, y));
    b.result('min', b.minimum(x, y));
    b.result('ratio', b.divide(x, y));
    b.result('root', b.sqrt(x));
    b.result('picked', b.select(b.equal(y, 0), 7, b.divide(x, y)));
    b.result('true', b.cast(b.cast(x, 'bool'), 'float'));
    const values: Record<string, number[]> = {
      x: [Number.NaN, 0, -1, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 3],
      y: [1, 0, 0, Number.POSITIVE_INFINITY, 0, Number.NaN],
    };
    await expectAgrees(b.build('special'), (name, index) => values[name]![index]!, 1);
  });

  it('computes constants of every shape', async () => {
    const b = new Builder();
    const x = b.batch('x', 'float', [3, 5]);
    const column = b.constant([1, 2, 3], [3, 1]);
    const mask = b.constant([1, 0, 0, 1, 1], [5], 'bool');
    const ones = b.constant(new Array(15).fill(2), [3, 5]);
    b.result('a', b.multiply(x, column));
    b.result('b', b.select(mask, x, b.multiply(ones, b.square(b.constant(3)))));
    b.result('c', b.sum(ones, [0]));
    b.result('d', ones);
    b.result('e', b.select(b.constant(0, [], 'bool'), x, column));
    b.result('g', b.power(b.batch('v', 'float', [5]), b.constant([2, 2, 2], [3, 1])));
    b.result('h', b.divide(x, 0));
    b.result('i', b.divide(x, -0));
    b.result('f', b.reshape(b.exp(b.constant([1, 1], [2])), [1, 2]));
    await expectAgrees(b.build('constants'), any(2));
  });
});

describe('reductions', () => {
  const reductions: Record<string, (b: Builder, x: Value, axes: readonly number[], keep: boolean) => Value> = {
    sum: (b, x, axes, keep) => b.sum(x, axes, keep),
    mean: (b, x, axes, keep) => b.mean(x, axes, keep),
    max: (b, x, axes, keep) => b.max(x, axes, keep),
    min: (b, x, axes, keep) => b.min(x, axes, keep),
    norm: (b, x, axes, keep) => b.norm(x, axes, keep),
  };
  const subsets = (rank: number) =>
    Array.from({ length: 2 ** rank }, (_, bits) => [...Array(rank).keys()].filter((axis) => (bits >> axis) & 1));
  for (const [name, write] of Object.entries(reductions)) {
    it(`${name} over every set of axes`, async () => {
      for (const shape of [...shapes, [40, 3], [3, 40], [70, 67], [2, 3, 2, 9]]) {
        const b = new Builder();
        const x = b.batch('x', 'float', shape);
        for (const axes of subsets(shape.length)) {
          for (const keep of [false, true]) b.result(`${axes} ${keep}`, write(b, x, axes, keep));
          // Computed in the same pass, not read.
          b.result(`${axes} of products`, write(b, b.multiply(x, b.add(x, 2)), axes, false));
        }
        await expectAgrees(b.build('reductions'), any(3));
      }
    });
  }

  it('is exact for long sums of one sign, where float32 would drift', async () => {
    for (const shape of [[400_003], [50_003, 5], [5, 50_003], [5001, 3, 5]]) {
      const b = new Builder();
      const x = b.batch('x', 'float', shape);
      const reduced = [
        ...shape.map((_, axis) => [axis]),
        shape.map((_, axis) => axis),
        ...(shape.length === 3 ? [[0, 2]] : []),
      ];
      for (const axes of reduced) b.result(`${axes}`, b.sum(x, axes));
      const pass = await compiled(b.build('long'));
      const next = numbers(4);
      const data = pass.views.x!.map(() => 1 + 0.3 * next());
      pass.views.x!.set(data);
      pass.run();
      const strides = stridesOf(shape);
      for (const axes of reduced) {
        const kept = shape.map((_, axis) => axis).filter((axis) => !axes.includes(axis));
        const sums = new Float64Array(sizeOf(kept.map((axis) => shape[axis]!)));
        const own = stridesOf(kept.map((axis) => shape[axis]!));
        for (let i = 0; i < data.length; i++) {
          let at = 0;
          for (const [k, axis] of kept.entries()) at += (Math.floor(i / strides[axis]!) % shape[axis]!) * own[k]!;
          sums[at]! += data[i]!;
        }
        expect(distance(pass.views[`${axes}`]!, sums), `[${shape}] over ${axes}`).toBeLessThan(1e-6);
      }
    }
  });

  it('reduces tensors without elements to neutral elements', async () => {
    const b = new Builder();
    const x = b.state('x', [0, 5]);
    b.result('all', b.sum(x));
    b.result('columns', b.norm(x, [0]));
    b.result('rows', b.sum(x, [1]));
    b.result('scaled', b.multiply(x, 2));
    b.next('x', b.add(x, b.sum(x, [0])));
    const y = b.batch('y', 'float', [6, 0]);
    b.result('along nothing', b.sum(y, [1]));
    const program = b.build('empty');
    const pass = await expectAgrees(program, any(1));
    expect([...pass.views['along nothing']!]).toEqual([0, 0, 0, 0, 0, 0]);
    expect([...pass.views.columns!]).toEqual([0, 0, 0, 0, 0]);
  });

  it('is not misled by NaN in one column', async () => {
    const b = new Builder();
    const x = b.batch('x', 'float', [5, 6]);
    b.result('columns', b.sum(x, [0]));
    b.result('rows', b.max(x, [1]));
    const pass = await expectAgrees(b.build('nan'), (_, index) => (index === 5 ? Number.NaN : index));
    expect(pass.views.columns![4]).toBe(4 + 10 + 16 + 22 + 28);
  });
});

describe('shapes', () => {
  it('reads tensors in other shapes', async () => {
    const b = new Builder();
    const x = b.batch('x', 'float', [6, 4]);
    const v = b.batch('v', 'float', [8]);
    b.result('flat', b.reshape(x, [24]));
    b.result('other', b.add(b.reshape(x, [3, 8]), v));
    b.result('computed', b.sum(b.reshape(b.multiply(x, x), [2, 3, 4]), [1]));
    b.result('twice', b.sum(b.reshape(b.add(b.reshape(x, [3, 8]), v), [4, 6]), [0]));
    b.result('column', b.multiply(b.reshape(b.sum(x, [1]), [6, 1]), x));
    b.result('bools', b.cast(b.reshape(b.greater(x, 0), [8, 3]), 'float'));
    b.result('number', b.reshape(b.sum(x), [1, 1]));
    await expectAgrees(b.build('reshapes'), any(9));
  });

  it('stretches', async () => {
    const b = new Builder();
    const v = b.batch('v', 'float', [5]);
    const s = b.scalar('s');
    b.result('rows', b.broadcastTo(v, [3, 5]));
    b.result('sums', b.sum(b.broadcastTo(v, [3, 5]), [1]));
    b.result('columns', b.broadcastTo(b.reshape(v, [5, 1]), [5, 3]));
    b.result('number', b.broadcastTo(s, [2, 3]));
    b.result('bools', b.cast(b.broadcastTo(b.greater(v, 0), [2, 5]), 'float'));
    b.result('same', b.broadcastTo(v, [1, 5]));
    await expectAgrees(b.build('stretches'), any(10));
  });

  it('reads one vector by row and by column', async () => {
    const b = new Builder();
    const v = b.batch('v', 'float', [9]);
    const x = b.batch('x', 'float', [9, 9]);
    b.result('both', b.subtract(b.add(x, v), b.multiply(b.add(x, b.reshape(v, [9, 1])), 2)));
    b.result('outer', b.subtract(b.reshape(v, [9, 1]), b.multiply(v, 2)));
    b.result('sums', b.sum(b.multiply(b.reshape(v, [9, 1]), v), [0]));
    await expectAgrees(b.build('outer'), any(11));
  });

  it('keeps views dense, apart, and aligned to 64 bytes', async () => {
    const b = new Builder();
    for (const [index, length] of [1, 3, 16, 17, 1024, 5000].entries()) {
      const x = b.state(`x${index}`, [length]);
      b.next(`x${index}`, b.add(x, 1));
      b.result(`x${index}`, b.sum(x));
      b.result(`all${index}`, b.multiply(x, 2));
    }
    const program = b.build('views');
    const pass = await compiled(program);
    fill(program, pass, (name, index) => Number(name.slice(1)) + index);
    pass.run();
    const views = Object.values(pass.views).sort((p, q) => p.byteOffset - q.byteOffset);
    for (const [index, view] of views.entries()) {
      expect(view.buffer).toBe(pass.memory.buffer);
      expect(view.byteOffset % 64).toBe(0);
      const next = views[index + 1]?.byteOffset ?? pass.memory.buffer.byteLength;
      expect(view.byteOffset + view.byteLength).toBeLessThanOrEqual(next);
    }
    for (const [index, length] of [1, 3, 16, 17, 1024, 5000].entries()) {
      expect(pass.views[`x${index}`]).toEqual(Float32Array.from({ length }, (_, i) => index + i + 1));
      expect(pass.views[`all${index}`]).toEqual(Float32Array.from({ length }, (_, i) => 2 * (index + i)));
      expect(pass.views[`result:x${index}`]![0]).toBe(length * index + (length * (length - 1)) / 2);
    }
  });
});
