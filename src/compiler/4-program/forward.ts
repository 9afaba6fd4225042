import { activations } from '../../activations/index.js';
import type { Call } from '../../ir/kind.js';
import type { Network, Node, Param } from '../../ir/graph.js';
import { extents, type Shape } from '../../ir/dims.js';
import type { Mode } from '../../ir/units.js';
import { applyActivation } from '../../layers/apply-activation.js';
import { layerKind } from '../../layers/index.js';
import type { LayerKind } from '../../layers/layer.js';
import { Builder, type Value } from '../../program/builder.js';
import { optimize } from '../../program/passes/index.js';
import type { Extent, Program } from '../../program/program.js';
import { paramShape } from '../3-dims/index.js';
import type { Masks } from './methods.js';

/** What the forward part leaves for the rest of a program. */
export interface Forward {
  /** Output of every layer. */
  readonly values: ReadonlyMap<string, readonly Value[]>;
  /** Parameters by name. */
  readonly params: ReadonlyMap<string, Value>;
  /** Next values of parameters that gradients do not move, by name; only in training. */
  readonly updates: ReadonlyMap<string, Value>;
  /** The model's outputs, by what the user calls them. */
  readonly results: ReadonlyMap<string, Value>;
  /** What comes before the softmax or sigmoid of each output, by its name; the output itself where it ends in neither. */
  readonly logits: ReadonlyMap<string, Value>;
}

/** The softmax or sigmoid that a layer ends in, if so. */
export function probabilityActivation(node: Node): Call | undefined {
  return endingOf(layerKind(node.kind), node.arguments)?.call;
}

/** The softmax or sigmoid that a layer ends in, and the arguments with which it ends before that: none where it is nothing else. */
function endingOf(
  kind: LayerKind,
  args: Readonly<Record<string, unknown>>,
): { readonly call: Call; readonly before?: Readonly<Record<string, unknown>> } | undefined {
  if (kind.activationInside) return undefined;
  const own = kind.probabilities?.(args as never);
  if (own) return { call: own };
  const call = args.activation as Call | undefined;
  const linear = { word: activations.linear.keyword, arguments: {} };
  if (call && (call.word === 'softmax' || call.word === 'sigmoid'))
    return { call, before: { ...args, activation: linear } };
  // A layer that is done at every step ends in what ends a step.
  const layer = args.layer as Call | undefined;
  const inner = layer && endingOf(layerKind(layer.word), layer.arguments);
  return inner?.before && { call: inner.call, before: { ...args, layer: { ...layer, arguments: inner.before } } };
}

/**
 * Writes the forward computation of a network into a builder: Inputs become batch inputs, unless `inputs` has them by name; parameters state under the name that `stateOf` gives them. `masks`: what sparsity
 * methods make of layers.
 */
