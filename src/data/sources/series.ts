import { Type } from '../../ir/kind.js';
import { sineOfTurn } from '../../random/numeric.js';
import { Stream } from '../../random/streams.js';
import { defineSource, type Field } from '../source.js';

const FIELDS: readonly Omit<Field, 'data'>[] = [
  { name: 'value', shape: [1], form: 'values', units: ['value'] },
  { name: 'driver', shape: [1], form: 'values', units: ['driver'] },
];

/** Rows before the first one, in which the beginning is forgotten. */
const BEFORE = 100;
/** Rows after which the driver is felt. */
const LAG = 3;

export const series = defineSource({
  keyword: 'series',
  summary:
    'Generated: a series ordered by time, for `window`. `value` follows its own two last values, a season, and the `driver` of three rows before, bent: value(t) = 0.6 value(t−1) − 0.3 value(t−2) + season(t) + 1.5 b(2 driver(t−3)) + noise, b(x) = x / (1 + |x|); driver(t) = 0.9 driver(t−1) + noise of standard deviation 0.4. Nobody predicts better than with the noise as root mean squared error.',
  cite: 'an autoregressive model with exogenous input: Box, Jenkins and Reinsel, Time Series Analysis, chapters 3 and 11',
  schema: Type.Object({
    rows: Type.Integer({ default: 5_000, minimum: 1, maximum: 10_000_000, description: 'Rows, one for every time.' }),
    period: Type.Integer({ default: 24, minimum: 2, maximum: 100_000, description: 'Rows of the season.' }),
    season: Type.Number({ default: 1, minimum: 0, description: 'Height of the season: the amplitude of a sine.' }),
    noise: Type.Number({ default: 0.3, minimum: 0, description: 'Standard deviation of the noise.' }),
    seed: Type.Integer({ default: 0, minimum: 0, maximum: 0xffffffff, description: 'Seed of the noise.' }),
  }),
  describe: () => ({ fields: FIELDS, target: 'value' }),
  read: async ({ rows, period, season, noise, seed }) => {
    const [errors, pushes] = ['series.noise', 'series.driver'].map((name) => Stream.named(name, { seed }));
    const value = new Float32Array(rows);
    const driver = new Float32Array(rows);
    /** The last values, the newest first. */
    let [last, before] = [0, 0];
    const drivers = [0, 0, 0];
    for (let time = 0; time < rows + BEFORE; time++) {
      const felt = 2 * drivers[LAG - 1]!;
      const bent = felt / (1 + Math.abs(felt));
      const phase = Math.floor(((time % period) / period) * 2 ** 32) | 0;
      const now = 0.6 * last - 0.3 * before + season * sineOfTurn(phase) + 1.5 * bent + noise * errors!.normal(time);
      [last, before] = [now, last];
      drivers.unshift(0.9 * drivers[0]! + 0.4 * pushes!.normal(time));
      drivers.pop();
      if (time < BEFORE) continue;
      value[time - BEFORE] = now;
      driver[time - BEFORE] = drivers[0]!;
    }
    const data = [value, driver];
    const fields = FIELDS.map((field, k) => ({ ...field, data: data[k]! }));
    return { train: { rows, fields, target: 'value', files: [] } };
  },
});
