import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Builder, type Value } from '../../../src/program/builder.js';
import { evaluate } from '../../../src/program/evaluate.js';
import { gradient } from '../../../src/program/gradient.js';
import { optimize } from '../../../src/program/passes/index.js';
import type { Extent, HostTensor, Program, Tensor64 } from '../../../src/program/program.js';
import type { Loaded } from '../../../src/runtime/engines/engine.js';
import { type EngineName, engines } from '../../../src/runtime/engines/index.js';
import { difference } from '../../program/support.js';
import { generator, randomFloats } from './steps.js';

const seed = Number(process.env.DNC_TEST_SEED ?? 20_25);

/** One value to follow on images of 5 × 6 with 3 channels. */
type Follow = (b: Builder, y: Value, vector: Value) => Value;

/** Everything that can be computed on a convolution's result, as engines may keep that in an order of their own. */
const followers: Readonly<Record<string, Follow>> = {
  'an activation': (b, y) => b.tanh(y),
  'a bias': (b, y, v) => b.relu(b.add(y, v)),
  'a bias in front': (b, y, v) => b.subtract(v, y),
  'a number for each column and channel': (b, y) => b.multiply(y, b.sum(y, [0, 1])),
  'a number for each row': (b, y) => b.add(y, b.max(y, [1, 3], true)),
  'a choice': (b, y, v) => b.select(b.greater(y, v), y, b.multiply(v, 0.5)),
  'a sum with itself before it': (b, y) => b.add(y, b.conv2d(y, b.slice(b.state('skip', [1, 1, 3, 4]), 3, 0, 3))),
  'concatenated channels': (b, y) => b.concat([y, b.square(y)], 3),
  'concatenated rows': (b, y) => b.concat([y, b.slice(y, 1, 1, 3)], 1),
  'a part of the channels': (b, y) => b.slice(y, 3, 1, 3),
  'a part of the columns': (b, y) => b.slice(y, 2, 1, 4),
  'parts of the channels': (b, y) => {
    const [one, other] = b.split(y, 3, [1, 2]);
    return b.multiply(b.tanh(one!), other!);
  },
  'zeros around': (b, y) => b.pad(b.pad(y, 1, 1, 2), 2, 0, 1),
  'picked channels': (b, y) => b.gather(y, b.constant([2, 0, 2], [3], 'int'), 3),
  'picked rows': (b, y) => b.gather(y, b.constant([4, 0], [2], 'int'), 1),
  'rows picked in pairs': (b, y) => b.gather(y, b.constant([4, 0, 1, 1], [2, 2], 'int'), 1),
  'added channels': (b, y) => b.scatterAdd(y, b.constant([1, 0, 1], [3], 'int'), 3, 2),
  'statistics of channels': (b, y) => {
    const centered = b.subtract(y, b.mean(y, [1, 2], true));
    return b.add(b.divide(centered, b.sqrt(b.add(b.mean(b.square(centered), [1, 2], true), 0.1))), y);
  },
  'statistics of pixels': (b, y) => b.divide(y, b.add(b.norm(y, [3], true), 1)),
  'means of pixels': (b, y) => b.mean(y, [3]),
  'means of channels': (b, y) => b.mean(y, [1, 2]),
  'sums of rows': (b, y) => b.sum(y, [1]),
  'sums over the batch': (b, y) => b.sum(y, [0]),
  'sums over the batch and channels': (b, y) => b.sum(y, [0, 3]),
  'the smallest number': (b, y) => b.min(y, [1, 2, 3]),
  'a sequence of pixels': (b, y) => b.square(b.reshape(y, [y.type.shape[0]!, 30, 3])),
  'a sequence of columns': (b, y) => b.tanh(b.reshape(b.mean(y, [1]), [y.type.shape[0]!, 6, 1, 3])),
  'a vector': (b, y) => b.reshape(y, [y.type.shape[0]!, 90]),
  'other groups of numbers': (b, y) => b.reshape(y, [y.type.shape[0]!, 5, 9, 2]),
  'rows for columns': (b, y) => b.transpose(y, [0, 2, 1, 3]),
  'channels in front': (b, y) => b.square(b.transpose(y, [0, 3, 1, 2])),
  'channels last in front and back': (b, y) => b.transpose(b.tanh(b.transpose(y, [3, 0, 1, 2])), [1, 2, 3, 0]),
  'a stretched sum': (b, y) => b.conv2d(b.broadcastTo(b.sum(y, [1, 2], true), [y.type.shape[0]!, 5, 6, 3]), b.state('skip', [1, 1, 3, 4])), // biome-ignore format: one line
  'a stretched product': (b, y, v) => b.multiply(y, b.broadcastTo(b.tanh(v), [y.type.shape[0]!, 5, 6, 3])),
  'the largest channel': (b, y) => b.cast(b.argmax(y, 3), 'float'),
  'probabilities of channels': (b, y) => b.softmax(y),
  'a product with a matrix': (b, y) => b.matmul(y, b.reshape(b.slice(b.state('skip', [1, 1, 3, 4]), 3, 0, 2), [3, 2])),
  maxima: (b, y) => b.maxPool2d(y, [2, 3], { strides: [1, 2], padding: [1, 0, 0, 1] }),
  'means of windows': (b, y) => b.averagePool2d(y, [3, 2], { strides: [2, 1], padding: [1, 1, 1, 0] }),
};

