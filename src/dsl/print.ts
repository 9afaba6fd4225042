import type {
  ArgumentNode,
  BlockNode,
  CallNode,
  Document,
  EntryNode,
  LetNode,
  ModelNode,
  NameNode,
  StatementNode,
  ValueNode,
} from './document.js';

/**
 * Prints documents as canonical text: two blanks of indentation, sections on lines of their own, lines of at most 100 columns
 * where lists and maps can be broken. Reading the text again gives an equal document (`compare.ts`), and `fmt` leaves it alone.
 */

/** Lines are broken where they would go beyond this column. */
const WIDTH = 100;
const INDENT = '  ';

/** A whole spec: version, lets, blocks, model, sections, in this order, whatever order they were read in. */
export function printDocument(document: Document): string {
  const parts: string[] = [];
  if (document.version) parts.push(`dnc ${document.version.text}`);
  if (document.lets.length > 0) parts.push(document.lets.map(printLet).join('\n'));
  parts.push(...document.blocks.map(printBlock));
  if (document.model) parts.push(printModel(document.model));
  parts.push(...document.entries.map((entry) => printEntry(entry)));
  return parts.length > 0 ? `${parts.join('\n\n')}\n` : '';
}

function printLet(node: LetNode): string {
  const head = `let ${node.name.text} = `;
  return head + printValue(node.value, { column: head.length });
}

function printBlock(node: BlockNode): string {
  const parameters = node.parameters
    .map(({ name, value }) => (value ? `${name.text}: ${printValue(value, FLAT)}` : name.text))
    .join(', ');
  const head = `block ${node.name.text}${parameters && `(${parameters})`}`;
  const from = node.inputs.length > 0 ? ` <- ${texts(node.inputs)}` : '';
  return `${head}${from}${arrow(node.outputs)}${annotations(node.annotations, ' ')} ${body(node.body, '')}`;
}

export function printModel(node: ModelNode): string {
  const head = `model ${node.name.text}${arrow(node.outputs)}${annotations(node.annotations, '  ')}`;
  return `${head} ${body(node.body, '')}`;
}

/** One statement of a model or a block. Its first line is not indented, the others are. */
export function printStatement(node: StatementNode, indent = ''): string {
  const changes = node.with ? ` with ${printValue(node.with, { indent, broken: true })}` : '';
  if (node.kind === 'repeat') {
    return `repeat ${printValue(node.count, FLAT)} ${body(node.body, indent)}${changes}`;
  }
  const names = node.names.length > 0 ? `${texts(node.names)} = ` : '';
  const inputs = node.inputs.map(({ name, from }) => (name ? `${name.text}: ${from.text}` : from.text)).join(', ');
  const call = printValue(node.call, { indent, column: indent.length + names.length });
  return `${names}${call}${inputs && ` <- ${inputs}`}${annotations(node.annotations, '  ')}${changes}`;
}

/** An entry of a section: `key: value`, a map as `key { … }` on lines of its own. */
function printEntry(node: EntryNode, indent = ''): string {
  const key = keyText(node.key);
  if (node.value.kind === 'map') return `${key} ${printValue(node.value, { indent, broken: true })}`;
  return `${key}: ${printValue(node.value, { indent, column: indent.length + key.length + 2 })}`;
}

/** How a value is laid out. */
export interface Layout {
  /** The indentation of the line that the value starts on. */
  readonly indent?: string;
  /** The column at which it starts. */
  readonly column?: number;
  /** On one line, whatever its length. */
  readonly flat?: boolean;
  /** A map on several lines even where one would do. */
  readonly broken?: boolean;
}

const FLAT: Layout = { flat: true };

/** Prints one value. Without a layout on one line, broken only where it goes beyond 100 columns. */
export function printValue(value: ValueNode, layout: Layout = {}): string {
  const short = layout.broken && value.kind === 'map' && value.entries.length > 0 ? undefined : flat(value);
  const indent = layout.indent ?? '';
  if (short !== undefined && (layout.flat || (layout.column ?? indent.length) + short.length <= WIDTH)) return short;
  const inner = indent + INDENT;
  switch (value.kind) {
    case 'map':
      if (value.entries.length === 0) return '{ }';
      return `{\n${value.entries.map((entry) => `${inner}${printEntry(entry, inner)}\n`).join('')}${indent}}`;
    case 'list':
      return `[\n${filled(value.items.map(flat), inner)}${indent}]`;
    case 'call':
      if (!value.arguments || value.arguments.length === 0) return flat(value);
      return `${value.callee.text}(\n${value.arguments
        .map((one) => `${inner}${argument(one, { indent: inner, column: inner.length })}`)
        .join(',\n')}\n${indent})`;
    default:
      return flat(value);
  }
}

