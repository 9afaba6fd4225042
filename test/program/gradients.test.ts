import { expect, test } from 'vitest';
import { Builder, type Value } from '../../src/program/builder.js';
import { evaluate } from '../../src/program/evaluate.js';
import { gradient } from '../../src/program/gradient.js';
import { type OpName, ops } from '../../src/program/ops/index.js';
import { optimize } from '../../src/program/passes/index.js';
import { type Extent, sizeOf } from '../../src/program/program.js';
import { resolveShape } from '../../src/program/shapes.js';
import { randomScan, type ScanDraw } from './scan-cases.js';
import { difference, type Given, program, Random, seed, tensor } from './support.js';
import { convolutionCase, poolingCase } from './window-cases.js';

/** Inputs of an op and how it is applied to them; float inputs are differentiated. */
interface Case {
  readonly inputs: readonly Given[];
  readonly apply: (b: Builder, xs: readonly Value[]) => Value;
}

type Draw = (r: Random) => number;
const any: Draw = (r) => r.between(-2, 2);
const positive: Draw = (r) => r.between(0.5, 2.5);
/** Away from the kink or pole at 0. */
const nonzero: Draw = (r) => (r.chance() ? 1 : -1) * r.between(0.3, 2);

class Shapes {
  readonly batch: number;
  constructor(readonly r: Random) {
    this.batch = r.int(1, 4);
  }
  /** Extents of 1 to 4; half of the shapes begin with the batch. */
  shape(low = 0, high = 3): Extent[] {
    const shape: Extent[] = Array.from({ length: this.r.int(low, high) }, () => this.r.int(1, 4));
    if (shape.length > 0 && this.r.chance()) shape[0] = 'batch';
    return shape;
  }
  /** All extents known. */
  known(low = 0, high = 3): number[] {
    return Array.from({ length: this.r.int(low, high) }, () => this.r.int(1, 4));
  }
  /** Something that broadcasts to the shape. */
  part(shape: readonly Extent[]): Extent[] {
    return shape.slice(this.r.int(0, shape.length)).map((extent) => (this.r.next() < 0.3 ? 1 : extent));
  }
  size(shape: readonly Extent[]): number {
    return sizeOf(resolveShape(shape, this.batch));
  }
  fill(shape: readonly Extent[], draw: Draw): Given {
    return { shape, data: Array.from({ length: this.size(shape) }, () => draw(this.r)) };
  }
  /** No two elements closer than 0.1, so that a small step does not change which is the largest. */
  distinct(shape: readonly Extent[]): Given {
    const size = this.size(shape);
    return { shape, data: this.r.shuffled(Array.from({ length: size }, (_, i) => (i - size / 2) * 0.1)) };
  }
  whole(shape: readonly Extent[], below: number): Given {
    return { ...this.fill(shape, (r) => r.int(0, below - 1)), dtype: 'int' };
  }
  axes(shape: readonly Extent[], batchToo: boolean): number[] {
    return shape.map((_, axis) => axis).filter((axis) => this.r.chance() && (batchToo || shape[axis] !== 'batch'));
  }
  /** A known axis of a shape that has one. */
  axis(shape: readonly Extent[]): number {
    return this.r.pick(shape.map((_, axis) => axis).filter((axis) => shape[axis] !== 'batch'));
  }
  /** The first axis of images: the batch or a few. */
  images(): Extent {
    return this.r.chance() ? 'batch' : this.r.int(1, 2);
  }
  convolution() {
    return convolutionCase((low, high) => this.r.int(low, high), 3);
  }
  pooling() {
    return poolingCase((low, high) => this.r.int(low, high), 3);
  }
  /** With at least one known axis. */
  withAxis(): Extent[] {
    return [...this.shape(0, 2), this.r.int(1, 4)];
  }
}

type Make = (s: Shapes) => Case;

function one(name: 'negate' | 'square' | 'exp' | 'tanh' | (string & keyof Builder), draw: Draw): Make {
  return (s) => ({
    inputs: [s.fill(s.shape(), draw)],
    apply: (b, [x]) => (b[name as 'exp'] as (x: Value) => Value).call(b, x!),
  });
}

function two(name: 'add' | 'subtract' | 'multiply' | 'divide' | 'power', x: Draw, y: Draw): Make {
  return (s) => {
    const shape = s.shape();
    return {
      inputs: [s.fill(s.part(shape), x), s.fill(s.part(shape), y)],
      apply: (b, [p, q]) => b[name](p!, q!),
    };
  };
}

