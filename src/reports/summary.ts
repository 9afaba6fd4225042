import { extents, showShape } from '../ir/dims.js';
import type { Annotation, Network } from '../ir/graph.js';
import { parameterCount, paramSize, weightCount } from '../compiler/3-dims/index.js';
import { methodKind } from '../compiler/4-program/index.js';
import { layerKind } from '../layers/index.js';
import { columns } from './columns.js';

/** One layer as `dnc summary` and `dnc compile` show it. */
export interface LayerSummary {
  readonly name: string;
  readonly kind: string;
  /** Extents of one row of its output. */
  readonly shape: readonly number[];
  /** Its own: none where it uses those of another layer. */
  readonly parameters: number;
  /** The layer whose parameters it uses. Absent: it has its own, or none. */
  readonly shares?: string;
  /** Multiply-adds for one row. */
  readonly multiply_adds: number;
  readonly annotations: readonly string[];
}

export interface NetworkSummary {
  readonly model: string;
  readonly layers: readonly LayerSummary[];
  readonly parameters: number;
  /** Elements of kernels alone, as papers count. */
  readonly weights: number;
  readonly multiply_adds: number;
  /** Bytes of the parameters as float32. */
  readonly bytes: number;
}

/** Sizes of a network, layer by layer. */
export function summarize(network: Network): NetworkSummary {
  const layers = network.graph.nodes.map((node): LayerSummary => {
    const inputs = node.inputs.map(({ node: from, output }) => network.shapes.get(from)![output]!);
    const outputs = network.shapes.get(node.name)!;
    const params = Object.values(network.params.get(node.name) ?? {});
    const isShared = node.shares !== undefined && params.length > 0;
    return {
      name: node.name,
      kind: node.kind,
      shape: extents(outputs[0]!),
      parameters: isShared ? 0 : params.reduce((sum, param) => sum + paramSize(param), 0),
      ...(isShared && { shares: node.shares! }),
      multiply_adds: layerKind(node.kind).multiplyAdds?.(node.arguments as never, inputs, outputs) ?? 0,
      annotations: node.annotations.map(showAnnotation),
    };
  });
  const parameters = parameterCount(network);
  return {
    model: network.graph.name,
    layers,
    parameters,
    weights: weightCount(network),
    multiply_adds: layers.reduce((sum, layer) => sum + layer.multiply_adds, 0),
    bytes: 4 * parameters,
  };
}

/** The table that `dnc summary` prints. */
export function summaryText(network: Network): string {
  const summary = summarize(network);
  const rows = summary.layers.map((layer) => [
    layer.name,
    layer.kind,
    showShape(network.shapes.get(layer.name)![0]!),
    layer.parameters.toLocaleString('en'),
    layer.multiply_adds.toLocaleString('en'),
    [...(layer.shares === undefined ? [] : [`(weights of ${layer.shares})`]), ...layer.annotations].join(' '),
  ]);
  const total = ['', '', '', summary.parameters.toLocaleString('en'), summary.multiply_adds.toLocaleString('en'), ''];
  const table = columns(
    [['layer', 'kind', 'shape', 'parameters', 'multiply-adds', 'annotations'], ...rows, total],
    ['left', 'left', 'left', 'right', 'right', 'left'],
  );
  return `model ${summary.model}\n${table}`;
}

/** `@dropneuron(lambda: 0.0001)`: the arguments that are not at their default. */
export function showAnnotation(annotation: Annotation): string {
  const properties: Readonly<Record<string, { default?: unknown }>> = methodKind(annotation).schema.properties;
  const given = Object.entries(annotation.arguments)
    .filter(([name, value]) => value !== undefined && value !== properties[name]?.default)
    .map(([name, value]) => `${name}: ${Array.isArray(value) ? `[${value.join(', ')}]` : String(value)}`);
  return given.length > 0 ? `@${annotation.word}(${given.join(', ')})` : `@${annotation.word}`;
}
