import { Reports } from '../../diagnostics/report.js';
import type { Source } from '../../diagnostics/source.js';
import { lowerSpec } from '../1-spec/index.js';
import { lowerGraph } from '../2-graph/index.js';
import { readDocument } from '../document.js';
import type { SimplifiedText } from './index.js';

/**
 * What a text that was written says otherwise than the small network: layers, what each of them reads, their arguments. Undefined where it says the same. Edits of
 * a text have many ways to go wrong, and a spec that is not what was trained must not leave.
 */
export function differenceOf(
  source: Source,
  { network, shrunk }: Pick<SimplifiedText, 'network' | 'shrunk'>,
): string | undefined {
  const reports = new Reports();
  const document = readDocument(source, reports);
  const spec = reports.failed ? undefined : lowerSpec(document, { source, sets: [] }, reports);
  if (!spec || reports.failed) return `does not read: ${reports.all[0]!.message}`;
  const graph = lowerGraph(spec, reports);
  if (reports.failed) return `does not wire: ${reports.all[0]!.message}`;
  const wanted = (shrunk.network ?? network).graph;
  const found = new Map(graph.nodes.map((node) => [node.name, node]));
  const names = wanted.nodes.map((node) => node.name);
  if (JSON.stringify(names) !== JSON.stringify(graph.nodes.map((node) => node.name))) return 'has other layers';
  const edits = new Map(shrunk.edits.map(({ layer, argument, value }) => [`${layer}.${argument}`, value]));
  for (const node of wanted.nodes) {
    const { inputs, arguments: values } = found.get(node.name)!;
    if (JSON.stringify(inputs) !== JSON.stringify(node.inputs)) return `has other inputs of ${node.name}`;
    for (const [argument, before] of Object.entries(node.arguments)) {
      // `keep` may be told by names of features.
      if (argument === 'keep') continue;
      const address = `${node.name}.${argument}`;
      const value = edits.has(address) ? edits.get(address) : before;
      if (JSON.stringify(values[argument]) !== JSON.stringify(value)) return `has another ${address}`;
    }
  }
  return undefined;
}