/** Elements of one operand are multiples of 0.2, of the other odd multiples of 0.1: never closer than 0.1. */
function extreme(name: 'maximum' | 'minimum'): Make {
  return (s) => {
    const shape = s.shape();
    return {
      inputs: [
        s.fill(s.part(shape), (r) => r.int(-8, 8) * 0.2),
        s.fill(s.part(shape), (r) => r.int(-8, 8) * 0.2 + 0.1),
      ],
      apply: (b, [p, q]) => b[name](p!, q!),
    };
  };
}

function reduce(name: 'sum' | 'mean' | 'norm'): Make {
  return (s) => {
    const shape = s.shape(1);
    const axes = s.axes(shape, name !== 'mean');
    const keepDims = s.r.chance();
    return { inputs: [s.fill(shape, nonzero)], apply: (b, [x]) => b[name](x!, axes, keepDims) };
  };
}

function reduceExtreme(name: 'max' | 'min'): Make {
  return (s) => {
    const shape = s.shape(1);
    const axes = s.axes(shape, false);
    const keepDims = s.r.chance();
    return { inputs: [s.distinct(shape)], apply: (b, [x]) => b[name](x!, axes, keepDims) };
  };
}

/** A random case for every op that has a gradient; null: it has none. */
const cases: Record<OpName, Make | null> = {
  constant: null,
  negate: one('negate', any),
  abs: one('abs', nonzero),
  sign: null,
  exp: one('exp', any),
  log: one('log', positive),
  sqrt: one('sqrt', positive),
  square: one('square', any),
  reciprocal: one('reciprocal', nonzero),
  tanh: one('tanh', any),
  sigmoid: one('sigmoid', any),
  softplus: one('softplus', any),
  relu: one('relu', nonzero),
  erf: one('erf', any),
  not: null,
  cast: (s) => ({
    inputs: [s.fill(s.shape(), any)],
    apply: (b, [x]) => b.apply('cast', [x!], { dtype: 'float' }),
  }),
  add: two('add', any, any),
  subtract: two('subtract', any, any),
  multiply: two('multiply', any, any),
  divide: two('divide', any, nonzero),
  maximum: extreme('maximum'),
  minimum: extreme('minimum'),
  power: two('power', positive, any),
  greater: null,
  greater_equal: null,
  less: null,
  less_equal: null,
  equal: null,
  and: null,
  or: null,
  select: (s) => {
    const shape = s.shape();
    const condition = s.whole(s.part(shape), 2);
    return {
      inputs: [{ ...condition, dtype: 'bool' }, s.fill(s.part(shape), any), s.fill(s.part(shape), any)],
      apply: (b, [c, x, y]) => b.select(c!, x!, y!),
    };
  },
  sum: reduce('sum'),
  mean: reduce('mean'),
  max: reduceExtreme('max'),
  min: reduceExtreme('min'),
  norm: reduce('norm'),
  argmax: null,
  reshape: (s) => {
    const shape = s.shape(1);
    const known = shape.filter((extent) => extent !== 'batch');
    const size = sizeOf(known);
    const batched = known.length < shape.length;
    const to = s.r.pick([[size], [1, size], s.r.shuffled(known)]);
    return {
      inputs: [s.fill(shape, any)],
      apply: (b, [x]) => b.reshape(x!, batched ? ['batch', ...to] : to),
    };
  },
  transpose: (s) => {
    const shape = s.shape();
    const permutation = s.r.shuffled(shape.map((_, axis) => axis));
    return { inputs: [s.fill(shape, any)], apply: (b, [x]) => b.transpose(x!, permutation) };
  },
  broadcast_to: (s) => {
    const shape = s.shape();
    // The batch is read off an input: one that has it is there beside x.
    return {
      inputs: [s.fill(s.part(shape), any), s.fill(shape, any)],
      apply: (b, [x, y]) => b.multiply(b.square(b.broadcastTo(x!, shape)), y!),
    };
  },
  concat: (s) => {
    const shape = s.withAxis();
    const axis = s.axis(shape);
    const like = () => shape.map((extent, at) => (at === axis ? s.r.int(1, 4) : extent));
    return {
      inputs: Array.from({ length: s.r.int(1, 3) }, () => s.fill(like(), any)),
      apply: (b, xs) => b.concat(xs, axis),
    };
  },
  slice: (s) => {
    const shape = s.withAxis();
    const axis = s.axis(shape);
    const start = s.r.int(0, (shape[axis] as number) - 1);
    const end = s.r.int(start + 1, shape[axis] as number);
    return { inputs: [s.fill(shape, any)], apply: (b, [x]) => b.slice(x!, axis, start, end) };
  },
  split: (s) => {
    const shape = s.withAxis();
    const axis = s.axis(shape);
    const cut = s.r.int(0, shape[axis] as number);
    return {
      inputs: [s.fill(shape, any)],
      apply: (b, [x]) => {
        const parts = b.split(x!, axis, [cut, (shape[axis] as number) - cut]);
        return s.r.chance() ? b.concat([...parts].reverse(), axis) : parts[0]!;
      },
    };
  },
  pad: (s) => {
    const shape = s.withAxis();
    const axis = s.axis(shape);
    const [before, after] = [s.r.int(0, 2), s.r.int(0, 2)];
    return { inputs: [s.fill(shape, any)], apply: (b, [x]) => b.pad(x!, axis, before, after) };
  },
  gather: (s) => {
    const shape = s.withAxis();
    const axis = s.axis(shape);
    return {
      inputs: [
        s.fill(shape, any),
        s.whole([s.r.int(1, 6), ...(s.r.chance() ? [s.r.int(1, 3)] : [])], shape[axis] as number),
      ],
      apply: (b, [x, indices]) => b.gather(x!, indices!, axis),
    };
  },
  scatter_add: (s) => {
    const shape = s.withAxis();
    const axis = s.axis(shape);
    const extent = s.r.int(1, 4);
    return {
      inputs: [s.fill(shape, any), s.whole(shape.slice(axis, axis + s.r.int(1, 2)), extent)],
      apply: (b, [x, indices]) => b.scatterAdd(x!, indices!, axis, extent),
    };
  },
  one_hot: null,
  topk: (s) => {
    const shape = s.withAxis();
    const k = s.r.int(1, shape.at(-1) as number);
    return { inputs: [s.distinct(shape)], apply: (b, [x]) => b.topk(x!, k)[0] };
  },
  matmul: (s) => {
    const leading = s.known(0, 2);
    const n: Extent = s.r.chance() ? 'batch' : s.r.int(1, 4);
    const k: Extent = n !== 'batch' && s.r.chance() ? 'batch' : s.r.int(1, 4);
    const m = s.r.int(1, 4);
    const [transposeX, transposeY] = [s.r.chance(), s.r.chance()];
    const x = [...s.part(leading), ...(transposeX ? [k, n] : [n, k])];
    const y = [...s.part(leading), ...(transposeY ? [m, k] : [k, m])];
    return {
      inputs: [s.fill(x, any), s.fill(y, any)],
      apply: (b, [p, q]) => b.matmul(p!, q!, transposeX, transposeY),
    };
  },
  outer_sum: (s) => {
    const leading = s.shape(1, 3);
    return {
      inputs: [s.fill([...leading, s.r.int(1, 4)], any), s.fill([...leading, s.r.int(1, 4)], any)],
      apply: (b, [x, y]) => b.outerSum(x!, y!),
    };
  },
  log_softmax: (s) => ({ inputs: [s.fill(s.withAxis(), any)], apply: (b, [x]) => b.logSoftmax(x!) }),
  softmax: (s) => ({ inputs: [s.fill(s.withAxis(), any)], apply: (b, [x]) => b.softmax(x!) }),
  conv2d: (s) => {
    const { input, kernel, options } = s.convolution();
    return {
      inputs: [s.fill([s.images(), ...input], any), s.fill(kernel, any)],
      apply: (b, [x, k]) => b.conv2d(x!, k!, options),
    };
  },
  conv2d_input_gradient: (s) => {
    const { input, kernel, result, options } = s.convolution();
    return {
      inputs: [s.fill([s.images(), ...result], any), s.fill(kernel, any)],
      apply: (b, [dy, k]) => b.conv2dInputGradient(dy!, k!, input.slice(0, 2), options),
    };
  },
  conv2d_filter_gradient: (s) => {
    const { input, kernel, result, options } = s.convolution();
    const images = s.images();
    return {
      inputs: [s.fill([images, ...input], any), s.fill([images, ...result], any)],
      apply: (b, [x, dy]) => b.conv2dFilterGradient(x!, dy!, kernel.slice(0, 2), options),
    };
  },
  max_pool2d: (s) => {
    const { input, size, options } = s.pooling();
    return { inputs: [s.distinct([s.images(), ...input])], apply: (b, [x]) => b.maxPool2d(x!, size, options) };
  },
  max_pool2d_gradient: (s) => {
    const { input, result, size, options } = s.pooling();
    const images = s.images();
    return {
      inputs: [s.distinct([images, ...input]), s.fill([images, ...result], any)],
      apply: (b, [x, dy]) => b.maxPool2dGradient(x!, dy!, size, options),
    };
  },
  average_pool2d: (s) => {
    const { input, size, options } = s.pooling();
    return { inputs: [s.fill([s.images(), ...input], any)], apply: (b, [x]) => b.averagePool2d(x!, size, options) };
  },
  average_pool2d_gradient: (s) => {
    const { input, result, size, options } = s.pooling();
    return {
      inputs: [s.fill([s.images(), ...result], any)],
      apply: (b, [dy]) => b.averagePool2dGradient(dy!, input.slice(0, 2), size, options),
    };
  },
  scan: (s) => {
    // The body is drawn twice with the same numbers: once to learn what inputs it has, once to write it.
    const name = `scan ${s.r.next()}`;
    const inputs: Given[] = [];
    const draw = (float: (shape: readonly Extent[]) => Value): ScanDraw => {
      const r = new Random(name);
      return { whole: (low, high) => r.int(low, high), float };
    };
    const first = new Builder();
    randomScan(
      first,
      draw((shape) => {
        inputs.push(s.fill(shape, (r) => r.between(-1, 1)));
        return first.batch(`x${inputs.length}`, 'float', shape);
      }),
    );
    return {
      inputs,
      apply: (b, xs) => {
        let at = 0;
        const made = randomScan(
          b,
          draw(() => xs[at++]!),
        );
        return b.concat(
          made.map((one) => (one.type.shape.length === 3 ? rowsOf(b, one) : one)),
          1,
        );
      },
    };
  },
};

