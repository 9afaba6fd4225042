import { Message } from './protobuf.js';

/**
 * An ONNX model as plain data, and its bytes (onnx.proto of ONNX 1.16: IR version 10). Field numbers are that file's.
 */

/** The element types that dnc writes, with their numbers in TensorProto.DataType. */
export const elementTypes = { float: 1, int32: 6, int64: 7, bool: 9 } as const;
export type ElementType = keyof typeof elementTypes;

/** A graph's input or output. An extent that is a string is symbolic. */
export interface ValueInfo {
  readonly name: string;
  readonly type: ElementType;
  readonly shape: readonly (number | string)[];
  /** A list of such tensors instead of one. */
  readonly sequence?: true;
}

/** A constant tensor; `data` has the element type's own width (bool: one byte each). */
export interface Initializer {
  readonly name: string;
  readonly type: ElementType;
  readonly shape: readonly number[];
  readonly data: Float32Array | Int32Array | BigInt64Array | Uint8Array;
}

/** The body of a node that runs one. It reads its inputs, and any value of the graph around it. */
export interface Subgraph {
  readonly name: string;
  readonly inputs: readonly ValueInfo[];
  readonly outputs: readonly ValueInfo[];
  readonly nodes: readonly Node[];
}

/** A number is an int attribute, a list of numbers ints; floats say so. */
export type NodeAttribute = number | { readonly float: number } | string | readonly number[] | Subgraph;
export type NodeAttributes = Readonly<Record<string, NodeAttribute>>;

export interface Node {
  readonly operator: string;
  /** '' is ONNX's own set; the other one that dnc uses is onnxruntime's `com.microsoft`. */
  readonly domain: string;
  /** '' leaves an optional input out. */
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes: NodeAttributes;
}

export interface Model {
  readonly name: string;
  readonly inputs: readonly ValueInfo[];
  readonly outputs: readonly ValueInfo[];
  readonly initializers: readonly Initializer[];
  /** In an order in which every input is computed before it is read. */
  readonly nodes: readonly Node[];
}

/** Opset 18 is the first with ScatterElements' `max` and `min` and reductions that take their axes as an input throughout. */
const OPSET = 18;
const IR_VERSION = 10;
const MICROSOFT = 'com.microsoft';

/** The bytes of an .onnx file. */
export function encode(model: Model): Uint8Array {
  const graph = encodeGraph(model);
  const file = new Message().int(1, IR_VERSION).string(2, 'dnc').message(7, graph);
  file.message(8, new Message().string(1, '').int(2, OPSET));
  if (usesMicrosoft(model.nodes)) {
    file.message(8, new Message().string(1, MICROSOFT).int(2, 1));
  }
  return file.finish();
}

function encodeGraph({ name, inputs, outputs, nodes, initializers = [] }: Subgraph & Partial<Model>): Message {
  const graph = new Message();
  for (const [index, node] of nodes.entries()) graph.message(1, encodeNode(node, `${node.operator}_${index}`));
  graph.string(2, name);
  for (const one of initializers) graph.message(5, encodeInitializer(one));
  for (const one of inputs) graph.message(11, encodeValue(one));
  for (const one of outputs) graph.message(12, encodeValue(one));
  return graph;
}

function usesMicrosoft(nodes: readonly Node[]): boolean {
  return nodes.some(
    ({ domain, attributes }) =>
      domain === MICROSOFT || Object.values(attributes).some((one) => isSubgraph(one) && usesMicrosoft(one.nodes)),
  );
}

function isSubgraph(attribute: NodeAttribute): attribute is Subgraph {
  return typeof attribute === 'object' && 'nodes' in attribute;
}

function encodeNode(node: Node, name: string): Message {
  const message = new Message();
  for (const input of node.inputs) message.string(1, input);
  for (const output of node.outputs) message.string(2, output);
  message.string(3, name).string(4, node.operator);
  for (const [key, value] of Object.entries(node.attributes)) message.message(5, encodeAttribute(key, value));
  if (node.domain !== '') message.string(7, node.domain);
  return message;
}

/** AttributeProto.AttributeType: FLOAT 1, INT 2, STRING 3, GRAPH 5, INTS 7. */
function encodeAttribute(name: string, value: NodeAttribute): Message {
  const message = new Message().string(1, name);
  if (typeof value === 'number') return message.int(3, value).int(20, 2);
  if (typeof value === 'string') return message.string(4, value).int(20, 3);
  if (isSubgraph(value)) return message.message(6, encodeGraph(value)).int(20, 5);
  if ('float' in value) return message.float(2, value.float).int(20, 1);
  for (const one of value) message.int(8, one);
  return message.int(20, 7);
}

function encodeInitializer(one: Initializer): Message {
  const message = new Message();
  for (const extent of one.shape) message.int(1, extent);
  const bytes = new Uint8Array(one.data.buffer, one.data.byteOffset, one.data.byteLength);
  return message.int(2, elementTypes[one.type]).string(8, one.name).bytes(9, bytes);
}

function encodeValue(value: ValueInfo): Message {
  const shape = new Message();
  for (const extent of value.shape) {
    const dimension = new Message();
    shape.message(1, typeof extent === 'number' ? dimension.int(1, extent) : dimension.string(2, extent));
  }
  const tensor = new Message().message(1, new Message().int(1, elementTypes[value.type]).message(2, shape));
  const type = value.sequence ? new Message().message(4, new Message().message(1, tensor)) : tensor;
  return new Message().string(1, value.name).message(2, type);
}
