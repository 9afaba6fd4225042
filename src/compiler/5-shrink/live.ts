import type { Unit } from '../../ir/dims.js';
import { allParams, type Network, unitMakers } from '../../ir/graph.js';
import type { HostTensor } from '../../program/program.js';
import { multiplyAdds, paramShape, paramSize } from '../3-dims/index.js';
import type { StateDecl } from '../4-program/index.js';
import { roundGoing } from './counts.js';
import type { Site } from './links.js';
import { blocksMixed, liveness } from './liveness.js';
import { deadOutputs, deadUnits, type Removal, remove, without } from './shrink.js';
import { keptPositions, positionsLeft, scatter, slice } from './slice.js';
import type { Values } from './values.js';

/**
 * What live shrinking has left of a network, and what it has seen: with the spec it says everything of the network that is being trained. Layers are
 * those that make units.
 */
export interface Living {
  /** By layer, or `<layer>.<part>`: the positions of the units left, in the network of the spec. */
  readonly kept: Readonly<Record<string, readonly number[]>>;
  /** By layer: in how many checks in a row each of the units left was found dead. */
  readonly dead: Readonly<Record<string, readonly number[]>>;
}

/** Before the first check. */
export function allLiving(network: Network): Living {
  const makers = unitMakers(network);
  return {
    kept: Object.fromEntries(makers.map(({ maker, axis }) => [maker, axis.units.map((_, k) => k)])),
    dead: Object.fromEntries(makers.map(({ maker, axis }) => [maker, axis.units.map(() => 0)])),
  };
}

/** What is left of the network of the spec. */
export function livingNetwork(network: Network, living: Living): Network {
  const removed = removedUnits(network, living);
  return removed.size === 0 ? network : without(network, removed).network;
}

/** The units of the network of the spec that are gone. */
function removedUnits(network: Network, { kept }: Living): Set<Unit> {
  return new Set(
    unitMakers(network).flatMap(({ maker, axis }) => {
      const left = new Set(kept[maker]);
      return axis.units.flatMap((unit, k) => (left.has(k) ? [] : [network.dims.find(unit)]));
    }),
  );
}

/** Values of what is left as values of the network of the spec, with 0 for what is gone: the same function. */
export function wholeValues(network: Network, living: Living, values: Values): Map<string, Float32Array> {
  const removed = removedUnits(network, living);
  return new Map(
    allParams(network).map((param) => [
      param.name,
      scatter(values.get(param.name)!, paramShape(param), keptPositions(network, removed, param)),
    ]),
  );
}

/** Values of the network of the spec as values of what is left of it. */
export function livingValues(network: Network, living: Living, values: Values): Map<string, Float32Array> {
  const removed = removedUnits(network, living);
  return new Map(
    allParams(network).map((param) => [
      param.name,
      slice(values.get(param.name)!, paramShape(param), keptPositions(network, removed, param)),
    ]),
  );
}

/**
 * Steps of training that making the network smaller must save before it pays: making an engine ready and picking the features that are left takes as
 * long as 100 to 200 steps of a LeNet-300-100.
 */
export const REBUILD_STEPS = 200;

/** Whether the multiply-adds saved in the steps that are left pay for going on with another network. No clock is asked, so that it is decided alike each time. */
export function pays(before: Network, after: Network, stepsLeft: number): boolean {
  const [large, small] = [multiplyAdds(before), multiplyAdds(after)];
  return large > 0 && (1 - small / large) * stepsLeft >= REBUILD_STEPS;
}

/**
 * One look at a network while it is trained: a unit that is dead in both modes in `patience` looks in a row goes, with others, as soon as that pays. A
 * network of which no output depends on an input is left as it is; simplifying says so at the end. Every layer keeps a unit. `averaged`: an average of
 * the weights is kept beside them. `roundTo`: widths stay at multiples of this number, or as they were where that is less.
 */
