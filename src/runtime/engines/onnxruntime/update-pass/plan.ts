import { elementwise } from './elementwise.js';
import { allAxes, type ElementwiseNode, type Graph, type NodeId } from './graph.js';

/**
 * Decides in which passes over memory the graph is computed, what is kept between them, and where.
 *
 * A *group* is what belongs to one tensor: elementwise nodes and tensors of one shape that read each other (a kernel with its
 * gradient and its optimizer slots). Everything of a group can be computed in one walk over its elements, but for what needs a
 * walk to be complete: a reduction, or memory read in another shape. The *stage* of a node is the number of such barriers before
 * it, and a **pass** is what one group computes at one stage. Smaller tensors are groups of their own, so a factor by column is
 * computed once, not once a row. Between passes values go to a later stage, or at the same stage to a larger shape, never in a
 * circle.
 *
 *   1. `stages` and `groups`.
 *   2. `needs`: at which stages each node's value is read; from the ends (stores, reductions) back to the operands.
 *   3. A value needed at several stages is computed again where that is cheap (one product more costs less than a stream of
 *      memory) and kept in memory at its first stage where it is not.
 *   4. `place`: a state's next value is stored over the old one, in a pass after which nobody reads the old one; where there is
 *      no such pass it goes to a temporary and is copied at the end. Other temporaries lie in a state's memory between its last
 *      reader and its next value, if there is such a gap: that memory is in the cache already.
 *   5. `order`: passes follow what they depend on; of several that could come next, the one whose operands were written last.
 */
export interface Plan {
  readonly passes: readonly Pass[];
  /** After all passes: whole buffers, in this order. */
  readonly copies: readonly { readonly node: NodeId; readonly from: Place; readonly to: Place }[];
  /** Where a node that is kept lies: inputs, arrays, reductions, stored nodes. A reshape lies where its base lies. */
  readonly places: ReadonlyMap<NodeId, Place>;
}

/** Memory by its owner: an input or state, a result, or a node (constants, reductions, temporaries). */
export type Place =
  | { readonly kind: 'input'; readonly name: string }
  | { readonly kind: 'result'; readonly name: string }
  | { readonly kind: 'node'; readonly node: NodeId };

/** Where a node lies that is read from memory: a reshape where its base lies. */
export function placeOf(graph: Graph, { places }: Plan, id: NodeId): Place {
  let base = id;
  for (let node = graph.nodes[base]!; node.kind === 'reshape'; node = graph.nodes[base]!) base = node.base;
  const place = places.get(base);
  if (!place) throw new Error(`the update pass has no place for node ${base}`);
  return place;
}

export interface Pass {
  readonly group: number;
  readonly shape: readonly number[];
  /** In an order in which operands come first. */
  readonly computed: readonly NodeId[];
  /** Read from memory, where `computed` and `reductions` have them as operands. */
  readonly loaded: ReadonlySet<NodeId>;
  readonly stores: readonly { readonly node: NodeId; readonly to: Place; readonly state: boolean }[];
  readonly reductions: readonly NodeId[];
}

/** What writing and reading a temporary costs, and what each further stream read costs, against an addition. */
const KEEPING = 12;
const STREAM = 6;

export function makePlan(graph: Graph): Plan {
  const analysis = analyse(graph);
  const kept = chooseKept(graph, analysis);
  const drafts = draftPasses(graph, analysis, kept);
  return place(graph, drafts);
}

interface Analysis {
  /** The barriers before a node can be computed, or, for what is read from memory, before it can be read. */
  readonly stage: readonly number[];
  /** The group's number, for elementwise nodes. */
  readonly group: readonly number[];
  /** For reductions: the group of the operand. */
  readonly reducedIn: readonly number[];
  /** Elementwise nodes that are stored whatever else: other groups read them, or they are next states and results. */
  readonly wanted: ReadonlySet<NodeId>;
  /** Of these, next states and results that no other group reads: their pass may be chosen. */
  readonly ends: ReadonlySet<NodeId>;
}

/** The operands of a node in its own shape and computed elementwise: what a pass may compute along with it. */
function inlineOperands(graph: Graph, node: ElementwiseNode): NodeId[] {
  const all = allAxes(node.shape);
  return node.operands
    .filter((one) => one.axes === all && graph.nodes[one.node]!.kind === 'elementwise')
    .map((one) => one.node);
}

