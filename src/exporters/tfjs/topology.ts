import { acts, methodKind } from '../../compiler/4-program/index.js';
import type { Network, Node } from '../../ir/graph.js';
import { allParams } from '../../ir/graph.js';
import { layerKind } from '../../layers/index.js';
import type { TfjsLayer } from '../../layers/layer.js';
import { paramShape } from '../../compiler/3-dims/index.js';
import type { Affine } from '../../onnx/lower.js';
import type { RegularizerSpelling } from '../../sparsity/method.js';
import type { Units } from '../units.js';

/** The TensorFlow.js LayersModel of a network, or the name of what it has no spelling for. */
export type TfjsModel =
  | {
      readonly model: Readonly<Record<string, unknown>>;
      readonly weights: Uint8Array;
      /** Annotations that act and that the model does not have: `@l0`. */
      readonly without: readonly string[];
    }
  | { readonly missing: string };

interface Spelled {
  readonly class_name: string;
  readonly name: string;
  readonly config: Readonly<Record<string, unknown>>;
  readonly inbound_nodes: readonly unknown[];
}

/**
 * Writes a network as a TensorFlow.js LayersModel: `model.json` as a value, and the bytes of `weights.bin`. The penalties that act in
 * `phase` stand on their layers as regularizers of the class `DropNeuronPenalty` (./classes.ts). Methods that are none, such as gates, leave an ordinary network and
 * are left out. With `units` the model takes and gives numbers as the
 * data's files have them.
 */
export function tfjsModel(
  network: Network,
  values: ReadonlyMap<string, Float32Array>,
  phase: { readonly name: string; readonly finetune: boolean },
  units: Units = { inputs: {}, outputs: {} },
): TfjsModel {
  const { graph } = network;
  const layers: Spelled[] = [];
  /** The last TensorFlow.js layer that each layer became. */
  const ends = new Map<string, string>();
  /** What TensorFlow.js calls parameters that have another name in dnc. */
  const called = new Map<string, string>();
  /** Layers whose parameters have their last two axes as one there. */
  const joins = new Set<string>();
  const without = new Set<string>();
  for (const node of graph.nodes) {
    const outputs = network.shapes.get(node.name)!;
    const inputs = node.inputs.map(({ node: from, output }) => network.shapes.get(from)![output]!);
    const spelled = layerKind(node.kind).spelling.tfjs?.(node.arguments as never, { name: node.name, inputs, outputs });
    if (!spelled) return { missing: `the layer ${node.kind} ${node.name}` };
    const regularizers = regularizersOf(network, node, phase);
    if ('missing' in regularizers) return regularizers;
    for (const word of regularizers.without) without.add(word);
    if (spelled.some(({ unpenalized }) => unpenalized) && (regularizers.kernel || regularizers.bias))
      return { missing: `the penalties of ${node.kind} ${node.name}` };
    if (spelled.some(({ joinsLastAxes }) => joinsLastAxes)) joins.add(node.name);
    for (const { weights } of spelled)
      for (const [tensor, name] of Object.entries(weights ?? {})) called.set(`${node.name}.${tensor}`, name);
    let from = node.inputs.map((input) => ends.get(input.node)!);
    const affine = units.inputs[node.name];
    const frozen = node.arguments.trainable === false;
    const own = spelled.map((one) => (frozen ? { ...one, config: { ...one.config, trainable: false } } : one));
    for (const layer of affine ? [...own, unitsLayer(node.name, affine)] : own) {
      layers.push(placed(layer, from, layer.config.name === node.name ? regularizers : {}));
      from = [layer.config.name as string];
    }
    ends.set(node.name, from[0]!);
  }
  // Whoever else reads an output goes on reading what the network computes.
  const outputs = graph.outputs.map(({ name, node }) => {
    const affine = units.outputs[name];
    if (!affine) return ends.get(node)!;
    const layer = unitsLayer(name, affine);
    layers.push(placed(layer, [ends.get(node)!], {}));
    return layer.config.name as string;
  });
  const weights = allParams(network).filter((param) => values.has(param.name));
  const at = (name: string) => [name, 0, 0];
  return {
    model: {
      format: 'layers-model',
      generatedBy: 'dropneuron',
      convertedBy: null,
      modelTopology: {
        keras_version: '4.22.0',
        backend: 'tensor_flow.js',
        model_config: {
          class_name: 'Model',
          config: {
            name: graph.name,
            layers,
            input_layers: graph.inputs.map(at),
            output_layers: outputs.map(at),
          },
        },
      },
      weightsManifest: [
        {
          paths: ['weights.bin'],
          weights: weights.map((param) => ({
            name: `${param.layer}/${called.get(param.name) ?? param.tensor}`,
            shape: joins.has(param.layer) ? joined(paramShape(param)) : paramShape(param),
            dtype: 'float32',
          })),
        },
      ],
    },
    weights: bytesOf(weights.map((param) => values.get(param.name)!)),
    without: [...without],
  };
}