/** [steps, rows, units] as [rows, steps · units]. */
function rowsOf(b: Builder, stacked: Value): Value {
  const [steps, rows, units] = stacked.type.shape;
  return b.reshape(b.transpose(stacked, [1, 0, 2]), [rows!, (steps as number) * (units as number)]);
}

/** Gradients of Σ w · op(x…) by the rule and by central differences, for random weights w, so that no error cancels. */
function check(name: string, make: Make): void {
  const r = new Random(name);
  for (let round = 0; round < 50; round++) {
    const shapes = new Shapes(r);
    const { inputs: given, apply } = make(shapes);
    const differentiated: number[] = [];
    const { program: forward, inputs } = program(
      given,
      (b, xs) => {
        const y = apply(b, xs);
        const w = b.batch('w', 'float', y.type.shape);
        const loss = b.sum(b.multiply(y, w));
        b.result('loss', loss);
        for (const [at, x] of xs.entries()) if (x.type.dtype === 'float') differentiated.push(at);
        const gradients = gradient(
          b,
          loss,
          differentiated.map((at) => xs[at]!),
        );
        for (const [index, one] of gradients.entries()) b.result(`g${differentiated[index]}`, one);
      },
      shapes.batch,
    );
    const weights = forward.inputs.find((one) => one.name === 'w')!;
    const shape = resolveShape(forward.values[weights.value]!.shape, shapes.batch);
    const all = {
      ...inputs,
      w: tensor(
        shape,
        Array.from({ length: sizeOf(shape) }, () => r.between(-1, 1)),
      ),
    };
    const analytic = evaluate(forward, all).results;
    const lossOnly = optimize({ ...forward, outputs: forward.outputs.filter((one) => one.name === 'loss') });
    for (const at of differentiated) {
      const x = all[`x${at}` as keyof typeof all]!;
      const numeric = Array.from(x.data, (value, i) => {
        const step = 1e-5 * Math.max(1, Math.abs(value));
        const lossAt = (moved: number) => {
          const data = Float64Array.from(x.data);
          data[i] = moved;
          return evaluate(lossOnly, { ...all, [`x${at}`]: { ...x, data } }).results.loss!.data[0]!;
        };
        return (lossAt(value + step) - lossAt(value - step)) / (2 * step);
      });
      const found = analytic[`g${at}`]!;
      expect(found.shape, `${name}, round ${round}, input ${at}`).toEqual(x.shape);
      expect(difference(found.data, numeric), `${name}, round ${round}, input ${at}`).toBeLessThan(1e-6);
    }
    const shorter = evaluate(optimize(forward), all).results;
    for (const [key, value] of Object.entries(analytic)) {
      expect(shorter[key], `${name}, round ${round}, ${key} after the passes`).toEqual(value);
    }
  }
}