/** x, 3 × 3 filters, a bias, and what follows, with the gradients of it all. */
function following(follow: Follow, images: Extent): Program {
  const b = new Builder();
  const x = b.batch('x', 'float', [images, 5, 6, 2]);
  const [kernel, bias, vector] = [b.state('kernel', [3, 3, 2, 3]), b.state('bias', [3]), b.state('vector', [3])];
  const y = b.add(b.conv2d(x, kernel, { padding: [1, 1, 1, 1] }), bias);
  const result = follow(b, y, vector);
  b.result('result', result);
  const total = b.sum(b.square(result));
  const skip = b.instructions.length;
  const all = gradient(b, total, [x, kernel, bias, vector]);
  if (b.instructions.length > skip) for (const [at, one] of all.entries()) b.result(`gradient ${at}`, one);
  return optimize(b.build('following'));
}

/** A small net of all that images are put through, with every kind of convolution, and its step of gradient descent. */
function imageStep(): Program {
  const b = new Builder();
  const x = b.batch('x', 'float', ['batch', 9, 8, 2]);
  const target = b.batch('target', 'float', ['batch', 3]);
  const share = b.scalar('share');
  const parameters: [string, Value][] = [];
  const parameter = (name: string, shape: readonly number[]) => {
    const value = b.state(name, shape);
    parameters.push([name, value]);
    return value;
  };
  const same = { padding: [1, 1, 1, 1] };
  let h = b.relu(b.add(b.conv2d(x, parameter('first', [3, 3, 2, 4]), same), parameter('bias', [4])));
  h = b.maxPool2d(h, [2, 2], { padding: [0, 1, 0, 0] });
  const before = h;
  h = b.conv2d(h, parameter('depthwise', [3, 3, 1, 4]), { ...same, groups: 4 });
  h = b.multiply(h, parameter('scale', [4]));
  h = b.relu(b.conv2d(h, parameter('pointwise', [1, 1, 4, 4])));
  h = b.add(h, before);
  h = b.concat([h, b.conv2d(h, parameter('grouped', [2, 2, 2, 4]), { padding: [0, 1, 0, 1], groups: 2 })], 3);
  h = b.tanh(b.conv2d(h, parameter('strided', [3, 3, 8, 4]), { ...same, strides: [2, 2] }));
  const up = { strides: [2, 2] };
  h = b.relu(b.conv2dInputGradient(h, parameter('transposed', [2, 2, 5, 4]), [6, 4], up));
  h = b.maxPool2d(h, [3, 3], { strides: [1, 1] });
  h = b.averagePool2d(h, [2, 2], { strides: [1, 1], padding: [0, 1, 0, 1] });
  h = b.conv2d(h, parameter('dilated', [2, 2, 5, 3]), { dilation: [2, 1], padding: [1, 0, 0, 0] });
  const loss = b.multiply(b.sum(b.square(b.subtract(b.mean(h, [1, 2]), target))), share);
  b.result('loss', loss);
  const gradients = gradient(
    b,
    loss,
    parameters.map(([, value]) => value),
  );
  b.inRegion('update', () => {
    for (const [at, [name, value]] of parameters.entries()) {
      b.next(name, b.subtract(value, b.multiply(gradients[at]!, 0.05)));
    }
  });
  return optimize(b.build('step'));
}

