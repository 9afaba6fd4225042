import type { Network } from '../../ir/graph.js';
import { layerKind } from '../../layers/index.js';
import { Builder } from '../../program/builder.js';
import { evaluate } from '../../program/evaluate.js';
import { optimize } from '../../program/passes/index.js';
import { sizeOf, type Tensor64 } from '../../program/program.js';
import { paramShape } from '../../compiler/3-dims/index.js';
import { tensors64, type Values } from '../../compiler/5-shrink/values.js';
import { buildForward } from '../../compiler/4-program/index.js';
import { type BoundTable, Batches } from '../../data/batches.js';

/** Rows that are looked at together. */
const ROWS = 1024;

/**
 * The values that a network starts from, with what its layers learn of the training rows before training: means and variances of what comes into them. Layers
 * further on see what those before them learned. In float64, row by row of each unit, so that it does not depend on how rows are taken together (Welford 1962).
 */
export function withLearnedStatistics(network: Network, values: Values, bind: () => BoundTable): Values {
  const learned = new Map(values);
  let train: BoundTable | undefined;
  for (const node of network.graph.nodes) {
    const [from] = node.inputs;
    const inputs = node.inputs.map((input) => network.shapes.get(input.node)![input.output]!);
    const kind = layerKind(node.kind);
    const rule = kind.learns?.(node.arguments as never, inputs);
    if (!rule || !from || node.shares !== undefined) continue;
    const b = new Builder();
    const forward = buildForward(b, network, 'inference');
    b.result('seen', forward.values.get(from.node)![from.output]!);
    const program = optimize(b.build(`${node.name} learns`));
    const state = tensors64(network, learned);
    const batches = new Batches((train ??= bind()), { batchSize: ROWS });
    const own = network.params.get(node.name)!;
    const statistics = new Statistics(sizeOf(paramShape(own[rule.mean]!)));
    for (let step = 0; step < batches.steps; step++) {
      const { inputs: rows } = batches.read(step);
      const { seen } = evaluate(program, { ...state, ...rows }).results;
      statistics.add(
        seen!,
        rule.places.map((place) => place + 1),
      );
    }
    learned.set(own[rule.mean]!.name, Float32Array.from(statistics.means));
    learned.set(own[rule.variance]!.name, Float32Array.from(statistics.variances()));
  }
  return learned;
}

/** Means and sums of squared differences from them, number by number. */
class Statistics {
  readonly means: Float64Array;
  private readonly squares: Float64Array;
  private readonly count: Float64Array;

  constructor(size: number) {
    this.means = new Float64Array(size);
    this.squares = new Float64Array(size);
    this.count = new Float64Array(size);
  }

  /** Adds a tensor, of which the places along `axes` have statistics of their own. */
  add({ data, shape }: Tensor64, axes: readonly number[]): void {
    const strides = shape.map((_, axis) => sizeOf(shape.slice(axis + 1)));
    for (let k = 0; k < data.length; k++) {
      let at = 0;
      for (const axis of axes) at = at * shape[axis]! + (Math.floor(k / strides[axis]!) % shape[axis]!);
      const count = ++this.count[at]!;
      const difference = data[k]! - this.means[at]!;
      this.means[at]! += difference / count;
      this.squares[at]! += difference * (data[k]! - this.means[at]!);
    }
  }

  /** Divided by the count itself, as Keras and NumPy do. */
  variances(): Float64Array {
    return this.squares.map((sum, k) => sum / this.count[k]!);
  }
}
