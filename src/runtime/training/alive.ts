import { liveness } from '../../compiler/5-shrink/liveness.js';
import { unitMakers } from '../../compiler/5-shrink/shrink.js';
import { allParams, type Network } from '../../ir/graph.js';
import type { Loaded } from '../engines/engine.js';

/** How many units of every layer that makes some are alive under the engine's present parameters. */
export async function aliveUnits(network: Network, loaded: Loaded): Promise<Record<string, number>> {
  const names = allParams(network).map((param) => param.name);
  const state = await loaded.state(names);
  return countAlive(network, new Map(names.map((name) => [name, state[name]!.data as Float32Array])));
}

/** How many units every layer has that makes some, alive or not. */
export function unitsOf(network: Network): Record<string, number> {
  return Object.fromEntries(unitMakers(network).map(({ layer, axis }) => [layer, axis.units.length]));
}

/** How many units of every layer that makes some are alive under these values. */
function countAlive(network: Network, values: ReadonlyMap<string, Float32Array>): Record<string, number> {
  const live = liveness(network, values);
  // A null prototype: a layer may be called `__proto__`.
  const alive: Record<string, number> = Object.create(null);
  for (const { node } of live.sites) {
    const shape = network.shapes.get(node.name)![0]!;
    const last = shape.at(-1);
    const own = last?.units.filter((unit) => network.dims.origin(network.dims.find(unit)).layer === node.name) ?? [];
    // The lone channel of an image says nothing.
    const lone = node.kind === 'Input' && own.length === 1;
    if (own.length > 0 && !lone)
      alive[node.name] = own.filter((unit) => live.needed.has(network.dims.find(unit))).length;
  }
  return alive;
}
