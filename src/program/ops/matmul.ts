import { sumTo } from '../adjoint.js';
import type { Value } from '../builder.js';
import { tensor64 } from '../kernels.js';
import { defineOp } from '../op.js';
import { type Attributes, sizeOf } from '../program.js';
import { broadcastShapes, broadcastStrides, checkCount, checkDType, offsetsOf, showType } from '../shapes.js';

export interface MatmulAttributes extends Attributes {
  readonly transposeX: boolean;
  readonly transposeY: boolean;
}

export const matmul = defineOp<MatmulAttributes>({
  keyword: 'matmul',
  summary: '[.., n, k] × [.., k, m]; a transpose is of the last two axes, the axes before them broadcast.',
  pattern: 'other',
  infer(inputs, { transposeX, transposeY }) {
    checkCount('matmul', inputs, 2);
    const [x, y] = inputs as readonly [(typeof inputs)[number], (typeof inputs)[number]];
    checkDType('matmul', x, ['float']);
    checkDType('matmul', y, ['float']);
    const wrong = () => {
      const flags = `${transposeX ? ' transposed' : ''} and ${showType(y)}${transposeY ? ' transposed' : ''}`;
      return new Error(`matmul: ${showType(x)}${flags} do not multiply`);
    };
    if (x.shape.length < 2 || y.shape.length < 2) throw wrong();
    const [a, b] = x.shape.slice(-2);
    const [c, d] = y.shape.slice(-2);
    if ((transposeX ? a : b) !== (transposeY ? d : c)) throw wrong();
    const leading = broadcastShapes('matmul', x.shape.slice(0, -2), y.shape.slice(0, -2));
    return [{ dtype: 'float', shape: [...leading, (transposeX ? b : a)!, (transposeY ? c : d)!] }];
  },
  gradient(b, at) {
    const g = at.gradients[0];
    if (!g) return [];
    const [x, y] = at.inputs as readonly [Value, Value];
    const { transposeX, transposeY } = at.attributes;
    const forX = () => (transposeX ? b.matmul(y, g, transposeY, true) : b.matmul(g, y, false, !transposeY));
    // One product over all rows, instead of one for every leading index and their sum.
    const rows = !transposeX && x.type.shape.length > 2 && y.type.shape.length === 2 && !y.type.shape.includes('batch');
    if (rows && at.needed[1]) {
      return [at.needed[0] ? forX() : undefined, transposeY ? b.outerSum(g, x) : b.outerSum(x, g)];
    }
    const forY = () => (transposeY ? b.matmul(g, x, true, transposeX) : b.matmul(x, g, !transposeX, false));
    return [
      at.needed[0] ? sumTo(b, forX(), x.type.shape) : undefined,
      at.needed[1] ? sumTo(b, forY(), y.type.shape) : undefined,
    ];
  },
  evaluate([x, y], { transposeX, transposeY }, outputs) {
    const { shape } = outputs[0]!;
    const data = new Float64Array(sizeOf(shape));
    const leading = shape.slice(0, -2);
    const [n, m] = shape.slice(-2) as [number, number];
    const k = x!.shape[x!.shape.length - (transposeX ? 2 : 1)]!;
    const ones = (of: readonly number[]) => offsetsOf(leading, broadcastStrides(of.slice(0, -2), leading));
    const fromX = ones(x!.shape);
    const fromY = ones(y!.shape);
    for (let at = 0; at < fromX.length; at++) {
      const a = x!.data.subarray(fromX[at]! * n * k, (fromX[at]! + 1) * n * k);
      const b = y!.data.subarray(fromY[at]! * k * m, (fromY[at]! + 1) * k * m);
      multiplyInto(
        data.subarray(at * n * m, (at + 1) * n * m),
        transposeX ? transposed(a, k, n) : a,
        transposeY ? transposed(b, m, k) : b,
        n,
        k,
        m,
      );
    }
    return [tensor64('float', shape, data)];
  },
});

/** [rows, columns] to [columns, rows], in tiles that stay in the cache. A copy costs next to nothing beside the product. */
function transposed(from: Float64Array, rows: number, columns: number): Float64Array {
  const to = new Float64Array(from.length);
  const tile = 32;
  for (let r0 = 0; r0 < rows; r0 += tile) {
    for (let c0 = 0; c0 < columns; c0 += tile) {
      const r1 = Math.min(rows, r0 + tile);
      const c1 = Math.min(columns, c0 + tile);
      for (let c = c0; c < c1; c++) for (let r = r0; r < r1; r++) to[c * rows + r] = from[r * columns + c]!;
    }
  }
  return to;
}

/**
 * out[n, m] += a[n, k] · b[k, m]. Every sum runs over k in rising order, whatever the tiling, so that a product and the same product
 * with transposed operands have the same bits.
 */
function multiplyInto(out: Float64Array, a: Float64Array, b: Float64Array, n: number, k: number, m: number): void {
  // A tile of b of 64 rows and 512 columns (256 KiB) stays in the second-level cache while all rows of a pass over it.
  const deep = 64;
  const wide = 512;
  for (let j0 = 0; j0 < m; j0 += wide) {
    const j1 = Math.min(m, j0 + wide);
    for (let p0 = 0; p0 < k; p0 += deep) {
      const p1 = Math.min(k, p0 + deep);
      for (let i = 0; i < n; i++) {
        const row = i * m;
        let p = p0;
        for (; p + 3 < p1; p += 4) {
          const at = i * k + p;
          const a0 = a[at]!;
          const a1 = a[at + 1]!;
          const a2 = a[at + 2]!;
          const a3 = a[at + 3]!;
          const b0 = p * m;
          const b1 = b0 + m;
          const b2 = b1 + m;
          const b3 = b2 + m;
          for (let j = j0; j < j1; j++) {
            out[row + j] = out[row + j]! + a0 * b[b0 + j]! + a1 * b[b1 + j]! + a2 * b[b2 + j]! + a3 * b[b3 + j]!;
          }
        }
        for (; p < p1; p++) {
          const one = a[i * k + p]!;
          const from = p * m;
          for (let j = j0; j < j1; j++) out[row + j] = out[row + j]! + one * b[from + j]!;
        }
      }
    }
  }
}
