import { Type } from '../ir/kind.js';
import { defineLoss } from './loss.js';
import { rowMean } from './rows.js';

export const huber = defineLoss({
  keyword: 'huber',
  summary: 'Half the squared difference up to `delta`, and a straight line beyond: outliers pull no harder than that.',
  cite: 'Huber 1964, Robust estimation of a location parameter; Keras, keras.losses.Huber',
  schema: Type.Object({
    delta: Type.Number({
      default: 1,
      exclusiveMinimum: 0,
      description: 'The difference at which the square becomes a line.',
    }),
  }),
  target: 'values',
  distance: true,
  // With m = min(|d|, delta): m²/2 where |d| ≤ delta, and delta·|d| − delta²/2 beyond, without a choice between two branches.
  rows: (b, { arguments: { delta }, target, prediction }) => {
    const size = b.abs(b.subtract(prediction, target));
    const inner = b.minimum(size, delta);
    return rowMean(b, b.add(b.multiply(b.square(inner), 0.5), b.multiply(b.subtract(size, inner), delta)));
  },
});
