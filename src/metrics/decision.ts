import { Type } from '../ir/kind.js';
import type { Builder, Value } from '../program/builder.js';
import { largestFlags, likelyFlags, wantedFlags } from './classes.js';
import type { MetricInputs } from './metric.js';

/** The arguments of precision and recall, as Keras has them. */
export const decisionArguments = {
  thresholds: Type.Optional(
    Type.Number({
      exclusiveMinimum: 0,
      exclusiveMaximum: 1,
      absent: '0.5, none with top_k',
      description: 'Probability above which a class is predicted.',
    }),
  ),
  top_k: Type.Optional(
    Type.Integer({
      minimum: 1,
      description: 'Only the so many most probable classes of a row are predicted. Absent: any.',
    }),
  ),
  class_id: Type.Optional(
    Type.Integer({ minimum: 0, description: 'The class that counts, from 0. Absent: all of them.' }),
  ),
};

/** What precision and recall take for a yes: above the threshold, among the `top_k` largest, or both; of one class alone where it is named. */
export interface Decision {
  readonly thresholds?: number | undefined;
  readonly top_k?: number | undefined;
  readonly class_id?: number | undefined;
}

/** Yes or no as it should be and as it is predicted, 0 or 1, in one shape. */
export function decisions(b: Builder, at: MetricInputs<Decision>): { readonly wanted: Value; readonly found: Value } {
  const { thresholds, top_k, class_id } = at.arguments;
  const likely = thresholds !== undefined || top_k === undefined ? likelyFlags(b, at, thresholds ?? 0.5) : undefined;
  const largest = top_k === undefined ? undefined : largestFlags(b, at, top_k);
  const found = likely && largest ? b.multiply(likely, largest) : (likely ?? largest)!;
  const of = (flags: Value) => (class_id === undefined ? flags : b.slice(flags, -1, class_id, class_id + 1));
  return { wanted: of(wantedFlags(b, at)), found: of(found) };
}

/** What is wrong with a decision for an output of some units. */
export function decisionProblem({ top_k, class_id }: Decision, units: number): string | undefined {
  if (top_k !== undefined && top_k > units) return `\`top_k\` is ${top_k}, and the output has ${unitsText(units)}`;
  if (class_id !== undefined && class_id >= units)
    return `\`class_id\` counts from 0, is ${class_id}, and the output has ${unitsText(units)}`;
  return undefined;
}

function unitsText(units: number): string {
  return `${units} ${units === 1 ? 'unit' : 'units'}`;
}
