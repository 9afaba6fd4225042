import { type LongWork, partsOf } from './long-work.js';

// In float64, for the methods that compute the weights of a trained layer anew. Libraries have factors and solutions, too, but none that grow a column at a time (least-squares.ts), so all rest on one factor.

/**
 * How many vectors are multiplied at once: a matrix is then read once for all of them, and a processor has as many sums to work on. Number k of vector j stands at LANES · k + j. What comes out for a vector does not
 * depend on the others, to the bit.
 */
export const LANES = 8;

/** Σ value_k x_place(k) of LANES vectors, k from `from` to before `to`, the place of k standing at k − offset. */
function addUp(
  sums: Float64Array,
  [values, from, to]: readonly [Float64Array, number, number],
  [places, offset]: readonly [Int32Array, number],
  x: Float64Array,
): void {
  let a = 0;
  let b = 0;
  let c = 0;
  let d = 0;
  let e = 0;
  let f = 0;
  let g = 0;
  let h = 0;
  for (let k = from; k < to; k++) {
    const value = values[k]!;
    const at = LANES * places[k - offset]!;
    a += value * x[at]!;
    b += value * x[at + 1]!;
    c += value * x[at + 2]!;
    d += value * x[at + 3]!;
    e += value * x[at + 4]!;
    f += value * x[at + 5]!;
    g += value * x[at + 6]!;
    h += value * x[at + 7]!;
  }
  sums[0] = a;
  sums[1] = b;
  sums[2] = c;
  sums[3] = d;
  sums[4] = e;
  sums[5] = f;
  sums[6] = g;
  sums[7] = h;
}

/** A matrix by rows, of which only what is not 0 is kept: what layers read is often 0. */
export class SparseRows {
  private constructor(
    readonly rows: number,
    readonly columns: number,
    private readonly begins: Int32Array,
    private readonly places: Int32Array,
    private readonly values: Float64Array,
  ) {}

  /** Of a row-major matrix; `constant`: with one column more, which holds this number. */
  static of(rows: number, given: number, data: ArrayLike<number>, constant?: number): SparseRows {
    const begins = new Int32Array(rows + 1);
    const left: number[] = [];
    const places: number[] = [];
    for (let row = 0; row < rows; row++) {
      for (let k = 0; k < given; k++) {
        const value = data[row * given + k]!;
        if (value === 0) continue;
        places.push(k);
        left.push(value);
      }
      if (constant !== undefined) {
        places.push(given);
        left.push(constant);
      }
      begins[row + 1] = places.length;
    }
    const columns = given + Number(constant !== undefined);
    return new SparseRows(rows, columns, begins, Int32Array.from(places), Float64Array.from(left));
  }

  /** Columns that are not 0, in ascending order. */
  living(): Int32Array {
    const isLiving = new Uint8Array(this.columns);
    for (const place of this.places) isLiving[place] = 1;
    return Int32Array.from([...isLiving.keys()].filter((column) => isLiving[column] === 1));
  }

  /** These columns alone, which are all that are not 0, times a number. */
  scaled(columns: Int32Array, factor: number): SparseRows {
    const to = new Int32Array(this.columns);
    columns.forEach((column, k) => {
      to[column] = k;
    });
    const places = this.places.map((place) => to[place]!);
    const values = this.values.map((value) => value * factor);
    return new SparseRows(this.rows, columns.length, this.begins, places, values);
  }

  /** Xᵀ. */
  transposed(): SparseRows {
    const begins = new Int32Array(this.columns + 1);
    for (const place of this.places) begins[place + 1]! += 1;
    for (let column = 0; column < this.columns; column++) begins[column + 1]! += begins[column]!;
    const next = begins.slice();
    const places = new Int32Array(this.places.length);
    const values = new Float64Array(this.places.length);
    for (let row = 0; row < this.rows; row++)
      for (let k = this.begins[row]!; k < this.begins[row + 1]!; k++) {
        const at = next[this.places[k]!]!++;
        places[at] = row;
        values[at] = this.values[k]!;
      }
    return new SparseRows(this.columns, this.rows, begins, places, values);
  }

  /** X w. */
  times(w: Float64Array): Float64Array {
    const product = new Float64Array(this.rows);
    for (let row = 0; row < this.rows; row++) {
      let sum = 0;
      for (let k = this.begins[row]!; k < this.begins[row + 1]!; k++) sum += this.values[k]! * w[this.places[k]!]!;
      product[row] = sum;
    }
    return product;
  }

