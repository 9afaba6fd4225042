import type { At, Lowering } from '../lowering.js';
import type { GraphWriter } from '../graph.js';

/** The last two axes exchanged. */
function transposed(g: GraphWriter, x: string, rank: number): string {
  const perm = Array.from({ length: rank }, (_, axis) => axis);
  perm[rank - 2] = rank - 1;
  perm[rank - 1] = rank - 2;
  return g.node('Transpose', [x], { perm });
}

/** matmul, and with a third input `addend` for x · y + addend, of two-dimensional x and y. */
export function writeMatmul(g: GraphWriter, at: At, addend?: string): void {
  const [x, y] = at.inputs as readonly [string, string];
  const [a, b] = at.inputTypes.map((type) => type.shape.length) as [number, number];
  const { transposeX, transposeY } = at.attributes as { readonly transposeX: boolean; readonly transposeY: boolean };
  const output = at.outputs[0]!;
  if (addend !== undefined || (a === 2 && b === 2 && (transposeX || transposeY))) {
    const attributes = { transA: transposeX ? 1 : 0, transB: transposeY ? 1 : 0 };
    g.node('Gemm', addend === undefined ? [x, y] : [x, y, addend], attributes, output);
  } else if (g.target.microsoft && (transposeX || transposeY)) {
    const attributes = { transA: transposeX ? 1 : 0, transB: transposeY ? 1 : 0 };
    g.rawNode({ operator: 'FusedMatMul', domain: 'com.microsoft', inputs: [x, y], outputs: [output], attributes });
  } else {
    g.node('MatMul', [transposeX ? transposed(g, x, a) : x, transposeY ? transposed(g, y, b) : y], {}, output);
  }
}

export const linear = {
  matmul: (g, at) => writeMatmul(g, at),
  /** All axes but the last as one: a product of two matrices. */
  outer_sum: (g, { inputs, inputTypes, outputs: [y], outputTypes: [type] }) => {
    if (type!.shape.includes(0)) {
      g.node('Expand', [g.scalar('float', 0), g.shape(type!.shape)], {}, y!);
      return;
    }
    const [a, b] = inputs.map((one, at) => {
      const { shape } = inputTypes[at]!;
      return shape.length === 2 ? one : g.node('Reshape', [one, g.int64([-1, shape.at(-1) as number])]);
    });
    g.node('Gemm', [a!, b!], { transA: 1 }, y!);
  },
  log_softmax: (g, { inputs, outputs: [y] }) => {
    g.node('LogSoftmax', inputs, { axis: -1 }, y!);
  },
  softmax: (g, { inputs, outputs: [y] }) => {
    g.node('Softmax', inputs, { axis: -1 }, y!);
  },
} satisfies Record<string, Lowering>;
