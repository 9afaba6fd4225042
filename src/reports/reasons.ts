import type { FoldedUnits, PinnedUnits, Reasons } from '../compiler/5-shrink/reasons.js';
import { runsText } from '../compiler/6-print/keep.js';
import { constantOutputText } from '../runtime/simplify/constant-outputs.js';

/** What removal says of one layer: what stays of the units that it makes, what it holds of those that went, what is constant of its output. */
export function reasonsOfLayer({ pinned, constant_outputs, folded }: Reasons, layer: string): Reasons {
  const own: Reasons = {
    pinned: pinned?.filter((one) => one.layer === layer || one.layer.startsWith(`${layer}.`)) ?? [],
    constant_outputs: constant_outputs?.filter((one) => one.layer === layer) ?? [],
    folded: folded?.filter(({ reader }) => reader === layer) ?? [],
  };
  return Object.fromEntries(Object.entries(own).filter(([, list]) => list.length > 0));
}

/** As many runs of indices as a line has room for. */
const MOST_RUNS = 12;

/** `attend.seen 1, 16: LayerNormalization takes mean and variance over all units, …` */
export function pinnedText({ layer, indices, reason }: PinnedUnits): string {
  return `${layer} ${runsText(indices, MOST_RUNS)}: ${reason}`;
}

/** `fc1 3, 7 into fc2.bias`; of a reader that adds zeros beside them `conv1 3 into the weights of conv1 5 in conv2.kernel`. */
export function foldedText({ param, added, carrier, constants }: FoldedUnits): string {
  const units = constants.map(({ layer, indices }) => `${layer} ${runsText(indices, MOST_RUNS)}`).join('; ');
  const where = carrier
    ? `the weights of ${carrier.layer} ${carrier.index} in ${param}`
    : `${param}${added ? ', which is new' : ''}`;
  return `${units} into ${where}`;
}

/** What there is to say, a line each, with the word that it begins with. */
export function reasonLines({
  pinned,
  constant_outputs,
  folded,
}: Reasons): readonly (readonly [word: 'stay' | 'folded' | 'constant', text: string])[] {
  return [
    ...(pinned ?? []).map((one) => ['stay', pinnedText(one)] as const),
    ...(folded ?? []).map((one) => ['folded', foldedText(one)] as const),
    ...(constant_outputs ?? []).map((one) => ['constant', constantOutputText(one)] as const),
  ];
}
