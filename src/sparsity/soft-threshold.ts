import { Type } from '../ir/kind.js';
import type { Builder, Operand, Value } from '../program/builder.js';

/** The argument of methods that act by a gradient or by a proximal step. */
export function solverArgument(normal: 'gradient' | 'proximal', description: string) {
  return Type.Union([Type.Literal('gradient'), Type.Literal('proximal')], { default: normal, description });
}

/** The argument that says in which metric a proximal step is the nearest point. */
export function metricArgument(what: string) {
  return Type.Union([Type.Literal('optimizer'), Type.Literal('euclidean')], {
    default: 'optimizer',
    description: `optimizer: a proximal step moves ${what}, so that both solvers aim at one objective. euclidean: by learning rate · lambda.`,
  });
}

/** sign(x) · max(0, |x| − t), exactly 0 where |x| ≤ t: the minimiser of ½(w − x)² + t|w|. */
export function softThreshold(b: Builder, x: Value, t: Operand): Value {
  const most = b.constant(t);
  return b.subtract(x, b.maximum(b.minimum(x, most), b.negate(most)));
}
