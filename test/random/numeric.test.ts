import { expect, test } from 'vitest';
import { cosineOfTurn, logOfFraction, sineOfTurn } from '../../src/random/numeric.js';
import { drawBits } from '../../src/random/streams.js';

const samples = [...drawBits({ high: 1, low: 2 }, 0, 20_000)];

test('the logarithm is right to the last bits over its whole range', () => {
  const edges = [1, 2, 3, 2 ** 31 - 1, 2 ** 31, 2 ** 32 - 1, 2 ** 32, Math.round(2 ** 31.5)];
  let worst = 0;
  for (const n of [...edges, ...samples.map((bits) => bits + 1), ...samples.map((bits) => (bits & 0xfff) + 1)]) {
    const expected = Math.log(n / 2 ** 32);
    worst = Math.max(worst, Math.abs(logOfFraction(n) - expected) / Math.max(1, Math.abs(expected)));
  }
  expect(worst).toBeLessThanOrEqual(5e-16);
});

test('cosine and sine are right to the last bits on the whole turn', () => {
  const edges = [0, 1, 2 ** 29, 2 ** 29 + 1, 2 ** 30, 2 ** 31, 3 * 2 ** 30, 2 ** 32 - 1];
  let worst = 0;
  for (const turn of [...edges, ...samples]) {
    const angle = (turn / 2 ** 32) * 2 * Math.PI;
    // The angle itself is rounded in float64, by up to 4.4e-16 near a full turn.
    const cosine = Math.abs(cosineOfTurn(turn) - Math.cos(angle));
    worst = Math.max(worst, cosine, Math.abs(sineOfTurn(turn) - Math.sin(angle)));
  }
  expect(worst).toBeLessThanOrEqual(8e-16);
  expect([cosineOfTurn(0), sineOfTurn(0), cosineOfTurn(2 ** 31)]).toEqual([1, 0, -1]);
});
