import type { ModelNode, StatementNode } from '../../dsl/document.js';
import type { TextEdits } from '../../dsl/edit.js';
import type { Graph, Node } from '../../ir/graph.js';
import { layerKind } from '../../layers/index.js';
import { callText } from '../1-spec/print.js';
import type { LayerSpec } from '../spec.js';
import { findWord } from '../vocabulary.js';
import { withoutDefaults } from './arguments.js';
import type { SimplifiedText } from './index.js';
import { endpointsOf } from './rewire.js';
import type { Written } from './sets.js';

/**
 * Puts the layers of some statements of the model in their place, one a statement, under their full names: where a block use lost layers in a way that
 * no `with` can say. Gives the names of those layers, of which nothing else is to be written.
 */
export function writeExpanded(
  edits: TextEdits,
  { document, layers }: Written,
  statements: ReadonlySet<StatementNode>,
  simplified: Pick<SimplifiedText, 'network' | 'shrunk'>,
): ReadonlySet<string> {
  const written = new Set<string>();
  if (statements.size === 0) return written;
  const graph = smallGraph(simplified);
  const nodes = new Map(graph.nodes.map((node) => [node.name, node]));
  const names = endpointsOf(graph);
  const inherited = modelAnnotations(document.model!, layers);
  for (const statement of statements) {
    const lines: string[] = [];
    let above: string | undefined;
    for (const layer of layers) {
      if ((layer.uses[0]?.statement ?? layer.statement) !== statement) continue;
      written.add(layer.name);
      const node = nodes.get(layer.name);
      if (!node) continue;
      lines.push(layerText(node, above, names, inherited));
      above = node.outputs ? undefined : node.name;
    }
    edits.replaceStatement(statement.span, lines);
  }
  return written;
}

/** The small network's layers with their arguments. */
function smallGraph({ network, shrunk }: Pick<SimplifiedText, 'network' | 'shrunk'>): Graph {
  if (shrunk.network) return shrunk.network.graph;
  const { graph } = network;
  const nodes = graph.nodes.map((node) => {
    const own = shrunk.edits.filter((edit) => edit.layer === node.name);
    if (own.length === 0) return node;
    const values = { ...node.arguments, ...Object.fromEntries(own.map(({ argument, value }) => [argument, value])) };
    return { ...node, arguments: values };
  });
  return { ...graph, nodes };
}

/** What the model's annotations say, and what of them lands on a layer that says nothing itself; undefined where there is no such layer to see it. */
interface Inherited {
  readonly methods: readonly string[];
  readonly landed: ReadonlyMap<string, string> | undefined;
}

function modelAnnotations({ annotations }: ModelNode, layers: readonly LayerSpec[]): Inherited {
  const silent = layers.find(
    ({ kind, shares, statement, uses }) =>
      layerKind(kind).params &&
      shares === undefined &&
      statement.annotations.length === 0 &&
      uses.every(
        (use) => use.kind === 'round' || use.statement.annotations.length + use.block.annotations.length === 0,
      ),
  );
  return {
    methods: annotations.map(({ callee }) => findWord('annotation', callee.text)!.keyword),
    landed: silent && new Map(silent.annotations.map((one) => [one.word, JSON.stringify(one.arguments)])),
  };
}

function layerText(
  node: Node,
  above: string | undefined,
  names: (input: Node['inputs'][number]) => string,
  { methods, landed }: Inherited,
): string {
  const kind = layerKind(node.kind);
  const call =
    node.shares === undefined
      ? callText('layer', withoutDefaults('layer', { word: node.kind, arguments: node.arguments }))
      : `Shared(${node.shares})`;
  const inputs = node.inputs.map(names);
  const read = inputs.length === 0 || (inputs.length === 1 && inputs[0] === above) ? '' : ` <- ${inputs.join(', ')}`;
  const own = node.annotations.flatMap((one) => {
    if (landed?.get(one.word) === JSON.stringify(one.arguments)) return [];
    // Beside the model's own it is merged argument by argument.
    const said = methods.includes(one.word) ? one : withoutDefaults('annotation', one);
    return [`  @${callText('annotation', said)}`];
  });
  // What the model says of every layer may have been taken back.
  const off = (kind.params && node.shares === undefined ? methods : []).flatMap((method) =>
    node.annotations.some((one) => one.word === method) ? [] : [`  @${method}(off)`],
  );
  return `${(node.outputs ?? [node.name]).join(', ')} = ${call}${read}${[...own, ...off].join('')}`;
}
