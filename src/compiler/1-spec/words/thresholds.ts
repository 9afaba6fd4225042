import { type Kind, Type } from '../../../ir/kind.js';

const weight = {
  keyword: 'weight',
  summary: 'Sets every single weight below the threshold to 0, as the DropNeuron scripts do; then what is dead goes.',
  cite: 'Pan, Dong and Guo 2016, DropNeuron (arXiv 1606.07326); prune() of its scripts',
  schema: Type.Object({
    threshold: Type.Number({ minimum: 0, description: 'Weights with a smaller absolute value become 0.' }),
  }),
} satisfies Kind;

const auto = {
  keyword: 'auto',
  summary:
    'The largest threshold on unit norms at which it and every smaller one keep the metric within the tolerance, on validation data.',
  schema: Type.Object({
    tolerance: Type.Number({
      minimum: 0,
      description:
        'How much the metric may lose: absolute points for metrics in [0, 1] (0.2% is 0.002), a share of its value for others.',
    }),
    metric: Type.Optional(
      Type.String({
        minLength: 1,
        description:
          'A metric, or `loss`; of several outputs `price_mae` or `price_loss`. Absent: the first of `train.metrics`, or the loss where there is none or there are several outputs.',
      }),
    ),
  }),
} satisfies Kind;

export const thresholds = { weight, auto } as const satisfies Readonly<Record<string, Kind>>;
