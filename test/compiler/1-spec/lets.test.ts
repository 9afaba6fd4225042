import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { combine, fromNumber, toNumber } from '../../../src/compiler/1-spec/rational.js';
import { lower, marks, spec } from './harness.js';

/** Units of the first Dense. */
function units(lets: string, value: string): unknown {
  const { spec: lowered, lines } = lower(`${lets}\n${spec(`x = Input(4)\nd = Dense(${value})`)}`);
  expect(lines).toEqual([]);
  return lowered!.model.layers[1]!.arguments.units;
}

describe('arithmetic', () => {
  it('is exact', () => {
    expect(units('', '1 / 3 * 3')).toBe(1);
    expect(units('let a = 0.1\nlet b = 0.2', '(a + b) * 10')).toBe(3);
    expect(units('let width = 600', 'width / 2 - -1')).toBe(301);
    expect(units('', '10k / 100')).toBe(100);
  });

  it('reads every finite double back', () => {
    fc.assert(
      fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (value) => {
        expect(toNumber(fromNumber(value))).toBe(value === 0 ? 0 : value);
      }),
    );
  });

  it('rounds sums, products and quotients of integers once', () => {
    const whole = fc.integer({ min: -(2 ** 26), max: 2 ** 26 });
    fc.assert(
      fc.property(whole, whole, (a, b) => {
        for (const [operator, expected] of [
          ['+', a + b],
          ['-', a - b],
          ['*', a * b],
          ['/', a / b],
        ] as const) {
          const result = combine(operator, fromNumber(a), fromNumber(b));
          if (operator === '/' && b === 0) expect(result).toBeUndefined();
          else expect(toNumber(result!)).toBe(expected === 0 ? 0 : expected);
        }
      }),
    );
  });

  it('demands whole numbers after a division', () => {
    expect(lower(spec('x = Input(4)\nd = Dense(300 / 7)')).lines).toEqual([
      'wrong-type @300 / 7: `units` of `Dense` takes a whole number ≥ 1, and this is the number 42.857142857142854',
    ]);
  });

  it('refuses results that are no number', () => {
    expect(marks(lower(spec('x = Input(4)\nd = Dense(3 / (2 - 2))')))).toEqual(['not-finite 3 / (2 - 2)']);
    expect(marks(lower(`let big = 1e300\n${spec('x = Input(4)\nd = Dense(big * big)')}`))).toEqual([
      'not-finite big * big',
    ]);
    expect(marks(lower(`let tiny = 1e-300\n${spec('x = Input(4)\nRescaling(tiny * tiny)')}`))).toEqual([
      'not-finite tiny * tiny',
    ]);
    expect(marks(lower(spec('x = Input(4)\nd = Dense("3" * 2)')))).toEqual(['not-a-number "3"']);
  });

  it('adds a thousand numbers', () => {
    expect(units('', Array(1000).fill('1').join(' + '))).toBe(1000);
  });
});

describe('let', () => {
  it('holds any value, in any order', () => {
    const { spec: lowered, lines } = lower(
      `let init = normal(stddev: deviation)\n${spec('x = Input(shape)\nFlatten\nDense(3, kernel_initializer: init)')}\nlet deviation = 0.01\nlet shape = [2, 2]`,
    );
    expect(lines).toEqual([]);
    expect(lowered!.model.layers[0]!.arguments.shape).toEqual([2, 2]);
    expect(lowered!.model.layers[2]!.arguments.kernel_initializer).toMatchObject({
      word: 'normal',
      arguments: { stddev: 0.01 },
    });
  });

  it('reports a cycle once, and nothing that follows from it', () => {
    const found = lower(`let a = b + 1\nlet b = c\nlet c = a * 2\n${spec('x = Input(4)\nDense(a)')}`);
    expect(found.lines).toEqual([
      'let-cycle @a: these `let`s are defined by each other: a -> b -> c -> a (one of them must be a number, or another value that does not use the others)',
    ]);
    expect(found.found[0]!.also).toHaveLength(2);
  });

  it('follows chains of any length', () => {
    const count = 20_000;
    const chain = Array.from({ length: count }, (_, k) => `let v${k} = v${k + 1}`).join('\n');
    expect(units(`${chain}\nlet v${count} = 7`, 'v0')).toBe(7);
  });

  it('refuses values that double in every line', () => {
    const lines = Array.from({ length: 40 }, (_, k) => `let v${k + 1} = [v${k}, v${k}]`).join('\n');
    const found = lower(`let v0 = [1]\n${lines}\n${spec('x = Input(4)\nDense(v40)')}`);
    expect(found.found.map((one) => one.code)).toEqual(['value-too-large']);
  });

  it('warns of one that nothing uses, and of one that hides a word', () => {
    const found = lower(`let unused = 3\nlet relu = sigmoid\n${spec('x = Input(4)\nDense(3, activation: relu)')}`);
    expect(found.lines).toEqual([
      'unused-let @unused: nothing uses `let unused` (remove the line, or write the name where the value belongs)',
      'hidden-word @relu: `relu` is a `let` here, and hides an activation of that name (rename the `let` if the other is meant)',
    ]);
    expect(found.found.every((one) => one.severity === 'warning')).toBe(true);
    expect(found.spec!.model.layers[1]!.arguments.activation).toMatchObject({ word: 'sigmoid' });
  });

  it('leaves quoted strings alone', () => {
    const { lines } = lower(`let image = 3\n${spec('x = Input(4)\nDense(image)')}data2 { }`);
    expect(lines.some((one) => one.includes('unknown-section'))).toBe(true);
    const quoted = lower(
      `let out = 3\nmodel Net {\nx = Input(4)\nDense(out)\n}\ndata { source: mnist; target: "out" }\ntrain { loss: mse; epochs: 1 }`,
    );
    expect(quoted.lines).toEqual([]);
    expect(quoted.spec!.data.target).toBe('out');
  });

  it('suggests the near name where a number is due', () => {
    expect(lower(`let width = 300\n${spec('x = Input(4)\nDense(widht)\nDense(width)')}`).lines).toEqual([
      'word-for-number @widht: a number is due here, and `widht` is no `let` [did you mean `width`?] (a word that stands for a number needs a `let`: `let widht = 300`; this file has `width`)',
    ]);
  });
});
