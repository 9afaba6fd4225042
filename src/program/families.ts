import { sumTo } from './adjoint.js';
import type { Builder, Value } from './builder.js';
import { groupsOf, map1, map2, tensor64 } from './kernels.js';
import { defineOp, type GradientStep, type Op } from './op.js';
import type { Attributes, DType } from './program.js';
import { broadcastShapes, checkAxes, checkCount, checkDType, reducedShape, showType } from './shapes.js';

/** Ops that differ in one formula only: what they have in common is here, the formula is in the op's own file. */

type NoAttributes = Readonly<Record<string, never>>;

/** x → f(x), same shape and dtype. */
export function unary(op: {
  readonly keyword: string;
  readonly summary: string;
  readonly dtypes?: readonly DType[];
  readonly f: (x: number) => number;
  /** For integers where it differs, such as to wrap at 32 bits. */
  readonly int?: (x: number) => number;
  /** The gradient for x from the gradient g for y = f(x). */
  readonly gradient?: (b: Builder, g: Value, x: Value, y: Value) => Value;
}): Op<NoAttributes> {
  const { keyword, summary, f, int = f, gradient, dtypes = ['float'] } = op;
  return defineOp<NoAttributes>({
    keyword,
    summary,
    pattern: 'elementwise',
    infer(inputs) {
      checkCount(keyword, inputs, 1);
      checkDType(keyword, inputs[0]!, dtypes);
      return [inputs[0]!];
    },
    ...(gradient && {
      gradient: (b: Builder, at: GradientStep<NoAttributes>) => [
        at.gradients[0] && gradient(b, at.gradients[0], at.inputs[0]!, at.outputs[0]!),
      ],
    }),
    evaluate: ([x]) => [map1(x!.dtype, x!, x!.dtype === 'int' ? int : f)],
  });
}

/** What `binary` gives a gradient rule. */
export interface BinaryStep {
  readonly g: Value;
  readonly x: Value;
  readonly y: Value;
  readonly z: Value;
}

/** (x, y) → f(x, y), broadcasting; the operands share their dtype. */
export function binary(op: {
  readonly keyword: string;
  readonly summary: string;
  readonly dtypes?: readonly DType[];
  /** The result's dtype; absent: the operands'. */
  readonly result?: DType;
  readonly f: (x: number, y: number) => number;
  /** For integers where it differs, such as to wrap at 32 bits. */
  readonly int?: (x: number, y: number) => number;
  /** The gradients for x and y before the broadcast is undone, each written only where it is needed. */
  readonly gradient?: {
    readonly x: (b: Builder, at: BinaryStep) => Value;
    readonly y: (b: Builder, at: BinaryStep) => Value;
  };
}): Op<NoAttributes> {
  const { keyword, summary, result, f, int = f, gradient, dtypes = ['float', 'int'] } = op;
  return defineOp<NoAttributes>({
    keyword,
    summary,
    pattern: 'elementwise',
    infer(inputs) {
      checkCount(keyword, inputs, 2);
      const [x, y] = inputs as readonly [(typeof inputs)[number], (typeof inputs)[number]];
      if (x.dtype !== y.dtype) {
        throw new Error(`${keyword}: the operands must have one dtype and are ${showType(x)} and ${showType(y)}`);
      }
      checkDType(keyword, x, dtypes);
      return [{ dtype: result ?? x.dtype, shape: broadcastShapes(keyword, x.shape, y.shape) }];
    },
    ...(gradient && {
      gradient: (b: Builder, at: GradientStep<NoAttributes>) => {
        const g = at.gradients[0];
        if (!g) return [];
        const [x, y] = at.inputs as readonly [Value, Value];
        const step = { g, x, y, z: at.outputs[0]! };
        return [
          at.needed[0] ? sumTo(b, gradient.x(b, step), x.type.shape) : undefined,
          at.needed[1] ? sumTo(b, gradient.y(b, step), y.type.shape) : undefined,
        ];
      },
    }),
    evaluate: ([x, y], _, outputs) => [
      map2(result ?? x!.dtype, outputs[0]!.shape, x!, y!, x!.dtype === 'int' ? int : f),
    ],
  });
}

/** (x, y) → f(x, y) as bool. No gradient. */
export function comparison(
  keyword: string,
  summary: string,
  f: (x: number, y: number) => boolean,
  dtypes: readonly DType[] = ['float', 'int'],
): Op<NoAttributes> {
  return binary({ keyword, summary, dtypes, result: 'bool', f: (x, y) => (f(x, y) ? 1 : 0) });
}

/** The axes count the batch axis, rise, and are each there once. */
export interface ReductionAttributes extends Attributes {
  readonly axes: readonly number[];
  readonly keepDims: boolean;
}

/** Every group of elements along `axes` → one number. */
export function reduction(op: {
  readonly keyword: string;
  readonly summary: string;
  readonly dtypes?: readonly DType[];
  /** Do the axes need known extents that are not zero? */
  readonly known?: boolean;
  /** The result for the group whose element r is `data[start + members[r]]`. */
  readonly f: (data: Float64Array, start: number, members: Int32Array) => number;
  /** The gradient for x from the gradient g for y. */
  readonly gradient: (b: Builder, g: Value, x: Value, y: Value, axes: readonly number[]) => Value;
}): Op<ReductionAttributes> {
  const { keyword, summary, f, gradient, known = false, dtypes = ['float'] } = op;
  return defineOp<ReductionAttributes>({
    keyword,
    summary,
    pattern: 'reduction',
    infer(inputs, { axes, keepDims }) {
      checkCount(keyword, inputs, 1);
      const x = inputs[0]!;
      checkDType(keyword, x, dtypes);
      checkAxes(keyword, x.shape, axes);
      if (known && axes.some((axis) => x.shape[axis] === 'batch' || x.shape[axis] === 0)) {
        throw new Error(`${keyword}: the axes ${axes.join(', ')} of ${showType(x)} must have known extents above zero`);
      }
      return [{ dtype: x.dtype, shape: reducedShape(x.shape, axes, keepDims) }];
    },
    gradient: (b, at) => [
      at.gradients[0] && gradient(b, at.gradients[0], at.inputs[0]!, at.outputs[0]!, at.attributes.axes),
    ],
    evaluate([x], { axes }, outputs) {
      const { groups, members } = groupsOf(x!.shape, axes);
      const data = new Float64Array(groups.length);
      for (let g = 0; g < data.length; g++) data[g] = f(x!.data, groups[g]!, members);
      return [tensor64(x!.dtype, outputs[0]!.shape, data)];
    },
  });
}
