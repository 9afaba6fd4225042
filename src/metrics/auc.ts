import { Type } from '../ir/kind.js';
import { flags } from '../losses/target-values.js';
import { probabilities, wantedFlags } from './classes.js';
import { defineMetric } from './metric.js';

/** Keras' backend epsilon: how far the outer thresholds are beyond 0 and 1. */
const MARGIN = 1e-7;

/** The thresholds of Keras, rising. */
function thresholdsOf(count: number): number[] {
  const inner = Array.from({ length: count - 2 }, (_, k) => (k + 1) / (count - 1));
  return [-MARGIN, ...inner, 1 + MARGIN];
}

export const auc = defineMetric({
  keyword: 'auc',
  summary:
    'Area under a curve of all thresholds: how well probabilities order the rows, ½ for chance with ROC. Every class of every row counts for itself.',
  cite: 'Keras, keras.metrics.AUC; PR with interpolation: Davis and Goadrich 2006, section 4',
  schema: Type.Object({
    num_thresholds: Type.Integer({ default: 200, minimum: 2, maximum: 10_000, description: 'Points of the curve.' }),
    curve: Type.Union([Type.Literal('ROC'), Type.Literal('PR')], {
      default: 'ROC',
      description: 'ROC: recall over the share of false alarms. PR: precision over recall.',
    }),
    summation_method: Type.Union([Type.Literal('interpolation'), Type.Literal('minoring'), Type.Literal('majoring')], {
      default: 'interpolation',
      description: 'Between points the mean of the two, the lower, or the higher one.',
    }),
  }),
  better: 'higher',
  unitRange: true,
  takes: flags,
  sums: (b, at) => {
    const all = (at.prediction.type.shape.slice(1) as number[]).reduce((product, extent) => product * extent, 1);
    const flat = (value: typeof at.prediction) => b.reshape(value, [value.type.shape[0]!, all, 1]);
    const wanted = flat(wantedFlags(b, at));
    const thresholds = thresholdsOf(at.arguments.num_thresholds);
    const above = b.cast(b.greater(flat(probabilities(b, at)), b.constant(thresholds, [thresholds.length])), 'float');
    return {
      positives: b.sum(wanted),
      negatives: b.sum(b.subtract(1, wanted)),
      true_positives: b.sum(b.multiply(above, wanted), [0, 1]),
      false_positives: b.sum(b.multiply(above, b.subtract(1, wanted)), [0, 1]),
    };
  },
  finish: ({ positives, negatives }, _, { true_positives, false_positives }, { curve, summation_method }) => {
    const [right, wrong] = [true_positives!, false_positives!];
    const share = (part: number, of: number) => (of > 0 ? part / of : 0);
    let area = 0;
    for (let k = 0; k + 1 < right.length; k++) {
      // Thresholds rise, so that the curve runs from its end to its beginning.
      const [tp, nextTp, fp, nextFp] = [right[k]!, right[k + 1]!, wrong[k]!, wrong[k + 1]!];
      const [found, nextFound] = [tp + fp, nextTp + nextFp];
      if (curve === 'PR' && summation_method === 'interpolation') {
        const slope = share(tp - nextTp, Math.max(0, found - nextFound));
        const intercept = nextTp - slope * nextFound;
        const ratio = found > 0 && nextFound > 0 ? found / nextFound : 1;
        area += share(slope * (tp - nextTp + intercept * Math.log(ratio)), positives!);
        continue;
      }
      const recalls = [share(tp, positives!), share(nextTp, positives!)] as const;
      const [x, y] =
        curve === 'ROC'
          ? [[share(fp, negatives!), share(nextFp, negatives!)] as const, recalls]
          : [recalls, [share(tp, found), share(nextTp, nextFound)] as const];
      const height = { interpolation: (y[0] + y[1]) / 2, minoring: Math.min(...y), majoring: Math.max(...y) };
      area += (x[0] - x[1]) * height[summation_method];
    }
    return area;
  },
});
