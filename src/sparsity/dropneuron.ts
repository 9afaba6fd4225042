import { Type } from '../ir/kind.js';
import type { Builder, Value } from '../program/builder.js';
import { phases } from './during.js';
import { defineMethod } from './method.js';

/** How far one kind of group is weighted against the mean of its kind: 1 / (‖g‖ / mean of the non-zero norms + delta). */
function weights(b: Builder, norms: Value, delta: number): Value {
  const living = b.sum(b.cast(b.greater(norms, 0), 'float'));
  // The floor keeps 0 / mean finite when no group lives.
  const mean = b.divide(b.maximum(b.sum(norms), 1e-30), b.maximum(living, 1));
  return b.reciprocal(b.add(b.divide(norms, mean), delta));
}

export const dropneuron = defineMethod({
  keyword: 'dropneuron',
  summary:
    'Drops neurons: li adds up the norms of the connections into each unit, lo the norms of those out of each unit of the layer before.',
  cite:
    'Pan, Dong and Guo 2016, DropNeuron (arXiv 1606.07326), equations 5 and 6; proximal step: Alvarez and Salzmann 2016, equation 8; ' +
    'reweighting: Candès, Wakin and Boyd 2008, section 2.2, on group norms',
  schema: Type.Object(
    {
      lambda: Type.Optional(
        Type.Number({ minimum: 0, examples: [1e-4], description: 'Coefficient of both penalties in the objective.' }),
      ),
      li: Type.Optional(
        Type.Number({
          minimum: 0,
          description: 'Coefficient of Σ over columns ‖W[:, j]‖₂ (connections into unit j); absent: lambda.',
        }),
      ),
      lo: Type.Optional(
        Type.Number({
          minimum: 0,
          description:
            'Coefficient of Σ over rows ‖W[i, :]‖₂ (connections out of unit i of the layer before); absent: lambda.',
        }),
      ),
      solver: Type.Union([Type.Literal('gradient'), Type.Literal('proximal')], {
        default: 'proximal',
        description:
          "gradient: a term of the loss, as in the paper's code, never exactly 0. proximal: a group soft threshold after every update, with exact zeros; li, then lo (an approximation of their joint step).",
      }),
      reweighted: Type.Boolean({
        default: false,
        description:
          'Whether a group weighs 1 / (its norm / the mean of the non-zero norms + delta): small groups go, large ones are left alone.',
      }),
      delta: Type.Number({
        default: 0.5,
        exclusiveMinimum: 0,
        description: 'Keeps the weight of a small group finite.',
      }),
      metric: Type.Union([Type.Literal('optimizer'), Type.Literal('euclidean')], {
        default: 'optimizer',
        description:
          "optimizer: a proximal step moves a group by learning rate · lambda / the group's mean of what the optimizer divides gradients by, so that both solvers aim at one objective. euclidean: by learning rate · lambda.",
      }),
      during: phases,
    },
    { anyOf: [{ required: ['lambda'] }, { required: ['li'] }, { required: ['lo'] }] },
  ),
  // Reweighting is a part of the proximal step; with the gradient solver it would be read by nothing.
  refuses: ({ reweighted, solver }) =>
    reweighted && solver === 'gradient'
      ? { code: 'reweighted-gradient', help: ['remove `reweighted: true`, or write `solver: proximal`'] }
      : undefined,
  penalty: (b, { arguments: args, site, kernel }) => {
    const term = (axes: readonly number[] | undefined, strength: number): Value => {
      if (!axes) return b.constant(0);
      const norms = b.norm(kernel, axes, true);
      // Weights move with the norms and are held fixed in the gradient, as in iterative reweighting; only the proximal solver reweights.
      const weighted =
        args.reweighted && args.solver === 'proximal' ? b.multiply(norms, weights(b, norms, args.delta)) : norms;
      return b.multiply(b.sum(weighted), strength);
    };
    const { li, lo } = strengths(args);
    return b.add(term(site.incoming, li), term(site.outgoing, lo));
  },
  differentiated: ({ solver }) => solver === 'gradient',
  // min ½(w − z)ᵀD(w − z) / rate + lambda·‖w‖ with D replaced by its mean over the group is a soft threshold of the group's norm by
  // rate · lambda / mean(D). (The mean of 1/D instead lets the few weights that never had a gradient decide: whole layers died of them.)
  prox: (b, { arguments: args, site, kernel, learningRate, diagonal }) => {
    if (args.solver === 'gradient') return undefined;
    const step = (from: Value, axes: readonly number[] | undefined, strength: number): Value => {
      if (strength === 0 || !axes) return from;
      const norms = b.norm(from, axes, true);
      let move = b.multiply(learningRate, strength);
      if (args.metric === 'optimizer' && diagonal) move = b.divide(move, b.mean(diagonal, axes, true));
      if (args.reweighted) move = b.multiply(weights(b, norms, args.delta), move);
      const left = b.relu(b.subtract(1, b.divide(move, b.maximum(norms, 1e-30))));
      return b.multiply(from, left);
    };
    const { li, lo } = strengths(args);
    return { kernel: step(step(kernel, site.incoming, li), site.outgoing, lo) };
  },
  more: () => 'a larger `lambda`, more epochs',
  cut: (args) => {
    const { li, lo } = strengths(args);
    return { incoming: li > 0, outgoing: lo > 0 };
  },
  spelling: {
    tfjs: (args) => ({
      ...strengths(args),
      ...(args.reweighted && args.solver === 'proximal' && { delta: args.delta }),
    }),
  },
});

/** The two coefficients, each its own or `lambda`. */
function strengths(args: {
  readonly lambda?: number | undefined;
  readonly li?: number | undefined;
  readonly lo?: number | undefined;
}) {
  return { li: args.li ?? args.lambda ?? 0, lo: args.lo ?? args.lambda ?? 0 };
}
