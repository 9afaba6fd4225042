import { numberOrCallOf, Type } from '../ir/kind.js';

/** The argument that every optimizer has. */
export function learningRate(value = 0.001, description = 'Step size: a number or a schedule.') {
  return numberOrCallOf('schedule', { default: value, minimum: 0, description });
}

/** What Adam and its relatives keep means with. */
export const moments = {
  beta_1: Type.Number({ default: 0.9, minimum: 0, exclusiveMaximum: 1, description: 'Decay of the mean gradient.' }),
  beta_2: Type.Number({
    default: 0.999,
    minimum: 0,
    exclusiveMaximum: 1,
    description: 'Decay of the mean squared gradient.',
  }),
  epsilon: Type.Number({ default: 1e-7, exclusiveMinimum: 0, description: 'Keeps the division finite.' }),
};
