import { column, type Matrix, norm } from './support.js';

/** A proximal step over columns and rows at once: min ½‖w − z‖² + t · (Σ columns ‖·‖₂ + Σ rows ‖·‖₂). */
export interface Step {
  readonly z: Matrix;
  readonly t: number;
}

function shrunk(length: number, t: number): number {
  return length > t ? 1 - t / length : 0;
}

const overRows = (w: Matrix, t: number): Matrix =>
  w.map((row) => {
    const left = shrunk(norm(row), t);
    return row.map((x) => x * left);
  });

const overColumns = (w: Matrix, t: number): Matrix => {
  const left = w[0]!.map((_, j) => shrunk(norm(column(w, j)), t));
  return w.map((row) => row.map((x, j) => x * left[j]!));
};

/** Columns, then rows of the result. */
export function composedStep({ z, t }: Step): Matrix {
  return overRows(overColumns(z, t), t);
}

const combined = (a: Matrix, b: Matrix, sign: 1 | -1): Matrix =>
  a.map((row, i) => row.map((x, j) => x + sign * b[i]![j]!));

/** The joint minimiser by the algorithm of Dykstra's kind of Bauschke and Combettes 2008 (A Dykstra-like algorithm for two monotone operators), until it stands. */
export function jointStep({ z, t }: Step): Matrix {
  let x = z;
  let ofColumns: Matrix = z.map((row) => row.map(() => 0));
  let ofRows = ofColumns;
  for (let k = 0; k < 3000; k++) {
    const toColumns = combined(x, ofColumns, 1);
    const y = overColumns(toColumns, t);
    ofColumns = combined(toColumns, y, -1);
    const toRows = combined(y, ofRows, 1);
    const next = overRows(toRows, t);
    ofRows = combined(toRows, next, -1);
    const moved = Math.max(...combined(next, x, -1).flat().map(Math.abs));
    const apart = Math.max(...combined(next, y, -1).flat().map(Math.abs));
    x = next;
    if (moved < 1e-12 && apart < 1e-9) break;
  }
  return x;
}
