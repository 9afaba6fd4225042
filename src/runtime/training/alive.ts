import { liveness } from '../../compiler/5-shrink/liveness.js';
import type { Values } from '../../compiler/5-shrink/values.js';
import { type Network, unitMakers } from '../../ir/graph.js';

/** How many units every layer has that makes some, alive or not. */
export function unitsOf(network: Network): Record<string, number> {
  return Object.fromEntries(unitMakers(network).map(({ maker, axis }) => [maker, axis.units.length]));
}

/** How many units of every layer that makes some are alive under these values. */
export function aliveUnits(network: Network, values: Values): Record<string, number> {
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
