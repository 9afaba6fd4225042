import { Type } from '../ir/kind.js';
import { signs } from '../losses/target-values.js';
import { defineMetric } from './metric.js';

export const accuracy = defineMetric({
  keyword: 'accuracy',
  summary: 'Share of rows whose class is right: the largest output, or for one output whether it is above one half.',
  cite: 'Keras, keras.metrics.Accuracy',
  schema: Type.Object({}),
  better: 'higher',
  unitRange: true,
  takes: signs,
  sums: (b, { target, form, prediction, logits }) => {
    const width = prediction.type.shape.at(-1) as number;
    if (form === 'classes') {
      return { correct: b.sum(b.cast(b.equal(b.argmax(prediction, -1), target), 'float')) };
    }
    if (width > 1) {
      return { correct: b.sum(b.cast(b.equal(b.argmax(prediction, -1), b.argmax(target, -1)), 'float')) };
    }
    const yes = b.greater(prediction, logits ? 0 : 0.5);
    const wanted = b.greater(target, 0.5);
    return { correct: b.sum(b.cast(b.equal(b.cast(yes, 'float'), b.cast(wanted, 'float')), 'float')) };
  },
  finish: ({ correct }, rows) => correct! / rows,
  standardError: ({ correct }, rows) => {
    const share = correct! / rows;
    return Math.sqrt((share * (1 - share)) / rows);
  },
});
