import { elementType } from '../graph.js';
import type { At, Lowering } from '../lowering.js';
import { elementTypes } from '../model.js';

/** An op that is one node of the same inputs and outputs. */
function as(operator: string): Lowering {
  return (g, at) => {
    g.node(operator, at.inputs, {}, at.outputs[0]!);
  };
}

function isBool(at: At): boolean {
  return at.inputTypes.every((type) => type.dtype === 'bool');
}

/** Ops without a spelling for booleans in ONNX: on {0, 1} the maximum is or, the minimum and. */
function numbersOrBooleans(numbers: string, booleans: string): Lowering {
  return (g, at) => {
    g.node(isBool(at) ? booleans : numbers, at.inputs, {}, at.outputs[0]!);
  };
}

export const elementwise = {
  negate: as('Neg'),
  abs: as('Abs'),
  sign: as('Sign'),
  exp: as('Exp'),
  log: as('Log'),
  sqrt: as('Sqrt'),
  square: (g, { inputs: [x], outputs: [y] }) => {
    g.node('Mul', [x!, x!], {}, y!);
  },
  reciprocal: as('Reciprocal'),
  tanh: as('Tanh'),
  /**
   * 1 / (1 + e^−x). onnxruntime's own Sigmoid is a rational approximation, clamped at ±18: 8.9e-8 where the value is 1.6e-8 or less.
   * Exp overflows to infinity below −88, whose reciprocal is the right 0.
   */
  sigmoid: (g, { inputs: [x], outputs: [y] }) => {
    const e = g.node('Exp', [g.node('Neg', [x!])]);
    g.node('Reciprocal', [g.node('Add', [e, g.scalar('float', 1)])], {}, y!);
  },
  softplus: as('Softplus'),
  relu: as('Relu'),
  erf: as('Erf'),
  not: as('Not'),
  cast: (g, { inputs: [x], outputs: [y], outputTypes: [type] }) => {
    g.node('Cast', [x!], { to: elementTypes[elementType(type!.dtype)] }, y!);
  },
  add: as('Add'),
  subtract: as('Sub'),
  multiply: as('Mul'),
  divide: as('Div'),
  maximum: numbersOrBooleans('Max', 'Or'),
  minimum: numbersOrBooleans('Min', 'And'),
  power: as('Pow'),
  greater: as('Greater'),
  greater_equal: as('GreaterOrEqual'),
  less: as('Less'),
  less_equal: as('LessOrEqual'),
  equal: as('Equal'),
  and: as('And'),
  or: as('Or'),
  select: as('Where'),
} satisfies Record<string, Lowering>;
