import { describe, expect, it } from 'vitest';
import { Builder, type Value } from '../../../../src/program/builder.js';
import type { Program } from '../../../../src/program/program.js';
import { compileUpdate } from '../../../../src/runtime/engines/onnxruntime/update-pass/index.js';
import { compiled, expectAgrees, expectRunAgrees, type Fill, fill, numbers } from './against-evaluate.js';

/** A parameter under training: its gradient with the penalties' added, and what is written after the optimizer's step. */
type Penalty = (b: Builder, w: Value) => { readonly value: Value; readonly gradient: Value };
type Optimizer = (b: Builder, name: string, w: Value, g: Value) => { readonly step: Value; readonly scale?: Value };
type Prox = (b: Builder, w: Value, scale: Value | undefined) => Value;

const group =
  (axis: number): Penalty =>
  (b, w) => {
    const norm = b.norm(w, [axis], true);
    const inverse = b.select(b.greater(norm, 0), b.reciprocal(norm), 0);
    return { value: b.multiply(b.sum(norm), 1e-3), gradient: b.multiply(b.multiply(w, inverse), 1e-3) };
  };
const l1: Penalty = (b, w) => ({ value: b.multiply(b.sum(b.abs(w)), 1e-3), gradient: b.multiply(b.sign(w), 1e-3) });
const l2: Penalty = (b, w) => ({ value: b.multiply(b.sum(b.square(w)), 1e-3), gradient: b.multiply(w, 2e-3) });

const slot = (b: Builder, name: string, w: Value) => b.state(name, w.type.shape as readonly number[]);

const sgd: Optimizer = (b, _, __, g) => ({ step: b.multiply(b.scalar('rate'), g) });
const momentum =
  (nesterov: boolean): Optimizer =>
  (b, name, w, g) => {
    const next = b.add(b.multiply(slot(b, `${name}/velocity`, w), 0.9), g);
    b.next(`${name}/velocity`, next);
    return { step: b.multiply(b.scalar('rate'), nesterov ? b.add(g, b.multiply(next, 0.9)) : next) };
  };
const adam: Optimizer = (b, name, w, g) => {
  const m = b.add(b.multiply(slot(b, `${name}/m`, w), 0.9), b.multiply(g, 0.1));
  const v = b.add(b.multiply(slot(b, `${name}/v`, w), 0.999), b.multiply(b.square(g), 0.001));
  b.next(`${name}/m`, m);
  b.next(`${name}/v`, v);
  const scale = b.reciprocal(b.add(b.sqrt(b.multiply(v, b.scalar('second'))), 1e-7));
  return { step: b.multiply(b.scalar('rate'), b.multiply(b.multiply(m, b.scalar('first')), scale)), scale };
};
const rmsprop: Optimizer = (b, name, w, g) => {
  const v = b.add(b.multiply(slot(b, `${name}/v`, w), 0.9), b.multiply(b.square(g), 0.1));
  b.next(`${name}/v`, v);
  return { step: b.divide(b.multiply(b.scalar('rate'), g), b.sqrt(b.add(v, 1e-7))) };
};
const adagrad: Optimizer = (b, name, w, g) => {
  const sum = b.add(slot(b, `${name}/sum`, w), b.square(g));
  b.next(`${name}/sum`, sum);
  return { step: b.divide(b.multiply(b.scalar('rate'), g), b.sqrt(b.add(sum, 1e-7))) };
};
const lion: Optimizer = (b, name, w, g) => {
  const m = slot(b, `${name}/m`, w);
  b.next(`${name}/m`, b.add(b.multiply(m, 0.99), b.multiply(g, 0.01)));
  return { step: b.multiply(b.scalar('rate'), b.sign(b.add(b.multiply(m, 0.9), b.multiply(g, 0.1)))) };
};
const amsgrad: Optimizer = (b, name, w, g) => {
  const v = b.add(b.multiply(slot(b, `${name}/v`, w), 0.999), b.multiply(b.square(g), 0.001));
  const most = b.maximum(slot(b, `${name}/most`, w), v);
  b.next(`${name}/v`, v);
  b.next(`${name}/most`, most);
  return { step: b.divide(b.multiply(b.scalar('rate'), g), b.add(b.sqrt(most), 1e-7)) };
};

