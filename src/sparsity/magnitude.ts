import { type Static, Type } from '../ir/kind.js';
import { phasesWhere } from './during.js';
import { defineMethod, type HostMoment, type HostSite } from './method.js';
import { cubic, endsLate, linear, lowest, riseOf, shareOf } from './shares.js';
import { looksAtRows, sitesFor, unitScores } from './unit-criteria.js';
import { bySpelling, removeShare, unitsOf } from './unit-groups.js';
import { refusesOthers } from './zero-holders.js';

const schema = Type.Object({
  rate: Type.Number({
    exclusiveMinimum: 0,
    exclusiveMaximum: 1,
    description: 'Share of the weights, or units, that become 0, rounded down; those that are 0 already count.',
  }),
  of: Type.Union([Type.Literal('weight'), Type.Literal('unit'), Type.Literal('filter')], {
    default: 'weight',
    description:
      'What goes: single weights; units, whole columns with their bias; filter is a unit of a convolution, and refused elsewhere. The model’s outputs stay, and the last unit of a layer does.',
  }),
  scope: Type.Union([Type.Literal('layer'), Type.Literal('model')], {
    default: 'layer',
    description:
      'layer: the share of each layer. model: of all layers that the annotation lands on together, so that some lose more than others.',
  }),
  schedule: Type.Union([Type.Literal('one_shot'), Type.Literal('linear'), Type.Literal('polynomial')], {
    default: 'one_shot',
    description:
      'one_shot: all at once, after training, or at the beginning of the phases that `during` names. linear, polynomial: the share rises on the way, at the ends of epochs, in a straight line or as 1 − (1 − t)³.',
  }),
  begin: Type.Integer({
    default: 0,
    minimum: 0,
    description: 'The epoch of the phase from which a linear or polynomial share rises.',
  }),
  end: Type.Optional(
    Type.Integer({
      minimum: 1,
      description:
        'The epoch of the phase at whose end a linear or polynomial share is reached; absent: half of the phase.',
    }),
  ),
  criterion: Type.Union(
    [
      Type.Literal('l1'),
      Type.Literal('l2'),
      Type.Literal('taylor'),
      Type.Literal('vip'),
      Type.Literal('activation'),
      Type.Literal('random'),
    ],
    {
      default: 'l2',
      description:
        'What goes first, the smallest: l1, l2: |w|, of units the mean over the weights into it or the root of the mean square. For units on training rows, too: taylor: |activation · gradient|; vip: variable importance in projection of partial least squares; activation: the mean of |activation|. random: the baseline.',
    },
  ),
  rows: Type.Integer({
    default: 1000,
    minimum: 1,
    description: 'How many training rows taylor, vip and activation look at.',
  }),
  during: phasesWhere(
    'With linear and polynomial a phase that goes on after `end`, or that another follows; units not in the fine-tuning, before which they leave the network. Zeros stay to the end.',
  ),
});

type Arguments = Static<typeof schema>;

/** Whether it acts once, when training is over. */
function afterTraining({ schedule, during }: Arguments): boolean {
  return schedule === 'one_shot' && during === undefined;
}

/** Makes a share of what the sites of one spelling have 0. */
async function prune(
  sites: readonly HostSite<Arguments>[],
  at: Pick<HostMoment<Arguments>, 'sample' | 'random'>,
  share: number,
): Promise<void> {
  const [{ of, scope, criterion, rows }] = sites.map((site) => site.arguments) as [Arguments];
  if (of === 'weight') {
    for (const own of scope === 'layer' ? sites.map((site) => [site]) : [sites]) pruneWeights(own, at, share);
    return;
  }
  const units = unitsOf(sitesFor(sites, criterion));
  if (units.length === 0) return;
  removeShare(units, await unitScores(units, criterion, at, rows), { share, apart: scope === 'layer' });
}

