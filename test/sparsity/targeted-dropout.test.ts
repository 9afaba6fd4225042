import { describe, expect, test } from 'vitest';
import { Builder } from '../../src/program/builder.js';
import { evaluate } from '../../src/program/evaluate.js';
import { gradient } from '../../src/program/gradient.js';
import type { Site } from '../../src/sparsity/method.js';
import { targetedDropout } from '../../src/sparsity/targeted-dropout.js';
import { Stream } from '../../src/random/streams.js';
import { exact, withDefaults } from '../parity/support.js';
import { deadUnits, drawn, hostSites, moment, placed, zeros } from './hosts.js';

interface Masking {
  readonly shape: readonly number[];
  readonly kernel: readonly number[];
  readonly args: Readonly<Record<string, unknown>>;
  /** The uniform numbers, [..] of the kernel's shape or of its units; absent: 0, which drops every candidate. */
  readonly uniform?: (count: number) => readonly number[];
  readonly incoming?: readonly number[];
  readonly outputs?: ReadonlySet<number>;
  readonly tensors?: Readonly<Record<string, number>>;
}

/** The masked kernel, the slope of its sum, and what random numbers were asked for. */
function masked({ shape, kernel, args, uniform, incoming, outputs, tensors = {} }: Masking) {
  const b = new Builder();
  const site: Site = {
    layer: 'fc',
    tensor: 'kernel',
    kernelShape: shape,
    incoming: incoming ?? shape.slice(0, -1).map((_, axis) => axis),
    outgoing: undefined,
    ...(outputs && { outputs }),
  };
  const w = b.state('kernel', shape);
  const asked: string[] = [];
  const found = targetedDropout.mask!(b, {
    arguments: withDefaults(targetedDropout, args) as never,
    site,
    kernel: w,
    tensors: Object.fromEntries(Object.keys(tensors).map((name) => [name, b.state(name, [])])),
    mode: 'training',
    input: undefined,
    addsUp: true,
    random: (_, distribution, per) => {
      expect(distribution).toEqual({ kind: 'uniform' });
      asked.push(per);
      const own = per === 'written unit' ? shape.map((extent, k) => (site.incoming!.includes(k) ? 1 : extent)) : shape;
      const count = own.reduce((all, extent) => all * extent, 1);
      return b.constant(uniform?.(count) ?? new Float64Array(count), own);
    },
  });
  if (!found) return undefined;
  b.result('kernel', found.kernel!);
  b.result('slope', gradient(b, b.sum(found.kernel!), [w])[0]!);
  const { results } = evaluate(b.build('mask'), {
    kernel: exact(shape, kernel),
    ...Object.fromEntries(Object.entries(tensors).map(([name, value]) => [name, exact([], [value])])),
  });
  return { kernel: results.kernel!.data, slope: results.slope!.data, asked };
}

const column = (data: ArrayLike<number>, width: number, unit: number) =>
  Array.from({ length: data.length / width }, (_, row) => data[row * width + unit]!);
const lost = (numbers: readonly number[]) => numbers.filter((value) => value === 0).length;

