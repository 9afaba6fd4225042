import { classCount, classWeights, trainedOutput } from '../../compiler/4-program/index.js';
import type { PhaseSpec } from '../../compiler/spec.js';
import type { BoundTable } from '../../data/bind.js';
import type { Network } from '../../ir/graph.js';

/** The weights of classes that a phase trains with; nothing where its spec does not weigh them. */
export function phaseWeights(
  { class_weight }: Pick<PhaseSpec, 'class_weight'>,
  network: Network,
  train: BoundTable,
): { readonly classWeights?: readonly number[] } {
  if (class_weight === undefined) return {};
  const { name } = trainedOutput(network);
  const classes = classCount(network.shapes.get(name)![0]!.at(-1)!.units.length);
  return { classWeights: classWeights(class_weight, classes, () => classCounts(train, `target:${name}`, classes)) };
}

/** The rows of every class: of class numbers, one-hot rows, or numbers of which more than ½ means yes. */
function classCounts({ rows, tensors }: BoundTable, target: string, classes: number): number[] {
  const { data, rows: selection, width } = tensors.find(({ name }) => name === target)!;
  const counts = new Array<number>(classes).fill(0);
  for (let row = 0; row < rows; row++) {
    const start = (selection ? selection[row]! : row) * width;
    counts[classAt(data, start, width)]! += 1;
  }
  return counts;
}

function classAt(data: Float32Array | Int32Array, start: number, width: number): number {
  if (width === 1) return data instanceof Int32Array ? data[start]! : Number(data[start]! > 0.5);
  let largest = 0;
  for (let k = 1; k < width; k++) if (data[start + k]! > data[start + largest]!) largest = k;
  return largest;
}
