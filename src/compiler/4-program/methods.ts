import type { Call } from '../../ir/kind.js';
import { type Annotation, type Network, type Node, nodeOf, type Param } from '../../ir/graph.js';
import { extents } from '../../ir/dims.js';
import type { Mode } from '../../ir/units.js';
import { Builder, type Value } from '../../program/builder.js';
import { evaluate } from '../../program/evaluate.js';
import { optimize } from '../../program/passes/index.js';
import type { HostTensor, RandomSpec, Tensor64 } from '../../program/program.js';
import { actsIn } from '../../sparsity/during.js';
import { methods } from '../../sparsity/index.js';
import type { MaskMoment, MethodTensor, SparsityMethod } from '../../sparsity/method.js';
import { layerKind } from '../../layers/index.js';
import { paramShape } from '../3-dims/index.js';
import {
  axesPer,
  biasUnitAxes,
  type KernelSite,
  kernelsOf,
  originalsPer,
  spreadOverKernel,
  writtenUnits,
} from './kernels.js';

/** The part of training that is asked about: annotations act in the phases that they name. */
export interface When {
  readonly name: string;
  /** Whether it is the fine-tuning after simplifying: annotations act there only if they say so. */
  readonly finetune: boolean;
  /** The stretches before it. Absent: none. */
  readonly earlier?: readonly Pick<When, 'name' | 'finetune'>[];
}

export function methodKind(call: Call): SparsityMethod {
  return (methods as Readonly<Record<string, SparsityMethod>>)[call.word]!;
}

/** An annotation at one kernel of its layer, with the method's own tensors there. */
export interface MethodSite {
  readonly node: Node;
  readonly annotation: Annotation;
  readonly method: SparsityMethod;
  readonly kernel: KernelSite;
  readonly tensors: Readonly<Record<string, OwnTensor>>;
}

/** A tensor of a method as a step program keeps it: named `<kernel>:<method>_<tensor>`. */
export interface OwnTensor extends MethodTensor {
  readonly param: Param;
}

/** Every annotation at every kernel, in the order of layers, annotations and kernels. */
export function methodSites(network: Network): readonly MethodSite[] {
  return network.graph.nodes.flatMap((node) =>
    node.annotations.flatMap((annotation) =>
      kernelsOf(network, node.name).map((kernel): MethodSite => {
        const method = methodKind(annotation);
        return { node, annotation, method, kernel, tensors: ownTensors(method, annotation, kernel) };
      }),
    ),
  );
}

/** Those that act. */
export function actingSites(network: Network, when: When): readonly MethodSite[] {
  return methodSites(network).filter(({ annotation }) => acts(annotation, when));
}

/** Whether an annotation acts in a stretch of training. */
export function acts({ arguments: args }: Annotation, stretch: Pick<When, 'name' | 'finetune'>): boolean {
  return actsIn(args.during as string | readonly string[] | undefined, stretch);
}

function ownTensors(method: SparsityMethod, { arguments: args }: Annotation, kernel: KernelSite) {
  const declared = method.tensors?.(args as never, kernel.site) ?? {};
  return Object.fromEntries(
    Object.entries(declared).flatMap(([name, tensor]): [string, OwnTensor][] => {
      const axes = axesPer(kernel, tensor.per);
      if (!axes) return [];
      const own = `${method.keyword}_${name}`;
      const { layer, name: of } = kernel.param;
      const initializer = { word: 'constant', arguments: { value: tensor.start } };
      const trained = tensor.trained ?? true;
      return [[name, { ...tensor, param: { name: `${of}:${own}`, layer, tensor: own, axes, initializer, trained } }]];
    }),
  );
}

/** The own tensors of all methods that act, once each. */
export function tensorsKept(network: Network, when: When): readonly OwnTensor[] {
  return actingSites(network, when).flatMap(({ tensors }) => Object.values(tensors));
}

/** Where zeros stay in a stretch of training. */
export class HeldZeros {
  private readonly kernels: ReadonlySet<string>;
  private readonly unitKernels: ReadonlySet<string>;

