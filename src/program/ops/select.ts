import { sumTo } from '../adjoint.js';
import type { Value } from '../builder.js';
import { stretch, tensor64 } from '../kernels.js';
import { defineOp } from '../op.js';
import { broadcastShapes, checkCount, checkDType, showType } from '../shapes.js';

export const select = defineOp({
  keyword: 'select',
  summary:
    'Where the condition holds x, else y; all three broadcast. What is not selected has no effect, NaN included.',
  pattern: 'elementwise',
  infer(inputs) {
    checkCount('select', inputs, 3);
    const [condition, x, y] = inputs as readonly [
      (typeof inputs)[number],
      (typeof inputs)[number],
      (typeof inputs)[number],
    ];
    checkDType('select', condition, ['bool']);
    if (x.dtype !== y.dtype) {
      throw new Error(`select: the choices must have one dtype and are ${showType(x)} and ${showType(y)}`);
    }
    return [{ dtype: x.dtype, shape: broadcastShapes('select', condition.shape, x.shape, y.shape) }];
  },
  gradient(b, at) {
    const g = at.gradients[0];
    if (!g) return [];
    const [condition, x, y] = at.inputs as readonly [Value, Value, Value];
    return [
      undefined,
      at.needed[1] ? sumTo(b, b.select(condition, g, 0), x.type.shape) : undefined,
      at.needed[2] ? sumTo(b, b.select(condition, 0, g), y.type.shape) : undefined,
    ];
  },
  evaluate([condition, x, y], _, outputs) {
    const { shape } = outputs[0]!;
    const c = stretch(condition!, shape);
    const a = stretch(x!, shape);
    const b = stretch(y!, shape);
    const data = new Float64Array(c.length);
    for (let i = 0; i < data.length; i++) data[i] = c[i] !== 0 ? a[i]! : b[i]!;
    return [tensor64(x!.dtype, shape, data)];
  },
});
