import type { DType, Extent, HostTensor, TensorType } from '../program/program.js';
import { sizeOf } from '../program/program.js';
import { sameShape, showShape } from '../program/shapes.js';
import type { ElementType, Initializer, Node, NodeAttributes } from './model.js';

/** The name of the symbolic batch extent in the model's inputs and outputs. */
export const BATCH = 'batch';

const elementTypeOf: Record<DType, ElementType> = { float: 'float', int: 'int32', bool: 'bool' };

export function elementType(dtype: DType): ElementType {
  return elementTypeOf[dtype];
}

/** How the model will be run. */
export interface Target {
  /** onnxruntime's own ops (domain `com.microsoft`) may be used; a file for other runtimes keeps to ONNX. */
  readonly microsoft: boolean;
}

/**
 * Collects the nodes and constants of one graph, and names their values. The writer of a body has nodes of its own; names, constants and shapes are those
 * of the graph around it, where all bodies find them.
 */
export class GraphWriter {
  readonly nodes: Node[] = [];
  readonly initializers: Initializer[];
  private readonly taken: Set<string>;
  private readonly shared = new Map<string, string>();
  private batchSource: { readonly name: string; readonly axis: number } | undefined;

  constructor(
    readonly target: Target,
    private readonly around?: GraphWriter,
  ) {
    this.initializers = around?.initializers ?? [];
    this.taken = around?.taken ?? new Set();
  }

  /** Keeps a name that the caller chose, such as an input's. */
  reserve(name: string): string {
    if (this.taken.has(name)) throw new Error(`two values of the model are called ${name}`);
    this.taken.add(name);
    return name;
  }

  /** A name that nothing else has. */
  fresh(hint: string): string {
    let name = hint;
    for (let copy = 2; this.taken.has(name); copy++) name = `${hint}_${copy}`;
    this.taken.add(name);
    return name;
  }

  /** Writes a node with one output, by default under a fresh name; returns the name. */
  node(operator: string, inputs: readonly string[], attributes: NodeAttributes = {}, output?: string): string {
    const name = output ?? this.fresh(operator.toLowerCase());
    this.nodes.push({ operator, domain: '', inputs, outputs: [name], attributes });
    return name;
  }

  /** Writes a node of any domain with any number of outputs, named by the caller. */
  rawNode(node: Node): void {
    this.nodes.push(node);
  }

  /** int64 vector; ONNX wants these for shapes, axes and bounds. Equal ones are stored once. */
  int64(values: readonly number[]): string {
    return this.once(`int64 ${values.join(',')}`, (name) => ({
      name,
      type: 'int64',
      shape: [values.length],
      data: BigInt64Array.from(values, BigInt),
    }));
  }

  /** A scalar of a program's dtype. Equal ones are stored once. */
  scalar(dtype: DType, value: number): string {
    return this.once(`${dtype} ${Object.is(value, -0) ? '-0' : value}`, (name) =>
      constantOf(name, { dtype, shape: [] }, Float64Array.of(value)),
    );
  }

  /** A program's constant, rounded to its dtype. */
  constant(type: { readonly dtype: DType; readonly shape: readonly number[] }, data: Float64Array): string {
    if (type.shape.length === 0) return this.scalar(type.dtype, data[0]!);
    const initializer = constantOf(this.fresh('constant'), type, data);
    this.initializers.push(initializer);
    return initializer.name;
  }

  /** A node that has been written, by its operator, inputs and attributes. */
  find(operator: string, inputs: readonly string[], attributes: NodeAttributes): Node | undefined {
    const wanted = JSON.stringify([inputs, attributes]);
    return this.nodes.find(
      (one) => one.operator === operator && JSON.stringify([one.inputs, one.attributes]) === wanted,
    );
  }

  /** Gives a node that has been written one more output. */
  extend(node: Node, output: string): void {
    this.nodes[this.nodes.indexOf(node)] = { ...node, outputs: [...node.outputs, output] };
  }

  /** Tells where the batch extent can be read off when a shape needs it. */
  batchFrom(name: string, axis: number): void {
    this.batchSource ??= { name, axis };
  }

  /** The batch extent as int64[1], computed when the model runs. */
  private batch(): string {
    const known = this.shared.get(BATCH);
    if (known !== undefined) return known;
    if (!this.batchSource) throw new Error('the program has a batch extent, but no input that carries it');
    const { name, axis } = this.batchSource;
    const extent = this.node('Shape', [name], { start: axis, end: axis + 1 }, this.fresh('batch_extent'));
    this.shared.set(BATCH, extent);
    return extent;
  }

  /** A shape as an int64 vector. */
  shape(extents: readonly Extent[]): string {
    if (this.around) return this.around.shape(extents);
    if (isKnown(extents)) return this.int64(extents);
    const key = `shape ${extents.join(',')}`;
    const known = this.shared.get(key);
    if (known !== undefined) return known;
    const parts = extents.map((extent) => (extent === 'batch' ? this.batch() : this.int64([extent])));
    const name = parts.length === 1 ? parts[0]! : this.node('Concat', parts, { axis: 0 }, this.fresh('shape'));
    this.shared.set(key, name);
    return name;
  }

  private once(key: string, make: (name: string) => Initializer): string {
    if (this.around) return this.around.once(key, make);
    const known = this.shared.get(key);
    if (known !== undefined) return known;
    const hint = key.length > 40 ? key.split(' ', 1)[0]! : key;
    const initializer = make(this.fresh(hint.replace(/[^A-Za-z0-9]+/g, '_')));
    this.initializers.push(initializer);
    this.shared.set(key, initializer.name);
    return initializer.name;
  }
}

/** Whether no extent is the batch's. */
export function isKnown(shape: readonly Extent[]): shape is readonly number[] {
  return shape.every((extent) => extent !== 'batch');
}

/** A host tensor as an initializer; throws where it does not fit the type. */
export function initializerOf(name: string, type: TensorType, tensor: HostTensor): Initializer {
  if (!isKnown(type.shape)) throw new Error(`${name} depends on the batch and cannot be a constant`);
  if (!sameShape(type.shape, tensor.shape) || tensor.data.length !== sizeOf(type.shape)) {
    throw new Error(`${name} is ${showShape(tensor.shape)} and the program wants ${showShape(type.shape)}`);
  }
  return constantOf(name, { dtype: type.dtype, shape: type.shape }, tensor.data);
}

function constantOf(
  name: string,
  type: { readonly dtype: DType; readonly shape: readonly number[] },
  data: HostTensor['data'] | Float64Array,
): Initializer {
  const shared = { name, type: elementType(type.dtype), shape: type.shape };
  if (type.dtype === 'float') return { ...shared, data: data instanceof Float32Array ? data : Float32Array.from(data) };
  if (type.dtype === 'int') return { ...shared, data: data instanceof Int32Array ? data : Int32Array.from(data) };
  return { ...shared, data: Uint8Array.from(data, (one) => (one === 0 ? 0 : 1)) };
}
