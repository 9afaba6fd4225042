import { activations } from '../../../src/activations/index.js';
import { forwardProgram } from '../../../src/compiler/4-program/index.js';
import { lowerDims, paramShape, paramSize } from '../../../src/compiler/3-dims/index.js';
import type { ShrinkResult } from '../../../src/compiler/5-shrink/shrink.js';
import type { Values, ValuesExact } from '../../../src/compiler/5-shrink/values.js';
import { Reports } from '../../../src/diagnostics/report.js';
import { Source } from '../../../src/diagnostics/source.js';
import { allParams, type Annotation, type Network, type Node } from '../../../src/ir/graph.js';
import type { Mode } from '../../../src/ir/units.js';
import { featuresRead } from '../../../src/layers/keep.js';
import { evaluate } from '../../../src/program/evaluate.js';

/** One layer of a test network, in the words of a spec. */
export interface LayerSketch {
  readonly name: string;
  readonly kind: string;
  readonly arguments?: Readonly<Record<string, unknown>>;
  /** Default: the layer above. */
  readonly reads?: string;
  readonly annotations?: readonly { readonly word: string; readonly arguments: Readonly<Record<string, unknown>> }[];
}

const DEFAULTS: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  Dense: { activation: 'linear', use_bias: true, kernel_initializer: 'zeros', bias_initializer: 'zeros' },
  Rescaling: { offset: 0 },
};

/** Makes a network without a text. */
export function networkOf(layers: readonly LayerSketch[], outputs?: readonly string[]): Network {
  const source = new Source('test.dn', '');
  const span = { source, start: 0, end: 0 };
  const nodes = layers.map((layer, k): Node => {
    const args = { ...DEFAULTS[layer.kind], ...layer.arguments };
    const from = layer.reads ?? (layer.kind === 'Input' ? undefined : layers[k - 1]!.name);
    return {
      name: layer.name,
      kind: layer.kind,
      arguments: Object.fromEntries(
        Object.entries(args).map(([name, value]) => [name, name === 'activation' ? activationCall(value) : value]),
      ),
      inputs: from === undefined ? [] : [{ node: from, output: 0 }],
      annotations: (layer.annotations ?? []).map((one): Annotation => ({ ...one, span })),
      span,
      statement: {
        kind: 'layer',
        span,
        names: [{ span, text: layer.name }],
        call: { kind: 'call', span, callee: { span, text: layer.kind } },
        inputs: [],
        annotations: [],
      },
    };
  });
  const reports = new Reports();
  const graph = {
    name: 'test',
    nodes,
    inputs: nodes.filter((node) => node.kind === 'Input').map((node) => node.name),
    outputs: (outputs ?? [layers.at(-1)!.name]).map((name) => ({ name, node: name, output: 0 })),
  };
  const network = lowerDims(graph, {}, reports);
  reports.throwIfFailed();
  return network;
}

function activationCall(word: unknown) {
  if (typeof word !== 'string') return word;
  const { properties } = activations[word as keyof typeof activations].schema;
  const defaults = Object.entries(properties).flatMap(([name, schema]) =>
    'default' in (schema as object) ? [[name, (schema as { default: unknown }).default]] : [],
  );
  return { word, arguments: Object.fromEntries(defaults) };
}

/** Numbers in (−1, 1) that follow from the seed and are never 0. */
export function randomNumbers(seed: number): () => number {
  let state = (seed * 2654435761 + 1013904223) >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    const value = (((t ^ (t >>> 14)) >>> 0) / 2 ** 31 - 1) as number;
    return value === 0 ? 0.5 : value;
  };
}

export function randomValues(network: Network, seed: number): Map<string, Float32Array> {
  const next = randomNumbers(seed);
  return new Map(
    allParams(network).map((param) => [param.name, Float32Array.from({ length: paramSize(param) }, () => next())]),
  );
}

/** Rows of raw features for every input. */
export function randomRows(network: Network, count: number, seed: number): Record<string, Float64Array> {
  const next = randomNumbers(seed);
  return Object.fromEntries(
    network.graph.nodes
      .filter((node) => node.kind === 'Input')
      .map((node) => {
        const width = (node.arguments.shape as number[]).reduce((product, extent) => product * extent, 1);
        return [node.name, Float64Array.from({ length: count * width }, () => next())];
      }),
  );
}

/** What the network computes in float64 for raw rows, of which each Input reads those that it keeps. */
export function outputsOf(
  network: Network,
  values: ValuesExact | Values,
  rows: Readonly<Record<string, Float64Array>>,
  count: number,
  mode: Mode = 'inference',
): Record<string, Float64Array> {
  const inputs = network.graph.nodes
    .filter((node) => node.kind === 'Input')
    .map((node) => {
      const width = (node.arguments.shape as number[]).reduce((product, extent) => product * extent, 1);
      const { indices, extents: read } = featuresRead(node.arguments);
      const kept = indices ?? Array.from({ length: width }, (_, k) => k);
      const data = Float64Array.from({ length: count * kept.length }, (_, k) => {
        const row = Math.floor(k / kept.length);
        return rows[node.name]![row * width + kept[k % kept.length]!]!;
      });
      const shape = [count, ...read];
      return [node.name, { dtype: 'float' as const, shape, data }] as const;
    });
  const params = allParams(network).map((param) => {
    const shape = paramShape(param);
    return [param.name, { dtype: 'float' as const, shape, data: Float64Array.from(values.get(param.name)!) }] as const;
  });
  const { results } = evaluate(forwardProgram(network, { mode }), Object.fromEntries([...inputs, ...params]));
  return Object.fromEntries(Object.entries(results).map(([name, tensor]) => [name, tensor.data]));
}

/** The values of a shrunk network with folded biases not yet rounded. */
export function withExact({ values, exact }: ShrinkResult): ValuesExact {
  return new Map<string, Float32Array | Float64Array>([...values, ...exact]);
}

/** max |Δ| / max(max |y|, tiny). */
export function difference(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let most = 0;
  let scale = 1e-30;
  for (let k = 0; k < a.length; k++) {
    most = Math.max(most, Math.abs(a[k]! - b[k]!));
    scale = Math.max(scale, Math.abs(a[k]!));
  }
  return most / scale;
}
