import type { Features } from '../../compiler/5-shrink/probe.js';
import type { ObjectiveKeys } from '../../compiler/objectives.js';
import type { Spec } from '../../compiler/spec.js';
import { featureStatistics } from '../../data/feature-statistics.js';
import type { Table } from '../../data/source.js';
import type { Network } from '../../ir/graph.js';
import { bindRows } from '../spec/rows.js';

/** How the features of every input are spread over a table's rows; those that `keep` leaves out are among them. */
export function featuresOf({ graph, ...network }: Network, spec: Spec, phase: ObjectiveKeys, table: Table): Features {
  const nodes = graph.nodes.map((node) =>
    node.kind === 'Input' ? { ...node, arguments: { ...node.arguments, keep: undefined } } : node,
  );
  const { rows, tensors } = bindRows({ ...network, graph: { ...graph, nodes } }, spec, phase, table);
  return Object.fromEntries(
    tensors
      .filter(({ name }) => graph.inputs.includes(name))
      .map((tensor) => [tensor.name, featureStatistics(tensor, rows)]),
  );
}