export function checkLiving(
  network: Network,
  values: Values,
  living: Living,
  options: {
    readonly patience: number;
    readonly stepsLeft: number;
    readonly averaged?: boolean;
    readonly roundTo?: number | undefined;
  },
): { readonly living: Living; readonly shrunk?: Removal } {
  // No layer gets a bias that it did not have, since that would be trained, too; and an average of the weights has other constants than they.
  const folds = (layer: string, bias: string) => !options.averaged && network.params.get(layer)?.[bias] !== undefined;
  const live = liveness(network, values, { modes: 'both', folds });
  const dead = deadOutputs(network, live.sites, live.facts).length > 0 ? new Set<Unit>() : deadUnits(live);
  const makers = unitMakers(network);
  const looks = new Map(
    makers.map(({ maker, axis }) => [
      maker,
      axis.units.map((unit, k) => (dead.has(network.dims.find(unit)) ? living.dead[maker]![k]! + 1 : 0)),
    ]),
  );
  const going = new Set(
    makers.flatMap(({ maker, axis }) =>
      axis.units.flatMap((unit, k) => (looks.get(maker)![k]! >= options.patience ? [network.dims.find(unit)] : [])),
    ),
  );
  const { roundTo = 1 } = options;
  keepWhole(network, live.sites, going, () => roundGoing(network, values, live.sites, going, roundTo));
  const seen = { ...living, dead: Object.fromEntries(looks) };
  if (going.size === 0 || !pays(network, without(network, going).network, options.stepsLeft)) return { living: seen };

  const left = (of: Living['kept']) =>
    Object.fromEntries(
      makers.map(({ maker, axis }) => [
        maker,
        positionsLeft(network, going, axis.units).map((position) => of[maker]![position]!),
      ]),
    );
  return {
    living: { kept: left(living.kept), dead: left(seen.dead) },
    shrunk: remove(network, values, live, going),
  };
}

/**
 * Takes back units that cannot go yet: those that a unit is made of which stays, those of a block that goes as a whole or keeps as many as the others, and those of a
 * layer that would have none left, and those that `round` asks for.
 */
function keepWhole(network: Network, sites: readonly Site[], going: Set<Unit>, round: () => void): void {
  const { dims } = network;
  const makers = unitMakers(network).map(({ axis }) => axis.units.map((unit) => dims.find(unit)));
  const mixed = sites.flatMap((site) => [...new Set(blocksMixed(network, site).values())]);
  for (let before = -1; before !== going.size; ) {
    before = going.size;
    for (const { components, together } of sites)
      for (const [unit, parts] of components) {
        if (!going.has(unit)) for (const part of parts) going.delete(part);
        else if (together.has(unit) && !parts.some((part) => going.has(part))) going.delete(unit);
      }
    for (const units of [...makers, ...sites.flatMap(({ inputs }) => inputs.flatMap(({ axes }) => axes))])
      if (units.every((unit) => going.has(unit))) for (const unit of units) going.delete(unit);
    for (const block of [...mixed, ...dims.allTies.map((tie) => tie.map((unit) => dims.find(unit)))])
      if (!block.every((unit) => going.has(unit))) for (const unit of block) going.delete(unit);
    for (const { blocks, dims: axes } of dims.allEqualBlocks)
      keepEqual(
        axes.map(({ units }) => units.map((unit) => dims.find(unit))),
        blocks,
        going,
      );
    round();
  }
}

/** Leaves as many units in each block as in the others, but for blocks that go on all axes. */
function keepEqual(axes: readonly (readonly Unit[])[], count: number, going: Set<Unit>): void {
  const blocks = axes.map((units) => {
    const size = units.length / count;
    return Array.from({ length: count }, (_, block) => units.slice(block * size, (block + 1) * size));
  });
  const staying = Array.from({ length: count }, (_, block) => block).filter((block) =>
    blocks.some((of) => of[block]!.some((unit) => !going.has(unit))),
  );
  for (const of of blocks) {
    const leaving = staying.map((block) => of[block]!.filter((unit) => going.has(unit)));
    const least = Math.min(...leaving.map((units) => units.length));
    for (const units of leaving) for (const unit of units.slice(least)) going.delete(unit);
  }
}

/**
 * The state of a step program after a shrink: parameters as the shrink left them (constants are in their readers' bias), and what has a parameter's
 * shape or a number for each of its units, such as a moment of the optimizer or the gates of a method, without what went.
 */
export function stateLeft(
  network: Network,
  shrunk: Removal,
  declared: readonly StateDecl[],
  state: Readonly<Record<string, HostTensor>>,
): Record<string, HostTensor> {
  const shapes = new Map(allParams(shrunk.network).map((param) => [param.name, paramShape(param)]));
  return Object.fromEntries(
    declared.map(({ name, param, slot }) => {
      const before = state[name]!.data as Float32Array;
      if (before.length !== paramSize(param)) throw new Error(`${name} has not the shape of ${param.name}`);
      const kept = keptPositions(network, shrunk.removed, param);
      const left = slice(before, paramShape(param), kept);
      // The own tensors of sparsity methods are no parameters of the network.
      const data = (slot === undefined && shrunk.values.get(name)) || left;
      return [name, { shape: shapes.get(param.name) ?? kept.axes.map(({ length }) => length), data }];
    }),
  );
}
