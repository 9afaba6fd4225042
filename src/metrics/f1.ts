import { Type } from '../ir/kind.js';
import { flags } from '../losses/target-values.js';
import { byClass, likelyFlags, wantedFlags } from './classes.js';
import { defineMetric } from './metric.js';

/** Keras' backend epsilon, in every denominator. */
const LEAST = 1e-7;

export const f1 = defineMetric({
  keyword: 'f1',
  aliases: ['f1_score'],
  summary: 'Harmonic mean of precision and recall, averaged over the classes.',
  cite: 'Keras, keras.metrics.F1Score (whose average is macro here unless said otherwise, since a metric is one number)',
  schema: Type.Object({
    average: Type.Union([Type.Literal('macro'), Type.Literal('micro'), Type.Literal('weighted')], {
      default: 'macro',
      description:
        'macro: the mean over the classes. weighted: every class by its rows. micro: of the counts of all classes together.',
    }),
    threshold: Type.Optional(
      Type.Number({
        exclusiveMinimum: 0,
        exclusiveMaximum: 1,
        absent: 'the largest; 0.5 for one unit',
        description: 'Probability above which a class is predicted. Absent: the most probable class of a row is.',
      }),
    ),
  }),
  better: 'higher',
  unitRange: true,
  takes: flags,
  sums: (b, at) => {
    const { prediction } = at;
    const given = at.arguments.threshold ?? (prediction.type.shape.at(-1) === 1 ? 0.5 : undefined);
    const most = b.max(prediction, [-1], true);
    const found = given === undefined ? b.cast(b.greaterEqual(prediction, most), 'float') : likelyFlags(b, at, given);
    const wanted = wantedFlags(b, at);
    return {
      true_positives: byClass(b, b.multiply(found, wanted)),
      found: byClass(b, found),
      wanted: byClass(b, wanted),
    };
  },
  finish: (_, __, { true_positives, found, wanted }, { average }) => {
    const total = (counts: readonly number[]) => counts.reduce((sum, count) => sum + count, 0);
    const score = (right: number, predicted: number, actual: number) => {
      const [precision, recall] = [right / (predicted + LEAST), right / (actual + LEAST)];
      return (2 * precision * recall) / (precision + recall + LEAST);
    };
    if (average === 'micro') return score(total(true_positives!), total(found!), total(wanted!));
    const scores = true_positives!.map((right, k) => score(right, found![k]!, wanted![k]!));
    if (average === 'macro') return total(scores) / scores.length;
    return total(scores.map((one, k) => (one * wanted![k]!) / (total(wanted!) + LEAST)));
  },
});