export function buildForward(
  b: Builder,
  network: Network,
  mode: Mode,
  {
    stateOf = (param) => param.name,
    masks,
    inputs: declared,
  }: {
    readonly stateOf?: ((param: Param) => string) | undefined;
    readonly masks?: Masks | undefined;
    readonly inputs?: ReadonlyMap<string, Value> | undefined;
  } = {},
): Forward {
  const linear: Call = { word: activations.linear.keyword, arguments: {} };
  const values = new Map<string, readonly Value[]>();
  const params = new Map<string, Value>();
  /** What comes before the softmax or sigmoid of a layer that is an output. */
  const beforeActivation = new Map<string, Value>();
  const { graph } = network;
  const outputNodes = new Set(graph.outputs.map(({ node }) => node));
  const updates = new Map<string, Value>();
  for (const node of graph.nodes) {
    const kind = layerKind(node.kind);
    const outputShapes = network.shapes.get(node.name)!;
    const inputShapes = node.inputs.map(({ node: from, output }) => network.shapes.get(from)![output]!);
    const read =
      node.kind === 'Input'
        ? [declared?.get(node.name) ?? declareInput(b, network, node.name)]
        : node.inputs.map(({ node: from, output }) => values.get(from)![output]!);
    const kept = Object.fromEntries(
      Object.entries(network.params.get(node.name) ?? {}).map(([tensor, param]) => {
        // Layers that share parameters read the same state.
        const value = params.get(param.name) ?? b.state(stateOf(param), paramShape(param));
        params.set(param.name, value);
        // A layer that is called again goes on from what the call before left, such as a moving mean.
        return [tensor, updates.get(param.name) ?? value];
      }),
    );
    const { inputs, params: own, variance } = masks?.before(node, read, kept) ?? { inputs: read, params: kept };
    const computed = (
      args: Readonly<Record<string, unknown>>,
      given: readonly Value[],
      params: Readonly<Record<string, Value>>,
    ) =>
      kind.forward(b, {
        name: node.name,
        arguments: args as never,
        mode,
        inputs: given,
        params,
        inputShapes,
        outputShapes,
        axesOf: (tensor) => network.params.get(node.name)![tensor]!.axes.map((axis) => axis.dim),
        update: (tensor, next) => {
          updates.set(network.params.get(node.name)![tensor]!.name, next);
        },
        random: (tensor, distribution, axes) => {
          const { shape, extents: drawn } = drawnShape(inputShapes[0]!, inputs[0]!, axes);
          const { indices: units, width } = network.dims.originalsOfShape(shape);
          return b.random({ stream: `${node.name}.${tensor}`, distribution, units, width }, drawn);
        },
      });
    const forward = (args: Readonly<Record<string, unknown>>) => {
      if (!variance) return computed(args, inputs, own);
      const sums = { ...args, activation: linear };
      const [sum] = computed(sums, inputs, own);
      const squares = inputs.map((one) => b.square(one));
      const [spread] = computed(sums, squares, variance);
      return [applyActivation(b, masks!.noisy(node, sum!, spread!), args.activation as Call)];
    };
    const ending = outputNodes.has(node.name) ? endingOf(kind, node.arguments) : undefined;
    if (ending) {
      const [before] = ending.before ? forward(ending.before) : inputs;
      beforeActivation.set(node.name, before!);
      values.set(node.name, [applyActivation(b, before!, ending.call)]);
    } else {
      const outputs = forward(node.arguments);
      const goesOn = outputNodes.has(node.name) ? undefined : masks?.after(node, outputs[0]!);
      values.set(node.name, goesOn ? [goesOn, ...outputs.slice(1)] : outputs);
    }
  }
  const results = new Map(graph.outputs.map(({ name, node, output }) => [name, values.get(node)![output]!]));
  const logits = new Map(
    graph.outputs.map(({ name, node }) => [name, beforeActivation.get(node) ?? results.get(name)!]),
  );
  return { values, params, results, logits, updates };
}

/** The batch input that an Input becomes. */
export function declareInput(b: Builder, { shapes }: Network, name: string, called = name): Value {
  return b.batch(called, 'float', ['batch', ...extents(shapes.get(name)![0]!)]);
}

/** The Dims along which a layer draws, and the extents of what it draws; see `ForwardStep.random`. */
function drawnShape(
  whole: Shape,
  input: Value,
  axes: readonly number[] | Shape | undefined,
): { readonly shape: Shape; readonly extents: readonly Extent[] } {
  const given = input.type.shape;
  if (!axes) return { shape: whole, extents: given };
  const along = axes.map((one) => (typeof one === 'number' ? whole[one]! : one));
  const dims = along.length > 0 && typeof axes[0] !== 'number';
  return {
    shape: along,
    extents: dims
      ? [given[0]!, ...extents(along)]
      : given.map((one, k) => (k === 0 || (axes as readonly number[]).includes(k - 1) ? one : 1)),
  };
}

/** The forward program: inputs and outputs by their layers' names, parameters as state. `logits` leaves out a final softmax or sigmoid. */
export function forwardProgram(network: Network, options: { readonly mode: Mode; readonly logits?: boolean }): Program {
  const b = new Builder();
  const { results, logits } = buildForward(b, network, options.mode);
  for (const [name, value] of options.logits ? logits : results) b.result(name, value);
  return optimize(b.build(`${network.graph.name} forward`));
}
