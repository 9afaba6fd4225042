import { type Static, Type } from '../ir/kind.js';
import { phasesWhere } from './during.js';
import { defineMethod } from './method.js';
import { epochsText, shareOf } from './shares.js';
import { sitesFor, unitScores } from './unit-criteria.js';
import { bySpelling, type HostUnit, removeLowest, unitsOf } from './unit-groups.js';
import { refusesOthers } from './zero-holders.js';

const schema = Type.Object({
  cycle: Type.Integer({
    examples: [5],
    minimum: 1,
    description: 'Epochs of a cycle; units go at its end, if another epoch follows.',
  }),
  drop: Type.Number({
    default: 0.2,
    exclusiveMinimum: 0,
    exclusiveMaximum: 1,
    description: 'Share of the units still there that go at the end of a cycle, rounded down, and at least one.',
  }),
  left: Type.Number({
    default: 0,
    minimum: 0,
    exclusiveMaximum: 1,
    description: 'Share of the units that stays: cycles go on without dropping when it is reached.',
  }),
  by: Type.Union(
    [Type.Literal('minimum'), Type.Literal('minimum_layer'), Type.Literal('random'), Type.Literal('random_layer')],
    {
      default: 'minimum',
      description:
        'minimum: the lowest mean activations of all layers that the annotation lands on. minimum_layer: the share of each layer by itself. random, random_layer: the baselines.',
    },
  ),
  weights: Type.Union([Type.Literal('rewind'), Type.Literal('fresh'), Type.Literal('keep')], {
    default: 'rewind',
    description:
      'rewind: the whole network goes back to what it was before training, but for the units that are gone. fresh: its weights are drawn anew. keep: they go on. After the first two the optimizer starts anew.',
  }),
  rows: Type.Integer({ default: 1000, minimum: 1, description: 'How many training rows the means are over.' }),
  during: phasesWhere('Phases of several cycles; not the fine-tuning, before which units leave the network.'),
});

type Arguments = Static<typeof schema>;

/** How many of these units go. */
function dropped(units: readonly HostUnit<Arguments>[], { drop, left }: Arguments): number {
  const living = units.filter(({ alive }) => alive).length;
  const families = new Set(units.map(({ family }) => family));
  const gone = [...families].reduce((sum, { whole, left: there }) => sum + whole - there, 0);
  const stay = Math.ceil(left * (units.length + gone) - 1e-9);
  return Math.min(Math.max(1, shareOf(drop, living)), living - stay);
}

export const dropnet = defineMethod({
  keyword: 'dropnet',
  summary:
    'Trains in cycles: after each the units of the lowest mean activation go, and what is left begins again from its first weights.',
  cite: 'Tan and Motani 2020, DropNet: Reducing neural network complexity via iterative pruning (arXiv 2207.06646), algorithm 1',
  schema,
  refuses: (_, { holding, phases: acts }) => {
    if (acts.includes('finetune'))
      return 'units leave the network before the fine-tuning begins, and those that become 0 there would stay';
    return refusesOthers(holding);
  },
  unfinished: ({ cycle }, lengths) => {
    const epochs = Math.max(...lengths);
    // Every phase counts its own epochs, and no units go at its end.
    return cycle < epochs
      ? undefined
      : {
          reason: `units go at the end of a cycle of ${epochsText(cycle)}, if another epoch follows, and it acts for ${epochsText(epochs)}: none go`,
          help: [
            epochs > 1
              ? `write \`cycle: ${epochs - 1}\` or less, or train for more than ${epochsText(cycle)}`
              : `train for more than ${epochsText(cycle)}`,
          ],
        };
  },
  keepsZeros: () => 'from then on',
  keepsUnits: () => true,
  advance: async ({ sites, epoch, last, ...at }) => {
    let begins: 'as before training' | 'newly drawn' | undefined;
    for (const own of bySpelling(sites)) {
      const [args] = own.map((site) => site.arguments) as [Arguments];
      if (epoch === 0 || last || epoch % args.cycle !== 0) continue;
      const criterion = args.by.startsWith('random') ? 'random' : 'activation';
      const units = unitsOf(sitesFor(own, criterion));
      const scores = await unitScores(units, criterion, at, args.rows);
      const families = [...new Set(units.map(({ family }) => family))];
      const apart = args.by.endsWith('_layer')
        ? families.map((family) => Array.from(units.keys()).filter((k) => units[k]!.family === family))
        : [Array.from(units.keys())];
      let drops = 0;
      for (const group of apart) {
        const members = group.map((k) => units[k]!);
        const count = dropped(members, args);
        if (count <= 0) continue;
        const dead = members.filter(({ alive }) => !alive).length;
        removeLowest(
          members,
          Float64Array.from(group, (k) => scores[k]!),
          dead + count,
        );
        drops += count;
      }
      if (drops > 0 && args.weights !== 'keep')
        begins = args.weights === 'rewind' ? 'as before training' : 'newly drawn';
    }
    return begins ? { begins } : {};
  },
  more: () => 'a larger `drop`, a shorter `cycle`',
  spelling: {},
});
