import { Cholesky, LANES, SparseRows } from './linear-algebra.js';
import type { LongWork } from './long-work.js';

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

/** The penalty parameter that it begins with and the over-relaxation of ADMM: those of the authors' code. */
const [RHO, ALPHA] = [5, 1.8];

/**
 * After how many rounds the penalty parameter is looked at again, until when, how unequal residuals may be, and by how much it changes at most. A unit that has not come to its end long after that goes on with
 * the one that it began with: hard ones come to it more often so, and only a parameter that rests is sure to.
 */
const BALANCE = { every: 20, until: 100, unequal: 2, most: 10, givenUp: 200 };

/** One unit that is worked on. */
interface Lane {
  readonly unit: number;
  readonly wanted: Wanted;
  /** What weights are divided by, and values multiplied with. */
  readonly size: number;
  readonly ratio: number;
  rho: number;
  rounds: number;
}

/**
 * The weights of least ‖w‖₁ with ‖(X w − y)_Ω‖₂ ≤ radius on the active rows Ω and X w ≤ y on the others (Aghasi, Abdi, Nguyen and Romberg 2017, Net-Trim: Convex pruning of deep neural networks with performance guarantee,
 * equation 5, of one unit), by ADMM on ‖u‖₁ with u = w and v = X w in that set (Boyd et al. 2011, section 3; authors' α, and their ρ to begin with):
 *
 *     w ← (I + XᵀX)⁻¹ (u − p + Xᵀ(v − q))     u ← soft(α w + (1 − α) u + p, 1 / ρ)     v ← nearest in the set to α X w + (1 − α) v + q
 *
 * and p, q grow by what the last two cut off. It ends where residuals are below 1e-4 of what they are of, or after 1000 rounds. X is scaled to columns of mean square 1 and weights to a root mean square of 1, so that
 * ρ means the same for every layer. The weight of the constant column is free of the norm; those of columns that are 0 are 0. The matrix to invert is free of ρ, so that it costs nothing to balance the two residuals, each as a
 * share of what it is a residual of, by changing ρ in the first rounds (Boyd et al., section 3.4.1; shares: Wohlberg 2017, arXiv 1704.06209). Units are worked on side by side, each by itself: what comes out does not depend on which.
 */
export class SparsestWeights {
  /** By lane and place, or lane and row: u, p and v, q of Boyd et al., what is wanted, and what is computed of them in a round. */
  private readonly u: Float64Array;
  private readonly p: Float64Array;
  private readonly w: Float64Array;
  private readonly v: Float64Array;
  private readonly q: Float64Array;
  private readonly goal: Float64Array;
  private readonly rest: Float64Array;
  private readonly product: Float64Array;
  private readonly transposed: SparseRows;

  private constructor(
    private readonly whole: SparseRows,
    private readonly living: Int32Array,
    private readonly x: SparseRows,
    private readonly scale: number,
    private readonly inverse: Cholesky,
    private readonly hasConstant: boolean,
  ) {
    this.transposed = x.transposed();
    const [places, rows] = [LANES * x.columns, LANES * x.rows];
    this.u = new Float64Array(places);
    this.p = new Float64Array(places);
    this.w = new Float64Array(places);
    this.v = new Float64Array(rows);
    this.q = new Float64Array(rows);
    this.goal = new Float64Array(rows);
    this.rest = new Float64Array(rows);
    this.product = new Float64Array(rows);
  }

  /** Of rows that are row-major; `hasConstant`: with one column more, of ones. */
  static *over(rows: number, given: number, data: ArrayLike<number>, hasConstant: boolean): LongWork<SparsestWeights> {
    const whole = SparseRows.of(rows, given, data, hasConstant ? 1 : undefined);
    const living = whole.living();
    const squares = whole.squares();
    const scale = squares === 0 ? 1 : Math.sqrt(living.length / squares);
    const x = whole.scaled(living, scale);
    const matrix = yield* x.gram();
    for (let k = 0; k < x.columns; k++) matrix[k * x.columns + k]! += 1;
    return new SparsestWeights(whole, living, x, scale, yield* Cholesky.of(matrix, x.columns), hasConstant);
  }

  /** X w. */
  times(weights: Float64Array): Float64Array {
    return this.whole.times(weights);
  }

  /** Units one after the other, as lanes get free; `unit` counts them from 0, of `of`. */
  *solve(wanted: Iterable<Wanted>, of: number, found: (unit: number, found: Found) => void): LongWork<void> {
    const coming = wanted[Symbol.iterator]();
    const lanes: (Lane | undefined)[] = new Array(LANES).fill(undefined);
    let [begun, done] = [0, 0];
    for (;;) {
      for (let j = 0; j < LANES; j++) {
        if (lanes[j]) continue;
        const next = coming.next();
        if (next.done) break;
        lanes[j] = this.begin(j, begun++, next.value);
      }
      if (lanes.every((lane) => lane === undefined)) return;
      this.round();
      let residual = 0;
      lanes.forEach((lane, j) => {
        if (!lane) return;
        const off = this.move(j, lane);
        residual = Math.max(residual, off);
        if (off > STILL && lane.rounds < ROUNDS) return;
        found(lane.unit, this.foundAt(j, lane));
        lanes[j] = undefined;
        done += 1;
      });
      const rounds = Math.max(0, ...lanes.map((lane) => lane?.rounds ?? 0));
      yield {
        what: `${done} of ${of} units, round ${rounds}, residual ${residual.toExponential(0)}`,
        share: done / of,
      };
    }
  }