/** Makes the weights of the lowest |w| 0, of all sites together; zeros come first, and weights that were removed on the way count as such. */
function pruneWeights(
  sites: readonly HostSite<Arguments>[],
  at: Pick<HostMoment<Arguments>, 'random'>,
  share: number,
): void {
  const sizes = sites.map(({ kernel }) => kernel.length);
  const count = sizes.reduce((sum, size) => sum + size, 0);
  const scores = new Float64Array(count);
  const places: { readonly kernel: Float32Array; readonly place: number }[] = [];
  for (const { kernel, site, arguments: args } of sites) {
    const stream = args.criterion === 'random' ? at.random(`${site.layer}.${site.tensor}`) : undefined;
    kernel.forEach((weight, place) => {
      // A zero is below all.
      scores[places.length] = weight === 0 ? -1 : stream ? stream.uniform(place) : Math.abs(weight);
      places.push({ kernel, place });
    });
  }
  const whole = sites.reduce((sum, site) => sum + site.whole.weights, 0);
  const wanted = shareOf(share, whole) - (whole - count);
  for (const k of lowest(scores, wanted)) places[k]!.kernel[places[k]!.place] = 0;
}

export const magnitude = defineMethod({
  keyword: 'magnitude',
  summary:
    'Prunes: the smallest weights, units or filters of each layer or of the model become 0 and stay so, at once or by a schedule.',
  cite:
    'Han et al. 2015, Learning both weights and connections for efficient neural networks (arXiv 1506.02626); schedule: Zhu and Gupta 2017, To prune, or not to prune (arXiv 1710.01878), equation 1; ' +
    'filters: Li et al. 2017 (arXiv 1608.08710); taylor: Molchanov et al. 2017 (arXiv 1611.06440), section 2.2; vip: Jordao et al. 2018 (arXiv 1810.07610)',
  schema,
  refuses: ({ of, schedule, begin, end, criterion, during }, { holding, layer, name }) => {
    if (of === 'weight' && (looksAtRows(criterion) || criterion === 'l1'))
      return `criterion ${criterion} is of units; of single weights there are l2, which is |w|, and random`;
    if (of === 'filter' && !/Conv/.test(layer))
      return `filters are units of convolutions, and ${name ?? 'the layer'} is a ${layer}: write it behind the convolutions instead of the model, or \`of: unit\`, which is of filters and of units alike`;
    if (end !== undefined && end <= begin) return `its share rises from epoch ${begin} to epoch ${end}`;
    if (schedule === 'one_shot' && (end !== undefined || begin !== 0))
      return '`begin` and `end` are of schedule linear and polynomial; one_shot prunes once';
    if (of !== 'weight' && ([] as readonly string[]).concat(during ?? []).includes('finetune'))
      return 'units leave the network before the fine-tuning begins, and those that become 0 there would stay';
    return schedule === 'one_shot' && during === undefined ? undefined : refusesOthers(holding);
  },
  unfinished: (args, lengths) => {
    if (args.schedule === 'one_shot') return undefined;
    const risen = args.schedule === 'linear' ? linear : cubic;
    // Zeros count in every phase: the longest one goes furthest.
    const epochs = Math.max(...lengths);
    const rise = riseOf(args, epochs);
    return rise.end <= epochs ? undefined : endsLate(args.rate, args.rate * risen(rise, epochs), rise.end, epochs);
  },
  keepsZeros: (args) => (afterTraining(args) ? 'in the fine-tuning' : 'from then on'),
  keepsUnits: ({ of }) => of !== 'weight',
  advance: async ({ sites, epoch, epochs, ...at }) => {
    for (const own of bySpelling(sites)) {
      const [args] = own.map((site) => site.arguments) as [Arguments];
      if (afterTraining(args)) continue;
      if (args.schedule === 'one_shot') {
        if (epoch === 0) await prune(own, at, args.rate);
        continue;
      }
      const rise = riseOf(args, epochs);
      const reached = (args.schedule === 'linear' ? linear : cubic)(rise, epoch);
      if (reached > 0 && epoch <= rise.end) await prune(own, at, args.rate * reached);
    }
    return {};
  },
  selects: afterTraining,
  select: async ({ sites, ...at }) => {
    for (const own of bySpelling(sites)) await prune(own, at, own[0]!.arguments.rate);
  },
  more: ({ of }) => (of === 'weight' ? 'whole units, by `of: unit`' : 'a larger `rate`'),
  spelling: {},
});
