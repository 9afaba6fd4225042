/** What a metric said of a network on validation data. */
export interface Judgement {
  readonly metric: number;
  /** Of the metric over the rows; undefined where the metric has none. */
  readonly standardError?: number;
  readonly rows: number;
}

export interface ThresholdSearch<T> {
  /** Rising, from 0 (which changes nothing). */
  readonly grid: readonly number[];
  /** The network at a threshold; undefined where it has no function left to judge. */
  readonly cut: (threshold: number) => T | undefined;
  readonly evaluate: (candidate: T) => Promise<Judgement>;
  /** Whether a function is left when all that can go is gone, where `cut` takes a quick look alone. Absent: there is. */
  readonly lives?: (candidate: T) => boolean;
  /** Whether a cut network becomes smaller than the uncut one does. Absent: it does. */
  readonly gains?: (candidate: T, uncut: T) => boolean;
  /** How much worse the metric may get: a difference where it lies in [0, 1], else a share of what it was. */
  readonly tolerance: number;
  readonly better: 'higher' | 'lower';
  readonly unitRange: boolean;
}

export interface SearchResult {
  /** The largest threshold of the grid at which it and every smaller one hold; 0 where nothing is gained there. */
  readonly threshold: number;
  /** That largest threshold where nothing is gained at it: no weight is cut for nothing. */
  readonly withoutGain?: number;
  readonly before: Judgement;
  readonly after: Judgement;
  readonly limit: number;
  /** Every threshold that was tried, the first that does not hold being the last. */
  readonly tried: readonly { readonly threshold: number; readonly judgement?: Judgement; readonly holds: boolean }[];
  /** The tolerance is below twice the standard error: chance decides. In the unit of the tolerance. */
  readonly coarse?: { readonly tolerance: number; readonly standardError: number };
}

/** Finds how much can be cut before the metric leaves the tolerance. Deterministic: a fixed grid, from below, on the rows that `evaluate` takes. */
export async function searchThreshold<T>(search: ThresholdSearch<T>): Promise<SearchResult> {
  const { grid, tolerance, better, unitRange } = search;
  if (grid[0] !== 0) throw new Error('the grid of thresholds starts at 0');
  const uncut = search.cut(0);
  if (uncut === undefined) throw new Error('the network is dead before anything is cut');
  const before = await search.evaluate(uncut);
  const slack = unitRange ? tolerance : tolerance * Math.abs(before.metric);
  const limit = better === 'higher' ? before.metric - slack : before.metric + slack;
  // Metrics are counts divided by rows: the last bit of a division must not decide.
  const rounding = 1e-9 * Math.max(1, Math.abs(before.metric));
  const holds = ({ metric }: Judgement) =>
    better === 'higher' ? metric >= limit - rounding : metric <= limit + rounding;

  const tried: { threshold: number; judgement?: Judgement; holds: boolean }[] = [
    { threshold: 0, judgement: before, holds: true },
  ];
  let best = { threshold: 0, judgement: before, candidate: uncut };
  for (const threshold of grid.slice(1)) {
    const candidate = search.cut(threshold);
    if (candidate === undefined) {
      tried.push({ threshold, holds: false });
      break;
    }
    const judgement = await search.evaluate(candidate);
    tried.push({ threshold, judgement, holds: holds(judgement) });
    if (!holds(judgement)) break;
    best = { threshold, judgement, candidate };
  }
  while (best.threshold > 0 && search.lives?.(best.candidate) === false) {
    const at = tried.findIndex(({ threshold }) => threshold === best.threshold);
    tried.splice(at, tried.length, { ...tried[at]!, holds: false });
    const { threshold, judgement = before } = tried[at - 1]!;
    best = { threshold, judgement, candidate: search.cut(threshold)! };
  }
  const withoutGain =
    best.threshold > 0 && search.gains?.(best.candidate, uncut) === false ? best.threshold : undefined;
  if (withoutGain !== undefined) best = { threshold: 0, judgement: before, candidate: uncut };
  const { standardError } = before;
  const coarse = standardError !== undefined && slack < 2 * standardError;
  return {
    threshold: best.threshold,
    before,
    after: best.judgement,
    limit,
    tried,
    ...(withoutGain !== undefined && { withoutGain }),
    ...(coarse && { coarse: { tolerance: slack, standardError } }),
  };
}
