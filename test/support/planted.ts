import { paramShape } from '../../src/compiler/3-dims/index.js';
import type { Values } from '../../src/compiler/5-shrink/values.js';
import type { Unit } from '../../src/ir/dims.js';
import { allParams, axisExtent, type Network, outputShape, type Param, unitMakers } from '../../src/ir/graph.js';
import { stridesOf } from '../../src/program/shapes.js';

/** Dead units of one layer, or of a part of one, by their positions. */
export interface PlantedUnits {
  readonly maker: string;
  /** What no weight reads. */
  readonly unread: readonly number[];
  /** What no weight writes, so that it is the same for every input. Beside zeros at the rim of a convolution one of them may have to stand for all. */
  readonly constant: readonly number[];
}

/**
 * Kills units of every layer that makes some, in the ways there are: units and input features that no weight reads, and units that no weight writes. Outputs stay as
 * they are, and of units that several layers write together, as those of a residual stream, none is constant.
 */
export function plantDeadUnits(
  network: Network,
  values: Values,
): { readonly values: Values; readonly planted: readonly PlantedUnits[] } {
  const data = new Map([...values].map(([name, numbers]) => [name, numbers.slice()]));
  const { dims, graph } = network;
  const outputs = new Set(graph.outputs.flatMap((output) => outputShape(network, output).at(-1)!.units).map(rootOf));
  const makers = unitMakers(network).filter(
    ({ axis }) => axis.units.length > 2 && !outputs.has(rootOf(axis.units[0]!)),
  );
  const writers = new Map<Unit, number>();
  for (const { axis } of makers) {
    const root = rootOf(axis.units[0]!);
    writers.set(root, (writers.get(root) ?? 0) + 1);
  }
  const params = allParams(network);
  const planted: PlantedUnits[] = [];
  for (const { maker, node, axis, part } of makers) {
    const count = axis.units.length;
    const roots = (positions: readonly number[]) => new Set(positions.map((position) => rootOf(axis.units[position]!)));
    const own = Object.values(network.params.get(node.name) ?? {});
    // Features of a Flatten that go by themselves: other places than those of the channels that go.
    const first = own.length > 0 || node.kind === 'Input' ? 1 : 3;
    const { blocks = 1 } =
      dims.allEqualBlocks.find(({ dims: axes }) => axes.some((one) => one.units === axis.units)) ?? {};
    const size = count / blocks;
    // Of blocks that stay alike, such as heads, another one in each.
    const unread =
      blocks > 1 && size > 1
        ? Array.from({ length: blocks }, (_, block) => block * size + ((block + 1) % size))
        : count < 6
          ? [1]
          : [first, Math.floor(count / 2) + first - 1];
    const wanted = roots(unread);
    const isOf = (unit: Unit): boolean => wanted.has(rootOf(unit)) || dims.componentsOf(unit).some(isOf);
    const isRead = params.map((param) => zero(param, 'reads', isOf)).some(Boolean);
    // Keys are read by queries alone: without weights into both nothing is left of them.
    if (!isRead) for (const param of part === undefined ? [] : own) zero(param, 'writes', isOf);
    const constant =
      part === undefined &&
      own.length > 0 &&
      count >= 6 &&
      !isTakenApart(node.name) &&
      writers.get(rootOf(axis.units[0]!)) === 1
        ? [count - 2, count - 1]
        : [];
    const still = roots(constant);
    for (const param of own) {
      const isBias = param.tensor === 'bias' && !param.axes.some(({ role }) => role === 'reads');
      // A cell that remembers is constant where nothing comes in at all.
      const isRecurrent = own.some(({ tensor }) => tensor.includes('recurrent'));
      zero(param, 'writes', (unit) => still.has(rootOf(unit)), isBias && !isRecurrent ? 0.25 : 0);
    }
    // Behind a batch normalization it is constant, too, and below 0 as relu wants it, so that nothing of it is left beside zeros.
    for (const norm of graph.nodes.filter(({ kind }) => kind === 'BatchNormalization')) {
      const { gamma, beta } = network.params.get(norm.name)!;
      const units = beta?.axes[0]?.dim.units ?? [];
      units.forEach((unit, place) => {
        if (!still.has(rootOf(unit))) return;
        if (gamma) data.get(gamma.name)![place] = 0;
        data.get(`${norm.name}.beta`)![place] = -0.25;
      });
    }
    const dead = isRead || (part !== undefined && own.length > 0);
    if (dead || constant.length > 0) planted.push({ maker, unread: dead ? unread : [], constant });
  }
  return { values: data, planted };

  function rootOf(unit: Unit): Unit {
    return dims.find(unit);
  }

  /** Whether its units become places of channels, which go as a whole. */
  function isTakenApart(layer: string): boolean {
    return graph.nodes.some(({ kind, inputs }) => kind === 'Reshape' && inputs.some((input) => input.node === layer));
  }

  /** Sets the weights of some units on the axes of a role; whether there were any. */
  function zero(param: Param, role: 'reads' | 'writes', isWanted: (unit: Unit) => boolean, to = 0): boolean {
    const shape = paramShape(param);
    const strides = stridesOf(shape);
    const numbers = data.get(param.name)!;
    let found = false;
    param.axes.forEach((axis, k) => {
      if (axis.role !== role || !param.trained) return;
      const [rows, stride] = [axisExtent(axis), strides[k]!];
      const { groups = 1, by = param.axes.length - 1 } = axis;
      const blockOf = (at: number) => Math.floor(((Math.floor(at / strides[by]!) % shape[by]!) * groups) / shape[by]!);
      axis.dim.units.forEach((unit, place) => {
        if (!isWanted(unit)) return;
        found = true;
        const [block, position] = [Math.floor(place / rows), place % rows];
        for (let outer = position * stride; outer < numbers.length; outer += stride * shape[k]!)
          for (let inner = outer; inner < outer + stride; inner++) if (blockOf(inner) === block) numbers[inner] = to;
      });
    });
    return found;
  }
}
