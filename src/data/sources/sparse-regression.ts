import { fail } from '../../diagnostics/report.js';
import { Type } from '../../ir/kind.js';
import { drawRegression } from '../regression.js';
import { defineSource, type Table } from '../source.js';

/** Numbers in one generated table: 1 GiB of floats. */
const MOST_NUMBERS = 2 ** 28;

export const sparseRegression = defineSource({
  keyword: 'sparse_regression',
  summary: 'Generated: a number that depends linearly on few of many features. The fields `features` and `target`.',
  cite: 'Pan, Dong and Guo 2016, DropNeuron (arXiv 1606.07326): regression.py, with the noise that the paper promises',
  schema: Type.Object({
    features: Type.Integer({ default: 20, minimum: 1, maximum: 100_000, description: 'Number of features.' }),
    support: Type.Integer({
      default: 2,
      minimum: 1,
      description: 'How many of them matter; drawn without replacement.',
    }),
    samples: Type.Integer({ default: 500, minimum: 1, maximum: 1_000_000, description: 'Training rows.' }),
    test: Type.Integer({ default: 500, minimum: 1, maximum: 1_000_000, description: 'Test rows.' }),
    scale: Type.Number({
      default: 1,
      exclusiveMinimum: 0,
      description:
        'Standard deviation of every feature, which is normal with mean 0. The scripts of the paper have 10.',
    }),
    unit_sphere: Type.Boolean({
      default: false,
      description:
        'Whether every feature, as the column of its values in the training rows, is a point drawn from the unit sphere times `scale`: a dictionary of unit atoms, overcomplete with fewer samples than features. Test rows are on the same scale.',
    }),
    noise: Type.Number({ default: 0, minimum: 0, description: 'Standard deviation of the noise on the target.' }),
    seed: Type.Integer({
      default: 0,
      minimum: 0,
      maximum: 0xffffffff,
      description: 'Seed of the model and of the rows.',
    }),
  }),
  describe: ({ features }) => ({
    fields: [
      { name: 'features', shape: [features], form: 'values' },
      { name: 'target', shape: [1], form: 'values' },
    ],
    target: 'target',
  }),
  read: async (args, { at }) => {
    const { features, support, samples, test } = args;
    if (support > features) fail('support-too-large', { support, features }, { at });
    const rows = Math.max(samples, test);
    if (rows * features > MOST_NUMBERS)
      fail('table-too-large', { source: 'sparse_regression', rows, width: features, limit: MOST_NUMBERS }, { at });
    const draw = (part: string, rows: number): Table => {
      const { x, y } = drawRegression(part, rows, args);
      return {
        rows,
        fields: [
          { name: 'features', shape: [features], form: 'values', data: x },
          { name: 'target', shape: [1], form: 'values', data: y },
        ],
        target: 'target',
        files: [],
      };
    };
    return { train: draw('train', samples), test: draw('test', test) };
  },
});
