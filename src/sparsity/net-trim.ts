import { type Static, Type } from '../ir/kind.js';
import { type LayerRows, layersInOrder, isGone, modeArgument, refusesLayer, rowArguments } from './layer-rows.js';
import { withPauses } from './long-work.js';
import { defineMethod, type HostSite } from './method.js';
import { SparsestWeights, type Wanted } from './sparsest-weights.js';

const schema = Type.Object({
  epsilon: Type.Number({
    examples: [0.1],
    default: 0.1,
    minimum: 0,
    description: 'How far a unit may be off on the rows where it is active, as a share of what it writes there: ‖·‖₂.',
  }),
  mode: modeArgument,
  ...rowArguments,
});

type Arguments = Static<typeof schema>;

/** What the units of a layer are to do, one after the other: what they do as trained, within epsilon or what they are off by now. */
function* wantedOf(
  units: readonly number[],
  { arguments: { epsilon }, sum }: HostSite<Arguments>,
  layer: LayerRows,
  solver: SparsestWeights,
): Generator<Wanted> {
  const isRelu = sum!.activation === 'relu';
  for (const unit of units) {
    const weights = layer.trained(unit);
    const wanted = layer.wanted(unit);
    const active = Uint8Array.from(wanted, (value) => Number(!isRelu || value > 0));
    const now = solver.times(weights);
    const size = (of: (row: number) => number) =>
      Math.sqrt(active.reduce((all, is, row) => all + (is ? of(row) ** 2 : 0), 0));
    const radius = Math.max(
      epsilon * size((row) => wanted[row]!),
      size((row) => now[row]! - wanted[row]!),
    );
    const values = wanted.map((value, row) => (active[row] ? value : Math.max(0, now[row]!)));
    yield { values, active, radius, weights };
  }
}

/**
 * Each unit by itself gets the weights of least ‖w‖₁ that leave what it writes on rows of the training data: with s what it adds up as trained, and Ω the rows on which s > 0,
 *
 *     min ‖w‖₁   with ‖(X w + b − s)_Ω‖₂ ≤ ε ‖s_Ω‖₂ and (X w + b) ≤ 0 elsewhere     behind relu
 *     min ‖w‖₁   with ‖X w + b − s‖₂ ≤ ε ‖s‖₂                                        before any other activation
 *
 * Of a cascade X is what the layer reads after those before it were computed anew; a bound that the trained weights miss there is put where they are, so that they are always a solution. Weights that are 0 stay 0, the
 * bias is free of the norm. A unit that the solver brings to no solution, to within a hundredth of the root mean square of s, keeps its weights.
 */
export const netTrim = defineMethod({
  keyword: 'net_trim',
  summary:
    'After training each unit gets the sparsest weights, by convex optimisation, that leave what it writes on training rows nearly as it is.',
  cite: 'Aghasi, Abdi, Nguyen and Romberg 2017, Net-Trim: Convex pruning of deep neural networks with performance guarantee (arXiv 1611.05162), equations 5 and 8; ADMM: Aghasi, Abdi and Romberg 2018 (arXiv 1806.06457)',
  schema,
  refuses: (args, at) => refusesLayer(args, at),
  keepsZeros: () => 'in the fine-tuning',
  refit: async (at) => {
    for await (const { site, layer } of layersInOrder<Arguments>(at, ({ mode }) => mode === 'cascade')) {
      const { rows, weights, reads } = layer;
      const solver = await withPauses(SparsestWeights.over(rows, weights, reads, site.bias !== undefined), layer.pause);
      const units = Array.from({ length: layer.units }, (_, unit) => unit).filter(
        (unit) => !isGone(layer.trained(unit), site),
      );
      const work = solver.solve(wantedOf(units, site, layer, solver), units.length, (k, found) => {
        if (found.holds) layer.write(units[k]!, found.weights);
      });
      await withPauses(work, layer.pause);
    }
  },
  more: () => 'a larger `epsilon`',
  spelling: {},
});
