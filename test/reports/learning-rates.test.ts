import { describe, expect, test } from 'vitest';
import { compile } from '../../src/compiler/compile.js';
import { Source } from '../../src/diagnostics/source.js';
import { learningRates } from '../../src/reports/learning-rates.js';
import { learningRateAt } from '../../src/runtime/training/learning-rate.js';
import type { HistoryRow } from '../../src/runtime/training/progress.js';

const EPOCH = 40;

function phasesOf(phases: string) {
  const { spec } = compile(
    new Source(
      'net.dn',
      `model Net {
  x = Input(4)
  y = Dense(1)
}
data { source: sparse_regression(features: 4, samples: 100); validation: 20 }
train { loss: mse; phases { ${phases} } }
`,
    ),
  );
  return spec.train.phases;
}

type Phases = ReturnType<typeof phasesOf>;

/** What a run of these phases leaves, and the rate of every one of its steps. */
function trained(phases: Phases, standstills: (epoch: number) => number = () => 0) {
  const history: HistoryRow[] = [];
  const rates: { x: number; y: number }[] = [];
  for (const phase of phases) {
    const steps = phase.length.unit === 'epochs' ? phase.length.amount * EPOCH : phase.length.amount;
    for (let from = 0; from < steps; from += EPOCH) {
      const epoch = history.length + 1;
      const to = Math.min(from + EPOCH, steps);
      const rateAt = (step: number) =>
        learningRateAt(phase, { step, steps, stepsPerEpoch: EPOCH, standstills: standstills(epoch) });
      for (let step = from; step < to; step++)
        rates.push({ x: epoch - 1 + (step + 1 - from) / (to - from), y: rateAt(step) });
      history.push({ phase: phase.name, epoch, step: to, learning_rate: rateAt(to - 1) } as HistoryRow);
    }
  }
  return { history, rates };
}

/** The height of a curve of straight lines. */
function heightAt(points: readonly { x: number; y: number }[], x: number): number {
  const k = points.findIndex((point) => point.x >= x - 1e-12);
  const [before, after] = [points[k - 1], points[k]!];
  if (!before || after.x - x < 1e-12) return after.y;
  return before.y + ((after.y - before.y) * (x - before.x)) / (after.x - before.x);
}

describe('the curve is that of every step', () => {
  test.each([
    ['a number', 'a { epochs: 3; optimizer: sgd(0.1) }', 2],
    ['cosine', 'a { epochs: 3; optimizer: sgd(cosine(0.1)) }', 100],
    ['warm-up within an epoch', 'a { epochs: 4; optimizer: sgd(warmup(25 steps, 0.1)) }', 5],
    ['warm-up, then cosine', 'a { epochs: 6; optimizer: sgd(warmup(60 steps, cosine(0.1))) }', 100],
    [
      'stairs within epochs',
      'a { epochs: 5; optimizer: sgd(exponential(0.1, decay_steps: 65, decay_rate: 0.5, staircase: true)) }',
      20,
    ],
    ['phases with a jump', 'a { epochs: 2; optimizer: sgd(0.1) }; b { steps: 30; optimizer: sgd(cosine(0.02)) }', 100],
  ])('%s', (_, text, most) => {
    const phases = phasesOf(text);
    const { history, rates } = trained(phases);
    const points = learningRates(history, phases);
    expect(points.length).toBeLessThanOrEqual(most);
    const highest = Math.max(...rates.map(({ y }) => y));
    for (const { x, y } of rates) expect(Math.abs(heightAt(points, x) - y)).toBeLessThanOrEqual(2e-3 * highest);
    // Ends of epochs alone say something else of what changes within one.
    const ends = history.map(({ epoch, learning_rate }) => ({ x: epoch, y: learning_rate }));
    const off = Math.max(...rates.map(({ x, y }) => Math.abs(heightAt(ends, x) - y)));
    if (text.includes('warmup') || text.includes('staircase')) expect(off).toBeGreaterThan(0.1 * highest);
  });
});

test('a schedule that waits for standstills had as many as the history shows', () => {
  const phases = phasesOf('a { epochs: 6; optimizer: sgd(reduce_on_plateau(0.1, factor: 0.5, monitor: loss)) }');
  const { history, rates } = trained(phases, (epoch) => (epoch >= 5 ? 2 : epoch >= 3 ? 1 : 0));
  const points = learningRates(history, phases);
  for (const { x, y } of rates) expect(heightAt(points, x)).toBeCloseTo(y, 9);
  expect(new Set(points.map(({ y }) => y))).toEqual(new Set([0.1, 0.05, 0.025]));
});

test('where the schedule does not give what the history has, the history counts', () => {
  const phases = phasesOf('a { epochs: 3; optimizer: sgd(cosine(0.1)) }');
  const { history } = trained(
    phasesOf('a { epochs: 3; optimizer: sgd(exponential(0.3, decay_steps: 1 epoch, decay_rate: 0.5)) }'),
  );
  const ends = history.map(({ epoch, learning_rate }) => ({ x: epoch, y: learning_rate }));
  expect(learningRates(history, phases)).toEqual(ends);
  expect(learningRates(history, [])).toEqual(ends);
});

test('long runs stay within the points of a chart', () => {
  const phases = phasesOf('a { epochs: 400; optimizer: sgd(warmup(5 epochs, cosine(0.1))) }');
  const points = learningRates(trained(phases).history, phases);
  expect(points.length).toBeLessThanOrEqual(400);
  expect(points.at(-1)!.x).toBe(400);
});
