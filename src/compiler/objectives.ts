import type { Ends } from '../data/bind.js';
import type { Call } from '../ir/kind.js';
import type { ClassWeight, ModelSpec, PhaseSpec } from './spec.js';

/** What one output is trained for. */
export interface Objective {
  readonly output: string;
  readonly loss: Call;
  /** What its loss counts in the sum over the outputs. */
  readonly weight: number;
  readonly metrics: readonly Call[];
  readonly class_weight?: ClassWeight;
}

/** The keys of a stretch of training that speak of outputs. */
export type ObjectiveKeys = Pick<PhaseSpec, 'loss' | 'losses' | 'loss_weights' | 'metrics' | 'class_weight'>;

/**
 * What a stretch of training wants of every output, in the order of the outputs: what is given without an output's name holds for a lone one. An output
 * without a loss is left out; `checks/every-output-has-a-loss.ts` refuses it.
 */
export function objectivesOf(phase: ObjectiveKeys, outputs: readonly string[]): Objective[] {
  const isLone = outputs.length === 1;
  return outputs.flatMap((output): Objective[] => {
    const loss = own(phase.losses, output) ?? (isLone ? phase.loss : undefined);
    if (!loss) return [];
    const metrics = isList(phase.metrics) ? (isLone ? phase.metrics : []) : (own(phase.metrics, output) ?? []);
    const { class_weight: weights } = phase;
    const class_weight = isByOutput(weights) ? own(weights, output) : isLone ? weights : undefined;
    const weight = own(phase.loss_weights, output) ?? 1;
    return [{ output, loss, weight, metrics, ...(class_weight !== undefined && { class_weight }) }];
  });
}

/** The names of what a model computes: those that it names, else its last layer. */
function outputNames({ outputs, layers }: Pick<ModelSpec, 'outputs' | 'layers'>): readonly string[] {
  if (outputs.length > 0) return [...new Set(outputs.map(({ name }) => name))];
  return layers.slice(-1).map(({ name }) => name);
}

/** What a model reads and what it computes, by name. */
export function endsOf(model: Pick<ModelSpec, 'outputs' | 'layers'>): Ends {
  const inputs = model.layers.filter(({ kind }) => kind === 'Input').map(({ name }) => name);
  return { inputs, outputs: outputNames(model) };
}

/** What stands before the names of an output's loss and metrics, as in Keras: nothing where it is the only one. */
export function prefixOf(output: string, outputs: readonly string[]): string {
  return outputs.length > 1 ? `${output}_` : '';
}

/** Whether metrics are given without an output's name. */
export function isList(metrics: PhaseSpec['metrics']): metrics is readonly Call[] {
  return Array.isArray(metrics);
}

/** Whether weights of classes are given by output: a weight is a number, an output's weights are not. */
export function isByOutput(weights: unknown): weights is Readonly<Record<string, ClassWeight>> {
  return (
    typeof weights === 'object' &&
    weights !== null &&
    !Array.isArray(weights) &&
    Object.values(weights).some((one) => typeof one !== 'number')
  );
}

function own<V>(record: Readonly<Record<string, V>> | undefined, key: string): V | undefined {
  return record && Object.hasOwn(record, key) ? record[key] : undefined;
}
