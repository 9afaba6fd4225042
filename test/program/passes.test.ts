import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Builder, type Value } from '../../src/program/builder.js';
import { evaluate } from '../../src/program/evaluate.js';
import { broadcasts } from '../../src/program/passes/broadcasts.js';
import { common } from '../../src/program/passes/common.js';
import { dead } from '../../src/program/passes/dead.js';
import { fold } from '../../src/program/passes/fold.js';
import { finish, optimize, passes } from '../../src/program/passes/index.js';
import { layout } from '../../src/program/passes/layout.js';
import { simplify } from '../../src/program/passes/simplify.js';
import { printProgram } from '../../src/program/print.js';
import type { Program } from '../../src/program/program.js';
import { verify } from '../../src/program/verify.js';
import { seed, tensor } from './support.js';

/** A random choice: which instruction comes next and what it reads. */
type Choice = readonly [kind: number, first: number, second: number, third: number, update: boolean];

const specials = [0, -0, 1, -1, 2, 0.25, Number.POSITIVE_INFINITY, Number.NaN, 3.7];

/** Turns choices into a program; whatever they are, it is valid. */
function written(choices: readonly Choice[]): Program {
  const b = new Builder();
  const pool: Value[] = [
    b.batch('x', 'float', ['batch', 3]),
    b.state('w', [3]),
    b.state('m', [2, 3]),
    b.scalar('rate'),
    b.batch('labels', 'int', ['batch']),
  ];
  const updated = new Set<Value>();
  for (const [kind, first, second, third, update] of choices) {
    b.inRegion(update ? 'update' : 'data', () => {
      const readable = pool.filter((one) => update || !updated.has(one));
      const at = (choice: number) => readable[choice % readable.length]!;
      const made = attempt(b, kind, at(first), at(second), at(third), first);
      if (!made) return;
      pool.push(made);
      if (update) updated.add(made);
    });
  }
  for (const [index, value] of pool.entries()) {
    // Some values are read by nothing.
    if (index < 5 || index % 3 !== 0) b.result(`r${index}`, value);
  }
  return verify(b.build('random'));
}

function attempt(b: Builder, kind: number, x: Value, y: Value, z: Value, number: number): Value | undefined {
  const rank = x.type.shape.length;
  const writers: readonly (() => Value)[] = [
    () => b.constant(specials[number % specials.length]!),
    () => b.constant([1, -0, 2], [3]),
    () => b.constant([0, 1, 1], [3], 'bool'),
    () => b.negate(x),
    () => b.exp(x),
    () => b.square(x),
    () => b.cast(x, (['float', 'int', 'bool'] as const)[number % 3]!),
    () => b.not(x),
    () => b.add(x, y),
    () => b.subtract(x, y),
    () => b.multiply(x, y),
    () => b.multiply(x, specials[number % specials.length]!),
    () => b.add(x, specials[number % specials.length]!),
    () => b.divide(x, specials[number % specials.length]!),
    () => b.maximum(x, y),
    () => b.greater(x, y),
    () => b.and(x, y),
    () => b.or(x, y),
    () => b.select(x, y, z),
    () => b.sum(x, rank > 0 && number % 2 > 0 ? [number % rank] : [], number % 3 > 0),
    () => b.sum(x),
    () => b.broadcastTo(x, ['batch', 3]),
    () => b.broadcastTo(x, [2, 3]),
    () => b.broadcastTo(x, [1, ...x.type.shape]),
    () => b.reshape(x, number % 2 ? [1, ...x.type.shape] : x.type.shape),
    () => b.reshape(x, [3, 2]),
    () => b.transpose(x, x.type.shape.map((_, axis) => rank - 1 - axis)), // biome-ignore format: one writer a line
    () => b.slice(x, -1, number % 2, 3),
    () => b.pad(x, rank - 1, 0, number % 2),
    () => b.concat(number % 2 ? [x] : [x, x], -1),
    () => b.matmul(x, y, number % 2 > 0, number % 3 > 0),
  ];
  try {
    return writers[kind % writers.length]!();
  } catch {
    return undefined; // The shapes or dtypes do not fit: this choice writes nothing.
  }
}

const inputs = {
  x: tensor([2, 3], [1, -2, 0.5, 0, -0, 3]),
  w: tensor([3], [0.1, -0.2, 7]),
  m: tensor([2, 3], [1, 2, 3, -4, -5, -6]),
  rate: tensor([], [0.3]),
  labels: tensor([2], [1, 0], 'int'),
};

/** NaN may have any bits; everything else must be equal, the sign of zero included. */
function expectSame(after: Program, before: Program): void {
  expect(evaluate(after, inputs)).toEqual(evaluate(before, inputs));
}

const programs = fc
  .array(fc.tuple(fc.nat(60), fc.nat(1000), fc.nat(1000), fc.nat(1000), fc.boolean()), { maxLength: 40 })
  .map(written);
const settings = { seed, numRuns: 300 };

