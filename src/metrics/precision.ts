import { Type } from '../ir/kind.js';
import { flags } from '../losses/target-values.js';
import { decisionArguments, decisionProblem, decisions } from './decision.js';
import { defineMetric } from './metric.js';

export const precision = defineMetric({
  keyword: 'precision',
  summary:
    'Share of the predicted classes that are right. Every class of every row counts for itself; with `class_id` one class alone.',
  cite: 'Keras, keras.metrics.Precision',
  schema: Type.Object(decisionArguments),
  better: 'higher',
  unitRange: true,
  takes: flags,
  problem: (args, units) => decisionProblem(args, units),
  sums: (b, at) => {
    const { wanted, found } = decisions(b, at);
    return {
      true_positives: b.sum(b.multiply(found, wanted)),
      false_positives: b.sum(b.multiply(found, b.subtract(1, wanted))),
    };
  },
  // Without a single yes it is 0, as in Keras.
  finish: ({ true_positives, false_positives }) => true_positives! / Math.max(1, true_positives! + false_positives!),
});
