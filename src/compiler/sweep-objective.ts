import { metricKind } from './4-program/index.js';
import { namesOf, trainedOutputs } from './checks/outputs.js';
import { betterOf, quantityOf } from './monitored.js';
import { prefixOf } from './objectives.js';
import type { Network } from '../ir/graph.js';
import type { Spec } from './spec.js';

/** What a sweep chooses by: a measure of the last phase on the validation rows. */
export interface SweepObjective {
  /** As the history and results name it, without `val_`. */
  readonly name: string;
  readonly better: 'higher' | 'lower';
  /** What the last phase computes: metrics first, then losses. */
  readonly known: readonly string[];
}

/** The objective of a spec: the one that its sweep names, else its first metric, else its loss. */
export function sweepObjective(spec: Pick<Spec, 'sweep' | 'train'>, network: Network): SweepObjective {
  const outputs = namesOf(network);
  const last = spec.train.phases.at(-1)!;
  const metrics = trainedOutputs(network, last).flatMap(({ output, objective }) =>
    objective.metrics.map(
      ({ word }) => `${prefixOf(output.name, outputs)}${metricKind({ word, arguments: {} }).keyword}`,
    ),
  );
  const losses = outputs.length > 1 ? outputs.map((output) => `${output}_loss`) : [];
  const known = [...new Set([...metrics, ...losses, 'loss'])];
  const written = spec.sweep?.objective;
  const name = written === undefined ? (outputs.length > 1 ? 'loss' : known[0]!) : quantityOf(written).name;
  return { name, better: betterOf(name), known };
}
