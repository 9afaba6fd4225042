import { liveness } from '../../compiler/5-shrink/liveness.js';
import { allParams, type Network, unitMakers } from '../../ir/graph.js';
import type { Loaded } from '../engines/engine.js';

/** How many units of every layer that makes some are alive under the engine's present parameters. */
export async function aliveUnits(network: Network, loaded: Loaded): Promise<Record<string, number>> {
  const names = allParams(network).map((param) => param.name);
  const state = await loaded.state(names);
  return countAlive(network, new Map(names.map((name) => [name, state[name]!.data as Float32Array])));
}

/** How many units every layer has that makes some, alive or not. */
export function unitsOf(network: Network): Record<string, number> {
  return Object.fromEntries(unitMakers(network).map(({ maker, axis }) => [maker, axis.units.length]));
}

/** How many units of every layer that makes some are alive under these values. */
function countAlive(network: Network, values: ReadonlyMap<string, Float32Array>): Record<string, number> {
  const live = liveness(network, values);
  // A null prototype: a layer may be called `__proto__`.
  const alive: Record<string, number> = Object.create(null);
  for (const { maker, node, axis } of unitMakers(network)) {
    // The lone channel of an image says nothing.
    const lone = node.kind === 'Input' && axis.units.length === 1;
    if (!lone) alive[maker] = axis.units.filter((unit) => live.needed.has(network.dims.find(unit))).length;
  }
  return alive;
}
