import { Type } from '../ir/kind.js';
import type { Builder, Value } from '../program/builder.js';
import { phases } from './during.js';
import { defineMethod } from './method.js';

/** Temperature and the interval that the concrete distribution is stretched to: the paper's, section 4.1. */
const [BETA, GAMMA, ZETA] = [2 / 3, -0.1, 1.1];

/** A random number is kept this far from 0 and 1, where its logit is infinite. */
const MARGIN = 1e-6;

/** min(1, max(0, s · (ζ − γ) + γ)): equation 10. */
function stretched(b: Builder, s: Value): Value {
  return b.minimum(b.maximum(b.add(b.multiply(s, ZETA - GAMMA), GAMMA), 0), 1);
}

export const l0 = defineMethod({
  keyword: 'l0',
  summary:
    'Gives each unit or feature that a kernel reads a gate, 0 or open or in between; training pays for every weight behind a gate that may be open.',
  cite: 'Louizos, Welling and Kingma 2018, Learning sparse neural networks through L0 regularization (arXiv 1712.01312), equations 10, 12 and 13',
  schema: Type.Object({
    lambda: Type.Number({
      minimum: 0,
      examples: [1e-4],
      description:
        'Coefficient of the penalty in the objective: the expected number of weights behind gates that are not 0.',
    }),
    drop: Type.Number({
      default: 0.2,
      exclusiveMinimum: 0,
      exclusiveMaximum: 1,
      description:
        'Where gates start: 1 / (1 + e^logit) of the logit; 0.2 and 0.5 are the paper’s for inputs and hidden units.',
    }),
    draws: Type.Union([Type.Literal('step'), Type.Literal('row')], {
      default: 'step',
      description:
        'Gates are drawn once for all rows of a batch, as the authors’ code does it, or for every row; a kernel that does not read the last axis of one input alone draws once.',
    }),
    during: phases,
  }),
  tensors: ({ drop }) => ({ logit: { per: 'read unit', start: Math.log((1 - drop) / drop) } }),
  mask: (b, { arguments: { draws }, kernel, tensors: { logit }, input, mode, random }) => {
    if (!logit) return undefined;
    if (mode === 'inference') return { kernel: b.multiply(kernel, stretched(b, b.sigmoid(logit))) };
    const gates = (per: 'read unit' | 'row and unit', logits: Value) => {
      const u = b.minimum(b.maximum(random('gate', { kind: 'uniform' }, per), MARGIN), 1 - MARGIN);
      const noise = b.subtract(b.log(u), b.log(b.subtract(1, u)));
      return stretched(b, b.sigmoid(b.multiply(b.add(noise, logits), 1 / BETA)));
    };
    if (draws === 'row' && input) {
      const [units] = logit.type.shape.filter((extent) => extent !== 1) as number[];
      return { input: b.multiply(input, gates('row and unit', b.reshape(logit, [units ?? 1]))) };
    }
    return { kernel: b.multiply(kernel, gates('read unit', logit)) };
  },
  penalty: (b, { arguments: { lambda }, kernel, tensors: { logit } }) => {
    if (!logit) return b.constant(0);
    // The chance that a gate is not 0, for every weight behind it.
    const open = b.sigmoid(b.subtract(logit, BETA * Math.log(-GAMMA / ZETA)));
    const weights = (kernel.type.shape as number[]).reduce((all, extent) => all * extent, 1);
    const gates = (logit.type.shape as number[]).reduce((all, extent) => all * extent, 1);
    return b.multiply(b.sum(open), (lambda * weights) / gates);
  },
  more: () => 'a larger `lambda`, more epochs',
  spelling: {},
});
