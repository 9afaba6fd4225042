import type { Unfinished } from './method.js';

/** How many of `count` things a share of them is, rounded down; 0.57 of 100 is 57, although float64 has a little less for it. */
export function shareOf(share: number, count: number): number {
  return Math.floor(share * count + 1e-9 * Math.max(1, count));
}

/** Where a rate stands between the epochs at which it begins to rise and has risen, as a share of itself. */
export interface Rise {
  readonly begin: number;
  readonly end: number;
}

/**
 * The epochs in which a rate rises: where no end is given, the first half of the phase, so that what is left is trained in the other half.
 */
export function riseOf(given: { readonly begin: number; readonly end?: number | undefined }, epochs: number): Rise {
  return { begin: given.begin, end: given.end ?? Math.max(given.begin + 1, Math.ceil(epochs / 2)) };
}

/** What is said of a share that is reached behind the end of its phase. */
export function endsLate(rate: number, reached: number, end: number, epochs: number): Unfinished {
  return {
    reason: `${shareText(rate)} is reached at the end of epoch ${end}, and it acts for ${epochsText(epochs)}: ${shareText(reached)} become 0`,
    help: [`write \`end: ${epochs}\` or less, with \`begin\` below it, or train for ${end} epochs or more`],
  };
}

/** `1 epoch`, `20 epochs`. */
export function epochsText(epochs: number): string {
  return `${epochs} ${epochs === 1 ? 'epoch' : 'epochs'}`;
}

/** A share as people read it, `3.3%`. */
export function shareText(share: number): string {
  return `${Number((100 * share).toPrecision(2))}%`;
}

/** How much of a rate that rises in a straight line is reached, from 0 to 1. */
export function linear({ begin, end }: Rise, epoch: number): number {
  return Math.min(1, Math.max(0, (epoch - begin) / (end - begin)));
}

/** The same fast at first, then slowly: 1 − (1 − t)³ (Zhu and Gupta 2017, To prune, or not to prune, arXiv 1710.01878, equation 1, from 0). */
export function cubic(rise: Rise, epoch: number): number {
  return 1 - (1 - linear(rise, epoch)) ** 3;
}

/** The places of the `count` smallest numbers, of equals the first, in their order. */
export function lowest(scores: Float64Array, count: number): readonly number[] {
  if (count <= 0) return [];
  const limit = scores.slice().sort()[Math.min(count, scores.length) - 1]!;
  let equals = count - scores.reduce((below, score) => below + Number(score < limit), 0);
  return Array.from(scores.keys()).filter(
    (place) => scores[place]! < limit || (scores[place] === limit && equals-- > 0),
  );
}
