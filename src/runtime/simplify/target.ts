import { multiplyAdds, parameterCount } from '../../compiler/3-dims/index.js';
import type { Shares, TargetSpec } from '../../compiler/spec.js';
import type { Diagnostic } from '../../diagnostics/diagnostic.js';
import { brief } from '../../diagnostics/numbers.js';
import { diagnostic } from '../../diagnostics/report.js';
import { percentText } from '../../dsl/numbers.js';
import type { Network } from '../../ir/graph.js';
import { type LatencyTable, millisecondsAt } from './latency.js';

/** What was aimed at, and what came of it. */
export interface TargetResult {
  /** The threshold that was taken. */
  readonly threshold: number;
  /** The shares that were wanted. */
  readonly at_most: Shares;
  /** The shares that are left. */
  readonly left: Shares;
  readonly held: boolean;
  /** Thresholds at which the network was shrunk to look. */
  readonly looks: number;
  /** The threshold at which the target would hold, where it was missed for the metric's sake and there is one. */
  readonly needs?: number;
  /** Milliseconds of a batch, as the table has them. */
  readonly latency?: { readonly batch_size: number; readonly before: number; readonly after: number };
}

export interface Size {
  readonly parameters: number;
  /** For one row. */
  readonly multiply_adds: number;
}

export function sizeOf(network: Network): Size {
  return { parameters: parameterCount(network), multiply_adds: multiplyAdds(network) };
}

/** What is left of the resources that are wanted, as shares of what the whole network has. */
export function sharesOf(left: Size, whole: Size, wanted: Shares, times: LatencyTable | undefined): Shares {
  const share = (after: number, before: number) => (before === 0 ? 1 : after / before);
  return {
    ...(wanted.parameters !== undefined && { parameters: share(left.parameters, whole.parameters) }),
    ...(wanted.multiply_adds !== undefined && { multiply_adds: share(left.multiply_adds, whole.multiply_adds) }),
    ...(times && {
      latency: share(millisecondsAt(times, left.multiply_adds), millisecondsAt(times, whole.multiply_adds)),
    }),
  };
}

/** Shares for people: `9.8 % of the parameters, 24 % of the multiply-adds`. */
export function sharesText(shares: Shares, before = ''): string {
  return Object.entries(shares)
    .map(([resource, share]) => `${before}${percent(share as number)} of the ${resourceName(resource)}`)
    .join(', ');
}

/** What a resource is called in a sentence. */
export function resourceName(resource: string): string {
  return resource.replace('_', '-');
}

/** A share with as many digits as tell it from one that is a little larger. */
export function percent(share: number): string {
  return `${Number((100 * share).toPrecision(4))} %`;
}

export function missedWarning(
  { at_most, left, threshold, needs }: TargetResult,
  { span, tolerance }: TargetSpec,
): Diagnostic {
  const missed = Object.entries(left).filter(([resource, share]) => share > at_most[resource as keyof Shares]!);
  const of = (shares: Shares) =>
    Object.fromEntries(missed.map(([resource]) => [resource, shares[resource as keyof Shares]!]));
  const details = {
    wanted: sharesText(of(at_most), 'at most '),
    left: sharesText(of(left)),
    needed:
      needs === undefined
        ? 'no threshold reaches it'
        : `that takes the threshold ${brief(needs)}, and the metric stays within its tolerance up to ${brief(threshold)}`,
  };
  const help = [
    ...(needs === undefined || tolerance === undefined
      ? []
      : [
          `allow more than \`tolerance: ${percentText(tolerance)}\`, or leave it out to reach the target whatever it costs`,
        ]),
    `aim at ${sharesText(of(left))} or more`,
    'or train more of the network away first: stronger penalties, more epochs, `simplify { finetune { epochs: 5 } }`',
  ];
  return diagnostic('target-missed', details, { at: span, help });
}