  /** X w of LANES vectors, into `product`. */
  timesLanes(w: Float64Array, product: Float64Array): void {
    const { begins, places, values } = this;
    const sums = new Float64Array(LANES);
    for (let row = 0; row < this.rows; row++) {
      addUp(sums, [values, begins[row]!, begins[row + 1]!], [places, 0], w);
      product.set(sums, LANES * row);
    }
  }

  /** Xᵀ r. */
  transposedTimes(r: Float64Array): Float64Array {
    const product = new Float64Array(this.columns);
    for (let row = 0; row < this.rows; row++) {
      const own = r[row]!;
      if (own === 0) continue;
      for (let k = this.begins[row]!; k < this.begins[row + 1]!; k++)
        product[this.places[k]!]! += this.values[k]! * own;
    }
    return product;
  }

  /** XᵀX, [columns, columns]. */
  *gram(): LongWork<Float64Array> {
    const { columns } = this;
    const product = new Float64Array(columns * columns);
    const endsPart = partsOf((this.places.length / Math.max(1, this.rows)) ** 2 / 2);
    for (let row = 0; row < this.rows; row++) {
      for (let i = this.begins[row]!; i < this.begins[row + 1]!; i++) {
        const [at, value] = [this.places[i]! * columns, this.values[i]!];
        // Places of a row ascend: the upper half, then the other one.
        for (let k = i; k < this.begins[row + 1]!; k++) product[at + this.places[k]!]! += value * this.values[k]!;
      }
      if (endsPart(row)) yield { what: 'products of what it reads', share: (row + 1) / this.rows };
    }
    for (let i = 0; i < columns; i++) for (let k = 0; k < i; k++) product[i * columns + k] = product[k * columns + i]!;
    return product;
  }

  /** The sum of squares of all numbers. */
  squares(): number {
    return this.values.reduce((sum, value) => sum + value * value, 0);
  }
}

/** The factor L of a positive definite matrix A = L Lᵀ (Cholesky). */
export class Cholesky {
  private readonly sums = new Float64Array(LANES);
  private readonly places: Int32Array;

  /** `factor`: row-major, L in its lower half and Lᵀ in the upper one, so that both are read along rows. */
  private constructor(
    private readonly factor: Float64Array,
    private readonly size: number,
  ) {
    this.places = Int32Array.from({ length: size }, (_, k) => k);
  }

  /** Of a row-major matrix. */
  static *of(matrix: Float64Array, size: number): LongWork<Cholesky> {
    const factor = matrix.slice();
    const endsPart = partsOf((size * size) / 6);
    for (let j = 0; j < size; j++) {
      for (let i = j; i < size; i++) {
        let sum = factor[i * size + j]!;
        for (let k = 0; k < j; k++) sum -= factor[i * size + k]! * factor[j * size + k]!;
        factor[i * size + j] = i === j ? Math.sqrt(sum) : sum / factor[j * size + j]!;
      }
      if (!(factor[j * size + j]! > 0)) throw new Error('a matrix to factor is not positive definite');
      if (endsPart(j)) yield { what: 'factor of the products', share: (j + 1) / size };
    }
    for (let i = 0; i < size; i++) for (let k = 0; k < i; k++) factor[k * size + i] = factor[i * size + k]!;
    return new Cholesky(factor, size);
  }

  /** The x of A x = b. */
  solve(b: Float64Array): Float64Array {
    const { factor, size } = this;
    const x = b.slice();
    for (let i = 0; i < size; i++) {
      let sum = x[i]!;
      for (let k = 0; k < i; k++) sum -= factor[i * size + k]! * x[k]!;
      x[i] = sum / factor[i * size + i]!;
    }
    for (let i = size - 1; i >= 0; i--) {
      let sum = x[i]!;
      for (let k = i + 1; k < size; k++) sum -= factor[i * size + k]! * x[k]!;
      x[i] = sum / factor[i * size + i]!;
    }
    return x;
  }

  /** The x of A x = b of LANES vectors, in the place of b. */
  solveLanes(x: Float64Array): void {
    const { size } = this;
    for (let i = 0; i < size; i++) this.eliminate(x, i, [0, i]);
    for (let i = size - 1; i >= 0; i--) this.eliminate(x, i, [i + 1, size]);
  }

  /** x_i ← (x_i − Σ F_ik x_k) / F_ii, k from `from` to before `to`. */
  private eliminate(x: Float64Array, i: number, [from, to]: readonly [number, number]): void {
    const { factor, size, sums } = this;
    const row = i * size;
    addUp(sums, [factor, row + from, row + to], [this.places, row], x);
    for (let j = 0; j < LANES; j++) x[LANES * i + j] = (x[LANES * i + j]! - sums[j]!) / factor[row + i]!;
  }
}
