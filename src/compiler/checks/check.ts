import type { Description } from '../../data/source.js';
import type { Reports } from '../../diagnostics/report.js';
import type { Span } from '../../diagnostics/source.js';
import type { Network } from '../../ir/graph.js';
import type { PhaseSpec, Spec } from '../spec.js';

/** What a network with its dimensions must fulfil beyond shapes. One file a check, one line in `index.ts`. */
export type Check = (
  input: {
    readonly spec: Spec;
    readonly network: Network;
    /** What the rows hold; undefined where only reading tells and nothing was read. */
    readonly description?: Description | undefined;
  },
  reports: Reports,
) => void;

/** Tells of every key whether it is the first time that it is asked about: a mistake in what several phases or layers share is one. */
export function firstTime(): (key: unknown) => boolean {
  const known = new Set<unknown>();
  return (key) => known.size < known.add(key).size;
}

/** Where a key of a stretch of training was written, or a part of one; the section where it was not. */
export function placeOf(
  spec: Pick<Spec, 'train'>,
  phase: PhaseSpec,
  key: keyof PhaseSpec | `${keyof PhaseSpec}/${string}`,
): Span | undefined {
  return phase.places?.[key] ?? spec.train.span;
}
