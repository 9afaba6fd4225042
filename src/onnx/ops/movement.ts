import { type Extent, sizeOf } from '../../program/program.js';
import { reshapeTarget } from '../forms.js';
import type { Lowering } from '../lowering.js';
import { elementTypes } from '../model.js';

export const movement = {
  reshape: (g, { inputs: [x], outputs: [y], attributes }) => {
    g.node('Reshape', [x!, reshapeTarget(g, attributes.shape as readonly Extent[])], { allowzero: 1 }, y!);
  },
  transpose: (g, { inputs: [x], outputs: [y], attributes }) => {
    g.node('Transpose', [x!], { perm: attributes.permutation as readonly number[] }, y!);
  },
  broadcast_to: (g, { inputs: [x], inputTypes: [from], outputs: [y], attributes }) => {
    const shape = attributes.shape as readonly Extent[];
    // Expand broadcasts both ways, so 1 stands for an extent that the input has already: the batch's need not be computed then.
    const offset = shape.length - from!.shape.length;
    const needed = shape.map((extent, axis) => (extent === from!.shape[axis - offset] ? 1 : extent));
    g.node('Expand', [x!, g.shape(needed)], {}, y!);
  },
  concat: (g, { inputs, outputs: [y], attributes }) => {
    g.node('Concat', inputs, { axis: attributes.axis as number }, y!);
  },
  slice: (g, { inputs: [x], outputs: [y], attributes }) => {
    const bounds = [attributes.start, attributes.end, attributes.axis].map((one) => g.int64([one as number]));
    g.node('Slice', [x!, ...bounds], {}, y!);
  },
  split: (g, { inputs: [x], outputs, attributes }) => {
    const { axis, sizes } = attributes as { readonly axis: number; readonly sizes: readonly number[] };
    g.rawNode({ operator: 'Split', domain: '', inputs: [x!, g.int64(sizes)], outputs, attributes: { axis } });
  },
  pad: (g, { inputs: [x], inputTypes: [type], outputs: [y], attributes }) => {
    const { axis, before, after } = attributes as {
      readonly axis: number;
      readonly before: number;
      readonly after: number;
    };
    const zero = g.scalar(type!.dtype, 0);
    g.node('Pad', [x!, g.int64([before, after]), zero, g.int64([axis])], { mode: 'constant' }, y!);
  },
  gather: (g, { inputs, outputs: [y], attributes }) => {
    g.node('Gather', inputs, { axis: attributes.axis as number }, y!);
  },
  /** ScatterElements, since onnxruntime's ScatterND with add loses sums when two threads run. */
  scatter_add: (
    g,
    { inputs: [x, indices], inputTypes: [type, of], outputs: [y], outputTypes: [target], attributes },
  ) => {
    const axis = attributes.axis as number;
    const to = target!.shape;
    // Indices of several axes become one. Where they have the batch, no other axis does.
    const isVector = of!.shape.length === 1;
    const count = of!.shape.includes('batch') ? -1 : sizeOf(of!.shape as readonly number[]);
    const flat = to.map((extent, at) => (at === axis ? count : extent === 'batch' ? -1 : extent));
    const one = isVector ? x! : g.node('Reshape', [x!, g.int64(flat)]);
    const positions = g.node('Reshape', [indices!, g.int64(to.map((_, at) => (at === axis ? -1 : 1)))]);
    const spread = g.node('Expand', [positions, isVector ? g.shape(type!.shape) : g.node('Shape', [one])]);
    const zeros = g.node('Expand', [g.scalar(type!.dtype, 0), g.shape(to)]);
    g.node('ScatterElements', [zeros, spread, one], { axis, reduction: 'add' }, y!);
  },
  /** Compared, not ONNX's OneHot, which counts negative indices from the end. */
  one_hot: (g, { inputs: [x], outputs: [y], attributes }) => {
    const depth = attributes.depth as number;
    const classes = g.constant(
      { dtype: 'int', shape: [depth] },
      Float64Array.from({ length: depth }, (_, at) => at),
    );
    const equal = g.node('Equal', [g.node('Unsqueeze', [x!, g.int64([-1])]), classes]);
    g.node('Cast', [equal], { to: elementTypes.float }, y!);
  },
} satisfies Record<string, Lowering>;
