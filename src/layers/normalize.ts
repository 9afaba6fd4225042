import { callOf, Type } from '../ir/kind.js';
import type { Builder, Value } from '../program/builder.js';

/** The arguments that Keras' normalizations by gamma and beta share. */
export const normalizeArguments = {
  epsilon: Type.Number({ default: 1e-3, minimum: 0, description: 'Added to the variance.' }),
  center: Type.Boolean({ default: true, description: 'Whether beta is added.' }),
  scale: Type.Boolean({ default: true, description: 'Whether gamma multiplies.' }),
  beta_initializer: callOf('initializer', { default: 'zeros', description: 'How beta starts.' }),
  gamma_initializer: callOf('initializer', { default: 'ones', description: 'How gamma starts.' }),
};

/** centered · gamma / √(variance + epsilon) + beta. All broadcast. */
export function scaledBy(
  b: Builder,
  centered: Value,
  by: {
    readonly variance: Value;
    readonly epsilon: number;
    readonly gamma: Value | undefined;
    readonly beta: Value | undefined;
  },
): Value {
  const deviation = b.sqrt(b.add(by.variance, by.epsilon));
  const y = b.multiply(centered, b.divide(by.gamma ?? 1, deviation));
  return by.beta ? b.add(y, by.beta) : y;
}
