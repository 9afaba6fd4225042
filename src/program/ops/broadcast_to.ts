import { sumTo } from '../adjoint.js';
import { stretch, tensor64 } from '../kernels.js';
import { defineOp } from '../op.js';
import type { Attributes, Extent } from '../program.js';
import { broadcastsTo, checkCount, checkShape, showShape } from '../shapes.js';

export interface BroadcastToAttributes extends Attributes {
  readonly shape: readonly Extent[];
}

export const broadcastTo = defineOp<BroadcastToAttributes>({
  keyword: 'broadcast_to',
  summary: 'x repeated along axes that it lacks or has with extent 1; the new shape may hold the batch.',
  pattern: 'movement',
  infer(inputs, { shape }) {
    checkCount('broadcast_to', inputs, 1);
    checkShape('broadcast_to', shape);
    const x = inputs[0]!;
    if (!broadcastsTo(x.shape, shape)) {
      throw new Error(`broadcast_to: ${showShape(x.shape)} does not stretch to ${showShape(shape)}`);
    }
    return [{ dtype: x.dtype, shape }];
  },
  gradient: (b, at) => [at.gradients[0] && sumTo(b, at.gradients[0], at.inputs[0]!.type.shape)],
  evaluate: ([x], _, outputs) => [tensor64(x!.dtype, outputs[0]!.shape, stretch(x!, outputs[0]!.shape))],
});
