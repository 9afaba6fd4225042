import { Stream } from '../random/streams.js';
import { Permutation } from '../random/permutation.js';

export interface Regression {
  readonly features: number;
  readonly support: number;
  readonly scale: number;
  readonly noise: number;
  readonly seed: number;
  /** Divide every feature by the norm of its column in the training rows, of which there are `samples`. */
  readonly unit_sphere: boolean;
  readonly samples: number;
}

/** The true model: which features matter, ascending, and by how much. */
export interface Truth {
  readonly support: readonly number[];
  readonly coefficients: readonly number[];
}

/** Support without replacement; coefficients of either sign and a size from 1 to 3, drawn evenly, so that each of them can be found. */
export function drawTruth({ features, support, seed }: Regression): Truth {
  const order = new Permutation(features, 'sparse_regression.support', { seed });
  const chosen = Array.from({ length: support }, (_, k) => order.at(k)).sort((a, b) => a - b);
  const draws = Stream.named('sparse_regression.coefficients', { seed });
  return {
    support: chosen,
    coefficients: chosen.map(
      (feature) => (draws.bernoulli(2 * feature, 0.5) ? 1 : -1) * (1 + 2 * draws.uniform(2 * feature + 1)),
    ),
  };
}

/** What the normals of each feature are multiplied by: `scale`, or `scale` over the norm of its training column (normals over their norm are uniform on the sphere). */
function factors({ features, scale, seed, unit_sphere, samples }: Regression): Float64Array {
  const found = new Float64Array(features).fill(scale);
  if (!unit_sphere) return found;
  const normals = Stream.named('sparse_regression.train', { seed });
  for (let feature = 0; feature < features; feature++) {
    let squares = 0;
    for (let row = 0; row < samples; row++) squares += normals.normal(row * features + feature) ** 2;
    found[feature]! /= Math.sqrt(squares);
  }
  return found;
}

/**
 * Rows of y = x · w + noise, x normal with standard deviation `scale`, or with training columns of norm `scale`, and the noise with standard deviation `noise`. Row k of a part depends on the
 * seed, the part, the number of features and k only (with `unit_sphere` on the number of samples, too).
 *
 * @returns x, rows × features, and y, one number a row, computed in float64 from x as stored
 */
export function drawRegression(
  part: string,
  rows: number,
  regression: Regression,
): { readonly x: Float32Array; readonly y: Float32Array } {
  const { features, noise, seed } = regression;
  const { support, coefficients } = drawTruth(regression);
  const normals = Stream.named(`sparse_regression.${part}`, { seed });
  const errors = Stream.named(`sparse_regression.${part}.noise`, { seed });
  const x = new Float32Array(rows * features);
  const y = new Float32Array(rows);
  const factor = factors(regression);
  for (let k = 0; k < x.length; k++) x[k] = factor[k % features]! * normals.normal(k);
  for (let row = 0; row < rows; row++) {
    let sum = noise * errors.normal(row);
    for (let k = 0; k < support.length; k++) sum += x[row * features + support[k]!]! * coefficients[k]!;
    y[row] = sum;
  }
  return { x, y };
}
