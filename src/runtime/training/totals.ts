import type { MetricUse } from '../../compiler/4-program/index.js';
import type { SumTensors } from '../../metrics/metric.js';
import type { HostTensor } from '../../program/program.js';

/** Sums over the rows and steps of an epoch so far; a part of every checkpoint. */
export interface Totals {
  rows: number;
  steps: number;
  /** Every result of the program, added up, by its name: a scalar as a number, a tensor as its numbers. */
  sums: Record<string, number | number[]>;
}

export function newTotals(): Totals {
  return { rows: 0, steps: 0, sums: {} };
}

/** Adds the results of one run. Penalties are per step, everything else is a sum over rows already. */
export function addTotals(totals: Totals, results: Readonly<Record<string, HostTensor>>, rows: number): void {
  totals.rows += rows;
  totals.steps += 1;
  for (const [name, { shape, data }] of Object.entries(results)) {
    const sum = totals.sums[name];
    if (shape.length === 0) totals.sums[name] = ((sum as number | undefined) ?? 0) + data[0]!;
    else if (sum === undefined) totals.sums[name] = Array.from(data);
    else for (const [k, value] of data.entries()) (sum as number[])[k]! += value;
  }
}

/** Mean loss per row. */
export function lossOf(totals: Totals): number {
  return scalarOf(totals, 'loss') / totals.rows;
}

/** Mean loss per row of each of several outputs, by its name. */
export function lossesOf(totals: Totals, outputs: readonly string[]): Record<string, number> {
  return Object.fromEntries(outputs.map((output) => [output, scalarOf(totals, `loss:${output}`) / totals.rows]));
}

/** Mean of a method's penalty over the steps. */
export function penaltyOf(totals: Totals, method: string): number {
  return scalarOf(totals, `penalty:${method}`) / totals.steps;
}

export function metricOf(totals: Totals, use: MetricUse): number {
  const { scalars, tensors } = metricSums(totals, use);
  return use.kind.finish(scalars, totals.rows, tensors, use.arguments);
}

export function standardErrorOf(totals: Totals, use: MetricUse): number | undefined {
  return use.kind.standardError?.(metricSums(totals, use).scalars, totals.rows);
}

function metricSums(totals: Totals, use: MetricUse): { scalars: Record<string, number>; tensors: SumTensors } {
  const sums = use.sums.map((name): [string, number | readonly number[]] => [
    name,
    totals.sums[`metric:${use.name}:${name}`] ?? 0,
  ]);
  return {
    scalars: Object.fromEntries(sums.filter((entry): entry is [string, number] => typeof entry[1] === 'number')),
    tensors: Object.fromEntries(
      sums.filter((entry): entry is [string, readonly number[]] => typeof entry[1] !== 'number'),
    ),
  };
}

function scalarOf(totals: Totals, name: string): number {
  return (totals.sums[name] as number | undefined) ?? 0;
}
