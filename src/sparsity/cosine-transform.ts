/**
 * The orthonormal discrete cosine transform DCT-II of `length` numbers as a matrix, row-major, [coefficient, number]: C[k, n] = √(2 / N) cos(π (n + ½) k / N), the first row
 * divided by √2 (Ahmed, Natarajan and Rao 1974, Discrete cosine transform, equation 1). Its inverse is its transpose.
 */
export function cosineTransform(length: number): Float64Array {
  const matrix = new Float64Array(length * length);
  for (let k = 0; k < length; k++) {
    const scale = Math.sqrt((k === 0 ? 1 : 2) / length);
    // The angle within one turn, where cosines lose nothing.
    for (let n = 0; n < length; n++)
      matrix[k * length + n] = scale * Math.cos((Math.PI * (((2 * n + 1) * k) % (4 * length))) / (2 * length));
  }
  return matrix;
}
