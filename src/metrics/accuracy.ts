import { Type } from '../ir/kind.js';
import { signs } from '../losses/target-values.js';
import type { Value } from '../program/builder.js';
import { sizeOf } from '../program/program.js';
import { defineMetric } from './metric.js';

export const accuracy = defineMetric({
  keyword: 'accuracy',
  summary:
    'Share of rows whose class is right: the largest output, or for one output whether it is above one half. Where a row has a class at every place, the share of places.',
  cite: 'Keras, keras.metrics.Accuracy',
  schema: Type.Object({}),
  better: 'higher',
  unitRange: true,
  takes: signs,
  sums: (b, { target, form, prediction, logits }) => {
    const right = (): Value => {
      if (form === 'classes') return b.equal(b.argmax(prediction, -1), target);
      if ((prediction.type.shape.at(-1) as number) > 1) return b.equal(b.argmax(prediction, -1), b.argmax(target, -1));
      const yes = b.greater(prediction, logits ? 0 : 0.5);
      return b.equal(b.cast(yes, 'float'), b.cast(b.greater(target, 0.5), 'float'));
    };
    const flags = b.cast(right(), 'float');
    // A row that has a class at every place, such as a mask, counts by the share of places that are right.
    const places = sizeOf(flags.type.shape.slice(1) as number[]);
    return { correct: places === 1 ? b.sum(flags) : b.multiply(b.sum(flags), 1 / places) };
  },
  finish: ({ correct }, rows) => correct! / rows,
  standardError: ({ correct }, rows) => {
    const share = correct! / rows;
    return Math.sqrt((share * (1 - share)) / rows);
  },
});
