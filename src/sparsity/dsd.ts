import { Type } from '../ir/kind.js';
import { phases } from './during.js';
import { defineMethod } from './method.js';

export const dsd = defineMethod({
  keyword: 'dsd',
  summary:
    'Dense, sparse, dense: at the beginning of the phases that it names the smallest weights become 0 and stay so; the phases after them train all weights again.',
  cite: 'Han et al. 2017, DSD: Dense-sparse-dense training for deep neural networks (arXiv 1607.04381), algorithm 1',
  schema: Type.Object({
    rate: Type.Number({
      examples: [0.3],
      default: 0.3,
      minimum: 0,
      exclusiveMaximum: 1,
      description: 'Share of the weights of each kernel that become 0; the paper takes 0.25 to 0.5.',
    }),
    during: Type.Optional({ ...phases, examples: ['sparse'] }),
  }),
  refuses: ({ during }) =>
    during === undefined ? 'it would be sparse in every phase; `during: NAME` names the sparse one' : undefined,
  keepsZeros: () => 'where it acts',
  advance: async ({ sites, epoch }) => {
    if (epoch > 0) return {};
    for (const {
      kernel,
      arguments: { rate },
    } of sites) {
      const order = Array.from(kernel.keys()).sort((a, b) => Math.abs(kernel[a]!) - Math.abs(kernel[b]!) || a - b);
      for (const place of order.slice(0, Math.floor(rate * kernel.length))) kernel[place] = 0;
    }
    return {};
  },
  spelling: {},
});
