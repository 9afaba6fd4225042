import type { At, Lowering } from '../lowering.js';
import { elementTypes } from '../model.js';

interface Reduction {
  readonly axes: readonly number[];
  readonly keepDims: boolean;
}

function reduce(operator: string): Lowering {
  return (g, at) => {
    const { axes, keepDims } = at.attributes as unknown as Reduction;
    // ONNX takes an empty list of axes for "all of them" unless told otherwise.
    const attributes = { keepdims: keepDims ? 1 : 0, noop_with_empty_axes: 1 };
    g.node(operator, [at.inputs[0]!, g.int64(axes)], attributes, at.outputs[0]!);
  };
}

/** Square, sum, root: onnxruntime's ReduceL2 and ReduceSumSquare take four times as long as Mul and ReduceSum. */
const norm: Lowering = (g, at: At) => {
  const { axes, keepDims } = at.attributes as unknown as Reduction;
  const squares = g.node('Mul', [at.inputs[0]!, at.inputs[0]!]);
  const attributes = { keepdims: keepDims ? 1 : 0, noop_with_empty_axes: 1 };
  g.node('Sqrt', [g.node('ReduceSum', [squares, g.int64(axes)], attributes)], {}, at.outputs[0]!);
};

export const reduction = {
  sum: reduce('ReduceSum'),
  mean: reduce('ReduceMean'),
  max: reduce('ReduceMax'),
  min: reduce('ReduceMin'),
  norm,
  argmax: (g, { inputs: [x], outputs: [y], attributes }) => {
    const index = g.node('ArgMax', [x!], { axis: attributes.axis as number, keepdims: 0, select_last_index: 0 });
    g.node('Cast', [index], { to: elementTypes.int32 }, y!);
  },
  topk: (g, { inputs: [x], outputs: [values, indices], attributes }) => {
    const long = g.fresh('topk_indices');
    const k = g.int64([attributes.k as number]);
    g.rawNode({
      operator: 'TopK',
      domain: '',
      inputs: [x!, k],
      outputs: [values!, long],
      attributes: { axis: -1, largest: 1, sorted: 1 },
    });
    g.node('Cast', [long], { to: elementTypes.int32 }, indices!);
  },
} satisfies Record<string, Lowering>;