function analyse(graph: Graph): Analysis {
  const { nodes } = graph;
  const stage: number[] = new Array(nodes.length).fill(0);
  const wanted = new Set<NodeId>();
  const parent = nodes.map((_, id) => id);
  const find = (id: number): number => {
    let root = id;
    while (parent[root] !== root) root = parent[root]!;
    for (let at = id; at !== root; ) [at, parent[at]] = [parent[at]!, root];
    return root;
  };
  const join = (a: number, b: number) => {
    parent[find(a)] = find(b);
  };

  for (const [id, node] of nodes.entries()) {
    if (node.kind === 'reshape') {
      const base = nodes[node.base]!;
      stage[id] = stage[node.base]! + (base.kind === 'elementwise' ? 1 : 0);
      if (base.kind === 'elementwise') wanted.add(node.base);
    } else if (node.kind === 'reduction') {
      stage[id] = stage[node.operand]! + 1;
    } else if (node.kind === 'elementwise') {
      const all = allAxes(node.shape);
      for (const operand of node.operands) {
        const { kind } = nodes[operand.node]!;
        if (kind === 'elementwise' && operand.axes !== all) wanted.add(operand.node);
        stage[id] = Math.max(stage[id]!, stage[operand.node]!);
        // Numbers are read by everyone, so that sharing one brings nothing together.
        if (operand.axes === all && (kind === 'elementwise' || (kind !== 'constant' && node.shape.length > 0))) {
          join(id, operand.node);
        }
      }
    }
  }

  const ends = new Set<NodeId>();
  for (const { node } of graph.outputs) if (nodes[node]!.kind === 'elementwise' && !wanted.has(node)) ends.add(node);
  for (const node of ends) wanted.add(node);
  return {
    stage,
    group: nodes.map((_, id) => find(id)),
    reducedIn: nodes.map((node) => (node.kind === 'reduction' ? find(node.operand) : -1)),
    wanted,
    ends,
  };
}

/** At which stages each elementwise node is read, and at which stage each kept one is computed and stored. */
interface Needs {
  readonly needed: readonly ReadonlySet<number>[];
  readonly storedAt: ReadonlyMap<NodeId, number>;
}

function findNeeds(graph: Graph, analysis: Analysis, kept: ReadonlySet<NodeId>): Needs {
  const needed = graph.nodes.map(() => new Set<number>());
  const storedAt = new Map<NodeId, number>();
  for (let id = graph.nodes.length - 1; id >= 0; id--) {
    const node = graph.nodes[id]!;
    if (node.kind === 'reduction') needed[node.operand]!.add(analysis.stage[node.operand]!);
    if (node.kind !== 'elementwise') continue;
    let computed = needed[id]! as ReadonlySet<number>;
    if (analysis.wanted.has(id) || kept.has(id)) {
      // Ends are computed with the first that reads them within the group; all else as early as it can.
      const late = (analysis.ends.has(id) || !analysis.wanted.has(id)) && computed.size > 0;
      const at = late ? Math.min(...computed) : analysis.stage[id]!;
      storedAt.set(id, at);
      computed = new Set([at]);
    }
    for (const operand of inlineOperands(graph, node)) for (const at of computed) needed[operand]!.add(at);
  }
  return { needed, storedAt };
}

/** Chooses which of the values that several stages need are kept. */
function chooseKept(graph: Graph, analysis: Analysis): ReadonlySet<NodeId> {
  const { needed } = findNeeds(graph, analysis, new Set());
  const kept = new Set<NodeId>();
  for (const [id, node] of graph.nodes.entries()) {
    if (node.kind !== 'elementwise' || analysis.wanted.has(id) || needed[id]!.size < 2) continue;
    if (costsMore(graph, id, KEEPING, (other) => analysis.wanted.has(other) || kept.has(other))) kept.add(id);
  }
  // Values were judged before their readers were: those that in the end only one stage reads are not kept.
  const after = findNeeds(graph, analysis, kept);
  for (const id of kept) if (after.needed[id]!.size < 2) kept.delete(id);
  return kept;
}

