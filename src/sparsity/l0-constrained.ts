import { type Static, Type } from '../ir/kind.js';
import { layersInOrder, isGone, modeArgument, refusesLayer, rowArguments } from './layer-rows.js';
import { bestSupport } from './least-squares.js';
import { SparseRows } from './linear-algebra.js';
import { withPauses } from './long-work.js';
import { defineMethod } from './method.js';
import { shareOf } from './shares.js';

const schema = Type.Object({
  connections: Type.Number({
    examples: [0.1],
    exclusiveMinimum: 0,
    description:
      'How many weights each unit keeps at most: below 1 a share of those that it has, rounded down, and at least one; from 1 on a number.',
  }),
  mode: modeArgument,
  ...rowArguments,
});

type Arguments = Static<typeof schema>;

/**
 * Each unit by itself keeps so many connections at most, with which it adds up nearly what it added up as trained, s, on rows of the training data:
 *
 *     min ‖X w + b − s‖₂   with ‖w‖₀ ≤ k
 *
 * the paper's model for any activation. Its model for relu, which it solves to optimality by cutting planes, is not here: supports are found by a search (`bestSupport`), which begins no further off
 * than the largest weights do. So no unit is further off than with its k largest weights and least squares on them. The bias is free, and weights that are 0 stay 0.
 */
export const l0Constrained = defineMethod({
  keyword: 'l0_constrained',
  summary:
    'After training each unit keeps a limited number of connections, those with which least squares comes nearest to what it added up.',
  cite: 'Phan, Nguyen, Nguyen and Kalagnanam 2020, Pruning deep neural networks with ℓ0-constrained optimization (ICDM 2020), its model for a general activation; search: orthogonal least squares (Chen, Billings and Luo 1989) and exchanges',
  schema,
  refuses: (args, at) =>
    args.connections >= 1 && !Number.isInteger(args.connections)
      ? `connections is ${args.connections}: below 1 it is a share, from 1 on a whole number`
      : refusesLayer(args, at),
  keepsZeros: () => 'in the fine-tuning',
  refit: async (at) => {
    for await (const { site, layer } of layersInOrder<Arguments>(at, ({ mode }) => mode === 'cascade')) {
      const { rows, weights, units, reads } = layer;
      const { connections } = site.arguments;
      const x = SparseRows.of(rows, weights, reads, site.bias ? 1 : undefined);
      const gram = await withPauses(x.gram(), layer.pause);
      const most = connections < 1 ? Math.max(1, shareOf(connections, weights)) : connections;
      for (let unit = 0; unit < units; unit++) {
        const trained = layer.trained(unit);
        if (isGone(trained, site)) continue;
        const candidates = Array.from({ length: weights }, (_, k) => k).filter((k) => trained[k] !== 0);
        if (candidates.length <= most) continue;
        const search = bestSupport(
          { columns: x.columns, gram, correlation: x.transposedTimes(layer.wanted(unit)) },
          {
            most,
            candidates,
            always: site.bias ? [weights] : [],
            given: candidates.toSorted((a, b) => Math.abs(trained[b]!) - Math.abs(trained[a]!) || a - b).slice(0, most),
          },
        );
        const found = await withPauses(search, ({ what }) =>
          layer.pause({ what: `unit ${unit + 1} of ${units}, ${what}`, share: unit / units }),
        );
        const own = new Float64Array(trained.length);
        found.columns.forEach((column, k) => {
          own[column] = found.weights[k]!;
        });
        layer.write(unit, own);
      }
    }
  },
  more: () => 'fewer `connections`',
  spelling: {},
});