for (const [name, make] of Object.entries(cases)) {
  if (make) test(`the gradient of ${name} agrees with central differences (seed ${seed})`, () => check(name, make));
  else test(`${name} has no gradient`, () => expect(ops[name]!.gradient).toBeUndefined());
}

/** The gradients of the sum of f's result. */
function gradients(given: readonly Given[], f: (b: Builder, xs: readonly Value[]) => Value): number[][] {
  const { program: written, inputs } = program(given, (b, xs) => {
    for (const [at, one] of gradient(b, b.sum(f(b, xs)), xs).entries()) b.result(`g${at}`, one);
  });
  const { results } = evaluate(written, inputs);
  return given.map((_, at) => Array.from(results[`g${at}`]!.data));
}

const row = (...data: number[]): Given => ({ shape: [data.length], data });

test('at kinks the gradient is the documented one', () => {
  expect(gradients([row(-1, 0, 2)], (b, [x]) => b.relu(x!))).toEqual([[0, 0, 1]]);
  expect(gradients([row(-1, 0, 2)], (b, [x]) => b.abs(x!))).toEqual([[-1, 0, 1]]);
  expect(gradients([row(1, 1), row(1, 2)], (b, [x, y]) => b.maximum(x!, y!))).toEqual([
    [1, 0],
    [0, 1],
  ]);
  expect(gradients([row(1, 1), row(1, 0)], (b, [x, y]) => b.minimum(x!, y!))).toEqual([
    [1, 0],
    [0, 1],
  ]);
});