/** Does computing the node again, from what lies in memory, cost more than `limit`? */
function costsMore(graph: Graph, id: NodeId, limit: number, inMemory: (id: NodeId) => boolean): boolean {
  const seen = new Set<NodeId>();
  let cost = 0;
  const visit = (at: NodeId) => {
    if (seen.has(at) || cost > limit) return;
    seen.add(at);
    const node = graph.nodes[at]!;
    if (node.kind === 'constant') return;
    if (node.kind !== 'elementwise' || (at !== id && inMemory(at))) {
      cost += STREAM;
      return;
    }
    cost += elementwise[node.op].cost;
    const all = allAxes(node.shape);
    for (const operand of node.operands) {
      if (operand.axes === all) visit(operand.node);
      else if (graph.nodes[operand.node]!.kind !== 'constant') cost += 1;
    }
  };
  visit(id);
  return cost > limit;
}

interface Draft {
  readonly group: number;
  readonly shape: readonly number[];
  readonly computed: Set<NodeId>;
  readonly loaded: Set<NodeId>;
  readonly kept: Set<NodeId>;
  readonly reductions: NodeId[];
}

function draftPasses(graph: Graph, analysis: Analysis, kept: ReadonlySet<NodeId>): Draft[] {
  const { needed, storedAt } = findNeeds(graph, analysis, kept);
  const drafts = new Map<string, Draft>();
  const draft = (group: number, stage: number, shape: readonly number[]): Draft => {
    const key = `${group} ${stage}`;
    let found = drafts.get(key);
    if (!found) {
      found = {
        group,
        shape,
        computed: new Set(),
        loaded: new Set(),
        kept: new Set(),
        reductions: [],
      };
      drafts.set(key, found);
    }
    return found;
  };

  for (const [id, node] of graph.nodes.entries()) {
    if (node.kind === 'reduction') {
      const operand = graph.nodes[node.operand]!;
      const stage = analysis.stage[node.operand]!;
      const pass = draft(analysis.reducedIn[id]!, stage, operand.shape);
      pass.reductions.push(id);
      const inMemory = operand.kind !== 'elementwise' || (storedAt.get(node.operand) ?? stage) < stage;
      if (inMemory) pass.loaded.add(node.operand);
    }
    if (node.kind !== 'elementwise') continue;
    const store = storedAt.get(id);
    for (const stage of store === undefined ? needed[id]! : [store]) {
      const pass = draft(analysis.group[id]!, stage, node.shape);
      pass.computed.add(id);
      if (store !== undefined) pass.kept.add(id);
      const all = allAxes(node.shape);
      for (const { node: operand, axes } of node.operands) {
        const { kind } = graph.nodes[operand]!;
        if (kind === 'constant') continue;
        const here = kind === 'elementwise' && axes === all && (storedAt.get(operand) ?? stage) === stage;
        if (here) continue;
        pass.loaded.add(operand);
      }
    }
  }
  return [...drafts.values()];
}

/** Which passes must come after which; grows while memory is shared out. */
class Order {
  private readonly after: Set<number>[];
  constructor(count: number) {
    this.after = Array.from({ length: count }, () => new Set<number>());
  }

  /** Must `second` come after `first`? */
  follows(first: number, second: number): boolean {
    const open = [first];
    const seen = new Set(open);
    for (let at = open.pop(); at !== undefined; at = open.pop()) {
      for (const next of this.after[at]!) {
        if (next === second) return true;
        if (!seen.has(next)) seen.add(next);
        else continue;
        open.push(next);
      }
    }
    return false;
  }

  add(first: number, second: number): void {
    if (first !== second) this.after[first]!.add(second);
  }

  /** An order; of several passes that may come next, the one freed last, so that what was just written is read. */
  sorted(): number[] {
    const open = this.after.map(() => 0);
    for (const next of this.after) for (const one of next) open[one]!++;
    const ready = open
      .map((_, index) => index)
      .filter((index) => open[index] === 0)
      .reverse();
    const order: number[] = [];
    for (let at = ready.pop(); at !== undefined; at = ready.pop()) {
      order.push(at);
      for (const one of [...this.after[at]!].sort((a, b) => b - a)) if (--open[one]! === 0) ready.push(one);
    }
    if (order.length !== open.length) throw new Error('the passes of the update depend on each other in a circle');
    return order;
  }
}