describe('candidates', () => {
  const shape = [1000, 100];
  const kernel = drawn(100_000, 3).map(Math.fround);

  test('are 350 of 1,000 weights into each unit at a target rate of 0.35, the smallest (CyberZHG)', () => {
    const found = masked({ shape, kernel, args: { rate: 1, target_rate: 0.35 } })!.kernel;
    for (let unit = 0; unit < 100; unit++) {
      const before = column(kernel, 100, unit).map(Math.abs);
      const after = column(found, 100, unit).map(Math.abs);
      expect(lost(after)).toBe(350);
      const limit = [...before].sort((a, b) => a - b)[349]!;
      expect(after.every((value, k) => (value === 0) === before[k]! <= limit)).toBe(true);
    }
  });

  test('are 35 of 100 units, those of the least norm', () => {
    const found = masked({ shape, kernel, args: { rate: 1, target_rate: 0.35, of: 'unit' } })!;
    const norm = (unit: number) => column(kernel, 100, unit).reduce((sum, w) => sum + w * w, 0);
    const order = Array.from({ length: 100 }, (_, unit) => unit).sort((a, b) => norm(a) - norm(b));
    const dead = order.filter((unit) => column(found.kernel, 100, unit).every((value) => value === 0));
    expect(dead).toEqual(order.slice(0, 35));
    // What is not dropped is as it was: nothing is scaled.
    expect(column(found.kernel, 100, order[50]!)).toEqual(column(kernel, 100, order[50]!));
  });

  test.each([
    ['of one size up to the last bit', Array.from({ length: 64 }, (_, k) => Math.fround(1 + (k + 1) * 2 ** -23))],
    ['of very many sizes', Array.from({ length: 64 }, (_, k) => Math.fround((k % 2 ? -1 : 1) * 2 ** (2 * k - 100)))],
  ])('are counted exactly among numbers %s', (_, numbers) => {
    for (const count of [1, 7, 32, 63]) {
      const args = { rate: 1, target_rate: count / 64 };
      expect(lost([...masked({ shape: [64, 1], kernel: numbers, args })!.kernel])).toBe(count);
    }
  });

  test('are found per filter of a convolution', () => {
    const kernel = drawn(3 * 3 * 4 * 5, 7).map(Math.fround);
    const { kernel: found } = masked({ shape: [3, 3, 4, 5], kernel, args: { rate: 1, target_rate: 0.5 } })!;
    for (let filter = 0; filter < 5; filter++) expect(lost(column(found, 5, filter))).toBe(18);
  });

  test('of a kernel whose units stand on an inner axis', () => {
    const kernel = drawn(3 * 4 * 2, 8).map(Math.fround);
    const at = { shape: [3, 4, 2], incoming: [0, 2], kernel };
    const { kernel: weights } = masked({ ...at, args: { rate: 1, target_rate: 0.5 } })!;
    for (let unit = 0; unit < 4; unit++) {
      const own = [...weights].filter((_, k) => Math.floor(k / 2) % 4 === unit);
      expect(lost(own)).toBe(3);
    }
    const whole = masked({ ...at, args: { rate: 0.5, target_rate: 0.75, of: 'whole_unit' } })!;
    expect(lost([...whole.kernel])).toBe(3 * 6);
  });

  test('are none at a kernel of zeros that would count, and none among the model’s outputs', () => {
    const found = masked({ shape: [4, 2], kernel: new Array(8).fill(0), args: { rate: 1 } })!;
    expect([...found.kernel, ...found.slope].every(Number.isFinite)).toBe(true);
    expect(masked({ shape: [2, 2], kernel: [1, 2, 3, 4], args: { of: 'unit' }, outputs: new Set([0, 1]) })).toBe(
      undefined,
    );
  });
});

