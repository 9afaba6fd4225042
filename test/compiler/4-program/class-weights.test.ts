import { describe, expect, it } from 'vitest';
import { classCount, classOf, classWeights } from '../../../src/compiler/4-program/index.js';
import { rowWeights } from '../../../src/compiler/4-program/class-weights.js';
import { compute, exact } from '../../parity/support.js';

const never = (): never => {
  throw new Error('not asked for');
};

describe('weights of classes', () => {
  it('are those of a list or a map, others 1', () => {
    expect(classWeights([1, 0, 2.5], 3, never)).toEqual([1, 0, 2.5]);
    expect(classWeights({ '2': 4 }, 3, never)).toEqual([1, 1, 4]);
  });

  it('are found by the names of classes, and by numbers where no name is one', () => {
    const labels = ['cat', 'dog', 'ship'];
    expect(classWeights({ ship: 4, '0': 2 }, 3, never, labels)).toEqual([2, 1, 4]);
    const stars = ['3', '4', '5'];
    expect(classWeights({ '4': 2 }, 3, never, stars)).toEqual([1, 2, 1]);
    expect([classOf('1', 3, stars), classOf('1', 3, labels), classOf('bird', 3, labels), classOf('3', 3)]).toEqual([
      undefined,
      1,
      undefined,
      undefined,
    ]);
  });

  it('balanced: every class weighs the same, and a row 1 in the mean', () => {
    const counts = [50, 30, 0, 20];
    const weights = classWeights('balanced', 4, () => counts);
    expect(weights).toEqual([100 / 150, 100 / 90, 1, 100 / 60]);
    const masses = counts.map((count, k) => count * weights[k]!);
    for (const mass of masses.filter((one) => one > 0)) expect(mass).toBeCloseTo(masses[0]!, 12);
    expect(masses.reduce((sum, mass) => sum + mass, 0)).toBeCloseTo(100, 12);
  });

  it('one unit tells two classes apart', () => {
    expect([classCount(1), classCount(2), classCount(10)]).toEqual([2, 2, 10]);
  });
});

describe('the weight of a row', () => {
  const weights = [0.5, 1, 4];
  it('is that of its class number, of its one-hot row, or of yes and no', () => {
    const found = compute(
      (b) => ({
        numbers: rowWeights(b, b.batch('numbers', 'int', ['batch']), weights),
        rows: rowWeights(b, b.batch('rows', 'float', ['batch', 3]), weights),
        one: rowWeights(b, b.batch('one', 'float', ['batch', 1]), [3, 7]),
      }),
      {
        numbers: { dtype: 'int', shape: [4], data: Float64Array.of(2, 0, 1, 2) },
        rows: exact([4, 3], [0, 0, 1, 1, 0, 0, 0, 1, 0, 0.1, 0.2, 0.7]),
        one: exact([4, 1], [1, 0, 0, 1]),
      },
    );
    expect([...found.numbers!.data]).toEqual([4, 0.5, 1, 4]);
    expect([...found.rows!.data]).toEqual([4, 0.5, 1, 4]);
    expect([...found.one!.data]).toEqual([7, 3, 3, 7]);
  });
});
