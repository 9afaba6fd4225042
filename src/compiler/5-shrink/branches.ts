import type { Unit } from '../../ir/dims.js';
import type { Graph, Network, Node } from '../../ir/graph.js';
import { constantOf } from '../../ir/units.js';
import { wholeConstant } from '../../layers/facts.js';
import { layerKind } from '../../layers/index.js';
import type { Facts } from './facts.js';
import { type Folding, NOTHING_FOLDED, takeShift } from './fold.js';
import type { Site } from './links.js';
import type { ValuesExact } from './values.js';

/** What became of a layer beside its arguments: it went, or reads others than before. */
export type LayerEdit =
  | { readonly kind: 'remove'; readonly layer: string }
  | { readonly kind: 'rewire'; readonly layer: string; readonly inputs: Node['inputs'] };

type Reference = Node['inputs'][number];

/**
 * The network without inputs of merges that are constant in all units, and without the layers that nothing reads then: 0 in a sum and 1 in a product; another
 * constant in a sum where the readers of the sum hold it. What has one input left is an edge. Units are those of the network that was given.
 */
export function spareInputs(
  network: Network,
  values: ValuesExact,
  sites: readonly Site[],
  facts: Facts,
  before: Folding = NOTHING_FOLDED,
): { readonly network: Network; readonly folding: Folding } {
  const folding: Folding = {
    exact: new Map(before.exact),
    folded: [...before.folded],
    added: new Map(before.added),
  };
  const spared = new Map<string, ReadonlySet<number>>();
  for (const site of sites) {
    const { node, kind } = site;
    if (!kind.spares || node.inputs.length < 2) continue;
    const gone = new Set<number>();
    node.inputs.forEach((from, input) => {
      const rule = kind.spares!(node.arguments, input);
      if (rule === undefined || rule === 'no units') return;
      const left = site.inputs.filter((_, k) => k !== input && !gone.has(k));
      // What is left has the output's units by itself, and is no constant too.
      if (!left.some(({ axes }) => sameAxes(axes, site.outputs[0]!))) return;
      const known = facts.get(from.node)![from.output]!;
      if (wholeConstant(known) === rule.constant) gone.add(input);
      else if (rule.adds !== undefined) {
        const shift = shiftOf(site, input, facts, rule.adds);
        if (shift && takeShift(network, values, sites, site, shift, facts, folding)) gone.add(input);
      }
    });
    if (gone.size > 0) spared.set(node.name, gone);
  }
  if (spared.size === 0) return { network, folding };
  const graph = withoutInputs(withOtherShapes(network.graph, sites, spared), spared);
  return { network: { ...network, graph: withoutUnread(graph) }, folding };
}

/** A graph in which what reads the shape of a branch that went reads it of a branch that stays, where one stands above it: nothing else holds the branch. */
function withOtherShapes(
  graph: Graph,
  sites: readonly Site[],
  spared: ReadonlyMap<string, ReadonlySet<number>>,
): Graph {
  const instead = new Map<string, Reference>();
  for (const { node, inputs } of sites) {
    const gone = spared.get(node.name);
    for (const input of gone ?? []) {
      const [from, source] = [node.inputs[input]!, inputs[input]!];
      for (const reader of sites) {
        if (!reader.kind.shapeOnly?.(reader.node.arguments) || reader.node.inputs.length !== 1) continue;
        const [read] = reader.node.inputs;
        if (read!.node !== from.node || read!.output !== from.output) continue;
        const other = inputs.findIndex(
          ({ site, axes }, k) => !gone!.has(k) && site < reader.index && sameAxes(axes, source.axes),
        );
        if (other >= 0) instead.set(reader.node.name, node.inputs[other]!);
      }
    }
  }
  if (instead.size === 0) return graph;
  const nodes = graph.nodes.map((node) => {
    const from = instead.get(node.name);
    return from ? { ...node, inputs: [from] } : node;
  });
  return { ...graph, nodes };
}

