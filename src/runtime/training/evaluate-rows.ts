import type { MetricUse } from '../../compiler/4-program/index.js';
import { type BoundTable, Batches } from '../../data/batches.js';
import type { Loaded } from '../engines/engine.js';
import { addTotals, lossOf, metricOf, newTotals, standardErrorOf } from './totals.js';

/** How good a network is on a table. */
export interface Score {
  readonly rows: number;
  readonly loss: number;
  readonly metrics: Readonly<Record<string, number>>;
  readonly standardErrors: Readonly<Record<string, number>>;
  /** Rows by their class and by the class that is predicted, where the program counts them. */
  readonly confusion?: readonly (readonly number[])[];
  /** The first metric, or the loss, turned so that higher is better: what checkpoints are compared by. */
  readonly score: number;
}

/** The rows of a square matrix. */
function square(numbers: readonly number[]): number[][] {
  const extent = Math.sqrt(numbers.length);
  return Array.from({ length: extent }, (_, row) => numbers.slice(row * extent, (row + 1) * extent));
}

/** Rows in one run of an evaluation program. */
const ROWS = 1000;

/** Runs an evaluation program over all rows of a table, in their order. */
export async function evaluateRows(
  loaded: Loaded,
  program: string,
  metrics: readonly MetricUse[],
  table: BoundTable,
): Promise<Score> {
  const batches = new Batches(table, { batchSize: ROWS });
  const totals = newTotals();
  for (let step = 0; step < batches.steps; step++) {
    const { inputs, rows } = batches.read(step);
    addTotals(totals, await loaded.run(program, inputs), rows);
  }
  const errors = metrics.flatMap((use): [string, number][] => {
    const error = standardErrorOf(totals, use);
    return error === undefined ? [] : [[use.name, error]];
  });
  const values = Object.fromEntries(metrics.map((use) => [use.name, metricOf(totals, use)]));
  const loss = lossOf(totals);
  const [first] = metrics;
  const best = first ? values[first.name]! : loss;
  return {
    rows: totals.rows,
    loss,
    metrics: values,
    standardErrors: Object.fromEntries(errors),
    ...(totals.sums.confusion && { confusion: square(totals.sums.confusion as number[]) }),
    score: first?.kind.better === 'higher' ? best : -best,
  };
}
