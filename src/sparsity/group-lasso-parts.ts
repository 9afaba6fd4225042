import { Type } from '../ir/kind.js';
import type { Builder, Value } from '../program/builder.js';
import { phasesWhere } from './during.js';
import type { Cut, Moment } from './method.js';
import { metricArgument, softThreshold, solverArgument } from './soft-threshold.js';

/** The arguments of both group lassos, `lambda` apart. */
export const groupArguments = {
  side: Type.Union([Type.Literal('incoming'), Type.Literal('outgoing')], {
    default: 'incoming',
    description:
      'incoming: a group is what goes into a unit, with its bias. outgoing: what goes out of a unit of the layer before; biases are free.',
  }),
  bias: Type.Optional(
    Type.Boolean({
      description: 'Whether the bias of a unit is in its group; absent: yes, of incoming ones.',
    }),
  ),
  solver: solverArgument(
    'proximal',
    'gradient: a term of the loss, never exactly 0. proximal: the closed-form step after every update of the optimizer, with exact zeros.',
  ),
  metric: metricArgument(
    "a group by learning rate · lambda / the group's mean of what the optimizer divides gradients by",
  ),
  during: phasesWhere(
    'In phases after it nothing holds groups at 0: what is gone for good goes by live shrinking, or before the fine-tuning.',
  ),
};

/** What the group lassos read of their arguments. */
export interface GroupArguments {
  readonly lambda: number;
  /** Share of the penalty that is on single weights; 0 in the plain one. */
  readonly alpha: number;
  readonly side: 'incoming' | 'outgoing';
  readonly bias?: boolean | undefined;
  readonly solver: 'gradient' | 'proximal';
  readonly metric: 'optimizer' | 'euclidean';
}

type At = Pick<Moment<unknown>, 'site' | 'kernel' | 'bias' | 'biasShape'>;

/** The groups at a site. */
interface Grouping {
  /** Axes that a group lies along. */
  readonly axes: readonly number[];
  /** The bias as it spreads over the kernel, where it is in the groups. */
  readonly bias: Value | undefined;
  /** P, how many numbers a group has. */
  readonly size: number;
}

function grouping(b: Builder, args: GroupArguments, at: At): Grouping | undefined {
  const axes = args.side === 'incoming' ? at.site.incoming : at.site.outgoing;
  if (!axes) return undefined;
  const along = (shape: readonly number[]) => axes.reduce((all, axis) => all * shape[axis]!, 1);
  const inGroups = args.side === 'incoming' && (args.bias ?? true);
  const bias = inGroups && at.bias && at.biasShape ? b.reshape(at.bias, at.biasShape) : undefined;
  return { axes, bias, size: along(at.site.kernelShape) + (bias ? along(at.biasShape!) : 0) };
}

/** ‖θ‖₂ of every group, 1 long along its axes; its gradient at a group that is 0 is 0. */
function norms(b: Builder, axes: readonly number[], kernel: Value, bias: Value | undefined): Value {
  const ofKernel = b.norm(kernel, axes, true);
  if (!bias) return ofKernel;
  const squares = b.add(b.square(ofKernel), b.square(b.norm(bias, axes, true)));
  return b.select(b.greater(squares, 0), b.sqrt(b.maximum(squares, 1e-30)), 0);
}

/** λ √P Σ ‖θ‖₂ (1 − α) + λ α ‖θ‖₁. */
export function groupPenalty(b: Builder, args: GroupArguments, at: At): Value {
  const groups = grouping(b, args, at);
  if (!groups) return b.constant(0);
  const { lambda, alpha } = args;
  const { axes, bias, size } = groups;
  const whole = b.multiply(b.sum(norms(b, axes, at.kernel, bias)), lambda * (1 - alpha) * Math.sqrt(size));
  if (alpha === 0) return whole;
  const single = b.sum(b.abs(at.kernel));
  return b.add(whole, b.multiply(bias ? b.add(single, b.sum(b.abs(bias))) : single, lambda * alpha));
}

/**
 * Equation 8 of Alvarez and Salzmann 2016: θ ← (1 − t (1 − α) λ √P / ‖S(z, t α λ)‖)₊ · S(z, t α λ), the minimiser of
 * D ‖θ − z‖² / (2 · rate) + penalty with D the mean over the group of what the optimizer divides by, and t = rate / D.
 */
export function groupStep(
  b: Builder,
  args: GroupArguments,
  at: Moment<unknown>,
): { readonly kernel: Value; readonly bias?: Value } | undefined {
  const groups = args.solver === 'proximal' ? grouping(b, args, at) : undefined;
  if (!groups) return undefined;
  const { axes, size } = groups;
  const { alpha } = args;
  let move = b.multiply(at.learningRate, args.lambda);
  if (args.metric === 'optimizer' && at.diagonal) {
    const sum = (value: Value) => b.sum(value, axes, true);
    const ofBias = groups.bias && at.biasDiagonal && sum(b.reshape(at.biasDiagonal, at.biasShape!));
    const whole = ofBias ? b.add(sum(at.diagonal), ofBias) : sum(at.diagonal);
    move = b.divide(move, b.multiply(whole, 1 / size));
  }
  const single = (value: Value) => (alpha === 0 ? value : softThreshold(b, value, b.multiply(move, alpha)));
  const [kernel, bias] = [single(at.kernel), groups.bias && single(groups.bias)];
  const length = b.maximum(norms(b, axes, kernel, bias), 1e-30);
  const left = b.relu(b.subtract(1, b.divide(b.multiply(move, (1 - alpha) * Math.sqrt(size)), length)));
  return {
    kernel: b.multiply(kernel, left),
    ...(bias && { bias: b.reshape(b.multiply(bias, left), at.bias!.type.shape) }),
  };
}

export function groupCut({ side }: Pick<GroupArguments, 'side'>): Cut {
  return { incoming: side === 'incoming', outgoing: side === 'outgoing' };
}

export function groupRefuses({ side, bias }: Pick<GroupArguments, 'side' | 'bias'>): string | undefined {
  return side === 'outgoing' && bias === true ? 'outgoing groups have no bias; leave `bias` away' : undefined;
}