function unitsLayer(name: string, affine: Affine): TfjsLayer {
  return { className: 'DropNeuronAffine', config: { ...affine, name: `${name}_units` } };
}

function placed(
  layer: TfjsLayer,
  from: readonly string[],
  regularizers: { readonly kernel?: object; readonly bias?: object },
): Spelled {
  return {
    class_name: layer.className,
    name: layer.config.name as string,
    config: {
      ...layer.config,
      ...(regularizers.kernel && { [`${kernelName(layer)}_regularizer`]: regularizers.kernel }),
      ...(regularizers.bias && { bias_regularizer: regularizers.bias }),
    },
    inbound_nodes: from.length === 0 ? [] : [from.map((name) => [name, 0, 0, {}])],
  };
}

/** What the configuration of a layer calls its kernel: `kernel`, or `depthwise` for one that it calls `depthwise_kernel`. */
function kernelName({ weights }: TfjsLayer): string {
  return weights?.kernel?.replace(/_kernel$/, '') ?? 'kernel';
}

/** The sum of a layer's annotations as regularizers. */
function regularizersOf(
  network: Network,
  node: Node,
  phase: { readonly name: string; readonly finetune: boolean },
):
  | { readonly kernel?: object; readonly bias?: object; readonly without: readonly string[] }
  | { readonly missing: string } {
  const kernel: Record<string, number> = {};
  const bias: Record<string, number> = {};
  const without: string[] = [];
  for (const annotation of node.annotations) {
    if (!acts(annotation, phase)) continue;
    const spelling: RegularizerSpelling | undefined = methodKind(annotation).spelling.tfjs?.(
      annotation.arguments as never,
    );
    if (!spelling) {
      without.push(`@${annotation.word}`);
      continue;
    }
    const { bias: onBias, ...onKernel } = spelling;
    addTo(kernel, onKernel);
    addTo(bias, onBias ?? {});
  }
  // Which axis holds the units that the kernel writes, and which those that it reads.
  const roles = network.params.get(node.name)?.kernel?.axes.map(({ role }) => role) ?? [];
  const isTransposed = roles.at(-1) === 'reads' && roles.at(-2) === 'writes';
  const isPlain = !roles.includes('reads') || !roles.includes('writes');
  if (('li' in kernel || 'lo' in kernel) && isPlain && roles.length > 0)
    return { missing: `the groups of ${node.kind} ${node.name}` };
  const penalty = (config: object) => ({ class_name: 'DropNeuronPenalty', config });
  return {
    ...(Object.keys(kernel).length > 0 && {
      kernel: penalty({ ...kernel, ...(isTransposed && { transposed: true }) }),
    }),
    ...(Object.keys(bias).length > 0 && { bias: penalty(bias) }),
    without,
  };
}

/** Adds coefficients to those of other annotations. */
function addTo(sum: Record<string, number>, terms: Readonly<Record<string, number>>): void {
  for (const [name, value] of Object.entries(terms)) sum[name] = (sum[name] ?? 0) + value;
}

/** Extents with the last two axes as one. */
function joined(shape: readonly number[]): number[] {
  return [...shape.slice(0, -2), shape.at(-2)! * shape.at(-1)!];
}

/** The tensors' bytes, little-endian, one after the other. */
function bytesOf(tensors: readonly Float32Array[]): Uint8Array {
  const bytes = new Uint8Array(tensors.reduce((sum, tensor) => sum + tensor.byteLength, 0));
  let at = 0;
  for (const tensor of tensors) {
    bytes.set(new Uint8Array(tensor.buffer, tensor.byteOffset, tensor.byteLength), at);
    at += tensor.byteLength;
  }
  return bytes;
}