/** States and inputs of a program, uniform in [−1, 1) over the square root of what is added up. */
function numbers(program: Program, images: number, random = generator(seed)): Record<string, HostTensor> {
  return Object.fromEntries(
    program.inputs.map(({ name, value }) => {
      const shape = program.values[value]!.shape.map((extent) => (extent === 'batch' ? images : extent));
      if (name === 'share') return [name, { shape, data: Float32Array.of(1 / images) }];
      const limit = shape.length === 4 && name !== 'x' ? 1 / Math.sqrt(shape[0]! * shape[1]!) : 1;
      return [name, randomFloats(random, shape, -limit, limit)];
    }),
  );
}

const isState = (program: Program) => {
  const states = new Set(program.inputs.filter((one) => one.role === 'state').map((one) => one.name));
  return (name: string) => states.has(name);
};

function pick<T>(from: Readonly<Record<string, T>>, keep: (name: string) => boolean): Record<string, T> {
  return Object.fromEntries(Object.entries(from).filter(([name]) => keep(name)));
}

for (const name of Object.keys(engines) as EngineName[]) {
  const engine = engines[name];
  const readiness = await engine.probe();
  const label = readiness.ready ? name : `${name} (not ready: ${readiness.because})`;

  describe.skipIf(!readiness.ready)(label, () => {
    /** Runs a program once, from these states and inputs. */
    async function once(program: Program, given: Record<string, HostTensor>): Promise<Record<string, HostTensor>> {
      const loaded = await engine.load({ program }, { threads: 2 });
      const state = isState(program);
      await loaded.setState(pick(given, state));
      const found = await loaded.run(
        'program',
        pick(given, (one) => !state(one)),
      );
      const copied = Object.entries(found).map(([key, { shape, data }]) => [key, { shape, data: data.slice() }]);
      await loaded.close();
      return Object.fromEntries(copied);
    }

    test.each(Object.keys(followers))('a convolution, then %s, and gradients', async (what) => {
      for (const images of ['batch', 2] as const) {
        const program = following(followers[what]!, images);
        const given = numbers(program, 2);
        const wanted = evaluate(program, given).results;
        const found = await once(program, given);
        for (const [key, { shape, data }] of Object.entries(wanted)) {
          expect(found[key]!.shape, key).toEqual(shape);
          expect(difference(found[key]!.data, data), `${what}: ${key} (DNC_TEST_SEED=${seed})`).toBeLessThan(1e-5);
        }
      }
    });

    test('of equal maxima the first has the gradient, those of overlapping windows add up, time after time', async () => {
      const b = new Builder();
      const x = b.batch('x', 'float', ['batch', 12, 12, 8]);
      for (const [at, [size, strides]] of [
        [2, 2],
        [3, 2],
        [3, 1],
        [2, 3],
      ].entries()) {
        const pooled = b.maxPool2d(x, [size!, size!], { strides: [strides!, strides!] });
        b.result(`${at}`, gradient(b, b.sum(pooled), [x])[0]!);
      }
      const program = optimize(b.build('ties'));
      // Whole numbers from 0 to 2: most windows have several maxima; counts of windows are exact.
      const random = generator(seed);
      const data = Float32Array.from({ length: 32 * 12 * 12 * 8 }, () => Math.floor(random(0, 3)));
      const given = { x: { shape: [32, 12, 12, 8], data } };
      const wanted = evaluate(program, given).results;
      const loaded = await engine.load({ program }, { threads: 2 });
      for (let round = 0; round < 5; round++) {
        const found = await loaded.run('program', given);
        for (const [key, tensor] of Object.entries(wanted)) {
          expect(Array.from(found[key]!.data), `round ${round}, ${key}`).toEqual(Array.from(tensor.data));
        }
      }
      await loaded.close();
    });

    test('nothing to convolve gives zeros', async () => {
      const b = new Builder();
      const x = b.batch('x', 'float', ['batch', 4, 4, 0]);
      const kernel = b.state('kernel', [3, 3, 0, 2]);
      const none = b.state('none', [3, 3, 2, 0]);
      const y = b.add(b.conv2d(x, kernel), b.state('bias', [2]));
      b.result('y', y);
      b.result('pooled', b.maxPool2d(x, [2, 2]));
      for (const [at, one] of gradient(b, b.sum(b.square(y)), [x, kernel]).entries()) b.result(`${at}`, one);
      const z = b.conv2d(b.pad(b.pad(y, 1, 1, 1), 2, 1, 1), none);
      b.result('z', z);
      for (const [at, one] of gradient(b, b.sum(z), [y, none]).entries()) b.result(`of z ${at}`, one);
      const program = optimize(b.build('nothing'));
      const given = numbers(program, 3);
      const found = await once(program, given);
      for (const [key, { shape, data }] of Object.entries(evaluate(program, given).results)) {
        expect(found[key]!.shape, key).toEqual(shape);
        expect(Array.from(found[key]!.data), key).toEqual(Array.from(Float32Array.from(data)));
      }
    });

    test('what is not a number stays visible, and nothing breaks', async () => {
      const b = new Builder();
      const x = b.batch('x', 'float', ['batch', 4, 4, 1]);
      const kernel = b.state('kernel', [2, 2, 1, 2]);
      const y = b.maxPool2d(b.conv2d(x, kernel, { padding: [0, 1, 0, 1] }), [2, 2]);
      b.result('total', b.sum(y));
      b.result('gradient', gradient(b, b.sum(b.square(y)), [kernel])[0]!);
      const program = optimize(b.build('nan'));
      const given = numbers(program, 2);
      given.kernel!.data.fill(Number.NaN);
      const found = await once(program, given);
      // tfjs' maximum of nothing but NaN is −∞.
      expect(Number.isFinite(found.total!.data[0])).toBe(false);
      expect(Array.from(found.gradient!.data)).toEqual(new Array(8).fill(Number.NaN));
    });

    describe('20 steps of a small net', () => {
      const step = imageStep();
      const state = isState(step);
      const initial = pick(numbers(step, 1), state);
      const batch = (at: number) =>
        pick(numbers(step, at % 5 === 0 ? 3 : 8, generator(seed + at)), (one) => !state(one));
      let loaded: Loaded;
      beforeAll(async () => {
        loaded = await engine.load({ step }, { threads: 2 });
      });
      afterAll(() => loaded.close());

      test('stay within 1e-5 of float64, norm-wise, and give the same bits twice', async () => {
        const ends: Record<string, HostTensor>[] = [];
        for (let round = 0; round < 2; round++) {
          await loaded.setState(initial);
          let wanted: Record<string, HostTensor | Tensor64> = initial;
          for (let at = 1; at <= 20; at++) {
            const found = await loaded.run('step', batch(at));
            if (round > 0) continue;
            const after = evaluate(step, { ...wanted, ...batch(at) });
            wanted = { ...wanted, ...after.state };
            expect(difference(found.loss!.data, after.results.loss!.data), `loss of step ${at}`).toBeLessThan(1e-5);
          }
          ends.push(await loaded.state());
          if (round > 0) continue;
          for (const [key, tensor] of Object.entries(wanted)) {
            expect(difference(ends[0]![key]!.data, tensor.data), `${key} (DNC_TEST_SEED=${seed})`).toBeLessThan(1e-5);
          }
        }
        expect(ends[1]).toEqual(ends[0]);
      });
    });
  });
}
