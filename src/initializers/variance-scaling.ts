import { Type } from '../ir/kind.js';
import { defineInitializer, type InitializerKind } from './initializer.js';
import { truncatedNormal } from './truncate.js';

/** Standard deviation of a standard normal truncated at two: what is drawn is divided by it, so that the variance comes out as asked. */
const TRUNCATED_DEVIATION = 0.87962566103423978;

/**
 * An initializer whose variance is scale / fan (Keras, keras.initializers.VarianceScaling): normal truncated at two standard deviations, or uniform in
 * ±√(3 · variance).
 */
export function varianceScaling(options: {
  readonly keyword: string;
  readonly scale: number;
  readonly fan: 'in' | 'average';
  readonly distribution: 'normal' | 'uniform';
  readonly cite: string;
}): InitializerKind {
  const { keyword, scale, fan, distribution, cite } = options;
  const variance = `${scale} / ${fan === 'in' ? 'fan in' : 'mean of fan in and fan out'}`;
  return defineInitializer({
    keyword,
    summary:
      distribution === 'normal'
        ? `Drawn from a normal of variance ${variance}, truncated at two standard deviations.`
        : `Drawn evenly from an interval around 0, with variance ${variance}.`,
    cite,
    schema: Type.Object({}),
    value: (_, { counter, fanIn, fanOut, draws }) => {
      const spread = scale / Math.max(1, fan === 'in' ? fanIn : (fanIn + fanOut) / 2);
      if (distribution === 'uniform') return Math.sqrt(3 * spread) * (2 * draws.uniform(counter) - 1);
      return (Math.sqrt(spread) / TRUNCATED_DEVIATION) * truncatedNormal(draws, counter);
    },
  });
}
