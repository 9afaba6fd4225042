/** A matrix by rows. */
export interface Table {
  readonly rows: number;
  readonly columns: number;
  readonly data: Float64Array;
}

/** Below this share of what there was, what is left to explain is rounding. */
const NOTHING = 1e-10;

/** The power iteration's end: it turns its direction by less in a round. */
const STILL = 1e-12;
const ROUNDS = 500;

/**
 * Variable importance in projection of partial least squares (Wold, Johansson and Cocchi 1993, PLS: Partial least squares projections to latent structures; formula as in Mehmood et al. 2012, A review of variable
 * selection methods in partial least squares regression, section 2.1.3): with unit weights w_a and the sum of squares SS_a of the targets that component a explains,
 *
 *     VIP_j = √( p · Σ_a SS_a · w_aj² / Σ_a SS_a )        p columns of X
 *
 * so that the squares have the mean 1. Columns are centred and scaled to a variance of 1; a constant column stays 0, and its importance is 0.
 * Components are those of NIPALS (PLS2): w is the first left singular vector of XᵀY, X and Y are deflated by the scores t = X w.
 */
export function importanceInProjection(given: Table, targets: Table, components: number): Float64Array {
  const [x, y] = [standardized(given), standardized(targets)];
  const { rows, columns } = given;
  const importance = new Float64Array(columns);
  const before = sumOfSquares(y.data);
  let explained = 0;
  for (let component = 0; component < components; component++) {
    const w = firstDirection(x, y);
    if (!w) break;
    const t = Float64Array.from({ length: rows }, (_, row) => {
      let sum = 0;
      for (let k = 0; k < columns; k++) sum += x.data[row * columns + k]! * w[k]!;
      return sum;
    });
    const square = sumOfSquares(t);
    if (square === 0) break;
    const loadings = deflate(y, t, square);
    deflate(x, t, square);
    const own = square * sumOfSquares(loadings);
    w.forEach((weight, k) => {
      importance[k]! += own * weight * weight;
    });
    explained += own;
    if (sumOfSquares(y.data) <= NOTHING * before) break;
  }
  return importance.map((sum) => (explained === 0 ? 0 : Math.sqrt((columns * sum) / explained)));
}

function standardized({ rows, columns, data }: Table): Table {
  const scaled = data.slice();
  for (let k = 0; k < columns; k++) {
    let mean = 0;
    for (let row = 0; row < rows; row++) mean += data[row * columns + k]! / rows;
    let square = 0;
    for (let row = 0; row < rows; row++) square += (data[row * columns + k]! - mean) ** 2 / rows;
    const scale = square > 1e-24 * Math.max(1, mean * mean) ? 1 / Math.sqrt(square) : 0;
    for (let row = 0; row < rows; row++) scaled[row * columns + k] = (data[row * columns + k]! - mean) * scale;
  }
  return { rows, columns, data: scaled };
}

/** The unit vector w that makes ‖YᵀX w‖ largest; undefined where X says nothing of Y. */
function firstDirection(x: Table, y: Table): Float64Array | undefined {
  // XᵀY, [columns of X, columns of Y].
  const cross = new Float64Array(x.columns * y.columns);
  for (let row = 0; row < x.rows; row++)
    for (let k = 0; k < x.columns; k++) {
      const value = x.data[row * x.columns + k]!;
      if (value === 0) continue;
      for (let j = 0; j < y.columns; j++) cross[k * y.columns + j]! += value * y.data[row * y.columns + j]!;
    }
  if (sumOfSquares(cross) <= NOTHING ** 2 * x.rows) return undefined;
  // A power iteration on YᵀX XᵀY, from the longest row of YᵀX.
  const lengths = Array.from({ length: y.columns }, (_, j) => {
    let sum = 0;
    for (let k = 0; k < x.columns; k++) sum += cross[k * y.columns + j]! ** 2;
    return sum;
  });
  const longest = lengths.indexOf(Math.max(...lengths));
  let w = normalized(Float64Array.from({ length: x.columns }, (_, k) => cross[k * y.columns + longest]!));
  for (let round = 0; round < ROUNDS; round++) {
    const c = new Float64Array(y.columns);
    for (let k = 0; k < x.columns; k++) for (let j = 0; j < y.columns; j++) c[j]! += cross[k * y.columns + j]! * w[k]!;
    const next = normalized(
      Float64Array.from({ length: x.columns }, (_, k) => {
        let sum = 0;
        for (let j = 0; j < y.columns; j++) sum += cross[k * y.columns + j]! * c[j]!;
        return sum;
      }),
    );
    const turned = next.reduce((sum, value, k) => sum + (value - w[k]!) ** 2, 0);
    w = next;
    if (turned < STILL ** 2) break;
  }
  return w;
}

/** Takes what `t` explains out of a table, and gives how much of each column that was: tᵀ table / tᵀt. */
function deflate({ rows, columns, data }: Table, t: Float64Array, square: number): Float64Array {
  const loadings = new Float64Array(columns);
  for (let row = 0; row < rows; row++)
    for (let k = 0; k < columns; k++) loadings[k]! += (t[row]! * data[row * columns + k]!) / square;
  for (let row = 0; row < rows; row++)
    for (let k = 0; k < columns; k++) data[row * columns + k]! -= t[row]! * loadings[k]!;
  return loadings;
}

function normalized(vector: Float64Array): Float64Array {
  const length = Math.sqrt(sumOfSquares(vector));
  return vector.map((value) => value / length);
}

function sumOfSquares(vector: Float64Array): number {
  return vector.reduce((sum, value) => sum + value * value, 0);
}
