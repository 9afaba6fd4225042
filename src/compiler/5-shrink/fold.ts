import type { Unit } from '../../ir/dims.js';
import type { Network } from '../../ir/graph.js';
import { stridesOf } from '../../program/shapes.js';
import { paramShape } from '../3-dims/index.js';
import { constantAt, type Liveness } from './liveness.js';
import type { Values } from './values.js';

/** Constants that went into the bias of one reader. */
export interface Folded {
  readonly reader: string;
  readonly param: string;
  readonly constants: readonly { readonly layer: string; readonly index: number; readonly value: number }[];
  /** The reader had no bias and got one. */
  readonly added: boolean;
}

/** Adds c · W of every constant that goes to its readers' bias, in float64. */
export function fold(
  network: Network,
  values: Values,
  live: Liveness,
  removed: ReadonlySet<Unit>,
): { exact: Map<string, Float64Array>; folded: Folded[] } {
  const exact = new Map<string, Float64Array>();
  const folded: Folded[] = [];
  for (const site of live.sites) {
    const { node, links } = site;
    const own = network.params.get(node.name) ?? {};
    const writes = network.shapes.get(node.name)![0]!.at(-1)!;
    const constants = new Map<Unit, { layer: string; index: number; value: number }>();
    let bias: Float64Array | undefined;
    for (const { param, readAxis, reads, writeAxis = 0 } of links) {
      const shape = paramShape(param);
      const data = values.get(param.name)!;
      const strides = stridesOf(shape);
      const [readStride, writeStride] = [strides[readAxis]!, strides[writeAxis]!];
      const amounts = reads.map((unit) => (removed.has(unit) ? constantAt(site, live.facts, unit) : undefined) ?? 0);
      if (!amounts.some((amount) => amount !== 0)) continue;
      if (site.folds)
        bias ??= Float64Array.from(own.bias ? values.get(own.bias.name)! : new Float32Array(writes.units.length));
      for (let k = 0; k < data.length; k++) {
        const row = Math.floor(k / readStride) % reads.length;
        if (amounts[row] === 0 || data[k] === 0) continue;
        const column = Math.floor(k / writeStride) % shape[writeAxis]!;
        const written = network.dims.find(writes.units[column]!);
        // Where a reader folds nothing, a constant goes only if no unit reads it that anything needs.
        if (!bias) {
          if (live.needed.has(written)) throw new Error(`${node.name} was given a constant to fold`);
          continue;
        }
        bias[column]! += amounts[row]! * data[k]!;
        if (!removed.has(written))
          constants.set(reads[row]!, { ...network.dims.origin(reads[row]!), value: amounts[row]! });
      }
    }
    if (!bias || constants.size === 0) continue;
    const name = own.bias?.name ?? `${node.name}.bias`;
    exact.set(name, bias);
    folded.push({ reader: node.name, param: name, constants: [...constants.values()], added: !own.bias });
  }
  return { exact, folded };
}
