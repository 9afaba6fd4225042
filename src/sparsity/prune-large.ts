import { type Static, Type } from '../ir/kind.js';
import { phasesWhere } from './during.js';
import { defineMethod } from './method.js';
import { endsLate, linear, lowest, shareOf } from './shares.js';
import { refusesOthers } from './zero-holders.js';

const schema = Type.Object({
  rate: Type.Number({
    examples: [0.85],
    default: 0.85,
    exclusiveMinimum: 0,
    exclusiveMaximum: 1,
    description: 'Share of the weights of each kernel that are 0 in the end, large and small; the paper’s.',
  }),
  large: Type.Number({
    default: 0.1,
    exclusiveMinimum: 0,
    exclusiveMaximum: 1,
    description: 'Share of the weights that go from the top first.',
  }),
  begin: Type.Integer({ default: 0, minimum: 0, description: 'The epoch of the phase from which large weights go.' }),
  turn: Type.Optional(
    Type.Integer({
      minimum: 1,
      description:
        'The epoch at whose end the last large weights go, and after which the smallest do; absent: a third of the phase.',
    }),
  ),
  end: Type.Optional(
    Type.Integer({
      minimum: 2,
      description: 'The epoch at whose end `rate` is reached; absent: two thirds of the phase.',
    }),
  ),
  during: phasesWhere('A phase that goes on for a while after `end`, or one that a later phase follows; zeros stay.'),
});

type Arguments = Static<typeof schema>;

/** The epochs at whose ends the last large weights go, and the last small ones. */
function turnsOf({ begin, turn: given, end }: Arguments, epochs: number) {
  const turn = given ?? Math.max(begin + 1, Math.ceil(epochs / 3));
  return { turn, end: end ?? Math.max(turn + 1, Math.ceil((2 * epochs) / 3)) };
}

/** The share that is 0 at the end of an epoch. */
function reachedAt(args: Arguments, epoch: number, epochs: number): number {
  const { turn, end } = turnsOf(args, epochs);
  const large = args.large * linear({ begin: args.begin, end: turn }, epoch);
  return large + (args.rate - args.large) * linear({ begin: turn, end }, epoch);
}

export const pruneLarge = defineMethod({
  keyword: 'prune_large',
  summary:
    'Prunes the largest weights for a while, which keeps the others from relying on them, then the smallest; all of them stay 0.',
  cite: 'Bartoldson, Barbu and Erlebacher 2018, Enhancing the regularization effect of weight pruning in artificial neural networks (arXiv 1805.01930)',
  schema,
  refuses: ({ rate, large, begin, turn, end }, { holding }) => {
    if (large > rate) return `large is ${large}, and of all weights only ${rate} become 0`;
    if (turn !== undefined && turn <= begin) return `large weights go from epoch ${begin} to epoch ${turn}`;
    if (end !== undefined && end <= (turn ?? begin))
      return `small weights go from epoch ${turn ?? begin} to epoch ${end}`;
    return refusesOthers(holding);
  },
  unfinished: (args, lengths) => {
    const epochs = Math.max(...lengths);
    const { end } = turnsOf(args, epochs);
    return end <= epochs ? undefined : endsLate(args.rate, reachedAt(args, epochs, epochs), end, epochs);
  },
  keepsZeros: () => 'from then on',
  advance: async ({ sites, epoch, epochs }) => {
    for (const { kernel, whole, arguments: args } of sites) {
      const { turn, end } = turnsOf(args, epochs);
      if (epoch > end) continue;
      const removed = whole.weights - kernel.length;
      const zeros = kernel.reduce((count, weight) => count + Number(weight === 0), 0);
      const wanted = shareOf(reachedAt(args, epoch, epochs), whole.weights) - removed - zeros;
      // Zeros come last, whichever end is looked at.
      const sign = epoch <= turn ? -1 : 1;
      const scores = Float64Array.from(kernel, (weight) =>
        weight === 0 ? Number.POSITIVE_INFINITY : sign * Math.abs(weight),
      );
      for (const place of lowest(scores, wanted)) kernel[place] = 0;
    }
    return {};
  },
  more: () => 'a larger `rate`',
  spelling: {},
});
