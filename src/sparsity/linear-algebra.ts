// In float64, for the methods that compute the weights of a trained layer anew. Libraries have factors and solutions, too, but none that grow a column at a time (least-squares.ts), so all rest on one factor.

/** A matrix by rows, of which only what is not 0 is kept: what layers read is often 0. */
export class SparseRows {
  private readonly begins: Int32Array;
  private readonly places: Int32Array;
  private readonly values: Float64Array;

  /** Of a row-major matrix; `constant`: with one column more, which holds this number. */
  constructor(
    readonly rows: number,
    given: number,
    data: ArrayLike<number>,
    constant?: number,
    scale = 1,
  ) {
    this.columns = given + Number(constant !== undefined);
    const left: number[] = [];
    this.begins = new Int32Array(rows + 1);
    const places: number[] = [];
    for (let row = 0; row < rows; row++) {
      for (let k = 0; k < given; k++) {
        const value = data[row * given + k]!;
        if (value === 0) continue;
        places.push(k);
        left.push(value * scale);
      }
      if (constant !== undefined) {
        places.push(given);
        left.push(constant * scale);
      }
      this.begins[row + 1] = places.length;
    }
    this.places = Int32Array.from(places);
    this.values = Float64Array.from(left);
  }

  readonly columns: number;

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
  gram(): Float64Array {
    const { columns } = this;
    const product = new Float64Array(columns * columns);
    for (let row = 0; row < this.rows; row++)
      for (let i = this.begins[row]!; i < this.begins[row + 1]!; i++) {
        const [at, value] = [this.places[i]! * columns, this.values[i]!];
        // Places of a row ascend: the upper half, then the other one.
        for (let k = i; k < this.begins[row + 1]!; k++) product[at + this.places[k]!]! += value * this.values[k]!;
      }
    for (let i = 0; i < columns; i++) for (let k = 0; k < i; k++) product[i * columns + k] = product[k * columns + i]!;
    return product;
  }

  /** The sum of squares of all numbers. */
  squares(): number {
    return this.values.reduce((sum, value) => sum + value * value, 0);
  }
}

/** The factor L of a positive definite matrix A = L Lᵀ (Cholesky), row-major. */
export class Cholesky {
  private readonly factor: Float64Array;

  constructor(
    matrix: Float64Array,
    private readonly size: number,
  ) {
    const lower = matrix.slice();
    for (let j = 0; j < size; j++) {
      for (let i = j; i < size; i++) {
        let sum = lower[i * size + j]!;
        for (let k = 0; k < j; k++) sum -= lower[i * size + k]! * lower[j * size + k]!;
        lower[i * size + j] = i === j ? Math.sqrt(sum) : sum / lower[j * size + j]!;
      }
      if (!(lower[j * size + j]! > 0)) throw new Error('a matrix to factor is not positive definite');
    }
    this.factor = lower;
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
      const own = x[i]! / factor[i * size + i]!;
      x[i] = own;
      for (let k = 0; k < i; k++) x[k]! -= factor[i * size + k]! * own;
    }
    return x;
  }
}