const softThreshold: Prox = (b, w) => {
  const t = b.multiply(b.scalar('rate'), 0.05);
  return b.multiply(b.sign(w), b.relu(b.subtract(b.abs(w), t)));
};
const groups =
  (axes: readonly number[], reweighted: boolean): Prox =>
  (b, start, scale) => {
    let w = start;
    for (const axis of axes) {
      const norm = b.norm(w, [axis], true);
      let t = b.multiply(b.scalar('rate'), 0.05);
      if (scale) t = b.multiply(t, b.mean(scale, [axis], true));
      if (reweighted) {
        const alive = b.cast(b.greater(norm, 0), 'float');
        const mean = b.divide(b.sum(norm), b.maximum(b.sum(alive), 1));
        t = b.divide(t, b.add(b.divide(norm, b.maximum(mean, 1e-20)), 0.01));
      }
      const factor = b.relu(b.subtract(1, b.divide(t, b.select(b.greater(norm, 0), norm, 1))));
      w = b.multiply(w, factor);
    }
    return w;
  };

function training(
  shapes: readonly (readonly number[])[],
  optimizer: Optimizer,
  penalties: readonly Penalty[],
  prox?: Prox,
): Program {
  const b = new Builder();
  const values: Value[] = [];
  b.inRegion('update', () => {
    for (const [index, shape] of shapes.entries()) {
      const name = `w${index}`;
      const w = b.state(name, shape);
      let g = b.batch(`value:${index}`, 'float', shape);
      if (shape.length > 1) {
        for (const penalty of penalties) {
          const { value, gradient } = penalty(b, w);
          values.push(value);
          g = b.add(g, gradient);
        }
      }
      const { step, scale } = optimizer(b, name, w, g);
      const next = b.subtract(w, step);
      b.next(name, prox && shape.length > 1 ? prox(b, next, scale) : next);
    }
    for (const [index, value] of values.entries()) b.result(`penalty ${index}`, value);
    if (values.length > 0)
      b.result(
        'penalty',
        values.reduce((sum, one) => b.add(sum, one)),
      );
  });
  return b.build('update');
}

/** Weights with a zero row and a zero column, slots that are not negative, small gradients. */
function start(seed: number, columns: number): Fill {
  const next = numbers(seed);
  const fixed: Record<string, number> = { rate: 0.01, first: 1.7, second: 1.2 };
  return (name, index) => {
    if (name in fixed) return fixed[name]!;
    const value = next();
    if (/\/(v|sum|most)$/.test(name)) return 0.01 * Math.abs(value) + 0.001;
    if (/^w\d+$/.test(name) && (index % columns === 1 || Math.floor(index / columns) === 2)) return 0;
    return 0.1 * value;
  };
}

const optimizers = { sgd, momentum: momentum(false), nesterov: momentum(true), adam, rmsprop, adagrad, lion, amsgrad };
const penalties = {
  none: [],
  'li and lo': [group(0), group(1)],
  l1: [l1],
  l2: [l2],
  all: [group(0), group(1), l1, l2],
};
const shapes = [[13, 10], [10], [10, 7], [7], [7, 1], [1]];