function place(graph: Graph, drafts: readonly Draft[]): Plan {
  const { nodes } = graph;
  const order = new Order(drafts.length);
  const producer = new Map<NodeId, number>();
  for (const [index, pass] of drafts.entries()) {
    for (const id of [...pass.kept, ...pass.reductions]) producer.set(id, index);
  }

  /** The node whose memory is read. */
  const baseOf = (id: NodeId): NodeId => {
    const node = nodes[id]!;
    return node.kind === 'reshape' ? baseOf(node.base) : id;
  };
  /** The passes that read a memory. */
  const readers = new Map<NodeId, Set<number>>();
  for (const [index, pass] of drafts.entries()) {
    for (const id of pass.loaded) {
      const base = baseOf(id);
      const known = readers.get(base);
      if (known) known.add(index);
      else readers.set(base, new Set([index]));
      const from = producer.get(base);
      if (from !== undefined) order.add(from, index);
    }
  }
  const readersOf = (id: NodeId | undefined): ReadonlySet<number> =>
    (id === undefined ? undefined : readers.get(id)) ?? new Set();

  /**
   * May pass `writer` write where the passes `reading` read the old content, if it comes after them? It may be one of them: a
   * pass reads what is as large as its own shape element by element, along with its stores.
   */
  const mayOverwrite = (reading: ReadonlySet<number>, writer: number) =>
    [...reading].every((reader) => !order.follows(writer, reader));
  const overwrite = (reading: ReadonlySet<number>, writer: number) => {
    for (const reader of reading) order.add(reader, writer);
  };

  const places = new Map<NodeId, Place>();
  const inputs = new Map<string, NodeId>();
  for (const [id, node] of nodes.entries()) {
    if (node.kind === 'input') {
      inputs.set(node.name, id);
      places.set(id, { kind: 'input', name: node.name });
    } else if (node.kind === 'array' || node.kind === 'reduction') {
      places.set(id, { kind: 'node', node: id });
    }
  }

  const stores = drafts.map((): { node: NodeId; to: Place; state: boolean }[] => []);
  const copies: { node: NodeId; from: Place; to: Place }[] = [];
  const store = (node: NodeId, to: Place, state: boolean) => {
    stores[producer.get(node)!]!.push({ node, to, state });
    // Whoever reads the node later finds it where it was stored first.
    if (!places.has(node)) places.set(node, to);
  };

  // States: over the old value where nobody reads that any more.
  const later: { node: NodeId; name: string }[] = [];
  const written = new Map<string, number>();
  for (const { name, role, node } of graph.outputs) {
    if (role !== 'state' || nodes[node]!.kind !== 'elementwise') continue;
    const writer = producer.get(node)!;
    const old = inputs.get(name);
    const reading = readersOf(old);
    if (mayOverwrite(reading, writer)) {
      overwrite(reading, writer);
      store(node, { kind: 'input', name }, true);
      written.set(name, writer);
    } else {
      later.push({ node, name });
    }
  }
  for (const { name, role, node } of graph.outputs) if (role === 'result') store(node, { kind: 'result', name }, false);

  // Temporaries, in a state's memory where it has a gap.
  const hosts = new Set<string>();
  // What is copied at the end must stay until then.
  const copied = new Set(later.map(({ node }) => node));
  for (const [writer, pass] of drafts.entries()) {
    for (const id of pass.kept) {
      if (places.has(id)) continue;
      const { shape } = nodes[id]!;
      for (const [name, next] of written) {
        const old = inputs.get(name);
        if (copied.has(id)) break;
        if (old === undefined || hosts.has(name) || nodes[old]!.shape.length === 0) continue;
        const { shape: room } = nodes[old]!;
        if (room.length !== shape.length || !room.every((extent, axis) => extent === shape[axis])) continue;
        // The next value comes from the temporary, or after it for another reason.
        if (!order.follows(writer, next)) continue;
        const reading = readersOf(old);
        if (!mayOverwrite(reading, writer) || !mayOverwrite(readersOf(id), next)) continue;
        overwrite(reading, writer);
        overwrite(readersOf(id), next);
        hosts.add(name);
        store(id, { kind: 'input', name }, false);
        break;
      }
      if (!places.has(id)) store(id, { kind: 'node', node: id }, false);
    }
  }
  for (const { node, name } of later) copies.push({ node, from: places.get(node)!, to: { kind: 'input', name } });

  const passes = order.sorted().map((index): Pass => {
    const { group, shape, computed, loaded, reductions } = drafts[index]!;
    return { group, shape, computed: [...computed].sort((a, b) => a - b), loaded, stores: stores[index]!, reductions };
  });
  return { passes, copies, places };
}
