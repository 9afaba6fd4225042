import { type Kind, Type } from '../../../ir/kind.js';

/** How rows are held out, and which of those left are trained on. `count` and `share` are written as a number: `5000`, `15%`. `data/` draws the rows. */
const count = {
  keyword: 'count',
  summary: 'That many rows, drawn by the seed of the data section. Written as a number: `validation: 5000`.',
  schema: Type.Object({ rows: Type.Integer({ minimum: 1, description: 'Number of rows.' }) }),
} satisfies Kind;

const share = {
  keyword: 'share',
  summary: 'That share of the rows, drawn by the seed of the data section. Written in percent: `validation: 15%`.',
  schema: Type.Object({
    fraction: Type.Number({ exclusiveMinimum: 0, exclusiveMaximum: 1, description: 'Share of the rows.' }),
  }),
} satisfies Kind;

const first = {
  keyword: 'first',
  summary: 'The first rows, in the order of the source.',
  schema: Type.Object({ rows: Type.Integer({ minimum: 1, description: 'Number of rows.' }) }),
} satisfies Kind;

const last = {
  keyword: 'last',
  summary: 'The last rows, in the order of the source.',
  schema: Type.Object({ rows: Type.Integer({ minimum: 1, description: 'Number of rows.' }) }),
} satisfies Kind;

const fold = {
  keyword: 'fold',
  summary: 'Fold k of n equal parts, drawn by the seed of the data section: cross-validation.',
  schema: Type.Object({
    k: Type.Integer({ minimum: 1, description: 'Which fold, from 1 to `of`.' }),
    of: Type.Integer({ minimum: 2, description: 'Number of folds.' }),
  }),
} satisfies Kind;

export const splits = { count, share, first, last, fold } as const satisfies Readonly<Record<string, Kind>>;
