import { extents } from '../../ir/dims.js';
import type { Unit } from '../../ir/dims.js';
import type { Network } from '../../ir/graph.js';
import { constantOf, factOf, type Mode, type UnitFact } from '../../ir/units.js';
import { layerKind } from '../../layers/index.js';
import { Builder } from '../../program/builder.js';
import { evaluate } from '../../program/evaluate.js';
import { sizeOf, type Tensor64 } from '../../program/program.js';
import type { AxisFacts } from '../../layers/layer.js';
import { paramShape } from '../3-dims/index.js';
import { type Site, sitesOf } from './links.js';
import type { ValuesExact } from './values.js';

/** What is known of the units of every axis of every output, by layer. */
export type Facts = ReadonlyMap<string, readonly AxisFacts[]>;

/**
 * The forward fixpoint, as in sparse conditional constant propagation (Wegman and Zadeck 1991): zero < constant < varies. A weight counts only
 * if it is not exactly 0 and its source varies. Layers come after those they read, so one pass reaches the fixpoint.
 */
export function unitFacts(
  network: Network,
  values: ValuesExact,
  mode: Mode,
  sites: readonly Site[] = sitesOf(network, values),
): Facts {
  const facts = new Map<string, readonly AxisFacts[]>();
  for (const site of sites) {
    const inputs = site.node.inputs.map((from) => facts.get(from.node)![from.output]!);
    facts.set(site.node.name, factsAt(network, values, mode, site, inputs));
  }
  return facts;
}

/** What holds in both modes: what shrinking while training may rest on. */
export function meet(a: Facts, b: Facts): Facts {
  const both = (x: UnitFact, y: UnitFact | undefined) =>
    y !== undefined && constantOf(x) === constantOf(y) ? x : ('varies' as const);
  return new Map(
    [...a].map(([name, outputs]) => [
      name,
      outputs.map((axes, k) =>
        axes.map((units, axis) => units.map((fact, j) => both(fact, b.get(name)?.[k]?.[axis]?.[j]))),
      ),
    ]),
  );
}

function factsAt(
  network: Network,
  values: ValuesExact,
  mode: Mode,
  site: Site,
  inputs: readonly AxisFacts[],
): readonly AxisFacts[] {
  const { node, outputs } = site;
  const unknown = outputs.map((axes) => axes.map((units) => units.map((): UnitFact => 'varies')));
  if (inputs.length === 0) return unknown;
  const kind = layerKind(node.kind);
  if (kind.facts) {
    const own = network.params.get(node.name) ?? {};
    return kind.facts(node.arguments, {
      inputs,
      inputShapes: node.inputs.map((from) => network.shapes.get(from.node)![from.output]!),
      outputShapes: network.shapes.get(node.name)!,
      values: (tensor) => values.get(own[tensor]!.name)!,
      shapeOf: (tensor) => own[tensor] && paramShape(own[tensor]),
      mode,
    });
  }
  const last = inputs.map((axes) => axes.at(-1) ?? []);
  const settled = outputs.map((axes) => (axes.at(-1) ?? []).map((unit) => readsConstantsOnly(site, unit, last)));
  if (!settled.some((units) => units.includes(true))) return unknown;
  const results = forwardOfConstants(network, values, mode, site, last);
  return settled.map((units, k) => {
    const known = units.map((constant, j): UnitFact => {
      if (!constant) return 'varies';
      const value = everywhere(results[k]!, j, units.length);
      return value === undefined || !Number.isFinite(value) ? 'varies' : factOf(value);
    });
    return [...unknown[k]!.slice(0, -1), ...(outputs[k]!.length > 0 ? [known] : [])];
  });
}

/** Whether all that an output unit depends on is constant. */
function readsConstantsOnly(site: Site, unit: Unit, inputs: readonly (readonly UnitFact[])[]): boolean {
  const apart = site.unitwise.has(unit);
  const constant = (input: number, wanted: (root: Unit) => boolean) =>
    site.inputs[input]!.at(-1)?.every((root, j) => !wanted(root) || inputs[input]![j] !== 'varies') ?? false;
  if (!apart) return inputs.every((_, input) => constant(input, () => true));
  const sources = new Set<Unit>([unit, ...(site.components.get(unit) ?? [])]);
  for (const link of site.links) {
    const column = link.writes ? link.writes.indexOf(unit) : 0;
    if (column < 0) continue;
    link.reads.forEach((root, row) => {
      if (link.live(row, column)) sources.add(root);
    });
  }
  return inputs.every((_, input) => {
    const last = site.inputs[input]!.at(-1) ?? [];
    // An input that no link reads and that shares no unit with this one reaches it in a way that the dimensions do not tell.
    const traced = last.some((root) => site.weighted.has(root) || sources.has(root));
    return constant(input, traced ? (root) => sources.has(root) : () => true);
  });
}

/** Bernoulli draws, and one between them: what comes out alike for all does not depend on the draw. */
const DRAWS = [0, 1, 0.6180339887498949];

/** What `forward` gives in float64 for one row, once per draw; units that vary hold 0, since nothing that is asked for reads them. */
function forwardOfConstants(
  network: Network,
  values: ValuesExact,
  mode: Mode,
  site: Site,
  inputs: readonly (readonly UnitFact[])[],
): readonly (readonly Float64Array[])[] {
  const { node } = site;
  const inputShapes = node.inputs.map((from) => network.shapes.get(from.node)![from.output]!);
  const outputShapes = network.shapes.get(node.name)!;
  const given: Record<string, Tensor64> = {};
  const b = new Builder();
  const rows = inputShapes.map((shape, k) => {
    const units = inputs[k]!.map((fact) => constantOf(fact) ?? 0);
    const at = [1, ...extents(shape)];
    const data = new Float64Array(sizeOf(at));
    for (let j = 0; j < data.length; j++) data[j] = units[j % units.length]!;
    given[`input ${k}`] = { dtype: 'float', shape: at, data };
    return b.batch(`input ${k}`, 'float', ['batch', ...extents(shape)]);
  });
  const params = Object.entries(network.params.get(node.name) ?? {}).map(([tensor, param]) => {
    const shape = extents(param.axes.map((axis) => axis.dim));
    given[param.name] = { dtype: 'float', shape, data: Float64Array.from(values.get(param.name)!) };
    return [tensor, b.state(param.name, shape)] as const;
  });
  let drawn = false;
  const results = layerKind(node.kind).forward(b, {
    name: node.name,
    arguments: node.arguments,
    mode,
    inputs: rows,
    params: Object.fromEntries(params),
    inputShapes,
    outputShapes,
    update: () => undefined,
    random: () => {
      drawn = true;
      return b.scalar('draw');
    },
  });
  results.forEach((value, k) => {
    b.result(`output ${k}`, value);
  });
  const program = b.build(node.name);
  const draws = (drawn ? DRAWS : [0]).map((draw) =>
    evaluate(program, { ...given, draw: { dtype: 'float', shape: [], data: Float64Array.of(draw) } }),
  );
  return results.map((_, k) => draws.map((draw) => draw.results[`output ${k}`]!.data));
}

/** The value of unit j of `width` if it is the same at every position and draw. */
function everywhere(draws: readonly Float64Array[], j: number, width: number): number | undefined {
  const value = draws[0]![j]!;
  const same = draws.every((data) => {
    for (let k = j; k < data.length; k += width) if (data[k] !== value) return false;
    return true;
  });
  return same ? value : undefined;
}
