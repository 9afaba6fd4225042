import { expect, test } from 'vitest';
import { targetText } from '../../src/reports/target.js';

const target = { threshold: 0.1, looks: 9, held: true, at_most: { parameters: 0.1 }, left: { parameters: 0.098765 } };

test('what was aimed at, and what is left', () => {
  expect(targetText(target)).toBe('9.877 % of the parameters (at most 10 %)');
  expect(
    targetText({
      ...target,
      at_most: { multiply_adds: 0.25, latency: 0.5 },
      left: { multiply_adds: 0.2, latency: 0.512 },
      held: false,
      latency: { batch_size: 1024, before: 12.3456, after: 6.1234 },
    }),
  ).toBe(
    'MISSED: 20 % of the multiply-adds (at most 25 %), 51.2 % of the latency (at most 50 %): 12.3 → 6.12 ms for a batch of 1,024, by the table',
  );
});
