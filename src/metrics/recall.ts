import { Type } from '../ir/kind.js';
import { flags } from '../losses/target-values.js';
import { decisionArguments, decisionProblem, decisions } from './decision.js';
import { defineMetric } from './metric.js';

export const recall = defineMetric({
  keyword: 'recall',
  summary:
    'Share of the classes to be found that are predicted. Every class of every row counts for itself; with `class_id` one class alone.',
  cite: 'Keras, keras.metrics.Recall',
  schema: Type.Object(decisionArguments),
  better: 'higher',
  unitRange: true,
  takes: flags,
  problem: (args, units) => decisionProblem(args, units),
  sums: (b, at) => {
    const { wanted, found } = decisions(b, at);
    return {
      true_positives: b.sum(b.multiply(found, wanted)),
      false_negatives: b.sum(b.multiply(wanted, b.subtract(1, found))),
    };
  },
  // Without a single yes it is 0, as in Keras.
  finish: ({ true_positives, false_negatives }) => true_positives! / Math.max(1, true_positives! + false_negatives!),
});
