import type { Shares } from '../spec.js';
import { evenly } from './cut.js';
import { type Judgement, type SearchResult, searchThreshold, type ThresholdSearch } from './search.js';

export interface TargetSearch {
  /** Rising, from 0: all that cut something else than those below. */
  readonly thresholds: readonly number[];
  /** What is left of the network at a threshold; undefined where its outputs no longer depend on its inputs. */
  readonly sharesAt: (threshold: number) => Promise<Shares | undefined>;
  /** The most that may be left. */
  readonly wanted: Shares;
}

export interface TargetFound {
  /** Whether it holds at `threshold`. */
  readonly reached: boolean;
  /** The smallest threshold at which it holds; else the largest that leaves a network. */
  readonly threshold: number;
  readonly shares: Shares;
  /** Thresholds that were looked at, rising. */
  readonly tried: readonly { readonly threshold: number; readonly shares?: Shares }[];
}

/** Whether a network has at most these shares. A share is a quotient of counts, and the last bit of a division must not decide. */
export function isWithin(shares: Shares, wanted: Shares): boolean {
  return Object.entries(wanted).every(([resource, most]) => shares[resource as keyof Shares]! <= most * (1 + 1e-12));
}

/**
 * Finds the smallest threshold whose network is small enough, by bisection, since the higher the threshold, the less is left: at most log2 of their number looks.
 * Folding a constant may add a bias, so that a network gets larger by a few numbers with a higher threshold; what is certain all the same is that the target
 * holds at the threshold found and does not at the one right below it.
 */
export async function searchTarget({ thresholds, sharesAt, wanted }: TargetSearch): Promise<TargetFound> {
  const looked = new Map<number, Shares | undefined>();
  const look = async (place: number) => {
    const shares = await sharesAt(thresholds[place]!);
    looked.set(place, shares);
    return shares;
  };
  /** At `low` it does not hold; at `high` it does, or nothing is left there. */
  let [low, high] = [-1, thresholds.length];
  for (let place = 0; high - low > 1; place = Math.floor((low + high) / 2)) {
    const shares = await look(place);
    if (!shares || isWithin(shares, wanted)) high = place;
    else low = place;
  }
  const reached = looked.get(high) !== undefined;
  const place = reached ? high : low;
  const shares = looked.get(place);
  if (!shares) throw new Error('the network is dead before anything is cut');
  const tried = [...looked]
    .sort(([a], [b]) => a - b)
    .map(([at, left]) => ({ threshold: thresholds[at]!, ...(left && { shares: left }) }));
  return { reached, threshold: thresholds[place]!, shares, tried };
}

/**
 * The last of some thresholds where the metric allows it, else a smaller one: as `searchThreshold` over 40 of them, and then by bisection over all between the
 * last that holds and the first that does not. No threshold is judged twice.
 */
export async function searchBelow<T>(
  thresholds: readonly number[],
  search: Omit<ThresholdSearch<T>, 'grid' | 'gains'>,
): Promise<SearchResult> {
  const { tolerance, better, unitRange } = search;
  // Of what was cut only the last is kept: the values of a network are large, what is said of them is not.
  let latest: { readonly threshold: number; readonly candidate: T | undefined } | undefined;
  const cut = (threshold: number) => {
    if (latest?.threshold !== threshold) latest = { threshold, candidate: search.cut(threshold) };
    return latest.candidate;
  };
  const lives = new Map<number, boolean>();
  const judged = new Map<number, Judgement>();
  const known: Omit<ThresholdSearch<number>, 'grid'> = {
    tolerance,
    better,
    unitRange,
    cut: (threshold) => {
      if (!lives.has(threshold)) lives.set(threshold, cut(threshold) !== undefined);
      return lives.get(threshold) ? threshold : undefined;
    },
    evaluate: async (threshold) => {
      const judgement = judged.get(threshold) ?? (await search.evaluate(cut(threshold)!));
      judged.set(threshold, judgement);
      return judgement;
    },
  };
  const tried = new Map<number, SearchResult['tried'][number]>();
  const over = async (grid: readonly number[]) => {
    const result = await searchThreshold({ ...known, grid });
    for (const one of result.tried) tried.set(one.threshold, one);
    return result;
  };
  const last = thresholds.length - 1;
  let result = await over(last === 0 ? [0] : [0, thresholds[last]!]);
  if (result.threshold !== thresholds[last]) {
    result = await over(evenly(thresholds));
    let low = thresholds.indexOf(result.threshold);
    let high = thresholds.indexOf(result.tried.at(-1)!.threshold);
    while (high - low > 1) {
      const middle = Math.floor((low + high) / 2);
      const found = await over([0, thresholds[middle]!]);
      if (found.threshold === 0) high = middle;
      else [low, result] = [middle, found];
    }
  }
  return { ...result, tried: [...tried.values()].sort((a, b) => a.threshold - b.threshold) };
}