describe(`on random programs (seed ${seed})`, () => {
  for (const pass of [...passes, ...finish]) {
    test(`${pass.keyword} keeps every result`, () => {
      fc.assert(
        fc.property(programs, (program) => expectSame(verify(pass.run(program)), program)),
        settings,
      );
    });
  }

  test('all together keep every result, and come to rest', () => {
    fc.assert(
      fc.property(programs, (program) => {
        const once = optimize(program);
        expectSame(once, program);
        expect(printProgram(optimize(once))).toBe(printProgram(once));
        expect(once.instructions.length).toBeLessThanOrEqual(2 * program.instructions.length);
      }),
      settings,
    );
  });

  test('the printed text is the program', () => {
    fc.assert(
      fc.property(programs, (program) => {
        expect(printProgram(layout.run(layout.run(program)))).toBe(printProgram(layout.run(program)));
      }),
      settings,
    );
  });
});

/** What is left of f after the passes: the ops of its instructions. */
function opsAfter(
  write: (b: Builder, x: Value, w: Value) => Value | readonly Value[],
  ...run: typeof passes
): string[] {
  const b = new Builder();
  const made = write(b, b.batch('x', 'float', ['batch', 3]), b.state('w', [3]));
  for (const [at, one] of (Array.isArray(made) ? made : [made]).entries()) b.result(`r${at}`, one);
  let program = b.build('one');
  for (const pass of [...run, dead]) program = verify(pass.run(program));
  return program.instructions.map((one) => one.op);
}

describe('simplify', () => {
  const gone: Record<string, (b: Builder, x: Value) => Value> = {
    'x · 1': (b, x) => b.multiply(x, 1),
    '1 · x': (b, x) => b.multiply(1, x),
    'x / 1': (b, x) => b.divide(x, 1),
    'x + −0': (b, x) => b.add(x, -0),
    'x − 0': (b, x) => b.subtract(x, 0),
    '−(−x)': (b, x) => b.negate(b.negate(x)),
    'max(x, x)': (b, x) => b.maximum(x, x),
    'select of a constant': (b, x) => b.select(b.constant(1, [], 'bool'), x, 0),
    'select of the same': (b, x) => b.select(b.greater(x, 0), x, x),
    'a reshape to its own shape': (b, x) => b.reshape(x, ['batch', 3]),
    'two transposes': (b, x) => b.transpose(b.transpose(x, [1, 0]), [1, 0]),
    'a whole slice': (b, x) => b.slice(x, 1, 0, 3),
    'an empty pad': (b, x) => b.pad(x, 1, 0, 0),
    'a concat of one': (b, x) => b.concat([x], 1),
    'a sum over no axes': (b, x) => b.sum(x, []),
    'a cast to its own dtype': (b, x) => b.apply('cast', [x], { dtype: 'float' }),
  };
  for (const [name, write] of Object.entries(gone)) {
    test(`${name} goes`, () => expect(opsAfter(write, simplify, simplify)).toEqual([]));
  }

  const shorter: Record<string, readonly [(b: Builder, x: Value, w: Value) => Value, readonly string[]]> = {
    'x · x is a square': [(b, x) => b.multiply(x, x), ['square']],
    'x · −1 is −x': [(b, x) => b.multiply(x, -1), ['negate']],
    'x + (−w) is x − w': [(b, x, w) => b.add(x, b.negate(w)), ['subtract']],
    '(−w) + x is x − w': [(b, x, w) => b.add(b.negate(w), x), ['subtract']],
    'x − (−w) is x + w': [(b, x, w) => b.subtract(x, b.negate(w)), ['add']],
    'x / 8 is x · 0.125': [(b, x) => b.divide(x, 8), ['constant', 'multiply']],
    'x / 10 stays': [(b, x) => b.divide(x, 10), ['constant', 'divide']],
    'x / 2¹⁴⁹ stays': [(b, x) => b.divide(x, 2 ** 149), ['constant', 'divide']],
    'x + 0 stays, for −0': [(b, x) => b.add(x, 0), ['constant', 'add']],
    'x · 0 stays, for ∞': [(b, x) => b.multiply(x, 0), ['constant', 'multiply']],
    'a neutral operand that stretches stays': [
      (b, _, w) => b.multiply(w, b.constant([1], [1, 1])),
      ['constant', 'multiply'],
    ],
    'two reshapes are one': [(b, x) => b.reshape(b.reshape(x, ['batch', 3, 1]), ['batch', 1, 3]), ['reshape']],
    'bool to int to float is one cast': [
      (b, x) => b.cast(b.cast(b.greater(x, x), 'int'), 'float'),
      ['greater', 'cast'],
    ],
    'float to int to float stays': [(b, x) => b.cast(b.cast(x, 'int'), 'float'), ['cast', 'cast']],
  };
  for (const [name, [write, left]] of Object.entries(shorter)) {
    test(name, () => expect(opsAfter(write, simplify)).toEqual(left));
  }
});

