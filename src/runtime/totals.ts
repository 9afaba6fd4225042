import type { MetricUse } from '../compiler/4-program/index.js';
import type { HostTensor } from '../program/program.js';

/** Sums over the rows and steps of an epoch so far; a part of every checkpoint. */
export interface Totals {
  rows: number;
  steps: number;
  /** Every scalar result of the program, added up, by its name. */
  sums: Record<string, number>;
}

export function newTotals(): Totals {
  return { rows: 0, steps: 0, sums: {} };
}

/** Adds the scalar results of one run. Penalties are per step, everything else is a sum over rows already. */
export function addTotals(totals: Totals, results: Readonly<Record<string, HostTensor>>, rows: number): void {
  totals.rows += rows;
  totals.steps += 1;
  for (const [name, { data }] of Object.entries(results)) totals.sums[name] = (totals.sums[name] ?? 0) + data[0]!;
}

/** Mean loss per row. */
export function lossOf(totals: Totals): number {
  return (totals.sums.loss ?? 0) / totals.rows;
}

/** Mean of a method's penalty over the steps. */
export function penaltyOf(totals: Totals, method: string): number {
  return (totals.sums[`penalty:${method}`] ?? 0) / totals.steps;
}

export function metricOf(totals: Totals, use: MetricUse): number {
  return use.kind.finish(metricSums(totals, use), totals.rows);
}

export function standardErrorOf(totals: Totals, use: MetricUse): number | undefined {
  return use.kind.standardError?.(metricSums(totals, use), totals.rows);
}

function metricSums(totals: Totals, use: MetricUse): Record<string, number> {
  return Object.fromEntries(use.sums.map((name) => [name, totals.sums[`metric:${use.keyword}:${name}`] ?? 0]));
}
