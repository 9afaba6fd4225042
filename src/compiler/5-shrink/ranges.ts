import { extents } from '../../ir/dims.js';
import type { Network } from '../../ir/graph.js';
import { type InputRanges, pickedRanges, type Ranges, unbounded } from '../../ir/ranges.js';
import { constantOf, factOf, type UnitFact } from '../../ir/units.js';
import { spreadFacts } from '../../layers/facts.js';
import type { AxisFacts, RangesStep } from '../../layers/layer.js';
import { type Facts, factsAt, tensorsOf, unitFacts } from './facts.js';
import { type Site, sitesOf } from './links.js';
import type { ValuesExact } from './values.js';

/** Units of one layer that are one number for all rows within the ranges of the inputs, and would vary beyond them. */
export interface ConstantWithin {
  readonly layer: string;
  readonly value: number;
  /** By their places in the network that was trained first. */
  readonly indices: readonly number[];
}

/** Units of one layer whose relu hands on whatever it is given within the ranges. */
export interface LinearWithin {
  readonly layer: string;
  readonly indices: readonly number[];
}

/** What follows from the ranges of the inputs. */
export interface FoundWithin {
  readonly constant: readonly ConstantWithin[];
  /** No reason to remove anything: the activation could go, were it that of all units. */
  readonly linear: readonly LinearWithin[];
}

/** Activations that hand on what is not negative, up to a limit. */
const RECTIFIERS: Readonly<Record<string, (args: Readonly<Record<string, unknown>>) => number>> = {
  relu: ({ max_value }) => (max_value as number | undefined) ?? Number.POSITIVE_INFINITY,
  relu6: () => 6,
};

/**
 * The facts of inference, and beside them what the units of every layer can be while the inputs are within their ranges: interval analysis. A unit that can be one number
 * only is that constant, such as a relu that can never fire. Ranges end in one number only where an activation cuts them off, since everything that is added up
 * or computed is widened by what float32 may be off by (`layers/ranges.ts`).
 */
export function factsWithin(
  network: Network,
  values: ValuesExact,
  sites: readonly Site[],
  inputs: InputRanges,
): { readonly facts: Facts; readonly found: FoundWithin; readonly ranges: ReadonlyMap<string, readonly Ranges[]> } {
  const facts = new Map<string, readonly AxisFacts[]>();
  const ranges = new Map<string, readonly Ranges[]>();
  const found = { constant: [] as ConstantWithin[], linear: [] as LinearWithin[] };
  for (const site of sites) {
    const { name } = site.node;
    const linear = new Set<number>();
    const own = rangesAt(network, values, site, ranges, inputs, (before, { word, arguments: args }) => {
      const limit = Object.hasOwn(RECTIFIERS, word) ? RECTIFIERS[word]!(args) : Number.NEGATIVE_INFINITY;
      before.low.forEach((low, unit) => {
        if (low >= 0 && before.high[unit]! <= limit) linear.add(unit);
      });
    });
    const known = factsAt(network, values, 'inference', site, facts);
    const narrowed = known.map((axes, output) => narrowedFacts(axes, own[output]!));
    ranges.set(name, own);
    facts.set(
      name,
      narrowed.map(({ axes }) => axes),
    );
    const units = network.shapes.get(name)![0]?.at(-1)?.units ?? [];
    const indexOf = (place: number) => network.dims.origin(units[place]!).index;
    for (const [value, places] of narrowed[0]?.constants ?? [])
      found.constant.push({ layer: name, value, indices: places.map(indexOf) });
    const varying = [...linear].filter((place) => narrowed[0]!.axes.at(-1)?.[place] === 'varies');
    if (varying.length > 0) found.linear.push({ layer: name, indices: varying.map(indexOf) });
  }
  return { facts, found, ranges };
}

/** The facts of inference: of all rows, or of those within the ranges of the inputs. */
export function inferenceFacts(
  network: Network,
  values: ValuesExact,
  sites: readonly Site[] = sitesOf(network, values),
  ranges?: InputRanges,
): Facts {
  return ranges ? factsWithin(network, values, sites, ranges).facts : unitFacts(network, values, 'inference', sites);
}

function rangesAt(
  network: Network,
  values: ValuesExact,
  { node, kind }: Site,
  ranges: ReadonlyMap<string, readonly Ranges[]>,
  inputs: InputRanges,
  activated: RangesStep['activated'],
): readonly Ranges[] {
  const shapes = network.shapes.get(node.name)!;
  const widths = shapes.map((shape) => extents(shape).at(-1) ?? 1);
  if (node.inputs.length === 0) {
    const given = Object.hasOwn(inputs, node.name) ? inputs[node.name]! : undefined;
    if (!given) return widths.map(unbounded);
    const keep = node.arguments.keep as readonly number[] | undefined;
    return [keep ? pickedRanges(given, keep) : given];
  }
  if (!kind.ranges) return widths.map(unbounded);
  const read = node.inputs.map((from) => ranges.get(from.node)![from.output]!);
  const own = kind.ranges(node.arguments, { ...tensorsOf(network, values, node), inputs: read, activated });
  own.forEach(({ low, high }, output) => {
    if (low.length !== widths[output] || high.length !== widths[output])
      throw new Error(`${node.name} has ${widths[output]} units, and ranges of ${low.length}`);
  });
  return own;
}

/** Facts with those of units whose range is one number, and which they are by it. */
function narrowedFacts(
  axes: AxisFacts,
  { low, high }: Ranges,
): { readonly axes: AxisFacts; readonly constants: ReadonlyMap<number, readonly number[]> } {
  const constants = new Map<number, number[]>();
  const last = (axes.at(-1) ?? []).map((fact, unit): UnitFact => {
    const value = low[unit]!;
    if (constantOf(fact) !== undefined || value !== high[unit] || !Number.isFinite(value)) return fact;
    // 0 and −0 are one number.
    constants.set(value + 0, [...(constants.get(value + 0) ?? []), unit]);
    return factOf(value);
  });
  return constants.size === 0 ? { axes, constants } : { axes: spreadFacts([...axes.slice(0, -1), last]), constants };
}