  constructor(
    private readonly network: Network,
    when: When,
  ) {
    const held = holding(network, when);
    const units = held.filter(({ method, annotation }) => method.keepsUnits?.(annotation.arguments as never) ?? false);
    this.kernels = new Set(held.map(({ kernel }) => kernel.param.name));
    this.unitKernels = new Set(units.map(({ kernel }) => kernel.param.name));
  }

  /** Whether weights of a kernel that are 0 stay 0. */
  keeps(param: Param): boolean {
    return this.kernels.has(param.name);
  }

  /** The kernels with whose units the numbers of a bias stay 0: those of a unit that no weight of these kernels writes. None: they are free. */
  kernelsOfUnits(bias: Param): readonly KernelSite[] {
    if (this.unitKernels.size === 0) return [];
    const { network } = this;
    const own = kernelsOf(network, bias.layer);
    const last = own.find((kernel) => kernel.bias?.name === bias.name);
    if (!last || !this.unitKernels.has(last.param.name) || biasUnitAxes(network, bias).length === 0) return [];
    // A bias behind several kernels stands for the units that the last one writes, and for those of the others that write the same.
    const units = String(writtenUnits(network, last.param, last.site));
    const all = own.filter((kernel) => String(writtenUnits(network, kernel.param, kernel.site)) === units);
    return all.every(({ param }) => this.unitKernels.has(param.name)) ? all : [];
  }
}

/** The methods at their kernels where zeros stay. */
function holding(network: Network, when: When): readonly MethodSite[] {
  return methodSites(network).filter(({ annotation, method }) => {
    const keeps = method.keepsZeros?.(annotation.arguments as never) ?? false;
    if (keeps === false) return false;
    if (keeps === 'in the fine-tuning') return when.finetune;
    const earlier = keeps === 'from then on' ? (when.earlier ?? []) : [];
    return [when, ...earlier].some((stretch) => acts(annotation, stretch));
  });
}

/** What a layer computes with. */
interface MaskedLayer {
  readonly inputs: readonly Value[];
  readonly params: Readonly<Record<string, Value>>;
  /** Parameters that give, of the squares of the inputs, the variance of what the layer adds up. Absent: there is no noise. */
  readonly variance?: Readonly<Record<string, Value>>;
}

/** Added to variances whose root is taken, as in the code of Molchanov et al. */
const LEAST_VARIANCE = 1e-8;

/** Whether a layer adds up what it reads times a kernel, its only one, and does nothing after that but apply its activation. */
function isSum(network: Network, node: Node): boolean {
  const kernels = kernelsOf(network, node.shares ?? node.name);
  return (
    node.inputs.length === 1 &&
    'activation' in node.arguments &&
    layerKind(node.kind).activationInside === undefined &&
    kernels.length === 1 &&
    kernels[0]!.param.tensor === 'kernel'
  );
}

/**
 * The activation behind the sum, where a layer is nothing but one of what it reads times its kernel and a bias, no unit of which reads less than another, and no other layer
 * computes with it.
 */
export function sumOf(network: Network, node: Node): { readonly activation: string } | undefined {
  const shared = node.shares !== undefined || network.graph.nodes.some(({ shares }) => shares === node.name);
  if (shared || !isSum(network, node)) return undefined;
  const [{ param, site }] = kernelsOf(network, node.name) as [KernelSite];
  const isMatrix = param.axes.at(-1)!.role === 'writes' && site.kernelShape.length === param.axes.length;
  return isMatrix ? { activation: (node.arguments.activation as Call).word } : undefined;
}

/** What the methods that act make of layers while a program is written: `buildForward` asks for it layer by layer. */
export class Masks {
  /** Own tensors by name, as they stand in the state. */
  private readonly states = new Map<string, Value>();
  private readonly kernels = new Map<string, Value>();
  private readonly byLayer: ReadonlyMap<string, readonly MethodSite[]>;

