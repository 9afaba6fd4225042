import { Source, type Span } from '../diagnostics/source.js';
import type {
  ArgumentNode,
  BinaryNode,
  CallNode,
  EntryNode,
  LayerNode,
  ListNode,
  MapNode,
  NameNode,
  NumberNode,
  RangeNode,
  StringNode,
  ValueNode,
} from './document.js';
import { numberText, readNumber } from './numbers.js';

/**
 * Makes document nodes that no text stands for, for specs that the compiler writes. Their span is `NOWHERE`, an empty place
 * in an empty source, so that a diagnostic about such a node still has something to point at.
 */
export const NOWHERE: Span = { source: new Source('(written by dnc)', ''), start: 0, end: 0 };

/** A name or a dotted path. As a map's key any text. */
export function name(text: string): NameNode {
  return { span: NOWHERE, text };
}

/** A finite number; a negative one is a minus in front of one. */
export function number(value: number): ValueNode {
  if (value < 0 || Object.is(value, -0)) {
    return { kind: 'unary', span: NOWHERE, operator: '-', operand: positive(numberText(-value)) };
  }
  return positive(numberText(value));
}

/** A number by its text, which may have a suffix: `10k`, `0.2%`. */
export function positive(text: string): NumberNode {
  const reading = readNumber(text);
  if ('problem' in reading) throw new Error(`\`${text}\` is not a number: ${reading.problem}`);
  return { kind: 'number', span: NOWHERE, text, ...reading };
}

/** A quoted string: always itself. */
export function string(value: string): StringNode {
  return { kind: 'string', span: NOWHERE, value };
}

/** A bare word. */
export function word(text: string): CallNode {
  return { kind: 'call', span: NOWHERE, callee: name(text) };
}

/** `true` or `false`. */
export function boolean(value: boolean): CallNode {
  return word(String(value));
}

/** A call; `named` arguments stand behind the positional ones. */
export function call(
  callee: string,
  positional: readonly ValueNode[] = [],
  named: Readonly<Record<string, ValueNode>> = {},
): CallNode {
  const list: ArgumentNode[] = positional.map((value) => ({ span: NOWHERE, value }));
  for (const [key, value] of Object.entries(named)) list.push({ span: NOWHERE, name: name(key), value });
  return { kind: 'call', span: NOWHERE, callee: name(callee), arguments: list };
}

export function list(items: readonly ValueNode[]): ListNode {
  return { kind: 'list', span: NOWHERE, items };
}

/** `from..to`, both ends included. */
export function range(from: number, to: number): RangeNode {
  return { kind: 'range', span: NOWHERE, from: number(from), to: number(to) };
}

/** Whole numbers in order as a list with runs: `[98..101, 104]`. Two neighbours stay two numbers. */
export function runs(numbers: readonly number[]): ListNode {
  const items: ValueNode[] = [];
  for (let first = 0, next: number; first < numbers.length; first = next) {
    next = first + 1;
    while (next < numbers.length && numbers[next] === numbers[next - 1]! + 1) next++;
    if (next - first >= 3) items.push(range(numbers[first]!, numbers[next - 1]!));
    else for (let i = first; i < next; i++) items.push(number(numbers[i]!));
  }
  return list(items);
}

export function entry(key: string, value: ValueNode): EntryNode {
  return { span: NOWHERE, key: name(key), value };
}

export function map(entries: Readonly<Record<string, ValueNode>> | readonly EntryNode[]): MapNode {
  const listed = Array.isArray(entries)
    ? (entries as readonly EntryNode[])
    : Object.entries(entries as Readonly<Record<string, ValueNode>>).map(([key, value]) => entry(key, value));
  return { kind: 'map', span: NOWHERE, entries: listed };
}

export function binary(left: ValueNode, operator: BinaryNode['operator'], right: ValueNode): BinaryNode {
  return { kind: 'binary', span: NOWHERE, operator, left, right };
}

/** A layer statement. */
export function layer(
  call: CallNode,
  parts: {
    readonly names?: readonly string[];
    readonly inputs?: readonly { readonly name?: string; readonly from: string }[];
    readonly annotations?: readonly CallNode[];
    readonly with?: MapNode;
  } = {},
): LayerNode {
  return {
    kind: 'layer',
    span: NOWHERE,
    names: (parts.names ?? []).map(name),
    call,
    inputs: (parts.inputs ?? []).map((input) => ({
      from: name(input.from),
      ...(input.name !== undefined && { name: name(input.name) }),
    })),
    annotations: parts.annotations ?? [],
    ...(parts.with && { with: parts.with }),
  };
}