  private begin(j: number, unit: number, wanted: Wanted): Lane {
    const { living, scale, x } = this;
    const { weights, values } = wanted;
    const square = living.reduce((sum, column) => sum + weights[column]! ** 2, 0);
    const size = Math.sqrt(square / x.columns) || 1;
    const ratio = scale / size;
    for (let k = 0; k < x.columns; k++) {
      this.u[LANES * k + j] = weights[living[k]!]! / size;
      this.p[LANES * k + j] = 0;
    }
    for (let row = 0; row < x.rows; row++) {
      this.v[LANES * row + j] = this.goal[LANES * row + j] = values[row]! * ratio;
      this.q[LANES * row + j] = 0;
    }
    return { unit, wanted, size, ratio, rho: RHO, rounds: 0 };
  }

  /** The weights of all lanes that fit best what u and v say, and what they give. */
  private round(): void {
    const { u, p, w, v, q, rest } = this;
    for (let k = 0; k < rest.length; k++) rest[k] = v[k]! - q[k]!;
    this.transposed.timesLanes(rest, w);
    for (let k = 0; k < w.length; k++) w[k]! += u[k]! - p[k]!;
    this.inverse.solveLanes(w);
    this.x.timesLanes(w, this.product);
  }

  /** The rest of a round in one lane; gives the larger residual, as a share of what is there. */
  private move(j: number, lane: Lane): number {
    const { u, p, w, v, q, goal, rest, product, living, x } = this;
    const { wanted, ratio } = lane;
    const { weights, active } = wanted;
    const most = wanted.radius * ratio;
    const free = this.hasConstant ? x.columns - 1 : -1;
    let [primal, dual, all, prices] = [0, 0, 0, 0];

    for (let k = 0, at = j; k < x.columns; k++, at += LANES) {
      const moved = ALPHA * w[at]! + (1 - ALPHA) * u[at]! + p[at]!;
      const near = k === free ? moved : weights[living[k]!] === 0 ? 0 : softThreshold(moved, 1 / lane.rho);
      p[at] = moved - near;
      primal += (w[at]! - near) ** 2;
      dual += (u[at]! - near) ** 2;
      all += near ** 2;
      prices += p[at]! ** 2;
      u[at] = near;
    }

    let off = 0;
    for (let row = 0, at = j; row < x.rows; row++, at += LANES) {
      rest[at] = ALPHA * product[at]! + (1 - ALPHA) * v[at]! + q[at]!;
      if (active[row] === 1) off += (rest[at]! - goal[at]!) ** 2;
    }
    const share = Math.sqrt(off) > most ? most / Math.sqrt(off) : 1;
    for (let row = 0, at = j; row < x.rows; row++, at += LANES) {
      const [moved, given] = [rest[at]!, goal[at]!];
      const near = active[row] === 1 ? given + (moved - given) * share : Math.min(moved, given);
      q[at] = moved - near;
      primal += (product[at]! - near) ** 2;
      dual += (v[at]! - near) ** 2;
      all += near ** 2;
      prices += q[at]! ** 2;
      v[at] = near;
    }

    lane.rounds += 1;
    if (lane.rounds === BALANCE.givenUp) this.change(j, lane, RHO / lane.rho);
    else if (lane.rounds % BALANCE.every === 0 && lane.rounds <= BALANCE.until)
      this.balance(j, lane, Math.sqrt(Math.sqrt((primal * prices) / (all * dual))));
    const larger = Math.sqrt(Math.max(primal, dual));
    return larger === 0 ? 0 : larger / Math.sqrt(all);
  }

  /** `unequal`: the root of how much larger the primal residual is than the dual one. */
  private balance(j: number, lane: Lane, unequal: number): void {
    const { most } = BALANCE;
    const isUnequal = unequal > BALANCE.unequal || unequal < 1 / BALANCE.unequal;
    if (!isUnequal || !Number.isFinite(unequal)) return;
    this.change(j, lane, Math.min(most, Math.max(1 / most, unequal)));
  }

  /** ρ, and p and q, which are prices divided by it. */
  private change(j: number, lane: Lane, factor: number): void {
    lane.rho *= factor;
    for (let at = j; at < this.p.length; at += LANES) this.p[at]! /= factor;
    for (let at = j; at < this.q.length; at += LANES) this.q[at]! /= factor;
  }

  private foundAt(j: number, { wanted, size, rounds }: Lane): Found {
    const weights = new Float64Array(this.whole.columns);
    this.living.forEach((column, k) => {
      weights[column] = this.u[LANES * k + j]! * size;
    });
    return { weights, holds: this.holds(weights, wanted), rounds };
  }

  private holds(weights: Float64Array, { values, active, radius }: Wanted): boolean {
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