  constructor(
    private readonly b: Builder,
    private readonly network: Network,
    readonly sites: readonly MethodSite[],
    private readonly mode: Mode,
    private readonly stateOf: (param: Param) => string = (param) => param.name,
  ) {
    const byLayer = new Map<string, MethodSite[]>();
    for (const site of sites) byLayer.set(site.node.name, [...(byLayer.get(site.node.name) ?? []), site]);
    this.byLayer = byLayer;
  }

  /** The state that holds an own tensor. */
  state({ param }: OwnTensor): Value {
    let value = this.states.get(param.name);
    if (!value) this.states.set(param.name, (value = this.b.state(this.stateOf(param), paramShape(param))));
    return value;
  }

  /** A random number for every row and number, or for every row and unit, of what a layer writes. */
  private randomOf(
    node: Node,
    name: string,
    distribution: RandomSpec['distribution'],
    per: 'number' | 'row and unit',
  ): Value {
    const { b, network } = this;
    const shape = network.shapes.get(node.name)![0]!;
    const drawn = per === 'number' ? shape : shape.slice(-1);
    const { indices: units, width } = network.dims.originalsOfShape(drawn);
    const own =
      per === 'number' ? extents(shape) : extents(shape).map((extent, k) => (k === shape.length - 1 ? extent : 1));
    return b.random({ stream: `${node.name}.${name}`, distribution, units, width }, ['batch', ...own]);
  }

  /** The own tensors of a site in shapes that spread over its kernel. */
  tensorsOf({ kernel, tensors }: MethodSite): Record<string, Value> {
    return Object.fromEntries(
      Object.entries(tensors).map(([name, tensor]) => [
        name,
        spreadOverKernel(this.b, kernel, tensor.per, this.state(tensor)),
      ]),
    );
  }

  /** What a layer computes with. A layer that shares another's parameters computes with that one's masked kernels. */
  before(node: Node, inputs: readonly Value[], params: Readonly<Record<string, Value>>): MaskedLayer {
    const sites = this.byLayer.get(node.shares ?? node.name);
    if (!sites) return { inputs, params };
    const { b } = this;
    let [left, own] = [inputs, params];
    let variance: Value | undefined;
    const addsUp = this.mode === 'training' && isSum(this.network, node);
    for (const site of sites) {
      const { tensor, name } = site.kernel.param;
      const { kernelShape } = site.kernel.site;
      const masked = site.method.mask?.(b, {
        arguments: site.annotation.arguments as never,
        site: site.kernel.site,
        kernel: inShape(b, own[tensor]!, kernelShape),
        tensors: this.tensorsOf(site),
        mode: this.mode,
        addsUp,
        input: this.mode === 'training' && this.readsAlone(node, site) ? left[0] : undefined,
        random: (stream, distribution, per) => this.random(node, site, stream, distribution, per, left[0]),
      });
      if (!masked) continue;
      if (masked.input) {
        if (this.mode === 'inference') throw new Error(`@${site.method.keyword} changes what is read at inference`);
        left = [masked.input, ...left.slice(1)];
      }
      if (masked.kernel) {
        // One kernel for all layers that share it: its random numbers are drawn once.
        const shared = node.shares === undefined ? undefined : this.kernels.get(`${site.method.keyword} ${name}`);
        const value = shared ?? inShape(b, masked.kernel, paramShape(site.kernel.param));
        this.kernels.set(`${site.method.keyword} ${name}`, value);
        own = { ...own, [tensor]: value };
      }
      if (masked.variance) {
        if (!addsUp) throw new Error(`@${site.method.keyword} has noise where ${node.name} does not add up`);
        const one = inShape(b, masked.variance, paramShape(site.kernel.param));
        variance = variance ? b.add(variance, one) : one;
      }
    }
    return { inputs: left, params: own, ...(variance && { variance: { kernel: variance } }) };
  }

  /** A sum with noise of these variances, drawn for every number of it. */
  noisy(node: Node, sum: Value, variance: Value): Value {
    const { b } = this;
    const noise = this.randomOf(node, 'variance', { kind: 'normal' }, 'number');
    // The gradient of a root is infinite at 0.
    return b.add(sum, b.multiply(b.sqrt(b.add(variance, LEAST_VARIANCE)), noise));
  }

