import { lossKind } from '../../compiler/4-program/index.js';
import { indexReaders } from '../../compiler/indices.js';
import { objectivesOf } from '../../compiler/objectives.js';
import type { PhaseSpec } from '../../compiler/spec.js';
import type { BoundTable, BoundTensor } from '../../data/bind.js';
import { type Network, outputShape } from '../../ir/graph.js';
import { sizeOf } from '../../program/program.js';
import { Stream } from '../../random/streams.js';

const SEED = 0;

/**
 * Rows that a network can be trained on as far as their shapes and forms go, without any data: numbers from 0 to 1, whole numbers below the extent where vectors are
 * looked up, class numbers, and one-hot rows or zeros and ones where a loss takes probabilities. The same every time.
 */
export function drawnRows(network: Network, phase: PhaseSpec, rows: number): BoundTable {
  const below = new Map<string, number>();
  for (const { below: count, origins } of indexReaders(network.graph))
    for (const { name } of origins) below.set(name, Math.min(count, below.get(name) ?? count));
  const inputs = network.graph.inputs.map((name): BoundTensor => {
    const extents = network.shapes.get(name)![0]!.map(({ units }) => units.length);
    const width = sizeOf(extents);
    const count = below.get(name);
    const draw = new Drawer(name);
    const data = Float32Array.from({ length: rows * width }, () =>
      count === undefined ? draw.number() : draw.below(count),
    );
    return { name, extents, width, data, rows: undefined };
  });
  const { outputs } = network.graph;
  const objectives = objectivesOf(
    phase,
    outputs.map(({ name }) => name),
  );
  const targets = objectives.map(({ output, loss }): BoundTensor => {
    const name = `target:${output}`;
    const extents = outputShape(network, outputs.find((one) => one.name === output)!).map(({ units }) => units.length);
    const width = sizeOf(extents);
    const units = extents.at(-1) ?? 1;
    const draw = new Drawer(name);
    const { target, probabilities } = lossKind(loss);
    if (target === 'classes') {
      const classes = Int32Array.from({ length: rows }, () => draw.below(units));
      return { name, extents: [], width: 1, data: classes, rows: undefined };
    }
    const data = new Float32Array(rows * width);
    if (probabilities === 'softmax') for (let at = 0; at < data.length; at += units) data[at + draw.below(units)] = 1;
    else for (let at = 0; at < data.length; at++) data[at] = probabilities ? draw.below(2) : draw.number();
    return { name, extents, width, data, rows: undefined };
  });
  return { rows, tensors: [...inputs, ...targets] };
}

/** Draws numbers from 0 to below 1, and whole numbers from 0 to below a count. */
class Drawer {
  private readonly stream: Stream;
  private at = 0;

  constructor(name: string) {
    this.stream = Stream.named(`measure:${name}`, { seed: SEED });
  }

  number(): number {
    return this.stream.uniform(this.at++);
  }

  below(count: number): number {
    return this.stream.below(this.at++, count);
  }
}
