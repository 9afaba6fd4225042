import { Type } from '../ir/kind.js';
import type { Builder, Value } from '../program/builder.js';
import type { Advanced, EpochMoment, MethodTensor, Moment } from './method.js';

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
