import type { Network } from '../../ir/graph.js';
import type { Folded } from './fold.js';
import type { ShrinkResult } from './shrink.js';

/** Units that stay though no living unit reads them, or though they are constant, and why. */
export interface PinnedUnits {
  /** The layer that makes them, or `<layer>.<part>`. */
  readonly layer: string;
  /** By their places in the network that was trained first. */
  readonly indices: readonly number[];
  readonly reason: string;
}

/** Units of an output that are constant: an output is an interface, so they stay. */
export interface ConstantOutputs {
  readonly output: string;
  /** The layer that gives the output. */
  readonly layer: string;
  /** By their places in the output. */
  readonly indices: readonly number[];
  /** What each of them always is. */
  readonly values: readonly number[];
  /** For rows within the certified ranges of the inputs; absent: for all rows. */
  readonly within?: true;
}

/** Constants that units held which went, and that a reader holds instead. */
export interface FoldedUnits {
  readonly reader: string;
  /** What took them: a bias, a moving mean, or the kernel at the weights of `carrier`. */
  readonly param: string;
  /** The reader had no bias and got one. */
  readonly added: boolean;
  /** The unit that stands for the others. */
  readonly carrier?: { readonly layer: string; readonly index: number };
  /** By the layer that made them: places in the network that was trained first, and what each of them always was. */
  readonly constants: readonly {
    readonly layer: string;
    readonly indices: readonly number[];
    readonly values: readonly number[];
  }[];
}

/** What exact removal says of units that stayed and of constants, in `certificate.json` and `result.json`. Absent: there are none. */
export interface Reasons {
  readonly pinned?: readonly PinnedUnits[];
  readonly constant_outputs?: readonly ConstantOutputs[];
  readonly folded?: readonly FoldedUnits[];
}

/** What there is to say of a removal. `network` is the one before it. */
export function shrinkReasons(
  { graph }: Pick<Network, 'graph'>,
  shrunk: Pick<ShrinkResult, 'pins' | 'constantOutputs' | 'folded' | 'within'>,
): Reasons {
  const { pins, constantOutputs, within } = shrunk;
  const isWithin = (within?.constant.length ?? 0) > 0;
  const constant = graph.outputs.flatMap(({ name, node }): ConstantOutputs[] => {
    const own = constantOutputs.filter(({ output }) => output === name);
    if (own.length === 0) return [];
    return [
      {
        output: name,
        layer: node,
        indices: own.map(({ index }) => index),
        values: own.map(({ value }) => value),
        ...(isWithin && { within: true as const }),
      },
    ];
  });
  const folded = foldedUnits(shrunk.folded);
  return {
    ...(pins.length > 0 && { pinned: pins }),
    ...(constant.length > 0 && { constant_outputs: constant }),
    ...(folded.length > 0 && { folded }),
  };
}

/** What several looks folded into one parameter as one entry. */
function foldedUnits(all: readonly Folded[]): FoldedUnits[] {
  const into = new Map<string, Folded[]>();
  for (const one of all) {
    const key = JSON.stringify([one.reader, one.param, one.carrier]);
    into.set(key, [...(into.get(key) ?? []), one]);
  }
  return [...into.values()].flatMap((some): FoldedUnits[] => {
    const { reader, param, carrier } = some[0]!;
    const byLayer = new Map<string, Map<number, number>>();
    for (const { layer, index, value } of some.flatMap(({ constants }) => constants)) {
      const own = byLayer.get(layer) ?? new Map<number, number>();
      byLayer.set(layer, own.set(index, value));
    }
    if (byLayer.size === 0) return [];
    const constants = [...byLayer].map(([layer, own]) => {
      const sorted = [...own].sort(([a], [b]) => a - b);
      return { layer, indices: sorted.map(([index]) => index), values: sorted.map(([, value]) => value) };
    });
    return [{ reader, param, added: some.some(({ added }) => added), ...(carrier && { carrier }), constants }];
  });
}