describe('training steps', () => {
  for (const [name, optimizer] of Object.entries(optimizers)) {
    for (const [penalty, list] of Object.entries(penalties)) {
      it(`${name}, penalties: ${penalty}`, async () => {
        const pass = await expectAgrees(training(shapes, optimizer, list), start(1, 10), 6);
        expect(pass.views.w0![0]).not.toBe(0);
      });
    }
  }

  const proxes: Record<string, Prox> = {
    'soft threshold': softThreshold,
    li: groups([0], false),
    lo: groups([1], false),
    'li then lo': groups([0, 1], false),
    'li then lo, reweighted': groups([0, 1], true),
  };
  for (const [name, prox] of Object.entries(proxes)) {
    for (const optimizer of ['sgd', 'adam'] as const) {
      it(`${optimizer}, proximal: ${name}`, async () => {
        const program = training(shapes, optimizers[optimizer], [group(0), group(1)], prox);
        const pass = await expectAgrees(program, start(2, 10), 6);
        expect(pass.views.w0!.some((one) => one !== 0)).toBe(true);
      });
    }
  }

  it('removes whole groups in the proximal step, and leaves them 0', async () => {
    const program = training([[40, 24]], adam, [], groups([0, 1], true));
    const pass = await compiled(program);
    fill(program, pass, start(3, 24));
    pass.views['value:0']!.fill(0);
    for (const slot of ['w0/m', 'w0/v']) pass.views[slot]!.fill(slot.endsWith('v') ? 1e-4 : 0);
    for (let run = 0; run < 30; run++) expectRunAgrees(program, pass);
    const w = pass.views.w0!;
    const zeros = w.filter((one) => one === 0).length;
    expect(zeros).toBeGreaterThan(40 + 24);
  });

  it('says how much it does', async () => {
    expect((await compiled(training([[13, 10], [10]], sgd, []))).describe).toBe(
      'update in WebAssembly: 2 passes over 140 numbers',
    );
    // Norms; from them factors by column and by row; the step. The values of the penalties besides.
    expect((await compiled(training([[400, 300]], adam, [group(0), group(1)]))).describe).toMatch(
      /^update in WebAssembly: [4-9] passes over 120,000 numbers$/,
    );
  });

  it('gives the same bits every time', async () => {
    const program = training(shapes, adam, [group(0), group(1), l1], groups([0, 1], true));
    const run = async () => {
      const pass = await compiled(program);
      fill(program, pass, start(4, 10));
      // Enough that V8 goes from its first to its optimizing compiler on the way.
      for (let step = 0; step < 400; step++) pass.run();
      return Object.fromEntries(
        Object.entries(pass.views).map(([name, view]) => [name, Buffer.from(view.slice().buffer)]),
      );
    };
    const [first, second] = [await run(), await run()];
    for (const [name, bytes] of Object.entries(first)) expect(second[name]!.equals(bytes), name).toBe(true);
  });

  it('takes convolution kernels', async () => {
    const b = new Builder();
    const w = b.state('w0', [3, 3, 4, 6]);
    const g = b.batch('value:0', 'float', [3, 3, 4, 6]);
    const into = b.norm(w, [0, 1, 2], true);
    const out = b.norm(w, [0, 1, 3], true);
    const pull = b.add(b.divide(w, into), b.divide(w, out));
    b.next('w0', b.subtract(w, b.multiply(b.scalar('rate'), b.add(g, pull))));
    b.result('penalty', b.add(b.sum(into), b.sum(out)));
    const next = numbers(5);
    await expectAgrees(b.build('convolution'), () => 0.2 * next() + 0.3, 4);
  });
});

