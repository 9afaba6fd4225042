import type { Builder, Value } from './builder.js';
import { ops } from './ops/index.js';
import type { Instruction, TensorType, ValueId } from './program.js';
import { sameShape, showShape, showType } from './shapes.js';

/**
 * Writes the gradient of a float scalar with respect to each of `wrt`, by reverse mode over what the builder holds so far. Each has the
 * shape of its value; one that `of` does not depend on is zero. Only instructions between `wrt` and `of` are visited, and only the
 * gradients on such a path are written. The new instructions belong to the builder's current region; they are ordinary
 * instructions, so gradients of gradients work.
 */
export function gradient(b: Builder, of: Value, wrt: readonly Value[]): Value[] {
  if (of.type.dtype !== 'float' || of.type.shape.length > 0) {
    throw new Error(`gradient: takes the gradient of a float scalar and was given ${showType(of.type)}`);
  }
  for (const { type } of wrt) {
    if (type.dtype !== 'float') throw new Error(`gradient: only floats have gradients, not ${showType(type)}`);
  }
  const found = pullback(b, [[of, b.constant(1)]], wrt);
  return wrt.map(({ type }, at) => found[at] ?? zeros(b, type.shape));
}

/**
 * The vector-Jacobian product: from the gradients of some values (`seeds`) those of `wrt`, by reverse mode over what the builder holds so far; undefined
 * for one that no seed depends on. `gradient` is the one of a scalar with the seed 1.
 */
export function pullback(
  b: Builder,
  seeds: readonly (readonly [of: Value, gradient: Value])[],
  wrt: readonly Value[],
): (Value | undefined)[] {
  const code = [...b.instructions];
  const depends = dependents(
    code,
    wrt.map((one) => one.id),
    (id) => b.value(id).type,
  );

  const found = new Map<ValueId, Value>();
  const add = (id: ValueId, part: Value) => {
    const before = found.get(id);
    found.set(id, before ? b.add(before, part) : part);
  };
  for (const [{ id }, seed] of seeds) if (depends.has(id)) add(id, seed);
  for (const { op, inputs, outputs, attributes } of code.reverse()) {
    const rule = ops[op]!.gradient;
    if (!rule || !outputs.some((id) => found.has(id)) || !inputs.some((id) => depends.has(id))) continue;
    const gradients = rule(b, {
      inputs: inputs.map((id) => b.value(id)),
      outputs: outputs.map((id) => b.value(id)),
      attributes,
      gradients: outputs.map((id) => found.get(id)),
      needed: inputs.map((id) => depends.has(id)),
    });
    for (const [at, id] of inputs.entries()) {
      const part = gradients[at];
      if (!part || !depends.has(id)) continue;
      const { shape } = b.value(id).type;
      if (!sameShape(part.type.shape, shape)) {
        throw new Error(
          `gradient: the rule of ${op} gives ${showShape(part.type.shape)} for an input of ${showShape(shape)}`,
        );
      }
      add(id, part);
    }
  }
  return wrt.map(({ id }) => found.get(id));
}

/** The float values that depend on one of `of` by differentiable steps, those included. */
export function dependents(
  code: readonly Instruction[],
  of: Iterable<ValueId>,
  typeOf: (id: ValueId) => TensorType,
): Set<ValueId> {
  const depends = new Set(of);
  for (const { op, inputs, outputs } of code) {
    if (!ops[op]!.gradient || !inputs.some((id) => depends.has(id))) continue;
    for (const id of outputs) if (typeOf(id).dtype === 'float') depends.add(id);
  }
  return depends;
}

/** −0 and not 0: added to another gradient it changes no bit, −0 included, so the addition is left out (passes/simplify.ts). */
export function zeros(b: Builder, shape: Value['type']['shape']): Value {
  const zero = b.constant(-0);
  return shape.length === 0 ? zero : b.broadcastTo(zero, shape);
}