test('of equals the first gets the whole gradient of max, min and topk', () => {
  const x: Given = { shape: [2, 3], data: [5, 7, 7, 7, 1, 1] };
  expect(gradients([x], (b, [x]) => b.max(x!, [1]))).toEqual([[0, 1, 0, 1, 0, 0]]);
  expect(gradients([x], (b, [x]) => b.max(x!))).toEqual([[0, 1, 0, 0, 0, 0]]);
  expect(gradients([x], (b, [x]) => b.max(x!, [0]))).toEqual([[0, 1, 1, 1, 0, 0]]);
  expect(gradients([x], (b, [x]) => b.min(x!, [1]))).toEqual([[1, 0, 0, 0, 1, 0]]);
  expect(gradients([x], (b, [x]) => b.topk(x!, 1)[0])).toEqual([[0, 1, 0, 1, 0, 0]]);
});

test('the gradient of norm is zero at a group of zeros', () => {
  const x: Given = { shape: [2, 4], data: [0, 0, 0, 0, 1, 1, -1, 1] };
  expect(gradients([x], (b, [x]) => b.norm(x!, [1]))).toEqual([[0, 0, 0, 0, 0.5, 0.5, -0.5, 0.5]]);
});

test('the gradient of power is finite where it exists', () => {
  expect(gradients([row(0, 0, 0, -2), row(0, 1, 2, 3)], (b, [x, y]) => b.power(x!, y!))).toEqual([
    [0, 1, 0, 12],
    [0, 0, 0, 0],
  ]);
});

test('duplicates add up in the gradient of gather', () => {
  const indices: Given = { shape: [4], data: [1, 1, 0, 1], dtype: 'int' };
  const { program: written, inputs } = program([row(1, 2, 3), indices], (b, [x, i]) => {
    b.result('g', gradient(b, b.sum(b.gather(x!, i!, 0)), [x!])[0]!);
  });
  expect(Array.from(evaluate(written, inputs).results.g!.data)).toEqual([1, 3, 0]);
});

test('of equals in a window the first has the whole gradient of max_pool2d, and overlapping windows add up', () => {
  const x: Given = { shape: [1, 3, 3, 1], data: [7, 7, 1, 0, 9, 9, 9, 9, 9] };
  const ties: Given = { shape: [1, 2, 3, 1], data: [0, 5, 5, 5, 5, 5] };
  const options = { strides: [1, 1] };
  expect(gradients([x], (b, [x]) => b.maxPool2d(x!, [2, 2], options))).toEqual([[0, 0, 0, 0, 4, 0, 0, 0, 0]]);
  expect(gradients([ties], (b, [x]) => b.maxPool2d(x!, [2, 2], options))).toEqual([[0, 2, 0, 0, 0, 0]]);
  expect(gradients([ties], (b, [x]) => b.maxPool2d(x!, [2, 3]))).toEqual([[0, 1, 0, 0, 0, 0]]);
});

test('max over the batch says that it has no known extent', () => {
  expect(() => program([{ shape: ['batch'], data: [] }], (b, [x]) => void b.max(x!), 0)).toThrow(/known extents/);
});