  /** What goes on from a layer: in training, what its methods make of what it writes. */
  after(node: Node, output: Value): Value {
    if (this.mode !== 'training') return output;
    let value = output;
    const { b } = this;
    const done = new Set<SparsityMethod>();
    for (const { method, annotation } of this.byLayer.get(node.shares ?? node.name) ?? []) {
      if (!method.disturb || done.has(method)) continue;
      done.add(method);
      value = method.disturb(b, {
        arguments: annotation.arguments as never,
        layer: node.name,
        output: value,
        random: (stream, distribution, per) => this.randomOf(node, `${method.keyword}.${stream}`, distribution, per),
      });
    }
    return value;
  }

  /** Whether the rows of this kernel are the units of the last axis of what the layer reads, and no other kernel reads it. */
  private readsAlone(node: Node, { kernel }: MethodSite): boolean {
    const [from] = node.inputs;
    if (!from || node.inputs.length > 1) return false;
    const last = this.network.shapes.get(from.node)![from.output]!.at(-1);
    const reads = (param: Param) => param.axes.some(({ dim, role }) => role === 'reads' && dim.units === last?.units);
    const owner = node.shares ?? node.name;
    const readers = Object.values(this.network.params.get(owner) ?? {}).filter(reads);
    return readers.length === 1 && readers[0]!.name === kernel.param.name;
  }

  private random(
    node: Node,
    { method, kernel }: MethodSite,
    name: string,
    distribution: RandomSpec['distribution'],
    per: Parameters<MaskMoment<unknown>['random']>[2],
    input: Value | undefined,
  ): Value {
    const { b, network } = this;
    if (per !== 'row and unit') {
      const { indices: units, width } = originalsPer(network, kernel, per)!;
      const spec = { stream: `${kernel.param.name}.${method.keyword}.${name}`, distribution, units, width };
      return spreadOverKernel(b, kernel, per, b.random(spec, [1, units.length]));
    }
    const last = network.shapes.get(node.inputs[0]!.node)![node.inputs[0]!.output]!.at(-1)!;
    const { indices: units, width } = network.dims.originalsOf(last.units);
    const own = input!.type.shape.slice(1).map((extent, k, all) => (k === all.length - 1 ? extent : 1));
    const stream = `${node.name}.${kernel.param.tensor}.${method.keyword}.${name}`;
    return b.random({ stream, distribution, units, width }, ['batch', ...own]);
  }
}

/**
 * The kernels that stay when the methods that act have done their work, by name: what their masks make of them at inference. `state` holds the kernels and the own
 * tensors. Nothing for kernels that no mask touches.
 */
export function settledKernels(
  network: Network,
  sites: readonly MethodSite[],
  state: Readonly<Record<string, HostTensor>>,
): ReadonlyMap<string, Float32Array> {
  const masked = sites.filter(({ method }) => method.mask);
  if (masked.length === 0) return new Map();
  const b = new Builder();
  const masks = new Masks(b, network, masked, 'inference');
  for (const layer of new Set(masked.map(({ node }) => node.name))) {
    const kernels = kernelsOf(network, layer);
    const given = Object.fromEntries(
      kernels.map(({ param }) => [param.tensor, b.state(param.name, paramShape(param))]),
    );
    const { params } = masks.before(nodeOf(network.graph, layer), [], given);
    for (const { param } of kernels)
      if (params[param.tensor] !== given[param.tensor]) b.result(param.name, params[param.tensor]!);
  }
  const program = optimize(b.build(`${network.graph.name} settled`));
  const given = Object.fromEntries(
    program.inputs.map(({ name }): [string, Tensor64] => {
      const { shape, data } = state[name]!;
      return [name, { dtype: 'float', shape, data: Float64Array.from(data) }];
    }),
  );
  const { results } = evaluate(program, given);
  return new Map(Object.entries(results).map(([name, { data }]) => [name, Float32Array.from(data)]));
}

/** A value in another shape of as many elements. */
export function inShape(b: Builder, value: Value, shape: readonly number[]): Value {
  return String(value.type.shape) === String(shape) ? value : b.reshape(value, shape);
}