describe('broadcasts', () => {
  test('an elementwise op reads what was stretched', () => {
    const left = opsAfter((b, x, w) => b.multiply(b.broadcastTo(w, ['batch', 3]), x), broadcasts);
    expect(left).toEqual(['multiply']);
  });
  test('what is small stays small', () => {
    const left = opsAfter((b, _, w) => b.exp(b.negate(b.broadcastTo(b.sum(w), ['batch', 3]))), broadcasts, broadcasts);
    expect(left).toEqual(['sum', 'negate', 'exp', 'broadcast_to']);
  });
  test('a stretched number is stretched to another shape at once', () => {
    const write = (b: Builder, x: Value, w: Value) =>
      b.multiply(x, b.reshape(b.broadcastTo(b.sum(w), ['batch']), ['batch', 1]));
    expect(opsAfter(write, broadcasts)).toEqual(['sum', 'multiply']);
  });
  test('a reshape that adds axes in front is left out', () => {
    expect(opsAfter((b, x, w) => b.add(x, b.reshape(w, [1, 3])), broadcasts)).toEqual(['add']);
    expect(opsAfter((b, x, w) => b.add(x, b.sum(b.reshape(w, [3, 1]), [0])), broadcasts)).toContain('reshape');
  });
});

describe('fold', () => {
  test('computes what is constant, in float64', () => {
    const b = new Builder();
    b.result('r', b.add(b.exp(b.multiply(b.constant(0.1), b.constant(3))), b.state('w', [])));
    const program = optimize(b.build('constants'));
    expect(program.instructions.map((one) => one.op)).toEqual(['constant', 'add']);
    expect(program.instructions[0]!.attributes.data).toEqual(Float64Array.of(Math.exp(0.1 * 3)));
  });
  test('leaves what would become large', () => {
    expect(opsAfter((b) => b.broadcastTo(b.constant(1), [100]), fold)).toEqual(['constant', 'broadcast_to']);
    expect(opsAfter((b) => b.broadcastTo(b.constant(1), [10]), fold)).toEqual(['constant']);
    expect(opsAfter((b) => b.broadcastTo(b.constant(1), ['batch']), fold)).toEqual(['constant', 'broadcast_to']);
  });
});

describe('common', () => {
  test('computes once, in any order of what commutes', () => {
    expect(opsAfter((b, x, w) => [b.add(x, w), b.add(w, x)], common)).toEqual(['add']);
    expect(opsAfter((b, x, w) => [b.subtract(x, w), b.subtract(w, x)], common)).toEqual(['subtract', 'subtract']);
    expect(opsAfter((b, x) => [b.sum(x, [0]), b.sum(x, [1])], common)).toEqual(['sum', 'sum']);
  });
  test('keeps 0 and −0 apart', () => {
    expect(opsAfter((b) => [b.constant(0), b.constant(-0), b.constant(0)], common)).toEqual(['constant', 'constant']);
  });
  test('what data shares with update belongs to data, with all that it reads', () => {
    const b = new Builder();
    const w = b.state('w', [3]);
    const make = () => b.sum(b.exp(b.multiply(w, 2)));
    b.next(
      'w',
      b.inRegion('update', () => b.multiply(w, make())),
    );
    b.result('r', make());
    const program = verify(common.run(b.build('shared')));
    const regions = Object.fromEntries(program.instructions.map((one) => [one.op, one.region]));
    expect(regions).toMatchObject({ exp: 'data', sum: 'data', constant: 'data' });
    expect(program.instructions.at(-1)!.region).toBe('update');
  });
});

describe('dead', () => {
  test('what nothing reads goes, draws included, other inputs stay', () => {
    const b = new Builder();
    const x = b.batch('x', 'float', ['batch', 2]);
    b.batch('labels', 'int', ['batch']);
    b.state('w', [2]);
    const units = [0, 1];
    const draw = { stream: 'mask', distribution: { kind: 'bernoulli', keep: 0.5 }, units, width: 2 } as const;
    b.multiply(x, b.random(draw, ['batch', 2]));
    b.result('r', b.exp(x));
    const program = dead.run(b.build('dead'));
    expect(program.inputs.map((one) => one.name)).toEqual(['x', 'labels', 'w']);
    expect(program.instructions.map((one) => one.op)).toEqual(['exp']);
  });
});

describe('layout', () => {
  test('data before update, each with its own constants, numbered in order', () => {
    const b = new Builder();
    const w = b.state('w', []);
    const two = b.constant(2);
    const square = b.inRegion('update', () => b.multiply(w, two));
    const loss = b.multiply(b.exp(w), two);
    b.result('loss', loss);
    b.next(
      'w',
      b.inRegion('update', () => b.subtract(square, loss)),
    );
    expect(printProgram(layout.run(b.build('step')))).toMatchInlineSnapshot(`
      "program step
      inputs
        %0 = state w : float[]
      data
        %1 = exp %0 : float[]
        %2 = constant 2 : float[]
        %3 = multiply %1 %2 : float[]
      update
        %4 = constant 2 : float[]
        %5 = multiply %0 %4 : float[]
        %6 = subtract %5 %3 : float[]
      outputs
        result loss = %3
        state w = %6
      "
    `);
  });
});
