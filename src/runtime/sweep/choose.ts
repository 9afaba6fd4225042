import type { SweepRecord, Trial } from './record.js';

/** The trials of one combination of values, which differ in seeds and folds alone. */
export interface Combination {
  /** From 1. */
  readonly number: number;
  readonly trials: readonly Trial[];
  /** Mean of the objective over its trials; undefined unless all of them have it, as a finite number, behind the same epochs. */
  readonly objective?: number;
  /** Standard deviation of it, of a sample; undefined for a single trial. */
  readonly spread?: number;
  /** Means of sizes over its trials. Only where all have come to their end. */
  readonly parameters?: number;
  readonly multiply_adds?: number;
}

/** The trials by combination, in the order of their numbers. */
export function combinationsOf(trials: readonly Trial[]): Combination[] {
  const groups = new Map<number, Trial[]>();
  for (const trial of trials) groups.set(trial.combination, [...(groups.get(trial.combination) ?? []), trial]);
  return [...groups].map(([number, own]) => {
    const values = own.flatMap(({ objective }) => (typeof objective === 'number' ? [objective] : []));
    const isWhole = values.length === own.length && new Set(own.map(({ epochs }) => epochs)).size === 1;
    const isFinished = own.every(({ state }) => state === 'finished');
    return {
      number,
      trials: own,
      ...(isWhole && { objective: mean(values) }),
      ...(isWhole && values.length > 1 && { spread: deviation(values) }),
      ...(isFinished && {
        parameters: mean(own.map(({ parameters }) => parameters!)),
        multiply_adds: mean(own.map(({ multiply_adds }) => multiply_adds!)),
      }),
    };
  });
}

/** Whether all trials of a combination have come to their end, with a number to judge them by. */
export function isComplete({ trials, objective }: Combination): boolean {
  return objective !== undefined && trials.every(({ state }) => state === 'finished');
}

/** The better one first; those without an objective last. Of equals the smaller one, then the one with the smaller number. */
export function byObjective(better: 'higher' | 'lower') {
  return (a: Combination, b: Combination): number => {
    if (a.objective === undefined || b.objective === undefined)
      return Number(a.objective === undefined) - Number(b.objective === undefined) || a.number - b.number;
    const first = better === 'higher' ? b.objective - a.objective : a.objective - b.objective;
    return first || (a.parameters ?? 0) - (b.parameters ?? 0) || a.number - b.number;
  };
}

/** The best combination of all that are complete. */
export function bestOf({ trials, objective }: Pick<SweepRecord, 'trials' | 'objective'>): Combination | undefined {
  return combinationsOf(trials).filter(isComplete).sort(byObjective(objective.better))[0];
}

/** Those that no other is at least as good as in both, and better in one: the Pareto front, the cheapest first. */
export function paretoFront<T>(
  all: readonly T[],
  better: 'higher' | 'lower',
  objective: (one: T) => number,
  cost: (one: T) => number,
): T[] {
  const sign = better === 'higher' ? -1 : 1;
  const sorted = [...all].sort((a, b) => cost(a) - cost(b) || sign * (objective(a) - objective(b)));
  const front: T[] = [];
  for (const one of sorted)
    if (front.length === 0 || sign * (objective(one) - objective(front.at(-1)!)) < 0) front.push(one);
  return front;
}

export function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

function deviation(values: readonly number[]): number {
  const middle = mean(values);
  return Math.sqrt(values.reduce((sum, value) => sum + (value - middle) ** 2, 0) / (values.length - 1));
}
