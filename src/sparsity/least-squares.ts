import { Cholesky } from './linear-algebra.js';
import { atOnce, type LongWork } from './long-work.js';

/** A least-squares problem min ‖X w − y‖² by its normal equations. */
export interface NormalEquations {
  readonly columns: number;
  /** XᵀX, [columns, columns]. */
  readonly gram: Float64Array;
  /** Xᵀy. */
  readonly correlation: Float64Array;
}

/** What of a column is left that others do not say, as a share of its square; below, it depends on them. */
const NOTHING = 1e-9;

/** An exchange pays where it explains more than rounding does. */
const GAIN = 1e-10;

/** How many columns are tried to be let go, the least useful first, before an exchange is given up. */
const TRIES = 8;

/** Weights on a few columns, and how much of ‖y‖² they explain: the exact least squares on these columns. */
export interface Support {
  readonly columns: readonly number[];
  readonly weights: Float64Array;
  readonly explained: number;
}

/**
 * Columns taken one after the other, each time the one that explains most beside those that are there (orthogonal least squares: Chen, Billings and Luo 1989), as a Cholesky factor of XᵀX that grows by a row:
 * with v its rows, d the squares that are left of columns and r their products with what is left of y, column j explains r_j² / d_j.
 */
class Growing {
  readonly taken: number[] = [];
  explained = 0;
  private readonly left: Float64Array;
  private readonly products: Float64Array;
  private readonly rows: Float64Array[] = [];

  constructor(private readonly of: NormalEquations) {
    const { columns, gram, correlation } = of;
    this.left = Float64Array.from({ length: columns }, (_, k) => gram[k * columns + k]!);
    this.products = correlation.slice();
  }

  /** What is there without one column: those that were taken before it need nothing anew. */
  without(column: number): Growing {
    const at = this.taken.indexOf(column);
    const others = new Growing(this.of);
    for (const row of this.rows.slice(0, at)) others.add(row, this.taken[others.taken.length]!);
    for (const later of this.taken.slice(at + 1)) others.take(later);
    return others;
  }

  /** What a column would explain; 0 where it depends on those that are there. */
  gain(column: number): number {
    const { columns, gram } = this.of;
    const left = this.left[column]!;
    return left > NOTHING * gram[column * columns + column]! ? this.products[column]! ** 2 / left : 0;
  }

  /** The column of `candidates` that explains most, of equals the first; undefined where none explains anything. */
  best(candidates: readonly number[]): number | undefined {
    let [found, most]: [number | undefined, number] = [undefined, 0];
    for (const column of candidates) {
      const gain = this.taken.includes(column) ? 0 : this.gain(column);
      if (gain > most) [found, most] = [column, gain];
    }
    return found;
  }

  /** Takes a column; not one that depends on those that are there. */
  take(column: number): boolean {
    const { columns, gram } = this.of;
    const own = gram[column * columns + column]!;
    if (!(this.left[column]! > NOTHING * own)) return false;
    const root = Math.sqrt(this.left[column]!);
    const row = gram.slice(column * columns, (column + 1) * columns);
    for (const before of this.rows) {
      const share = before[column]!;
      if (share !== 0) for (let k = 0; k < columns; k++) row[k]! -= share * before[k]!;
    }
    for (let k = 0; k < columns; k++) row[k]! /= root;
    this.add(row, column);
    return true;
  }

  private add(row: Float64Array, column: number): void {
    const product = this.products[column]! / row[column]!;
    for (let k = 0; k < row.length; k++) {
      this.left[k]! -= row[k]! ** 2;
      this.products[k]! -= row[k]! * product;
    }
    this.rows.push(row);
    this.taken.push(column);
    this.explained += product * product;
  }
}

function grown(of: NormalEquations, columns: readonly number[]): Growing {
  const growing = new Growing(of);
  for (const column of columns) growing.take(column);
  return growing;
}

/** The inverse of the normal equations on some columns, and the least squares there. */
function solved({ columns, gram, correlation }: NormalEquations, taken: readonly number[]) {
  const size = taken.length;
  const matrix = Float64Array.from(
    { length: size * size },
    (_, k) => gram[taken[Math.floor(k / size)]! * columns + taken[k % size]!]!,
  );
  const factor = atOnce(Cholesky.of(matrix, size));
  const weights = factor.solve(Float64Array.from(taken, (column) => correlation[column]!));
  return { factor, weights };
}

/** By how much less is explained without each of some columns: w² / (the inverse's diagonal). */
function losses(of: NormalEquations, taken: readonly number[]): Float64Array {
  const { factor, weights } = solved(of, taken);
  return weights.map((weight, k) => {
    const unit = new Float64Array(taken.length);
    unit[k] = 1;
    return weight ** 2 / factor.solve(unit)[k]!;
  });
}

/**
 * Exchanges one column for another as long as that explains more: the least useful column goes, and the one that then explains most comes. At the end no exchange of the `TRIES`
 * least useful columns for any other one is better.
 */
function* exchanged(
  of: NormalEquations,
  start: Growing,
  always: readonly number[],
  candidates: readonly number[],
): LongWork<Growing> {
  let taken = start;
  for (let exchanges = 0; ; exchanges++) {
    yield { what: `${exchanges} exchanges` };
    const lost = losses(of, taken.taken);
    const going = taken.taken
      .map((column, k) => ({ column, loss: lost[k]! }))
      .filter(({ column }) => !always.includes(column))
      .sort((one, other) => one.loss - other.loss || one.column - other.column)
      .slice(0, TRIES);
    let better: Growing | undefined;
    for (const { column } of going) {
      const without = taken.without(column);
      const next = without.best(candidates);
      if (next === undefined || next === column) continue;
      without.take(next);
      if (without.explained <= taken.explained * (1 + GAIN)) continue;
      better = without;
      break;
    }
    if (!better) return taken;
    taken = better;
  }
}

/**
 * At most `most` columns of `candidates`, beside those that are `always` there, on which least squares explains much: the columns that explain most one after the
 * other, or `given` where that explains more, then exchanges. So it never explains less than least squares on `given` does. It is a local search: the best support is found by trying
 * all of them, or by the cutting planes of Phan et al. 2020.
 */
export function* bestSupport(
  of: NormalEquations,
  {
    most,
    candidates,
    always,
    given,
  }: {
    readonly most: number;
    readonly candidates: readonly number[];
    readonly always: readonly number[];
    readonly given: readonly number[];
  },
): LongWork<Support> {
  const greedy = grown(of, always);
  for (let k = 0; k < most; k++) {
    const next = greedy.best(candidates);
    if (next === undefined) break;
    greedy.take(next);
    yield { what: `${k + 1} of ${most} connections` };
  }
  const other = grown(of, [...always, ...given.slice(0, most)]);
  const best = other.explained > greedy.explained ? other : greedy;
  const { taken, explained } = yield* exchanged(of, best, always, candidates);
  return { columns: taken, weights: taken.length > 0 ? solved(of, taken).weights : new Float64Array(0), explained };
}
