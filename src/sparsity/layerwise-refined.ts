import { type Static, Type } from '../ir/kind.js';
import { type LayerRows, layersInOrder, isGone, refusesLayer, rowArguments } from './layer-rows.js';
import { Cholesky, SparseRows } from './linear-algebra.js';
import { type LongWork, withPauses } from './long-work.js';
import { defineMethod, type HostSite } from './method.js';
import { shareOf } from './shares.js';
import { type Family, removeLowest, unitsOf } from './unit-groups.js';

const schema = Type.Object({
  rate: Type.Number({
    exclusiveMinimum: 0,
    exclusiveMaximum: 1,
    description:
      'Share of the units of each layer that goes, rounded down. The model’s outputs stay, and the last unit of a layer does.',
  }),
  ...rowArguments,
});

type Arguments = Static<typeof schema>;

/** How strongly weights are drawn to what they were, as a share of the mean square of what they are multiplied with: it decides where rows say nothing. */
const RIDGE = 1e-4;

/** Computes the units of a layer anew by least squares, so that they add up what they added up as trained: min ‖X w + b − s‖² + RIDGE · mean square · ‖w − trained‖². */
function* refit({ rows, weights, units, reads, ...layer }: LayerRows, site: HostSite<Arguments>): LongWork<void> {
  const x = SparseRows.of(rows, weights, reads, site.bias ? 1 : undefined);
  const { columns } = x;
  const matrix = yield* x.gram();
  const pull = (RIDGE * x.squares()) / columns;
  if (pull === 0) return;
  for (let k = 0; k < columns; k++) matrix[k * columns + k]! += pull;
  const factor = yield* Cholesky.of(matrix, columns);
  for (let unit = 0; unit < units; unit++) {
    const trained = layer.trained(unit);
    if (isGone(trained, site)) continue;
    const made = x.times(trained);
    const moved = factor.solve(x.transposedTimes(layer.wanted(unit).map((sum, row) => sum - made[row]!)));
    layer.write(
      unit,
      trained.map((weight, k) => weight + moved[k]!),
    );
    yield { what: `${unit + 1} of ${units} units`, share: (unit + 1) / units };
  }
}

/** By unit ‖w ⊙ a‖₂, a being on how many of the rows and places what a weight reads is not 0. */
function importance({ rows, weights, units, reads }: LayerRows, { kernel }: HostSite<Arguments>): Float64Array {
  const dense = new Float64Array(weights);
  reads.forEach((value, k) => {
    if (value !== 0) dense[k % weights]! += 1 / rows;
  });
  const sums = new Float64Array(units);
  kernel.forEach((weight, k) => {
    sums[k % units]! += (weight * dense[Math.floor(k / units)]!) ** 2;
  });
  return sums.map(Math.sqrt);
}

/**
 * Layer by layer from the input on, with every layer after those before it were done:
 *
 * 1. its weights are computed anew by least squares, so that from what it reads now each unit adds up what it added up as trained;
 * 2. of its units go those of the least ‖w ⊙ a‖₂, w being the weights into the unit and a how often what they read is not 0: weights on an input that is mostly 0 count for little.
 *
 * The paper's abstract says that the importance of channels of a layer is put together with how sparse the layer's input is, and that layers are refined one after the other. The formula for both, and step 1, are ours. Units that several
 * layers write, such as those of a residual stream, go where the first of them is done, by its weights.
 */
export const layerwiseRefined = defineMethod({
  keyword: 'layerwise_refined',
  summary:
    'After training units go layer by layer, by their weights and how often what these read is not 0; each layer is computed anew for what is left before it.',
  cite: 'Layer-wise refined pruning (Computational Intelligence and Neuroscience 2022), by its abstract; the formula for importance and the least squares are dnc’s own',
  schema,
  refuses: (args, at) => refusesLayer(args, at),
  keepsZeros: () => 'in the fine-tuning',
  keepsUnits: () => true,
  select: async (at) => {
    const all = unitsOf(at.sites);
    const done = new Set<Family>();
    for await (const { site, layer } of layersInOrder<Arguments>(at, () => true)) {
      await withPauses(refit(layer, site), layer.pause);
      const scores = importance(layer, site);
      const own = all.filter(({ places, family }) => !done.has(family) && places.some((place) => place.site === site));
      const families = new Set(own.map(({ family }) => family));
      for (const family of families) {
        done.add(family);
        const members = all.filter((unit) => unit.family === family);
        removeLowest(
          members,
          // A unit of a family that this layer does not write, beside one that it does, counts by nothing.
          Float64Array.from(
            members,
            ({ places }) => scores[places.find((place) => place.site === site)?.unit ?? -1] ?? 0,
          ),
          shareOf(site.arguments.rate, family.whole) - (family.whole - family.left),
        );
      }
    }
  },
  more: () => 'a larger `rate`',
  spelling: {},
});