/** By unit, what a constant input of a sum adds; undefined where it varies. */
function shiftOf(site: Site, input: number, facts: Facts, sign: 1 | -1): ReadonlyMap<Unit, number> | undefined {
  const { axes } = site.inputs[input]!;
  const from = site.node.inputs[input]!;
  const [last, known] = [axes.at(-1), facts.get(from.node)![from.output]!.at(-1)];
  const output = site.outputs[0]!.at(-1);
  if (!last || !known || !output || !last.every((unit, k) => unit === output[k]) || last.length !== output.length)
    return undefined;
  const shift = new Map<Unit, number>();
  for (const [k, unit] of last.entries()) {
    const constant = constantOf(known[k]!);
    if (constant === undefined) return undefined;
    shift.set(unit, sign * constant);
  }
  return shift;
}

function sameAxes(a: readonly (readonly Unit[])[], b: readonly (readonly Unit[])[]): boolean {
  return (
    a.length === b.length &&
    a.every((axis, k) => axis.length === b[k]!.length && axis.every((unit, j) => unit === b[k]![j]))
  );
}

/** A graph without layers that compute nothing any more: what joined their units goes on without them. */
export function withoutLayers(graph: Graph, gone: ReadonlySet<string>): Graph {
  if (gone.size === 0) return graph;
  const spared = new Map<string, ReadonlySet<number>>();
  // What only they read goes with them, though it may hand on units that live elsewhere.
  const kept = withoutUnread({ ...graph, nodes: graph.nodes.filter(({ name }) => !gone.has(name)) });
  for (const node of kept.nodes) {
    const inputs = node.inputs.flatMap((from, input) => (gone.has(from.node) ? [input] : []));
    if (inputs.length === 0) continue;
    for (const input of inputs)
      if (layerKind(node.kind).spares?.(node.arguments, input) !== 'no units')
        throw new Error(`${node.name} reads ${node.inputs[input]!.node}, of which nothing is left`);
    spared.set(node.name, new Set(inputs));
  }
  return withoutUnread(withoutInputs(kept, spared));
}

/** A graph in which layers do without some of their inputs: one with a single input left is that input, unless it is an output of the model. */
function withoutInputs(graph: Graph, spared: ReadonlyMap<string, ReadonlySet<number>>): Graph {
  const instead = new Map<string, Reference>();
  const follow = (from: Reference): Reference => instead.get(from.node) ?? from;
  const nodes = graph.nodes.flatMap((node): Node[] => {
    const gone = spared.get(node.name);
    const inputs = node.inputs.filter((_, input) => !gone?.has(input)).map(follow);
    const same = inputs.length === node.inputs.length && inputs.every((from, k) => from === node.inputs[k]);
    if (same) return [node];
    const isOutput = graph.outputs.some((output) => output.node === node.name);
    if (gone && inputs.length === 1 && !isOutput) {
      instead.set(node.name, inputs[0]!);
      return [];
    }
    // Merges read two at least: an output that has one left stays whole.
    if (gone && inputs.length < layerKind(node.kind).inputs[0]) return [{ ...node, inputs: node.inputs.map(follow) }];
    return [{ ...node, inputs }];
  });
  return { ...graph, nodes };
}

/** A graph without layers that nothing reads and that are no outputs; inputs stay, and layers whose parameters others use. */
function withoutUnread(graph: Graph): Graph {
  const read = new Set(graph.outputs.map(({ node }) => node));
  for (const { name, inputs, shares } of [...graph.nodes].reverse()) {
    if (!read.has(name)) continue;
    for (const from of inputs) read.add(from.node);
    if (shares !== undefined) read.add(shares);
  }
  return { ...graph, nodes: graph.nodes.filter(({ name, inputs }) => read.has(name) || inputs.length === 0) };
}

/** What happened to layers from one graph to the next. */
export function layerEditsBetween(before: Graph, after: Graph): LayerEdit[] {
  const left = new Map(after.nodes.map((node) => [node.name, node]));
  return before.nodes.flatMap(({ name, inputs }): LayerEdit[] => {
    const node = left.get(name);
    if (!node) return [{ kind: 'remove', layer: name }];
    const same =
      node.inputs.length === inputs.length &&
      node.inputs.every((from, k) => from.node === inputs[k]!.node && from.output === inputs[k]!.output);
    return same ? [] : [{ kind: 'rewire', layer: name, inputs: node.inputs }];
  });
}
