import type { DType, Extent, Instruction, ValueId } from '../program.js';
import { sameShape, sameType } from '../shapes.js';
import { type Pass, type Rewriter, rewrite } from './pass.js';

/**
 * Algebra that keeps every bit of the result, infinities, NaN (as NaN) and the sign of zero included, in float32 as in float64. So
 * x · 0 stays (0 · ∞), x + 0 stays for floats (−0 + 0 is +0; x + −0 and x − 0 go), (x · a) · b stays, and x ^ 2 stays (pow need not
 * round as a product does).
 */
export const simplify: Pass = {
  keyword: 'simplify',
  summary: 'Algebra that keeps every bit: x · 1, −(−x), x + (−y), a reshape of a reshape …',
  run: (program) =>
    rewrite(program, (instruction, r) => {
      const id = rules[instruction.op]?.(instruction, r);
      // A neutral operand may still have stretched the other one: then it is not the same value.
      if (id === undefined || !sameType(r.type(id), r.type(instruction.outputs[0]!))) return undefined;
      return [id];
    }),
};

type Rule = (instruction: Instruction, r: Rewriter) => ValueId | undefined;

const rules: Readonly<Record<string, Rule>> = {
  negate: ({ inputs: [x] }, r) => operandOf(r, 'negate', x!),
  not: ({ inputs: [x] }, r) => operandOf(r, 'not', x!),

  multiply({ inputs: [x, y], outputs }, r) {
    if (x === y && r.type(outputs[0]!).dtype === 'float') return r.emit('square', [x!])[0];
    for (const [one, other] of [
      [x!, y!],
      [y!, x!],
    ] as const) {
      const factor = numberOf(r, one);
      if (factor === 1) return other;
      if (factor === -1 && sameType(r.type(other), r.type(outputs[0]!))) return r.emit('negate', [other])[0];
    }
    return undefined;
  },

  divide({ inputs: [x, y] }, r) {
    const divisor = numberOf(r, y!);
    if (divisor === 1) return x;
    // Dividing by a power of two and multiplying by its reciprocal are the same rounding.
    if (divisor === undefined || !isPowerOfTwo(divisor)) return undefined;
    const factor = constant(r, r.type(y!).dtype, r.type(y!).shape, 1 / divisor);
    return r.emit('multiply', [x!, factor])[0];
  },

  add({ inputs: [x, y] }, r) {
    const int = r.type(x!).dtype === 'int';
    const neutral = (id: ValueId) => Object.is(numberOf(r, id), -0) || (int && numberOf(r, id) === 0);
    if (neutral(y!)) return x;
    if (neutral(x!)) return y;
    const minusY = operandOf(r, 'negate', y!);
    if (minusY !== undefined) return r.emit('subtract', [x!, minusY])[0];
    const minusX = operandOf(r, 'negate', x!);
    if (minusX !== undefined) return r.emit('subtract', [y!, minusX])[0];
    return undefined;
  },

  subtract({ inputs: [x, y] }, r) {
    const zero = numberOf(r, y!);
    if (Object.is(zero, 0) || (zero === 0 && r.type(x!).dtype === 'int')) return x;
    const minusY = operandOf(r, 'negate', y!);
    return minusY === undefined ? undefined : r.emit('add', [x!, minusY])[0];
  },

  and: ({ inputs: [x, y] }, r) => chosen(r, x!, y!, 1),
  or: ({ inputs: [x, y] }, r) => chosen(r, x!, y!, 0),
  maximum: ({ inputs: [x, y] }) => (x === y ? x : undefined),
  minimum: ({ inputs: [x, y] }) => (x === y ? x : undefined),

  select({ inputs: [condition, x, y] }, r) {
    if (x === y) return x;
    const truth = numberOf(r, condition!);
    return truth === undefined ? undefined : truth !== 0 ? x : y;
  },

  cast({ inputs: [x], attributes: { dtype } }, r) {
    const from = r.type(x!).dtype;
    if (from === dtype) return x;
    // A bool comes back unchanged from every other dtype.
    const inner = operandOf(r, 'cast', x!);
    if (inner === undefined || r.type(inner).dtype !== 'bool') return undefined;
    return dtype === 'bool' ? inner : r.emit('cast', [inner], { dtype: dtype as DType })[0];
  },

  reshape({ inputs: [x], attributes: { shape } }, r) {
    if (sameShape(r.type(x!).shape, shape as readonly Extent[])) return x;
    const inner = operandOf(r, 'reshape', x!);
    return inner === undefined ? undefined : r.emit('reshape', [inner], { shape: shape! })[0];
  },

  transpose({ inputs: [x], attributes }, r) {
    const permutation = attributes.permutation as readonly number[];
    if (permutation.every((axis, at) => axis === at)) return x;
    const before = r.producer(x!);
    if (before?.op !== 'transpose') return undefined;
    const first = before.attributes.permutation as readonly number[];
    return r.emit('transpose', before.inputs, { permutation: permutation.map((axis) => first[axis]!) })[0];
  },

  slice({ inputs: [x], attributes: { axis, start, end } }, r) {
    return start === 0 && end === r.type(x!).shape[axis as number] ? x : undefined;
  },
  pad: ({ inputs: [x], attributes: { before, after } }) => (before === 0 && after === 0 ? x : undefined),
  split: ({ inputs: [x], attributes: { sizes } }) => ((sizes as readonly number[]).length === 1 ? x : undefined),
  concat: ({ inputs }) => (inputs.length === 1 ? inputs[0] : undefined),

  sum: withoutAxes,
  mean: withoutAxes,
  max: withoutAxes,
  min: withoutAxes,
};

function withoutAxes({ inputs: [x], attributes: { axes } }: Instruction): ValueId | undefined {
  return (axes as readonly number[]).length === 0 ? x : undefined;
}

/** x where the value is `op` of x. */
function operandOf(r: Rewriter, op: string, id: ValueId): ValueId | undefined {
  const producer = r.producer(id);
  return producer?.op === op ? producer.inputs[0] : undefined;
}

/** The number of a constant with one element. */
function numberOf(r: Rewriter, id: ValueId): number | undefined {
  const producer = r.producer(id);
  if (producer?.op !== 'constant') return undefined;
  const data = producer.attributes.data as Float64Array;
  return data.length === 1 ? data[0] : undefined;
}

/** For `and` (neutral 1) and `or` (neutral 0): the operand that decides. */
function chosen(r: Rewriter, x: ValueId, y: ValueId, neutral: number): ValueId | undefined {
  if (x === y || numberOf(r, y) === neutral) return x;
  return numberOf(r, x) === neutral ? y : undefined;
}

/** Of a size whose reciprocal float32 holds exactly and as a normal number. */
function isPowerOfTwo(x: number): boolean {
  const exponent = Math.log2(Math.abs(x));
  return Number.isInteger(exponent) && Math.abs(exponent) <= 126 && 2 ** exponent === Math.abs(x);
}

function constant(r: Rewriter, dtype: DType, shape: readonly Extent[], value: number): ValueId {
  return r.emit('constant', [], { dtype, shape: shape as readonly number[], data: Float64Array.of(value) })[0]!;
}
