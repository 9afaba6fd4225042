import { expect, test } from 'vitest';
import { Builder } from '../../src/program/builder.js';
import { evaluate } from '../../src/program/evaluate.js';
import { gradient } from '../../src/program/gradient.js';
import { cosineTransform } from '../../src/sparsity/cosine-transform.js';
import { compile } from '../../src/compiler/compile.js';
import { Source } from '../../src/diagnostics/source.js';
import { spectralDropout } from '../../src/sparsity/spectral-dropout.js';
import { exact, withDefaults } from '../parity/support.js';
import { drawn, placed } from './hosts.js';

const shape = [3, 2, 5];
const count = 30;
const written = drawn(count, 1);
const slopes = drawn(count, 2);

/** What goes on from a layer that writes `y`, and the gradient of Σ slopes · that. */
function disturbed(args: Readonly<Record<string, unknown>>, y: readonly number[], u: readonly number[] = []) {
  const b = new Builder();
  const output = b.state('y', shape);
  const value = spectralDropout.disturb!(b, {
    arguments: withDefaults(spectralDropout, args) as never,
    layer: 'fc',
    output,
    random: (_, { kind }, per) => {
      expect([kind, per]).toEqual(['uniform', 'number']);
      return b.state('u', shape);
    },
  });
  b.result('value', value);
  b.result('gradient', gradient(b, b.sum(b.multiply(value, b.constant(slopes, shape))), [output])[0]!);
  const { results } = evaluate(b.build('disturbed'), {
    y: exact(shape, y),
    ...(u.length > 0 && { u: exact(shape, u) }),
  });
  return { value: [...results.value!.data], gradient: [...results.gradient!.data] };
}

/** The coefficients of every row of five, by the sum that defines them. */
function coefficients(y: readonly number[]): number[] {
  return y.map((_, at) => {
    const [row, k] = [at - (at % 5), at % 5];
    const sum = [0, 1, 2, 3, 4].reduce((all, n) => all + y[row + n]! * Math.cos((Math.PI * (n + 0.5) * k) / 5), 0);
    return Math.sqrt((k === 0 ? 1 : 2) / 5) * sum;
  });
}

function expectClose(actual: readonly number[], wanted: readonly number[], digits = 12) {
  expect(actual.length).toBe(wanted.length);
  actual.forEach((value, k) => {
    expect(value).toBeCloseTo(wanted[k]!, digits);
  });
}

test('the transform is orthonormal, and that of its definition', () => {
  expectClose([...cosineTransform(1)], [1]);
  const half = Math.sqrt(0.5);
  expectClose([...cosineTransform(2)], [half, half, half, -half]);
  for (const n of [3, 8, 37]) {
    const matrix = cosineTransform(n);
    for (let i = 0; i < n; i++)
      for (let j = 0; j < n; j++) {
        const product = Array.from({ length: n }, (_, k) => matrix[i * n + k]! * matrix[j * n + k]!);
        expect(product.reduce((sum, one) => sum + one, 0)).toBeCloseTo(i === j ? 1 : 0, 12);
      }
  }
});

test('nothing is other than before at threshold 0, share 0 and rate 1', () => {
  const { value, gradient: own } = disturbed({}, written);
  expectClose(value, written);
  expectClose(own, slopes);
});

test('coefficients below the threshold go, and what is left has their energy less', () => {
  const before = coefficients(written);
  const after = before.map((one) => (Math.abs(one) < 0.8 ? 0 : one));
  expect(after.filter((one) => one === 0).length).toBeGreaterThan(5);
  const { value } = disturbed({ threshold: 0.8 }, written);
  expectClose(coefficients(value), after);
  const energy = (numbers: readonly number[]) => numbers.reduce((sum, one) => sum + one * one, 0);
  expect(energy(value)).toBeCloseTo(energy(after), 10);
  expect(energy(value)).toBeLessThan(energy(written));
});

test('a share goes of every row and place, the weakest', () => {
  const before = coefficients(written);
  const { value } = disturbed({ share: 0.5 }, written);
  const after = coefficients(value);
  for (let row = 0; row < count; row += 5) {
    const sizes = before.slice(row, row + 5).map(Math.abs);
    const limit = sizes.toSorted((a, b) => a - b)[2]!;
    expectClose(
      after.slice(row, row + 5),
      before.slice(row, row + 5).map((one, k) => (sizes[k]! < limit ? 0 : one)),
    );
  }
});

test('at random each stays with its rate, divided by it', () => {
  const u = Array.from({ length: count }, (_, k) => ((k * 7) % count) / count);
  const { value } = disturbed({ rate: 0.6, threshold: 0.2 }, written, u);
  expectClose(
    coefficients(value),
    coefficients(written).map((one, k) => (Math.abs(one) < 0.2 || u[k]! >= 0.6 ? 0 : one / 0.6)),
  );
});

test('the gradient is that of central differences', () => {
  const u = Array.from({ length: count }, (_, k) => ((k * 7) % count) / count);
  const args = { threshold: 0.3, share: 0.2, rate: 0.7 };
  const { gradient: own } = disturbed(args, written, u);
  const h = 1e-6;
  written.forEach((_, at) => {
    const of = (step: number) =>
      disturbed(
        args,
        written.map((one, k) => (k === at ? one + step : one)),
        u,
      ).value.reduce((sum, one, k) => sum + one * slopes[k]!, 0);
    expect(own[at]!).toBeCloseTo((of(h) - of(-h)) / (2 * h), 6);
  });
});

test('is refused where it does nothing', () => {
  const refused = (args: Readonly<Record<string, unknown>>) =>
    spectralDropout.refuses!(withDefaults(spectralDropout, args) as never, placed());
  expect(refused({})).toMatch(/nothing is dropped/);
  for (const args of [{ threshold: 0.1 }, { share: 0.1 }, { rate: 0.9 }]) expect(refused(args)).toBeUndefined();
  // On the whole model it leaves the outputs alone; on nothing but outputs it would do nothing.
  const body = (model: string, own: string) =>
    `model Net ${model} {\n  x = Input(6)\n  h = Dense(4)\n  y = Dense(1)${own}\n}\ndata { source: sparse_regression }\ntrain { loss: mse; epochs: 1 }\n`;
  expect(() => compile(new Source('net.dn', body('@spectral_dropout(0.1)', '')))).not.toThrow();
  expect(() => compile(new Source('net.dn', body('', ' @spectral_dropout(0.1)')))).toThrow(/outputs of the model/);
});