describe('states in place', () => {
  const any = (seed: number): Fill => {
    const next = numbers(seed);
    return () => next();
  };

  it('swaps, rotates and copies', async () => {
    for (const shape of [[], [7], [5, 6]]) {
      const b = new Builder();
      const [x, y, z, u, v] = ['x', 'y', 'z', 'u', 'v'].map((name) => b.state(name, shape));
      b.next('x', y!);
      b.next('y', x!);
      b.next('z', u!);
      b.next('u', v!);
      b.next('v', b.multiply(z!, 2));
      b.result('x', x!);
      await expectAgrees(b.build('swap'), any(1), 4);
    }
  });

  it('swaps through reductions and other shapes, where no order of passes would do', async () => {
    const b = new Builder();
    const x = b.state('x', [4, 6]);
    const y = b.state('y', [4, 6]);
    b.next('x', b.add(b.multiply(y, 0.5), b.mean(x)));
    b.next('y', b.subtract(b.reshape(b.reshape(x, [24]), [4, 6]), b.mean(y, [0])));
    const p = b.state('p', [4, 6]);
    const q = b.state('q', [24]);
    b.next('p', b.reshape(q, [4, 6]));
    b.next('q', b.reshape(p, [24]));
    const s = b.state('s', [3, 8]);
    b.next('s', b.multiply(b.reshape(b.reshape(s, [8, 3]), [3, 8]), b.sum(b.reshape(s, [8, 3]))));
    await expectAgrees(b.build('knot'), any(2), 4);
  });

  it('reads the old value after the new one is known', async () => {
    const b = new Builder();
    const w = b.state('w', [9, 5]);
    const next = b.multiply(w, 0.5);
    const norm = b.norm(next, [0], true);
    b.next('w', next);
    b.result('change', b.sum(b.multiply(b.subtract(next, w), norm)));
    b.result('old', b.multiply(w, b.reciprocal(norm)));
    b.result('new', b.multiply(next, b.sum(norm)));
    await expectAgrees(b.build('old and new'), any(3), 3);
  });

  it('uses a next state for another state', async () => {
    const b = new Builder();
    const w = b.state('w', [6, 5]);
    const average = b.state('average', [6, 5]);
    const bias = b.state('bias', [5]);
    const count = b.state('count', []);
    const nextCount = b.add(count, 1);
    const nextW = b.subtract(w, b.divide(bias, nextCount));
    const nextAverage = b.add(b.multiply(average, 0.9), b.multiply(nextW, b.add(0.1, b.multiply(count, 0.01))));
    b.next('count', nextCount);
    b.next('bias', b.subtract(bias, b.mean(nextAverage, [0])));
    b.next('average', nextAverage);
    b.next('w', nextW);
    b.result('bias', bias);
    await expectAgrees(b.build('chain'), (name, index) => (name === 'count' ? 1 : (index % 7) / 7 + 0.1), 4);
  });

  it('keeps one temporary for each state of a shape', async () => {
    // Two expensive values that later stages read, and one state's memory between them.
    const b = new Builder();
    const w = b.state('w', [8, 9]);
    const g = b.batch('g', 'float', [8, 9]);
    const one = b.sqrt(b.divide(b.abs(b.multiply(g, w)), b.add(b.square(g), 1)));
    const two = b.sqrt(b.divide(b.abs(b.add(g, w)), b.add(b.square(w), 1)));
    const sums = b.add(b.sum(one, [0]), b.sum(two, [0]));
    const first = b.multiply(one, sums);
    const second = b.multiply(two, b.sum(first, [1], true));
    b.next('w', b.add(b.add(first, second), b.sum(second, [0])));
    await expectAgrees(b.build('temporaries'), any(4), 4);
  });

  it('keeps a temporary that is read after the next value of every state', async () => {
    const b = new Builder();
    const w = b.state('w', [8, 9]);
    const g = b.batch('g', 'float', [8, 9]);
    const one = b.sqrt(b.divide(b.abs(b.multiply(g, w)), b.add(b.square(g), 1)));
    const next = b.multiply(one, b.sum(one, [0]));
    b.next('w', next);
    b.result('later', b.multiply(one, b.sum(next, [1], true)));
    await expectAgrees(b.build('later'), any(6), 4);
  });

  it('keeps a temporary for readers that nothing else puts before the next value', async () => {
    for (const first of [true, false]) {
      const b = new Builder();
      const w = b.state('w', [8, 9]);
      const g = b.batch('g', 'float', [8, 9]);
      const h = b.batch('h', 'float', [5]);
      const one = b.sqrt(b.divide(b.abs(b.multiply(g, w)), b.add(b.square(g), 1)));
      const writeResult = () => b.result('result', b.multiply(one, b.sum(one, [0])));
      if (first) writeResult();
      // Two barriers after h, whatever happens with w.
      b.next('w', b.multiply(one, b.sum(b.multiply(h, b.sum(h)))));
      if (!first) writeResult();
      await expectAgrees(b.build('unordered'), any(7), 4);
    }
  });

  it('writes one value to several states and results', async () => {
    const b = new Builder();
    const x = b.state('x', [7]);
    const y = b.state('y', [7]);
    const z = b.state('z', [7]);
    const both = b.add(x, y);
    b.next('x', both);
    b.next('y', both);
    b.next('z', b.multiply(z, b.sum(y)));
    b.result('both', both);
    b.result('again', both);
    b.result('z', z);
    await expectAgrees(b.build('several'), any(5), 4);
  });

  it('leaves a state that stays as it is, and one that is not written', async () => {
    const b = new Builder();
    const x = b.state('x', [5]);
    const y = b.state('y', [5]);
    b.next('x', x);
    b.result('sum', b.sum(b.add(x, y)));
    const program = b.build('still');
    const pass = await expectAgrees(program, (_, index) => index);
    expect([...pass.views.x!]).toEqual([0, 1, 2, 3, 4]);
  });

  it('holds no numbers below the normal ones, and keeps NaN and infinities', async () => {
    const b = new Builder();
    const x = b.state('x', [2, 7]);
    b.next('x', b.multiply(x, 0.9));
    const program = b.build('decay');
    const pass = await compiled(program);
    const values = [1, -1, 1e-18, Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 1e-44];
    pass.views.x!.set([...values, ...values]);
    pass.run();
    const next = values.map((one, index) => (index === 6 ? 0 : Math.fround(Math.fround(one) * Math.fround(0.9))));
    expect([...pass.views.x!].map((one) => one + 0)).toEqual([...next, ...next]);
    for (let run = 0; run < 1200; run++) pass.run();
    for (const rest of [pass.views.x![0]! + 0, pass.views.x![1]! + 0]) {
      expect(rest).toBe(0);
    }
    expect(pass.views.x![4]).toBe(Number.POSITIVE_INFINITY);
  });
});

