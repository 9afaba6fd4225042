import { type Static, Type } from '../ir/kind.js';

import { phasesWhere } from './during.js';
import { defineMethod, type HostSite } from './method.js';
import { epochsText } from './shares.js';

const schema = Type.Object({
  threshold: Type.Number({
    examples: [0.01],
    default: 0.01,
    exclusiveMinimum: 0,
    description:
      'A layer stands still where its kernels change by less than this in an epoch: ‖W − W before‖ / ‖W before‖ of all of them together.',
  }),
  patience: Type.Integer({
    default: 1,
    minimum: 1,
    description: 'For how many epochs in a row a layer stands still before it is frozen.',
  }),
  during: phasesWhere('Phases of several epochs; not the fine-tuning, which moves all that is left.'),
});

type Arguments = Static<typeof schema>;

/** The kernels of every layer, in the order of the layers. */
function byLayer(sites: readonly HostSite<Arguments>[]): readonly (readonly HostSite<Arguments>[])[] {
  const layers = new Map<string, HostSite<Arguments>[]>();
  for (const site of sites) layers.set(site.site.layer, [...(layers.get(site.site.layer) ?? []), site]);
  return [...layers.values()];
}

/** How much the kernels of a layer changed since they were looked at last, as a share of what they were. */
function changeOf(kernels: readonly HostSite<Arguments>[]): number {
  let [change, size] = [0, 0];
  for (const { kernel, tensors } of kernels) {
    const before = tensors.before!;
    kernel.forEach((weight, k) => {
      change += (weight - before[k]!) ** 2;
      size += before[k]! ** 2;
    });
  }
  return change === 0 ? 0 : Math.sqrt(change / size);
}

/**
 * After every epoch layers whose weights have stopped changing are frozen, from the input on: the first annotated layer that is still trained, then the next one. So no gradient is
 * needed before the first layer that is left, and the backward pass is as much shorter as the paper's forward pass is, whose frozen layers leave it, too: here they go on to compute what they
 * read anew, so that augmentation and dropout before them mean what they meant. The layer that writes the model's outputs is never frozen. What the paper calls scores is here one number with a
 * threshold and a patience.
 */
export const learnAndDrop = defineMethod({
  keyword: 'learn_and_drop',
  summary:
    'Freezes layers whose weights have stopped changing, from the input on: they leave the backward pass and the update, and steps get faster.',
  cite: 'Cruciata, Cruciata, Lo Presti, van Gemert and La Cascia, Learn & Drop: Fast learning of CNNs based on layer dropping (arXiv 2604.23403)',
  schema,
  refuses: (_, { phases: acts, others }) => {
    if (acts.includes('finetune'))
      return 'layers are frozen while the network is trained; the fine-tuning moves all that is left of it';
    return others.includes('dropnet')
      ? '@dropnet begins training again, and frozen layers would stay as they are'
      : undefined;
  },
  unfinished: ({ patience }, lengths) => {
    const epochs = Math.max(...lengths);
    // Every phase counts its own epochs, and nothing is frozen where it ends.
    return patience < epochs
      ? undefined
      : {
          reason: `layers are frozen after ${epochsText(patience)} without change, if another follows, and it acts for ${epochsText(epochs)}: none are`,
          help: [
            epochs > 1
              ? `write \`patience: ${epochs - 1}\` or less, or train for more than ${epochsText(patience)}`
              : `train for more than ${epochsText(patience)}`,
          ],
        };
  },
  tensors: () => ({
    before: { per: 'weight', start: 0, trained: false },
    still: { per: 'kernel', start: 0, trained: false },
  }),
  advance: async ({ sites, epoch, last }) => {
    const layers = byLayer(sites);
    for (const kernels of layers) {
      const [{ arguments: args }] = kernels as [HostSite<Arguments>];
      const stands = epoch > 0 && changeOf(kernels) < args.threshold;
      for (const { kernel, tensors } of kernels) {
        tensors.still![0] = stands ? tensors.still![0]! + 1 : 0;
        tensors.before!.set(kernel);
      }
    }
    if (last) return {};
    const moving = layers.findIndex((kernels) =>
      kernels.some(
        ({ tensors, written, arguments: { patience }, isOutput }) =>
          tensors.still![0]! < patience || written.some((_, unit) => isOutput(unit)),
      ),
    );
    const frozen = layers.slice(0, moving < 0 ? layers.length : moving).map(([kernel]) => kernel!.site.layer);
    return frozen.length > 0 ? { frozen } : {};
  },
  spelling: {},
});
