import { extents } from '../../ir/dims.js';
import type { Unit } from '../../ir/dims.js';
import type { Network } from '../../ir/graph.js';
import { constantOf, factOf, type Mode, type UnitFact } from '../../ir/units.js';
import { lastAxisFacts, spreadFacts, unknownFacts, unknownUnits } from '../../layers/facts.js';
import type { AxisFacts, FactsStep, Inside } from '../../layers/layer.js';
import { Builder } from '../../program/builder.js';
import { evaluate } from '../../program/evaluate.js';
import { sizeOf, type Tensor64 } from '../../program/program.js';
import { paramShape } from '../3-dims/index.js';
import { type Site, sitesOf } from './links.js';
import { tensor64, type ValuesExact } from './values.js';

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
  for (const site of sites) facts.set(site.node.name, factsAt(network, values, mode, site, facts));
  return facts;
}

/** What layers tell of units inside of themselves, by layer. */
export function insideFacts(
  network: Network,
  values: ValuesExact,
  mode: Mode,
  sites: readonly Site[],
  facts: Facts,
  folds: (layer: string, bias: string) => boolean,
): ReadonlyMap<string, Inside> {
  return new Map(
    sites.flatMap((site) => {
      const { name } = site.node;
      const told = insideAt(network, values, site, facts, { mode, folds: (bias) => folds(name, bias) });
      return told ? [[name, told]] : [];
    }),
  );
}

/** What one layer tells of units inside of itself. */
export function insideAt(
  network: Network,
  values: ValuesExact,
  { node, kind }: Site,
  facts: Facts,
  options: { readonly mode?: Mode; readonly folds?: (bias: string) => boolean } = {},
): Inside | undefined {
  const { mode = 'inference', folds = () => true } = options;
  return kind.inside?.(node.arguments, { ...stepOf(network, values, mode, node, facts), folds });
}

/** What holds in both modes: what shrinking while training may rest on. */
export function meet(a: Facts, b: Facts): Facts {
  return new Map(
    [...a].map(([name, outputs]) => [
      name,
      outputs.map((axes, k) => axes.map((units, axis) => meetUnits(units, b.get(name)![k]![axis]!))),
    ]),
  );
}

function meetUnits(a: readonly UnitFact[], b: readonly UnitFact[]): readonly UnitFact[] {
  return a === b ? a : a.map((fact, j) => (constantOf(fact) === constantOf(b[j]!) ? fact : ('varies' as const)));
}

/** What holds in both modes inside of layers: a unit that serves another in either mode does. */
export function meetInside(
  a: ReadonlyMap<string, Inside>,
  b: ReadonlyMap<string, Inside>,
): ReadonlyMap<string, Inside> {
  return new Map(
    [...a].map(([name, { reads = {}, serves = [] }]) => {
      const other = b.get(name)!;
      return [
        name,
        {
          reads: Object.fromEntries(
            Object.entries(reads).map(([tensor, units]) => [tensor, meetUnits(units, other.reads![tensor]!)]),
          ),
          serves: [...serves, ...(other.serves ?? [])],
        },
      ];
    }),
  );
}

/** What a layer's rules for facts are given. */
export function stepOf(
  network: Network,
  values: ValuesExact,
  mode: Mode,
  node: Site['node'],
  facts: ReadonlyMap<string, readonly AxisFacts[]>,
): FactsStep {
  return {
    ...tensorsOf(network, values, node),
    inputs: node.inputs.map((from) => facts.get(from.node)![from.output]!),
    mode,
  };
}

/** The shapes and parameters of a layer, as its rules read them. */
export function tensorsOf(
  network: Network,
  values: ValuesExact,
  node: Site['node'],
): Pick<FactsStep, 'inputShapes' | 'outputShapes' | 'values' | 'shapeOf'> {
  const own = network.params.get(node.name) ?? {};
  return {
    inputShapes: node.inputs.map((from) => network.shapes.get(from.node)![from.output]!),
    outputShapes: network.shapes.get(node.name)!,
    values: (tensor) => values.get(own[tensor]!.name)!,
    shapeOf: (tensor) => own[tensor] && paramShape(own[tensor]),
  };
}

