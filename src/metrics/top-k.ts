import { Type } from '../ir/kind.js';
import { signs } from '../losses/target-values.js';
import { rowMean } from '../losses/rows.js';
import { defineMetric } from './metric.js';

export const topK = defineMetric({
  keyword: 'top_k',
  aliases: ['top_k_categorical_accuracy', 'sparse_top_k_categorical_accuracy'],
  summary: 'Share of rows whose class is among the k largest outputs. Equals at the border all count as among them.',
  cite: 'Keras, keras.metrics.TopKCategoricalAccuracy and SparseTopKCategoricalAccuracy',
  schema: Type.Object({
    k: Type.Integer({ default: 5, minimum: 1, description: 'How many outputs.' }),
  }),
  better: 'higher',
  unitRange: true,
  takes: signs,
  problem: ({ k }, units) =>
    k < units ? undefined : `\`k\` is ${k}, and the output has ${units} units: every row is right`,
  sums: (b, { arguments: { k }, target, form, prediction }) => {
    const classes = form === 'classes' ? target : b.argmax(target, -1);
    const own = b.sum(b.multiply(prediction, b.oneHot(classes, prediction.type.shape.at(-1) as number)), [-1], true);
    const larger = b.sum(b.cast(b.greater(prediction, own), 'float'), [-1]);
    return { correct: b.sum(rowMean(b, b.cast(b.less(larger, k), 'float'))) };
  },
  finish: ({ correct }, rows) => correct! / rows,
  standardError: ({ correct }, rows) => {
    const share = correct! / rows;
    return Math.sqrt((share * (1 - share)) / rows);
  },
});