/** As many items a line as fit. */
function filled(items: readonly string[], indent: string): string {
  const lines: string[] = [];
  let line = '';
  items.forEach((item, index) => {
    const piece = index < items.length - 1 ? `${item},` : item;
    if (line && indent.length + line.length + 1 + piece.length > WIDTH) {
      lines.push(line);
      line = piece;
    } else line = line ? `${line} ${piece}` : piece;
  });
  if (line) lines.push(line);
  return lines.map((one) => `${indent}${one}\n`).join('');
}

/** How tightly the operators bind: a weaker value inside of a stronger place stands in parentheses. */
function strength(value: ValueNode): number {
  switch (value.kind) {
    case 'map':
    case 'range':
      return 0;
    case 'binary':
      return value.operator === '+' || value.operator === '-' ? 1 : 2;
    case 'unary':
      return 3;
    default:
      return 4;
  }
}

function flat(value: ValueNode): string {
  const inside = (operand: ValueNode, least: number) =>
    strength(operand) < least ? `(${flat(operand)})` : flat(operand);
  switch (value.kind) {
    case 'number':
      return value.text;
    case 'quantity':
      return `${value.number.text} ${value.unit.text}`;
    case 'string':
      return quote(value.value);
    case 'call':
      if (!value.arguments) return value.callee.text;
      return `${value.callee.text}(${value.arguments.map((one) => argument(one, FLAT)).join(', ')})`;
    case 'list':
      return `[${value.items.map(flat).join(', ')}]`;
    case 'map':
      if (value.entries.length === 0) return '{ }';
      return `{ ${value.entries.map(({ key, value: one }) => (one.kind === 'map' ? `${keyText(key)} ${flat(one)}` : `${keyText(key)}: ${flat(one)}`)).join(', ')} }`;
    case 'range':
      return `${inside(value.from, 1)}..${inside(value.to, 1)}`;
    case 'unary':
      return `-${inside(value.operand, 4)}`;
    case 'binary':
      return spine(value, inside);
  }
}

/** Sums and products lean to the left and may be long: their spine is walked, not descended. */
function spine(value: ValueNode & { kind: 'binary' }, inside: (operand: ValueNode, least: number) => string): string {
  const least = strength(value);
  const right: string[] = [];
  let left: ValueNode = value;
  while (left.kind === 'binary' && strength(left) === least) {
    right.push(` ${left.operator} ${inside(left.right, least + 1)}`);
    left = left.left;
  }
  return inside(left, least) + right.reverse().join('');
}

function argument(node: ArgumentNode, layout: Layout): string {
  const head = node.name ? `${node.name.text}: ` : '';
  return head + printValue(node.value, { ...layout, column: (layout.column ?? 0) + head.length });
}

function annotations(calls: readonly CallNode[], gap: string): string {
  return calls.map((call, index) => `${index === 0 ? gap : ' '}@${flat(call)}`).join('');
}

function arrow(outputs: readonly NameNode[]): string {
  return outputs.length > 0 ? ` -> ${texts(outputs)}` : '';
}

function texts(names: readonly NameNode[]): string {
  return names.map((name) => name.text).join(', ');
}

function body(statements: readonly StatementNode[], indent: string): string {
  if (statements.length === 0) return '{ }';
  const inner = indent + INDENT;
  return `{\n${statements.map((one) => `${inner}${printStatement(one, inner)}\n`).join('')}${indent}}`;
}

const PATH = /^[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*$/;

export function keyText(key: NameNode): string {
  return PATH.test(key.text) ? key.text : quote(key.text);
}

/** JSON, with the characters escaped that would not survive a look: controls, direction marks, line separators. */
export function quote(text: string): string {
  return JSON.stringify(text).replace(
    /[\u007f-\u009f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]/g,
    (letter) => `\\u${letter.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
