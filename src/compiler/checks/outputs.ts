import { extents } from '../../ir/dims.js';
import { type Annotation, type GraphOutput, type Network, nodeOf, outputShape, type Node } from '../../ir/graph.js';
import { acts } from '../4-program/index.js';
import { type Objective, type ObjectiveKeys, objectivesOf } from '../objectives.js';
import type { PhaseSpec, Spec } from '../spec.js';

/** An output with what a stretch of training wants of it. */
export interface TrainedOutput {
  readonly output: GraphOutput;
  readonly node: Node;
  /** Without the batch. */
  readonly shape: readonly number[];
  readonly objective: Objective;
}

/** The outputs of a network that a stretch of training has a loss for. */
export function trainedOutputs(network: Network, phase: ObjectiveKeys): TrainedOutput[] {
  const { outputs } = network.graph;
  return objectivesOf(phase, namesOf(network)).map((objective) => {
    const output = outputs.find(({ name }) => name === objective.output)!;
    return {
      output,
      node: nodeOf(network.graph, output.node),
      shape: extents(outputShape(network, output)),
      objective,
    };
  });
}

/** The names of a network's outputs. */
export function namesOf({ graph }: Pick<Network, 'graph'>): readonly string[] {
  return graph.outputs.map(({ name }) => name);
}

/** All stretches of training: the phases, and the fine-tuning. */
export function stretchesOf({ train, simplify }: Pick<Spec, 'train' | 'simplify'>): readonly PhaseSpec[] {
  return [...train.phases, ...(simplify.finetune ? [simplify.finetune] : [])];
}

/** Those of them in which an annotation acts. */
export function stretchesWith(annotation: Annotation, spec: Pick<Spec, 'train' | 'simplify'>): readonly PhaseSpec[] {
  const { finetune } = spec.simplify;
  return stretchesOf(spec).filter((one) => acts(annotation, { name: one.name, finetune: one === finetune }));
}

/** The place of a part of a key that may be given by output: `loss` or `losses/price`, `metrics/0` or `metrics/price/0`. */
export function keyOf(
  phase: PhaseSpec,
  key: 'loss' | 'class_weight' | `metrics/${number}`,
  output: string,
): keyof PhaseSpec | `${keyof PhaseSpec}/${string}` {
  const places = phase.places ?? {};
  const [name, ...rest] = key.split('/') as [string, ...string[]];
  const byOutput = [name === 'loss' ? 'losses' : name, output, ...rest].join('/');
  return (Object.hasOwn(places, byOutput) ? byOutput : key) as keyof PhaseSpec;
}
