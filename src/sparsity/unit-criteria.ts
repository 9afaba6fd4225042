import type { HostMoment, HostSite, Sample, SampleTensor } from './method.js';
import { importanceInProjection } from './partial-least-squares.js';
import type { HostUnit, UnitPlace } from './unit-groups.js';

/** How much a unit counts for what: the ways to say which go first. */
export type UnitCriterion = 'l1' | 'l2' | 'taylor' | 'vip' | 'activation' | 'random';

/** Components of partial least squares; a class or a value more is explained by each. */
const COMPONENTS = 2;

/** Whether a criterion looks at what layers write on rows of the data. */
export function looksAtRows(criterion: UnitCriterion): boolean {
  return criterion === 'taylor' || criterion === 'vip' || criterion === 'activation';
}

/** The sites at which a criterion can tell units apart: what layers write says nothing of units inside of them, such as those of queries and keys. */
export function sitesFor<A>(sites: readonly HostSite<A>[], criterion: UnitCriterion): readonly HostSite<A>[] {
  return looksAtRows(criterion) ? sites.filter(({ isWrittenLast }) => isWrittenLast) : sites;
}

/**
 * How important units are, by one criterion; the smallest are the first to go. Of a unit that several layers write, such as one of a residual stream, the sum over these layers.
 *
 * - `l1`, `l2`: the mean of |w|, and the root of the mean of w², over the weights into the unit (Li et al. 2017, Pruning filters for efficient ConvNets: sums, which put units of one layer in the same order).
 * - `taylor`: |mean over places of activation · gradient of the loss|, mean over rows, divided by the root of the sum of squares of the layer (Molchanov et al. 2017, Pruning convolutional neural networks for
 *   resource efficient inference, section 2.2).
 * - `vip`: variable importance in projection of partial least squares with two components, of means over places against classes and values (Jordao, Kloss, Yamada and Schwartz 2018, Pruning deep neural networks using partial least squares).
 * - `activation`: the mean of |activation| over rows and places (Tan and Motani 2020, DropNet).
 * - `random`: uniform numbers of the stream of the kernel.
 */
export async function unitScores<A>(
  units: readonly HostUnit<A>[],
  criterion: UnitCriterion,
  at: Pick<HostMoment<A>, 'sample' | 'random'>,
  rows: number,
): Promise<Float64Array> {
  const sample = looksAtRows(criterion) ? at.sample(rows) : undefined;
  const known = new Map<HostSite<A>, Float64Array>();
  const layers = new Map<string, Float64Array>();
  const scores = new Float64Array(units.length);
  for (const [k, { places }] of units.entries()) {
    if (criterion === 'l1' || criterion === 'l2') {
      scores[k] = magnitude(places, known, criterion);
      continue;
    }
    if (!sample) {
      // A unit has one number, whichever of its kernels are looked at first.
      const { site, unit } = places[0]!;
      scores[k] = at.random(`${site.site.layer}.${site.site.tensor}`).uniform(unit);
      continue;
    }
    // A layer with several kernels writes its units once.
    for (const [layer, unit] of new Map(places.map((place) => [place.site.site.layer, place.unit]))) {
      let own = layers.get(layer);
      if (!own) layers.set(layer, (own = await ofLayer(sample, layer, criterion as 'taylor' | 'vip' | 'activation')));
      scores[k]! += own[unit]!;
    }
  }
  return scores;
}

/** By unit of a site: the sum of |w| or of w². */
function sums<A>({ kernel, unitOf, written }: HostSite<A>, criterion: 'l1' | 'l2'): Float64Array {
  const all = new Float64Array(written.length);
  unitOf.incoming?.groupOf.forEach((unit, k) => {
    all[unit]! += criterion === 'l1' ? Math.abs(kernel[k]!) : kernel[k]! * kernel[k]!;
  });
  return all;
}

function magnitude<A>(
  places: readonly UnitPlace<A>[],
  known: Map<HostSite<A>, Float64Array>,
  criterion: 'l1' | 'l2',
): number {
  let [total, weights] = [0, 0];
  for (const { site, unit } of places) {
    let own = known.get(site);
    if (!own) known.set(site, (own = sums(site, criterion)));
    total += own[unit]!;
    weights += site.kernel.length / site.written.length;
  }
  return criterion === 'l1' ? total / weights : Math.sqrt(total / weights);
}

async function ofLayer(
  sample: Sample,
  layer: string,
  criterion: 'taylor' | 'vip' | 'activation',
): Promise<Float64Array> {
  const written = await sample.writes(layer);
  const units = written.shape.at(-1)!;
  if (criterion === 'activation') return meanOverRows(overPlaces(written, Math.abs), units);
  if (criterion === 'vip') {
    const { shape, data } = await sample.targets();
    const targets = { rows: shape[0]!, columns: shape[1]!, data: Float64Array.from(data) };
    return importanceInProjection({ rows: shape[0]!, columns: units, data: overPlaces(written) }, targets, COMPONENTS);
  }
  const { data: slopes } = await sample.gradients(layer);
  const products = { ...written, data: written.data.map((value, k) => value * slopes[k]!) };
  const changes = meanOverRows(overPlaces(products).map(Math.abs), units);
  const length = Math.sqrt(changes.reduce((sum, change) => sum + change * change, 0));
  return length === 0 ? changes : changes.map((change) => change / length);
}

/** [rows, .., units] → [rows, units]: the mean over all places. */
function overPlaces({ shape, data }: SampleTensor, of: (value: number) => number = (value) => value): Float64Array {
  const [rows, units] = [shape[0]!, shape.at(-1)!];
  const places = data.length / (rows * units);
  const means = new Float64Array(rows * units);
  for (let row = 0; row < rows; row++)
    for (let place = 0; place < places; place++)
      for (let unit = 0; unit < units; unit++)
        means[row * units + unit]! += of(data[(row * places + place) * units + unit]!) / places;
  return means;
}

function meanOverRows(means: Float64Array, units: number): Float64Array {
  const rows = means.length / units;
  const all = new Float64Array(units);
  means.forEach((value, k) => {
    all[k % units]! += value / rows;
  });
  return all;
}
