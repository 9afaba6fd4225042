import { Reports } from '../../diagnostics/report.js';
import { Source } from '../../diagnostics/source.js';
import type { LayerNode } from '../../dsl/document.js';
import { editsOf } from '../../dsl/edits.js';
import type { Graph, Node } from '../../ir/graph.js';
import { lowerSpec } from '../1-spec/index.js';
import { readDocument } from '../document.js';
import type { LayerSpec } from '../spec.js';

/** Names first, then what is read: a name may be there only then. */
const ROUNDS = 3;

/**
 * Settles names and inputs behind layers that went: statements without a name get the one that they had, and those whose input went say what they
 * read. What cannot be said so stays; the caller looks at what came out.
 */
export function rewire(source: Source, wanted: Graph): Source {
  let at = source;
  for (let round = 0; round < ROUNDS; round++) {
    const next = settled(at, wanted);
    if (!next) break;
    at = next;
  }
  return at;
}

/** The text with names, or else inputs, of statements of the model as they should be; undefined where there is nothing to do that way. */
function settled(source: Source, wanted: Graph): Source | undefined {
  const reports = new Reports();
  const document = readDocument(source, reports);
  const spec = reports.failed ? undefined : lowerSpec(document, { source, sets: [] }, reports);
  if (spec?.model.layers.length !== wanted.nodes.length) return undefined;
  const edits = editsOf(source);
  const named = new Set<LayerNode>();
  const { layers } = spec.model;
  for (const [k, layer] of layers.entries()) {
    const node = wanted.nodes[k]!;
    if (layer.name === node.name) continue;
    const [use] = layer.uses;
    const statement = use ? use.statement : layer.statement;
    if (statement.kind === 'repeat' || statement.names.length > 0) return undefined;
    // Of a layer within a block use, that of the use.
    const within = use?.kind === 'block' ? layer.name.slice(use.name.length) : '';
    if (!node.name.endsWith(within)) return undefined;
    if (named.has(statement)) continue;
    named.add(statement);
    edits.insertName(statement, node.name.slice(0, node.name.length - within.length));
  }
  if (named.size === 0) {
    const names = endpointsOf(wanted);
    const done = new Set<LayerNode>();
    for (const [k, layer] of layers.entries()) {
      const node = wanted.nodes[k]!;
      const statement = sameInputs(layer, node) ? undefined : statementThatReads(layer, node);
      if (!statement || done.has(statement)) continue;
      done.add(statement);
      const outside = node.inputs.filter((input) => !isWithin(layer, input.node));
      edits.setInputs(
        statement,
        outside.map((input) => names(input)),
      );
    }
  }
  return edits.empty ? undefined : new Source(source.name, edits.apply());
}

/** Whether a layer reads what it should; in any order where it names its inputs. */
function sameInputs({ inputs }: LayerSpec, node: Node): boolean {
  const found = inputs.map(({ layer, output = 0 }) => `${layer} ${output}`);
  const wanted = node.inputs.map(({ node: from, output }) => `${from} ${output}`);
  if (inputs.some((input) => input.port)) {
    found.sort();
    wanted.sort();
  }
  return JSON.stringify(found) === JSON.stringify(wanted);
}

/** How what a layer reads is written. */
export function endpointsOf(graph: Graph): (input: Node['inputs'][number]) => string {
  const outputs = new Map(graph.nodes.map((node) => [node.name, node.outputs]));
  return ({ node, output }) => outputs.get(node)?.[output] ?? node;
}

/** The statement of the model that says what a layer reads from outside: its own, or that of a block use with one input. */
function statementThatReads(layer: LayerSpec, node: Node): LayerNode | undefined {
  const [use] = layer.uses;
  if (!use) return layer.statement;
  if (use.kind === 'round' || use.block.inputs.length > 1) return undefined;
  return node.inputs.some((input) => !isWithin(layer, input.node)) ? use.statement : undefined;
}

function isWithin({ uses: [use] }: LayerSpec, name: string): boolean {
  return use?.kind === 'block' && name.startsWith(`${use.name}.`);
}
