import { Cholesky, SparseRows } from './linear-algebra.js';

/** What one unit is to do on rows. */
export interface Wanted {
  /** What it is to give, by row; of rows that are not active, what it may give at most. */
  readonly values: Float64Array;
  readonly active: Uint8Array;
  /** How far it may be off over all active rows: ‖·‖₂. */
  readonly radius: number;
  /** Weights that it has now, as many as the rows have columns, with the constant one: those that are 0 stay 0. */
  readonly weights: Float64Array;
}

export interface Found {
  readonly weights: Float64Array;
  /** Whether they keep what is wanted, to within the tolerance. */
  readonly holds: boolean;
  /** Rounds that were made. */
  readonly rounds: number;
}

/** Residuals as shares of the size of what they are residuals of, and after how many rounds it ends anyway. */
const STILL = 1e-4;
const ROUNDS = 1000;

/** By how much of the root mean square of what is wanted a bound may be missed. */
export const TOLERANCE = 0.01;

/** The penalty parameter and the over-relaxation of ADMM: those of the authors' code. */
const [RHO, ALPHA] = [5, 1.8];

/**
 * The weights of least ‖w‖₁ with ‖(X w − y)_Ω‖₂ ≤ radius on the active rows Ω and X w ≤ y on the others (Aghasi, Abdi, Nguyen and Romberg 2017, Net-Trim: Convex pruning of deep neural networks with performance guarantee,
 * equation 5, of one unit), by ADMM on ‖u‖₁ with u = w and v = X w in that set (Boyd et al. 2011, section 3; authors' ρ and α):
 *
 *     w ← (I + XᵀX)⁻¹ (u − p + Xᵀ(v − q))     u ← soft(α w + (1 − α) u + p, 1 / ρ)     v ← nearest in the set to α X w + (1 − α) v + q
 *
 * and p, q grow by what the last two cut off. It ends where residuals are below 1e-4 of what they are of, or after 1000 rounds. X is scaled to columns of mean square 1 and weights to a root mean square of 1, so that
 * ρ means the same for every layer. The weight of the constant column is free of the norm.
 */
export class SparsestWeights {
  private readonly x: SparseRows;
  private readonly inverse: Cholesky;
  private readonly scale: number;

  constructor(
    rows: number,
    given: number,
    data: ArrayLike<number>,
    private readonly hasConstant: boolean,
  ) {
    const constant = hasConstant ? 1 : undefined;
    const columns = given + Number(hasConstant);
    const squares = new SparseRows(rows, given, data, constant).squares();
    this.scale = squares === 0 ? 1 : Math.sqrt(columns / squares);
    this.x = new SparseRows(rows, given, data, constant, this.scale);
    const matrix = this.x.gram();
    for (let k = 0; k < columns; k++) matrix[k * columns + k]! += 1;
    this.inverse = new Cholesky(matrix, columns);
  }

  solve({ values, active, radius, weights }: Wanted): Found {
    const { x, inverse, hasConstant, scale } = this;
    const [rows, columns] = [x.rows, x.columns];
    const free = hasConstant ? columns - 1 : -1;
    const size = Math.sqrt(weights.reduce((sum, weight) => sum + weight * weight, 0) / columns) || 1;
    const ratio = scale / size;
    const most = radius * ratio;
    let u = weights.map((weight) => weight / size);
    let v = values.map((value) => value * ratio);
    const wanted = v.slice();
    const p = new Float64Array(columns);
    const q = new Float64Array(rows);
    let rounds = 0;
    while (rounds++ < ROUNDS) {
      const right = x.transposedTimes(v.map((value, row) => value - q[row]!));
      for (let k = 0; k < columns; k++) right[k]! += u[k]! - p[k]!;
      const w = inverse.solve(right);
      const product = x.times(w);

      const nextU = w.map((weight, k) => {
        const moved = ALPHA * weight + (1 - ALPHA) * u[k]! + p[k]!;
        const near = k === free ? moved : weights[k] === 0 ? 0 : softThreshold(moved, 1 / RHO);
        p[k] = moved - near;
        return near;
      });
      const moved = product.map((sum, row) => ALPHA * sum + (1 - ALPHA) * v[row]! + q[row]!);
      const off = Math.sqrt(moved.reduce((sum, one, row) => sum + (active[row] ? (one - wanted[row]!) ** 2 : 0), 0));
      const share = off > most ? most / off : 1;
      const nextV = moved.map((one, row) => {
        const near = active[row] ? wanted[row]! + (one - wanted[row]!) * share : Math.min(one, wanted[row]!);
        q[row] = one - near;
        return near;
      });

      const all = Math.sqrt(squares(nextU) + squares(nextV));
      const primal = Math.sqrt(apart(w, nextU) + apart(product, nextV));
      const dual = Math.sqrt(apart(u, nextU) + apart(v, nextV));
      [u, v] = [nextU, nextV];
      if (primal <= STILL * all && dual <= STILL * all) break;
    }
    const found = u.map((weight) => weight * size);
    return { weights: found, holds: this.holds(found, { values, active, radius }), rounds: Math.min(rounds, ROUNDS) };
  }

  /** X w. */
  times(weights: Float64Array): Float64Array {
    return this.x.times(weights).map((sum) => sum / this.scale);
  }

  private holds(weights: Float64Array, { values, active, radius }: Omit<Wanted, 'weights'>): boolean {
    const made = this.times(weights);
    const rows = active.reduce((sum, is) => sum + is, 0);
    const square = values.reduce((sum, value, row) => sum + (active[row] ? value * value : 0), 0);
    const most = TOLERANCE * Math.sqrt(square / Math.max(1, rows)) + 1e-12;
    const off = made.reduce((sum, value, row) => sum + (active[row] ? (value - values[row]!) ** 2 : 0), 0);
    return (
      Math.sqrt(off) <= radius + most * Math.sqrt(rows) &&
      made.every((value, row) => active[row] === 1 || value <= values[row]! + most)
    );
  }
}

function softThreshold(value: number, threshold: number): number {
  return value > threshold ? value - threshold : value < -threshold ? value + threshold : 0;
}

function squares(vector: Float64Array): number {
  return vector.reduce((sum, value) => sum + value * value, 0);
}

function apart(one: Float64Array, other: Float64Array): number {
  return one.reduce((sum, value, k) => sum + (value - other[k]!) ** 2, 0);
}
