import { byObjective, combinationsOf, mean, paretoFront } from '../runtime/sweep/choose.js';
import { readMilliseconds } from '../runtime/sweep/milliseconds.js';
import { readSweep, type SweepRecord, type TrialState } from '../runtime/sweep/record.js';

/** What a combination may cost, by its key in a report: the words for tables, and those for the axis of a picture. */
export const COSTS = {
  parameters: { short: 'parameters', axis: 'parameters of the simplified network' },
  multiply_adds: { short: 'multiply-adds', axis: 'multiply-adds for one row' },
  milliseconds: { short: 'ms', axis: 'milliseconds for one row (median)' },
} as const;

export type Cost = keyof typeof COSTS;

/** One combination of values: means over its seeds and folds. */
export interface CombinationReport extends Readonly<Partial<Record<Cost, number>>> {
  readonly number: number;
  /** Without seeds and folds. */
  readonly values: Readonly<Record<string, string>>;
  readonly trials: readonly number[];
  readonly folders: readonly string[];
  /** `failed` where any of its trials is. */
  readonly state: TrialState;
  readonly objective?: number;
  /** Standard deviation over its trials. */
  readonly spread?: number;
  /** Of one that was stopped early: behind how many epochs. */
  readonly epochs?: number;
  /** Why its first trial that failed did. */
  readonly error?: string;
}

export interface Importance {
  readonly address: string;
  /** From 0 to 1. */
  readonly share: number;
  readonly measure: 'variance between values' | 'rank correlation';
}

/** A sweep as `dnc sweep report --json` prints it. */
export interface SweepReport {
  readonly format: 1;
  readonly folder: string;
  readonly name: string;
  readonly strategy: SweepRecord['strategy'];
  readonly objective: SweepRecord['objective'];
  /** Addresses that tell combinations apart, and those over which means are taken. */
  readonly addresses: readonly string[];
  readonly repeated: readonly string[];
  /** In the order of their numbers. */
  readonly combinations: readonly CombinationReport[];
  /** Numbers of combinations, the cheapest first: no other is as good for as little. */
  readonly fronts: Readonly<Partial<Record<Cost, readonly number[]>>>;
  /** The largest first; empty where fewer than three combinations are finished. */
  readonly importances: readonly Importance[];
  readonly chosen?: SweepRecord['chosen'];
}

/** @throws Failure no-sweep, run-damaged */
export function readSweepReport(folder: string): SweepReport {
  const record = readSweep(folder);
  const milliseconds = readMilliseconds(folder)?.trials;
  const addresses = record.axes.filter(({ repeats }) => !repeats).map(({ address }) => address);
  const combinations = combinationsOf(record.trials).map((one): CombinationReport => {
    const [first] = one.trials;
    const failed = one.trials.find(({ state }) => state === 'failed');
    const states: readonly TrialState[] = one.trials.map(({ state }) => state);
    const state = failed ? 'failed' : (states.find((own) => own !== 'finished') ?? 'finished');
    const times = one.trials.flatMap(({ number }) => milliseconds?.[number] ?? []);
    return {
      number: one.number,
      values: Object.fromEntries(addresses.map((address) => [address, first!.values[address]!])),
      trials: one.trials.map(({ number }) => number),
      folders: one.trials.map((trial) => trial.folder),
      state,
      ...(one.objective !== undefined && { objective: one.objective }),
      ...(one.spread !== undefined && { spread: one.spread }),
      ...(state === 'stopped early' && first!.epochs !== undefined && { epochs: first!.epochs }),
      ...(one.parameters !== undefined && { parameters: one.parameters }),
      ...(one.multiply_adds !== undefined && { multiply_adds: one.multiply_adds }),
      ...(state === 'finished' && times.length === one.trials.length && { milliseconds: mean(times) }),
      ...(failed?.error !== undefined && { error: failed.error }),
    };
  });
  const finished = combinations.filter(({ state, objective }) => state === 'finished' && objective !== undefined);
  const { better } = record.objective;
  const fronts = (Object.keys(COSTS) as Cost[]).flatMap((cost) => {
    const measured = finished.filter((one) => one[cost] !== undefined);
    if (measured.length === 0) return [];
    const front = paretoFront(
      measured,
      better,
      ({ objective }) => objective!,
      (one) => one[cost]!,
    );
    return [[cost, front.map(({ number }) => number)]];
  });
  return {
    format: 1,
    folder,
    name: record.name,
    strategy: record.strategy,
    objective: record.objective,
    addresses,
    repeated: record.axes.filter(({ repeats }) => repeats).map(({ address }) => address),
    combinations,
    fronts: Object.fromEntries(fronts) as SweepReport['fronts'],
    importances: importancesOf(addresses, finished),
    ...(record.chosen && { chosen: record.chosen }),
  };
}

/** The best first. */
export function ranked({
  combinations,
  objective,
}: Pick<SweepReport, 'combinations' | 'objective'>): CombinationReport[] {
  const order = byObjective(objective.better);
  const rank = ({ state }: CombinationReport) => ['finished', 'stopped early', 'waiting', 'failed'].indexOf(state);
  return [...combinations].sort(
    (a, b) =>
      rank(a) - rank(b) || (b.epochs ?? 0) - (a.epochs ?? 0) || order({ ...a, trials: [] }, { ...b, trials: [] }),
  );
}

/**
 * How much of what the objective does follows each address alone. Where its values come back, the share of the variance that lies between them (η², the
 * correlation ratio: Fisher 1925); where nearly every value is another one, as when they are drawn from an interval, the square of Spearman's rank
 * correlation. Neither knows of values that work together only.
 */
export function importancesOf(
  addresses: readonly string[],
  finished: readonly { readonly values: Readonly<Record<string, string>>; readonly objective?: number }[],
): Importance[] {
  if (finished.length < 3) return [];
  const scores = finished.map(({ objective }) => objective!);
  const middle = mean(scores);
  const total = scores.reduce((sum, score) => sum + (score - middle) ** 2, 0);
  const found = addresses.flatMap((address): Importance[] => {
    const values = finished.map((one) => one.values[address]!);
    const groups = new Map<string, number[]>();
    for (const [k, value] of values.entries()) groups.set(value, [...(groups.get(value) ?? []), scores[k]!]);
    if (groups.size < 2) return [];
    const numbers = values.map(Number);
    if (2 * groups.size > values.length && numbers.every(Number.isFinite))
      return [{ address, share: rankCorrelation(numbers, scores) ** 2, measure: 'rank correlation' }];
    const between = [...groups.values()].reduce((sum, own) => sum + own.length * (mean(own) - middle) ** 2, 0);
    return [{ address, share: total === 0 ? 0 : Math.min(1, between / total), measure: 'variance between values' }];
  });
  return found.sort((a, b) => b.share - a.share);
}

/** Spearman's, ties with their middle rank; 0 where one side does not vary. */
function rankCorrelation(a: readonly number[], b: readonly number[]): number {
  const [x, y] = [ranks(a), ranks(b)];
  const [mx, my] = [mean(x), mean(y)];
  const sum = (of: (k: number) => number) => x.reduce((all, _, k) => all + of(k), 0);
  const both = Math.sqrt(sum((k) => (x[k]! - mx) ** 2) * sum((k) => (y[k]! - my) ** 2));
  return both === 0 ? 0 : sum((k) => (x[k]! - mx) * (y[k]! - my)) / both;
}

function ranks(values: readonly number[]): number[] {
  return values.map((value) => {
    const less = values.filter((other) => other < value).length;
    const same = values.filter((other) => other === value).length;
    return less + (same + 1) / 2;
  });
}