describe('dropping', () => {
  const shape = [200, 50];
  const kernel = drawn(10_000, 5).map(Math.fround);
  const stream = Stream.named('drops', { seed: 4 });
  const uniform = (count: number) => Array.from({ length: count }, (_, k) => stream.uniform(k));

  test('takes the candidates whose number is below the rate, one by one, and no gradient reaches them', () => {
    const numbers = uniform(10_000);
    const all = masked({ shape, kernel, args: { rate: 1, target_rate: 0.4 } })!.kernel;
    const { kernel: found, slope, asked } = masked({ shape, kernel, args: { rate: 0.3, target_rate: 0.4 }, uniform })!;
    expect(asked).toEqual(['weight']);
    found.forEach((value, k) => {
      const drops = all[k] === 0 && numbers[k]! < 0.3;
      expect(value).toBe(drops ? 0 : kernel[k]);
      expect(slope[k]).toBe(drops ? 0 : 1);
    });
    // 4,000 candidates at 0.3: five standard deviations are 145.
    expect(Math.abs(lost([...found]) - 1200)).toBeLessThan(145);
  });

  test('of units goes weight by weight, as the authors’ code does it, and whole where that is asked for', () => {
    const of = (one: string) => masked({ shape, kernel, args: { rate: 0.5, target_rate: 0.4, of: one }, uniform })!;
    const touched = (found: Float64Array) =>
      Array.from({ length: 50 }, (_, unit) => lost(column(found, 50, unit))).filter((count) => count > 0);
    const single = touched(of('unit').kernel);
    expect(single).toHaveLength(20);
    expect(single.every((count) => count > 50 && count < 150)).toBe(true);
    const whole = of('whole_unit');
    expect(whole.asked).toEqual(['written unit']);
    const gone = touched(whole.kernel);
    expect(gone.every((count) => count === 200)).toBe(true);
    expect(gone.length).toBeGreaterThan(0);
    expect(gone.length).toBeLessThan(20);
  });

  test('follows rates that rise', async () => {
    const args = { rate: 0.8, target_rate: 0.57, ramp: 4, target_ramp: 2 };
    for (const [epoch, rate, target] of [
      [0, 0, 0],
      [1, 0.2, 0.285],
      [2, 0.4, 0.57],
      [5, 0.8, 0.57],
    ] as const) {
      const [site] = hostSites('targeted_dropout', args, [{ shape: [1], kernel: [1] }]);
      const tensors = { rate: new Float32Array(1), target: new Float32Array(1) };
      await targetedDropout.advance!(moment([{ ...site!, tensors }], { epoch }));
      expect(tensors.rate[0]).toBeCloseTo(rate, 6);
      expect(tensors.target[0]).toBeCloseTo(target, 6);
      const numbers = drawn(100, 9).map(Math.fround);
      const at = {
        shape: [100, 1],
        kernel: numbers,
        args: { ...args, rate: 1 },
        tensors: { rate: 1, target: tensors.target[0]! },
      };
      expect(lost([...masked(at)!.kernel])).toBe(Math.floor(100 * target + 1e-9));
      const units = { ...at, shape: [1, 100], args: { ...args, of: 'unit' } };
      expect(lost([...masked(units)!.kernel])).toBe(Math.floor(100 * target + 1e-9));
    }
  });
});

describe('after training', () => {
  const kernel = drawn(40, 11);

  test('the candidates go', async () => {
    const [site] = hostSites('targeted_dropout', { target_rate: 0.5 }, [{ shape: [10, 4], kernel }]);
    await targetedDropout.select!(moment([site!], {}));
    for (let unit = 0; unit < 4; unit++) expect(lost(column(site!.kernel, 4, unit))).toBe(5);
  });

  test('units go with their bias, at another rate where it is given, and outputs stay', async () => {
    const given = { shape: [10, 4], kernel, bias: [1, 2, 3, 4] };
    const [site] = hostSites('targeted_dropout', { of: 'unit', prune: 0.75 }, [given]);
    await targetedDropout.select!(moment([site!], {}));
    expect(deadUnits(site!)).toHaveLength(3);
    expect(deadUnits(site!).map((unit) => site!.bias![unit])).toEqual([0, 0, 0]);
    expect(zeros(site!.bias!)).toBe(3);
    const [output] = hostSites('targeted_dropout', { of: 'unit' }, [{ ...given, outputs: [0, 1, 2, 3] }]);
    await targetedDropout.select!(moment([output!], {}));
    expect(zeros(output!.kernel)).toBe(0);
    const [nothing] = hostSites('targeted_dropout', { prune: 0 }, [given]);
    await targetedDropout.select!(moment([nothing!], {}));
    expect(zeros(nothing!.kernel)).toBe(0);
  });
});

test('what makes no sense', () => {
  const refused = (args: Readonly<Record<string, unknown>>, phases: readonly string[]) =>
    targetedDropout.refuses!(withDefaults(targetedDropout, args) as never, placed({ phases }));
  expect(refused({ ramp: 3 }, ['first', 'second'])).toMatch(/anew in every phase/);
  expect(refused({ target_ramp: 3, during: 'first' }, ['first'])).toBeUndefined();
  expect(refused({ during: 'finetune' }, ['finetune'])).toMatch(/before the fine-tuning/);
  expect(refused({ during: 'finetune', prune: 0 }, ['finetune'])).toBeUndefined();
  expect(refused({}, ['first', 'second'])).toBeUndefined();
});
