import { type Kind, Type } from '../../../ir/kind.js';

/** What a sweep may draw values from, beside a list (`[1, 2, 4]`) and a range of whole numbers (`1..5`). */
const log = {
  keyword: 'log',
  summary:
    'Values at equal ratios: so many points with both ends among them, or without a number of points any value between, drawn evenly in its logarithm. Six digits.',
  schema: Type.Object({
    from: Type.Number({ exclusiveMinimum: 0, examples: [1e-5], description: 'The smallest value.' }),
    to: Type.Number({ exclusiveMinimum: 0, examples: [1e-2], description: 'The largest value.' }),
    points: Type.Optional(
      Type.Integer({
        minimum: 2,
        maximum: 10_000,
        absent: 'any value between',
        description: 'How many values. Without it the strategy must be one that draws `trials`.',
      }),
    ),
  }),
} satisfies Kind;

const uniform = {
  keyword: 'uniform',
  summary: 'Any value between two, drawn evenly; six digits. The strategy must be one that draws `trials`.',
  schema: Type.Object({
    from: Type.Number({ examples: [0], description: 'The smallest value.' }),
    to: Type.Number({ examples: [0.5], description: 'The largest value.' }),
  }),
} satisfies Kind;

export const spaces = { log, uniform } as const satisfies Readonly<Record<string, Kind>>;
