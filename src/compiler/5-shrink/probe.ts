import type { FeatureStatistics } from '../../data/feature-statistics.js';
import type { InputRanges, Ranges } from '../../ir/ranges.js';
import { drawRandom } from '../../random/streams.js';

/** By input: how its features are spread over the training rows, as whole rows hold them, before `keep`. */
export type Features = Readonly<Record<string, FeatureStatistics>>;

/** As many rows as a certificate has, and as few. */
const MOST_ROWS = 1000;
const LEAST_ROWS = 8;
/** What one network may cost on all rows together: multiply-adds, which take some seconds in float64, and numbers kept at once. */
const MOST_MULTIPLY_ADDS = 3e8;
const MOST_NUMBERS = 5e7;

/** How many rows a network is compared on: 1,000, or as many as it can compute in some seconds. It takes so much a row. */
export function probeRows({
  multiplyAdds,
  numbers,
}: {
  readonly multiplyAdds: number;
  readonly numbers: number;
}): number {
  const affordable = Math.min(MOST_MULTIPLY_ADDS / Math.max(1, multiplyAdds), MOST_NUMBERS / Math.max(1, numbers));
  return Math.min(MOST_ROWS, Math.max(LEAST_ROWS, Math.floor(affordable)));
}

/** Where the rows of a certificate come from: what is needed to draw them again, beside `features`. */
export interface Probe {
  readonly rows: number;
  /**
   * `features`: every feature from a normal distribution with its mean and deviation over the training rows, within the range of its input, rounded
   * where the input holds whole numbers only. `uniform`: from 0 to 1, where no data is known.
   */
  readonly source: 'features' | 'uniform';
  readonly seed: number;
}

/**
 * Draws whole rows by input, row-major. Equal seeds, statistics, ranges and numbers of rows give equal rows. With `ranges` no number is outside of the range of its
 * feature.
 */
export function drawProbe(
  widths: Readonly<Record<string, number>>,
  seed: number,
  features: Features | undefined,
  count = MOST_ROWS,
  ranges: InputRanges = {},
): { readonly probe: Probe; readonly rows: Readonly<Record<string, Float32Array>> } {
  const rows = Object.fromEntries(
    Object.entries(widths).map(([input, width]) => {
      const units = Array.from({ length: width }, (_, k) => k);
      const draw = (kind: 'uniform' | 'normal') =>
        drawRandom(
          { stream: `certificate.${input}`, distribution: { kind }, units, width },
          { seed, epoch: 0, step: 0 },
          count,
        );
      const within = (drawn: Float32Array) => (Object.hasOwn(ranges, input) ? clipped(drawn, ranges[input]!) : drawn);
      if (!features) return [input, within(draw('uniform'))];
      const own = features[input];
      if (own?.mean.length !== width) throw new Error(`no statistics for the ${width} features of ${input}`);
      return [input, within(spread(draw('normal'), own))];
    }),
  );
  return { probe: { rows: count, source: features ? 'features' : 'uniform', seed }, rows };
}

/** Every feature of the last axis within its range. */
function clipped(drawn: Float32Array, { low, high }: Ranges): Float32Array {
  return drawn.map((value, k) => Math.min(high[k % high.length]!, Math.max(low[k % low.length]!, value)));
}

/** Standard normals as numbers that look like those of the input. */
function spread(normals: Float32Array, { mean, deviation, low, high, whole }: FeatureStatistics): Float32Array {
  // A feature that never changes is moved a little, too, and a whole number that rarely does often: what reads it must be the same in both networks.
  const least = deviation.reduce((found, one) => (one > 0 && one < found ? one : found), Number.POSITIVE_INFINITY);
  const floor = whole ? 0.5 : Number.isFinite(least) ? least : 1;
  const [from, to] = low < high ? [low, high] : [low - 3, high + 3];
  return normals.map((normal, k) => {
    const feature = k % mean.length;
    const value = mean[feature]! + Math.max(deviation[feature]!, floor) * normal;
    return Math.min(to, Math.max(from, whole ? Math.round(value) : value));
  });
}