describe('what it cannot take', () => {
  const reasonOf = async (write: (b: Builder) => void) => {
    const b = new Builder();
    write(b);
    const pass = await compileUpdate(b.build('other'));
    if (!('reason' in pass)) throw new Error('the update pass takes it');
    return pass.reason;
  };

  it('names the op', async () => {
    const x = (b: Builder) => b.state('x', [4, 4]);
    expect(await reasonOf((b) => b.result('y', b.matmul(x(b), x2(b))))).toBe(
      'matmul is neither elementwise nor a reduction',
    );
    expect(await reasonOf((b) => b.result('y', b.transpose(x(b), [1, 0])))).toMatch(/^transpose /);
    expect(await reasonOf((b) => b.result('y', b.softmax(x(b))))).toMatch(/^softmax /);
    expect(await reasonOf((b) => b.result('y', b.topk(x(b), 2)[0]))).toMatch(/^topk /);
  });
  const x2 = (b: Builder) => b.state('x2', [4, 4]);

  it('names types that it has no room for', async () => {
    expect(await reasonOf((b) => b.result('y', b.sum(b.batch('x', 'float', ['batch', 3]))))).toBe(
      'a value is float[batch, 3], whose size the batch decides',
    );
    expect(await reasonOf((b) => b.result('y', b.batch('x', 'int', [3])))).toBe('the input x is int[3], not float');
    expect(await reasonOf((b) => b.result('y', b.cast(b.batch('x', 'float', [3]), 'int')))).toBe(
      'cast computes with int[3]',
    );
    expect(await reasonOf((b) => b.result('y', b.batch('x', 'bool', [])))).toBe('the input x is bool[], not float');
    expect(await reasonOf((b) => b.result('y', b.sum(b.batch('x', 'float', [2 ** 20, 2 ** 10]))))).toMatch(
      /^it needs more than \d+ bytes of memory$/,
    );
  });
});
