import type { EvaluationProgram } from '../../compiler/4-program/index.js';
import { type BoundTable, Batches } from '../../data/batches.js';
import type { Loaded } from '../engines/engine.js';
import { addTotals, lossesOf, lossOf, metricOf, newTotals, standardErrorOf } from './totals.js';

/** How good a network is on a table. */
export interface Score {
  readonly rows: number;
  /** Of several outputs the sum, each times its weight. */
  readonly loss: number;
  /** The loss of each of several outputs, without its weight. */
  readonly losses?: Readonly<Record<string, number>>;
  readonly metrics: Readonly<Record<string, number>>;
  readonly standardErrors: Readonly<Record<string, number>>;
  /** Rows by their class and by the class that is predicted, by output, where the program counts them. */
  readonly confusions?: Readonly<Record<string, readonly (readonly number[])[]>>;
  /** The first metric of a lone output, or the loss, turned so that higher is better: what checkpoints are compared by. */
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
  { metrics, losses, confusions }: Pick<EvaluationProgram, 'metrics' | 'losses' | 'confusions'>,
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
  // One output's metric says nothing of the others.
  const first = losses.length > 0 ? undefined : metrics[0];
  const best = first ? values[first.name]! : loss;
  return {
    rows: totals.rows,
    loss,
    ...(losses.length > 0 && { losses: lossesOf(totals, losses) }),
    metrics: values,
    standardErrors: Object.fromEntries(errors),
    ...(confusions.length > 0 && {
      confusions: Object.fromEntries(
        confusions.map((output) => [output, square(totals.sums[`confusion:${output}`] as number[])]),
      ),
    }),
    score: first?.kind.better === 'higher' ? best : -best,
  };
}
