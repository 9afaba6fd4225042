import { whatTakesMore } from '../../compiler/checks/threshold-cuts.js';
import { cut, thresholdsOf } from '../../compiler/5-shrink/cut.js';
import type { SearchResult } from '../../compiler/5-shrink/search.js';
import { isWithin, searchBelow, searchTarget } from '../../compiler/5-shrink/target.js';
import { refuseDeadNetwork, type ShrinkResult, shrinkLiving } from '../../compiler/5-shrink/shrink.js';
import type { Values } from '../../compiler/5-shrink/values.js';
import type { Shares, TargetSpec } from '../../compiler/spec.js';
import { counted } from '../../diagnostics/numbers.js';
import { fail } from '../../diagnostics/report.js';
import type { Network } from '../../ir/graph.js';
import { multiplyAdds } from '../../compiler/3-dims/index.js';
import { type LatencyTable, measureLatency, millisecondsAt } from './latency.js';
import { type Size, sharesOf, sharesText, sizeOf, type TargetResult } from './target.js';
import { type Simplifying, rangesOf, shrinkOptionsOf, goesOn } from './simplifying.js';
import { withJudge } from './judge.js';

/**
 * The smallest threshold at which the target holds; where it has a tolerance that the metric would leave there, the largest within it.
 *
 * @throws Failure target-out-of-reach where there is none, and no tolerance that decides
 */
export async function aim(
  at: Simplifying,
  wanted: TargetSpec,
): Promise<{ readonly target: TargetResult; readonly search?: SearchResult }> {
  const { spec, network, values, validation } = at;
  const judged = wanted.tolerance === undefined ? undefined : { ...wanted, tolerance: wanted.tolerance };
  if (judged && !validation) return fail('no-validation-data', {}, { at: spec.simplify.span });
  refuseDeadNetwork(network, values, rangesOf(at));
  const thresholds = thresholdsOf(network, values);
  at.watcher?.note(`target: searched for among ${counted(thresholds.length, 'threshold')}\n`);
  const sizes = new Sizes(at, thresholds);
  const time = wanted.shares.latency === undefined ? undefined : await timesOf(at, wanted, sizes);
  const sharesAt = async (threshold: number): Promise<Shares | undefined> => {
    const left = await sizes.at(threshold);
    return left && sharesOf(left, sizes.whole, wanted.shares, time);
  };
  const found = await searchTarget({ thresholds, sharesAt, wanted: wanted.shares });
  if (!judged && !found.reached) {
    const details = {
      wanted: sharesText(wanted.shares, 'at most '),
      left: sharesText(found.shares),
      threshold: String(Number(found.threshold.toPrecision(4))),
    };
    return fail('target-out-of-reach', details, { at: wanted.span, help: whatTakesMore(network) });
  }
  const below = thresholds.slice(0, thresholds.indexOf(found.threshold) + 1);
  const search =
    judged &&
    (await withJudge(at, validation!, judged, (parts) => {
      at.watcher?.note(`threshold: searched for on ${validation!.rows.toLocaleString('en')} validation rows\n`);
      return searchBelow(below, parts);
    }));
  const threshold = search?.threshold ?? found.threshold;
  const left = (await sizes.at(threshold))!;
  const reached = sharesOf(left, sizes.whole, wanted.shares, time);
  const held = isWithin(reached, wanted.shares);
  return {
    target: {
      threshold,
      at_most: wanted.shares,
      left: reached,
      held,
      looks: sizes.looks,
      ...(!held && found.reached && { needs: found.threshold }),
      ...(time && {
        latency: {
          batch_size: time.batch_size,
          before: millisecondsAt(time, sizes.whole.multiply_adds),
          after: millisecondsAt(time, left.multiply_adds),
        },
      }),
    },
    ...(search && { search }),
  };
}

/** What is left of a network at thresholds, each shrunk once. */
class Sizes {
  readonly whole: Size;
  private readonly known = new Map<number, Size | undefined>();

  constructor(
    private readonly of: Simplifying,
    readonly thresholds: readonly number[],
  ) {
    this.whole = sizeOf(of.network);
  }

  get looks(): number {
    return this.known.size;
  }

  /** Undefined where nothing is left. @throws Stopped */
  async at(threshold: number): Promise<Size | undefined> {
    if (this.known.has(threshold)) return this.known.get(threshold);
    await goesOn(this.of, `target: candidate ${this.known.size + 1}`);
    const left = this.shrunk(threshold);
    const size = left && sizeOf(left.network);
    this.known.set(threshold, size);
    return size;
  }

  shrunk(threshold: number): ShrinkResult | undefined {
    const { network, values } = this.of;
    const { values: masked } = cut(network, values, { kind: 'unit', value: threshold });
    return shrinkLiving(network, masked, shrinkOptionsOf(this.of));
  }
}

/** From one network of a latency table to the next, at most as much of its multiply-adds is left; and how many there are. */
const TABLE = { step: 0.6, networks: 8 };

/** The table of times: the one that is kept, else measured along the path of thresholds, from the whole network on, and kept. */
async function timesOf(at: Simplifying, { batch_size }: TargetSpec, sizes: Sizes): Promise<LatencyTable> {
  const known = at.latency?.find(batch_size, sizes.whole.multiply_adds);
  if (known) return known;
  const { thresholds, whole } = sizes;
  at.watcher?.note(`latency: measured once, with batches of ${batch_size.toLocaleString('en')}\n`);
  const networks: { readonly network: Network; readonly values: Values }[] = [at];
  for (let k = 1; k < TABLE.networks; k++) {
    const multiply_adds = TABLE.step ** k;
    const sharesAt = async (threshold: number) => {
      const left = await sizes.at(threshold);
      return left && { multiply_adds: left.multiply_adds / whole.multiply_adds };
    };
    const { threshold } = await searchTarget({ thresholds, sharesAt, wanted: { multiply_adds } });
    const { multiply_adds: work } = (await sizes.at(threshold))!;
    if (networks.some(({ network }) => multiplyAdds(network) === work)) continue;
    networks.push(sizes.shrunk(threshold)!);
  }
  const table = await measureLatency({
    networks,
    batchSize: batch_size,
    engine: at.engine,
    engineOptions: at.engineOptions,
    next: (done) => goesOn(at, 'latency: forward passes of networks of several sizes', done / networks.length),
  });
  at.latency?.keep(table);
  return table;
}
