import { Type } from '../ir/kind.js';
import type { Builder, Value } from '../program/builder.js';
import type { Advanced, EpochMoment, MethodTensor, Moment, Unfinished } from './method.js';
import { epochsText, shareText } from './shares.js';

/** The argument of methods whose penalty comes in slowly. */
export function warmUpArgument(epochs: number) {
  return Type.Integer({
    default: epochs,
    minimum: 0,
    description:
      'Over how many epochs the penalty comes in: nothing of it in the first one, all of it after so many, in equal steps between. Counted over the epochs in which the method acts.',
  });
}

/** What a warm-up keeps beside a kernel: how much of the penalty counts. None where it is whole from the beginning. */
export function warmUpTensor(epochs: number): Readonly<Record<string, MethodTensor>> {
  return epochs === 0 ? {} : { warm: { per: 'kernel', start: 0, trained: false } };
}

/** As much of a penalty as counts by now. */
export function warmed(b: Builder, penalty: Value, { tensors }: Pick<Moment<unknown>, 'tensors'>): Value {
  return tensors.warm ? b.multiply(penalty, tensors.warm) : penalty;
}

/** That the penalty never counts as a whole: in the last epoch as much of it does as came in before. */
export function unfinishedWarmUp(
  { warm_up: warmUp }: { readonly warm_up: number },
  lengths: readonly number[],
): Unfinished | undefined {
  const epochs = lengths.reduce((sum, length) => sum + length, 0);
  if (warmUp < epochs || warmUp === 0) return undefined;
  return {
    reason: `its penalty comes in over ${epochsText(warmUp)}, and it acts for ${epochsText(epochs)}: in the last one ${shareText((epochs - 1) / warmUp)} of it counts`,
    help: [`write \`warm_up: ${epochs - 1}\` or less, better half of that, or train for longer`],
  };
}

/** Goes on at the end of every epoch. */
export function advanceWarmUp<A extends { readonly warm_up: number }>({
  sites,
  epoch,
}: EpochMoment<A>): Promise<Advanced> {
  if (epoch > 0)
    for (const { tensors, arguments: args } of sites) {
      if (!tensors.warm || tensors.warm[0] === 1) continue;
      const done = Math.round(tensors.warm[0]! * args.warm_up) + 1;
      tensors.warm[0] = Math.min(1, done / args.warm_up);
    }
  return Promise.resolve({});
}
