import { durationOf, Type } from '../ir/kind.js';
import { defineSchedule, inSteps } from './schedule.js';

export const piecewise = defineSchedule({
  keyword: 'piecewise',
  summary:
    'One value up to the first boundary, another up to the second, and so on: `piecewise([32k steps, 48k steps], [0.1, 0.01, 0.001])`.',
  cite: 'Keras, keras.optimizers.schedules.PiecewiseConstantDecay (the step at a boundary belongs to the value before it)',
  schema: Type.Object({
    boundaries: Type.Array(durationOf('steps', { description: 'A boundary.' }), {
      minItems: 1,
      description: 'When the value changes: `[10 epochs, 15 epochs]`. Bare numbers are steps.',
    }),
    values: Type.Array(Type.Number({ minimum: 0 }), {
      minItems: 2,
      description: 'The values: one more than boundaries.',
    }),
  }),
  problem: ({ boundaries, values }) => {
    if (values.length !== boundaries.length + 1)
      return `${boundaries.length} boundaries separate ${boundaries.length + 1} values, and there are ${values.length}`;
    const units = new Set(boundaries.map(({ unit }) => unit));
    if (units.size > 1) return 'boundaries are all in steps or all in epochs';
    const rising = boundaries.every(({ amount }, k) => k === 0 || amount > boundaries[k - 1]!.amount);
    return rising ? undefined : 'every boundary must be later than the one before';
  },
  value: ({ boundaries, values }, at) => {
    const passed = boundaries.filter((boundary) => at.step > inSteps(boundary, at)).length;
    return values[passed]!;
  },
});
