import { classCount, classWeights } from '../../compiler/4-program/index.js';
import { type ObjectiveKeys, objectivesOf } from '../../compiler/objectives.js';
import type { BoundTable, BoundTensor } from '../../data/bind.js';
import { RowCursor } from '../../data/stored-rows.js';
import { type Network, outputShape } from '../../ir/graph.js';

/** The weights of classes that a phase trains with, by output; nothing where its spec does not weigh them. */
export function phaseWeights(
  phase: ObjectiveKeys,
  network: Network,
  train: BoundTable,
): { readonly classWeights?: Readonly<Record<string, readonly number[]>> } {
  const { outputs } = network.graph;
  const objectives = objectivesOf(
    phase,
    outputs.map(({ name }) => name),
  );
  const weights = objectives.flatMap(({ output, class_weight }): [string, readonly number[]][] => {
    if (class_weight === undefined) return [];
    const shape = outputShape(network, outputs.find(({ name }) => name === output)!);
    const classes = classCount(shape.at(-1)!.units.length);
    const target = train.tensors.find(({ name }) => name === `target:${output}`)!;
    return [[output, classWeights(class_weight, classes, () => classCounts(train, target, classes), target.labels)]];
  });
  return weights.length > 0 ? { classWeights: Object.fromEntries(weights) } : {};
}

/** The rows of every class: of class numbers, one-hot rows, or numbers of which more than ½ means yes. */
function classCounts({ rows }: BoundTable, target: BoundTensor, classes: number): number[] {
  const counts = new Array<number>(classes).fill(0);
  const cursor = new RowCursor(target);
  for (let row = 0; row < rows; row++) {
    const { numbers, from } = cursor.seek(row);
    counts[classAt(numbers, from, target.width)]! += 1;
  }
  return counts;
}

function classAt(data: Float32Array | Int32Array, start: number, width: number): number {
  if (width === 1) return data instanceof Int32Array ? data[start]! : Number(data[start]! > 0.5);
  let largest = 0;
  for (let k = 1; k < width; k++) if (data[start + k]! > data[start + largest]!) largest = k;
  return largest;
}