/** What is known of the outputs of one layer, given what is of its inputs'. */
export function factsAt(
  network: Network,
  values: ValuesExact,
  mode: Mode,
  site: Site,
  facts: ReadonlyMap<string, readonly AxisFacts[]>,
): readonly AxisFacts[] {
  const { node, kind, outputs } = site;
  const shapes = network.shapes.get(node.name)!;
  const step = stepOf(network, values, mode, node, facts);
  const { inputs } = step;
  if (inputs.length === 0) return shapes.map(unknownFacts);
  if (kind.facts) return kind.facts(node.arguments, step).map(spreadFacts);
  const last = inputs.map((axes) => axes.at(-1) ?? []);
  const settled = outputs.map((axes) => settledUnits(site, axes.at(-1) ?? [], last));
  if (!settled.some((units) => units.includes(true))) return shapes.map(unknownFacts);
  const results = forwardOfConstants(network, values, mode, site, last);
  return settled.map((units, k) => {
    const known = units.map((constant, j): UnitFact => {
      if (!constant) return 'varies';
      const value = everywhere(results[k]!, j, units.length);
      return value === undefined || !Number.isFinite(value) ? 'varies' : factOf(value);
    });
    return spreadFacts(lastAxisFacts(shapes[k]!, known));
  });
}

/** Of each output unit, whether all that it depends on is constant. */
function settledUnits(site: Site, units: readonly Unit[], inputs: readonly (readonly UnitFact[])[]): boolean[] {
  const varying = inputs.map((facts, k) => {
    const last = site.inputs[k]!.axes.at(-1) ?? [];
    return new Set(last.filter((_, j) => facts[j] === 'varies'));
  });
  // An input without an axis of units is one number that nothing is known of.
  const allConstant = varying.every((set, k) => set.size === 0 && (site.inputs[k]!.axes.length ?? 0) > 0);
  if (allConstant) return units.map(() => true);
  if (units.every((unit) => !site.unitwise.has(unit))) return units.map(() => false);
  const columns = site.links.map((link) => new Map(link.writes?.map((unit, column) => [unit, column])));
  return units.map((unit) => {
    if (!site.unitwise.has(unit)) return false;
    const sources = new Set<Unit>([unit, ...(site.components.get(unit) ?? [])]);
    site.links.forEach((link, k) => {
      const column = link.writes ? columns[k]!.get(unit) : 0;
      if (column === undefined) return;
      link.reads.forEach((root, row) => {
        if (link.live(row, column)) sources.add(root);
      });
    });
    return site.inputs.every(({ axes }, input) => {
      const last = axes.at(-1);
      if (!last) return false;
      // An input that no link reads and that shares no unit with this one reaches it in a way that the dimensions do not tell.
      const traced = last.some((root) => site.weighted.has(root) || sources.has(root));
      return last.every((root) => (traced && !sources.has(root)) || !varying[input]!.has(root));
    });
  });
}

/** Bernoulli draws, and one between them: what comes out alike for all does not depend on the draw. */
const DRAWS = [0, 1, 0.6180339887498949];

/** What `forward` gives in float64 for one row, once per draw; units that vary hold 0, since nothing that is asked for reads them. */
function forwardOfConstants(
  network: Network,
  values: ValuesExact,
  mode: Mode,
  { node, kind }: Site,
  inputs: readonly (readonly UnitFact[])[],
): readonly (readonly Float64Array[])[] {
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
    given[param.name] = tensor64(param, values);
    return [tensor, b.state(param.name, paramShape(param))] as const;
  });
  let drawn = false;
  const results = kind.forward(b, {
    name: node.name,
    arguments: node.arguments as never,
    mode,
    inputs: rows,
    params: Object.fromEntries(params),
    inputShapes,
    outputShapes,
    axesOf: (tensor) => network.params.get(node.name)![tensor]!.axes.map((axis) => axis.dim),
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

/** Units that are the same number wherever they stand in these tensors, with it. */
export function constantsOf(
  tensors: readonly { readonly axes: readonly (readonly Unit[])[]; readonly facts: AxisFacts }[],
): ReadonlyMap<Unit, number> {
  const constants = new Map<Unit, number>();
  for (const { axes, facts } of tensors)
    axes.forEach((units, axis) => {
      const known = facts[axis]!;
      if (known === unknownUnits(units.length)) return;
      units.forEach((unit, k) => {
        const constant = constantOf(known[k]!);
        if (constant !== undefined) constants.set(unit, constant);
      });
    });
  if (constants.size === 0) return NONE;
  for (const { axes, facts } of tensors)
    axes.forEach((units, axis) => {
      units.forEach((unit, k) => {
        const constant = constants.get(unit);
        if (constant !== undefined && constant !== constantOf(facts[axis]![k]!)) constants.delete(unit);
      });
    });
  return constants;
}

const NONE: ReadonlyMap<Unit, number> = new Map();
