import { Type } from '../ir/kind.js';
import { type Draws, defineInitializer, type InitializerKind } from './initializer.js';
import { truncatedNormal } from './truncate.js';

/** Standard deviation of a standard normal truncated at two: what is drawn is divided by it, so that the variance comes out as asked. */
const TRUNCATED_DEVIATION = 0.87962566103423978;

export type Fan = 'fan_in' | 'fan_out' | 'fan_avg';
export type Distribution = 'truncated_normal' | 'untruncated_normal' | 'uniform';

/** What the variance is, scale / fan, and of which distribution. */
export interface Scaling {
  readonly scale: number;
  readonly fan: Fan;
  readonly distribution: Distribution;
}

/** One element: normal truncated at two standard deviations or not, or uniform in ±√(3 · variance) (Keras, keras.initializers.VarianceScaling). */
export function scaledDraw(
  { scale, fan, distribution }: Scaling,
  { counter, fanIn, fanOut, draws }: { counter: number; fanIn: number; fanOut: number; draws: Draws },
): number {
  const variance = scale / Math.max(1, { fan_in: fanIn, fan_out: fanOut, fan_avg: (fanIn + fanOut) / 2 }[fan]);
  if (distribution === 'uniform') return Math.sqrt(3 * variance) * (2 * draws.uniform(counter) - 1);
  if (distribution === 'untruncated_normal') return Math.sqrt(variance) * draws.normal(counter);
  return (Math.sqrt(variance) / TRUNCATED_DEVIATION) * truncatedNormal(draws, counter);
}

/** An initializer that is one scaling, with a name of its own. */
export function scaling(options: Scaling & { readonly keyword: string; readonly cite: string }): InitializerKind {
  const { keyword, cite, scale, fan, distribution } = options;
  const denominator = { fan_in: 'fan in', fan_out: 'fan out', fan_avg: 'mean of fan in and fan out' }[fan];
  const variance = `${scale} / ${denominator}`;
  return defineInitializer({
    keyword,
    summary:
      distribution === 'uniform'
        ? `Drawn evenly from an interval around 0, with variance ${variance}.`
        : `Drawn from a normal of variance ${variance}, truncated at two standard deviations.`,
    cite,
    schema: Type.Object({}),
    value: (_, at) => scaledDraw(options, at),
  });
}
