import { Type } from '../ir/kind.js';
import { flags } from '../losses/target-values.js';
import type { Builder, Value } from '../program/builder.js';
import { largestFlags, likelyFlags, wantedFlags } from './classes.js';
import { defineMetric, type MetricInputs, type MetricKind } from './metric.js';

/** The arguments of precision and recall, as Keras has them. */
const decisionArguments = {
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
interface Decision {
  readonly thresholds?: number | undefined;
  readonly top_k?: number | undefined;
  readonly class_id?: number | undefined;
}

/** Yes or no as it should be and as it is predicted, 0 or 1, in one shape. */
function decisions(b: Builder, at: MetricInputs<Decision>): { readonly wanted: Value; readonly found: Value } {
  const { thresholds, top_k, class_id } = at.arguments;
  const likely = thresholds !== undefined || top_k === undefined ? likelyFlags(b, at, thresholds ?? 0.5) : undefined;
  const largest = top_k === undefined ? undefined : largestFlags(b, at, top_k);
  const found = likely && largest ? b.multiply(likely, largest) : (likely ?? largest)!;
  const of = (flags: Value) => (class_id === undefined ? flags : b.slice(flags, -1, class_id, class_id + 1));
  return { wanted: of(wantedFlags(b, at)), found: of(found) };
}

/** What is wrong with a decision for an output of some units. */
function decisionProblem({ top_k, class_id }: Decision, units: number): string | undefined {
  if (top_k !== undefined && top_k > units) return `\`top_k\` is ${top_k}, and the output has ${unitsText(units)}`;
  if (class_id !== undefined && class_id >= units)
    return `\`class_id\` counts from 0, is ${class_id}, and the output has ${unitsText(units)}`;
  return undefined;
}

function unitsText(units: number): string {
  return `${units} ${units === 1 ? 'unit' : 'units'}`;
}

/** Right ones among all that are predicted, or among all that were to be found: `wrong` says what counts against it. */
export function shareOfRight(options: {
  readonly keyword: string;
  readonly summary: string;
  readonly cite: string;
  readonly wrong: 'false_positives' | 'false_negatives';
}): MetricKind {
  const { wrong, ...words } = options;
  return defineMetric({
    ...words,
    schema: Type.Object(decisionArguments),
    better: 'higher',
    unitRange: true,
    takes: flags,
    problem: (args, units) => decisionProblem(args, units),
    sums: (b, at) => {
      const { wanted, found } = decisions(b, at);
      const [said, other] = wrong === 'false_positives' ? [found, wanted] : [wanted, found];
      return {
        true_positives: b.sum(b.multiply(found, wanted)),
        [wrong]: b.sum(b.multiply(said, b.subtract(1, other))),
      };
    },
    // Without a single yes it is 0, as in Keras.
    finish: (sums) => sums.true_positives! / Math.max(1, sums.true_positives! + sums[wrong]!),
  });
}
