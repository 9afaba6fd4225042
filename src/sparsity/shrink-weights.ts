import type { Builder, Value } from '../program/builder.js';
import type { Moment } from './method.js';
import { metricArgument, softThreshold, solverArgument } from './soft-threshold.js';

/** How penalties on single weights act. */
export const shrinkingArguments = {
  solver: solverArgument(
    'gradient',
    'gradient: a term of the loss, as everywhere, never exactly 0. proximal: a soft threshold of every weight after every update, with exact zeros.',
  ),
  metric: metricArgument('a weight by learning rate · lambda / what the optimizer divides its gradient by'),
};

/** λ₁ Σ|w| + λ₂ Σw². */
export function elasticPenalty(
  b: Builder,
  { l1, l2, bias: withBias }: { readonly l1: number; readonly l2: number; readonly bias: boolean },
  { kernel, bias }: Pick<Moment<unknown>, 'kernel' | 'bias'>,
): Value {
  const both = (each: (value: Value) => Value) => {
    const weights = b.sum(each(kernel));
    return withBias && bias ? b.add(weights, b.sum(each(bias))) : weights;
  };
  const terms = [
    ...(l1 > 0 || l2 === 0
      ? [
          b.multiply(
            both((w) => b.abs(w)),
            l1,
          ),
        ]
      : []),
    ...(l2 > 0
      ? [
          b.multiply(
            both((w) => b.square(w)),
            l2,
          ),
        ]
      : []),
  ];
  return terms.reduce((sum, term) => b.add(sum, term));
}

/** The minimiser of D (w − z)² / (2 · rate) + λ₁|w| + λ₂w² for each number: S(z, t λ₁) / (1 + 2 t λ₂) with t = rate / D. */
export function elasticStep(
  b: Builder,
  args: {
    readonly l1: number;
    readonly l2: number;
    readonly bias: boolean;
    readonly solver: 'gradient' | 'proximal';
    readonly metric: 'optimizer' | 'euclidean';
  },
  at: Moment<unknown>,
): { readonly kernel: Value; readonly bias?: Value } | undefined {
  if (args.solver === 'gradient') return undefined;
  const step = (from: Value, diagonal: Value | undefined): Value => {
    const scale = args.metric === 'optimizer' ? diagonal : undefined;
    if (args.l2 === 0) {
      const move = b.multiply(at.learningRate, args.l1);
      return softThreshold(b, from, scale ? b.divide(move, scale) : move);
    }
    // A division of every number is what costs: t is made once.
    const rate = scale ? b.divide(at.learningRate, scale) : at.learningRate;
    return b.divide(softThreshold(b, from, b.multiply(rate, args.l1)), b.add(b.multiply(rate, 2 * args.l2), 1));
  };
  const kernel = step(at.kernel, at.diagonal);
  return args.bias && at.bias ? { kernel, bias: step(at.bias, at.biasDiagonal) } : { kernel };
}
