import { type Around, Comments } from './comments.js';
import type {
  BlockNode,
  CallNode,
  Document,
  EntryNode,
  LetNode,
  ListNode,
  MapNode,
  ModelNode,
  NameNode,
  RepeatNode,
  StatementNode,
  ValueNode,
} from './document.js';
import { keyText, printValue } from './print.js';
import { isYaml } from './syntax.js';

/** Lines are broken where they would go beyond this column, unless they were written as one. */
export const WIDTH = 100;
/** And beyond this one they are broken always. */
export const LONGEST = 160;
const INDENT = '  ';

/**
 * A document as .dn with its comments and empty lines, whichever syntax it was read from: names, annotations and comments of neighbouring lines in
 * columns, a map on one line where it was. `fmt` leaves it alone.
 */
export function writeDn(document: Document): string {
  return new Writing(new Comments(document)).document(document);
}

/** What stands on lines of its own. One line has cells that stand in columns with those of its neighbours. */
interface Written {
  readonly node: object;
  readonly lines: readonly string[];
  /** `name` and `= …`, for a column. */
  readonly name?: string;
  readonly annotations?: string;
}

class Writing {
  constructor(private readonly comments: Comments) {}

  document(document: Document): string {
    const items = [
      ...(document.version ? [this.version(document)] : []),
      ...document.lets.map((one) => ({ at: one.span.start, written: this.let(one) })),
      ...document.blocks.map((one) => ({ at: one.span.start, written: this.block(one) })),
      ...(document.model ? [{ at: document.model.span.start, written: this.model(document.model) }] : []),
      ...document.entries.map((one) => ({ at: one.span.start, written: this.entry(one, '') })),
    ].sort((a, b) => a.at - b.at);
    const lines = this.lines(
      items.map((one) => one.written),
      '',
    );
    lines.push(...this.comments.of(document).end);
    return lines.length > 0 ? `${lines.join('\n')}\n` : '';
  }

  /** Items below each other, with what is around them; neighbours of one line in columns. */
  private lines(items: readonly Written[], indent: string): string[] {
    const out: string[] = [];
    for (let first = 0, next: number; first < items.length; first = next) {
      next = first + 1;
      // The version is no neighbour of anything.
      const single = (k: number) => items[k]?.lines.length === 1 && !('text' in items[k]!.node);
      while (single(first) && single(next) && this.comments.of(items[next]!.node).before.length === 0) next++;
      const run = items.slice(first, next);
      const names = Math.max(...run.map((one) => one.name?.length ?? 0));
      const padded = run.map(({ lines: [line = '', ...more], name }) => [
        name === undefined ? line : `${name.padEnd(names)} ${line}`,
        ...more,
      ]);
      const ends = Math.max(...run.map((one, k) => (one.annotations ? padded[k]![0]!.length : 0)));
      run.forEach((one, k) => {
        if (one.annotations) padded[k]![0] = `${padded[k]![0]!.padEnd(ends)}  ${one.annotations}`;
      });
      const shown = inColumn(padded, (k) => this.comments.of(run[k]!.node));
      run.forEach((one, k) => {
        out.push(...this.comments.of(one.node).before.map((line) => (line === '' ? '' : indent + line)));
        // Lines below the first are indented already.
        out.push(...shown[k]!.map((line, l) => (l === 0 ? indent + line : line)));
      });
    }
    return out;
  }

  private version(document: Document) {
    const node = document.version!;
    return { at: -1, written: { node, lines: [`dnc ${node.text}`] } };
  }

  private let(node: LetNode): Written {
    return { node, name: `let ${node.name.text}`, lines: this.value(node.value, '= ', '') };
  }

  private block(node: BlockNode): Written {
    const parameters = node.parameters
      .map(({ name, value }) => (value ? `${name.text}: ${flat(value)}` : name.text))
      .join(', ');
    const from = node.inputs.length > 0 ? ` <- ${texts(node.inputs)}` : '';
    const head = `block ${node.name.text}${parameters && `(${parameters})`}${from}${arrow(node.outputs)}`;
    const methods = annotations(node.annotations);
    return { node, lines: this.body(`${head}${methods && ` ${methods}`} `, node, node.body, '') };
  }

  private model(node: ModelNode): Written {
    const methods = annotations(node.annotations);
    const head = `model ${node.name.text}${arrow(node.outputs)}${methods && ` ${methods}`} `;
    return { node, lines: this.body(head, node, node.body, '') };
  }

  private body(head: string, node: object, body: readonly StatementNode[], indent: string): string[] {
    const { head: comment, end } = this.comments.of(node);
    if (body.length === 0 && comment === undefined && end.length === 0) return [`${head}{ }`];
    const inner = indent + INDENT;
    return [
      `${head}{${comment === undefined ? '' : `  ${comment}`}`,
      ...this.lines(
        body.map((one) => this.statement(one, inner)),
        inner,
      ),
      ...end.map((line) => inner + line),
      `${indent}}`,
    ];
  }

  private statement(node: StatementNode, indent: string): Written {
    const changes = node.with ? this.map(node.with, 'with ', indent) : undefined;
    if (node.kind === 'repeat') {
      const line = isOneLine(node) ? this.repeatLine(node) : undefined;
      if (line !== undefined && indent.length + line.length <= LONGEST) return { node, lines: [line] };
      const lines = this.body(`repeat ${flat(node.count)} `, node, node.body, indent);
      if (changes) lines.splice(-1, 1, `${lines.at(-1)} ${changes[0]}`, ...changes.slice(1));
      return { node, lines };
    }
    const inputs = node.inputs.map(({ name, from }) => (name ? `${name.text}: ${from.text}` : from.text)).join(', ');
    const named = node.names.length > 0;
    const methods = annotations(node.annotations);
    const column = indent.length + (named ? texts(node.names).length + 3 : 0);
    const short = flat(node.call);
    const call =
      column + short.length <= roomFor(node) ? [short] : printValue(node.call, { indent, column }).split('\n');
    const lines = [`${named ? '= ' : ''}${call[0]}`, ...call.slice(1)];
    lines.push(`${lines.pop()}${inputs && ` <- ${inputs}`}`);
    if (changes || lines.length > 1) {
      lines.push(`${lines.pop()}${methods && `  ${methods}`}${changes ? ` ${changes[0]}` : ''}`);
      lines.push(...(changes ?? []).slice(1));
      return { node, lines, ...(named && { name: texts(node.names) }) };
    }
    return { node, lines, ...(named && { name: texts(node.names) }), ...(methods && { annotations: methods }) };
  }

  /** A repeat on one line; undefined where something in it takes several. */
  private repeatLine(node: RepeatNode): string | undefined {
    const body = node.body.map((one) => this.statement(one, ''));
    if (body.some((one) => one.lines.length > 1)) return undefined;
    const texts = body.map(
      (one) => `${one.name ? `${one.name} ` : ''}${one.lines[0]}${one.annotations ? `  ${one.annotations}` : ''}`,
    );
    const changes = node.with ? ` with ${oneLine(node.with)}` : '';
    if (texts.length === 0) return `repeat ${flat(node.count)} { }${changes}`;
    return `repeat ${flat(node.count)} { ${texts.join('; ')} }${changes}`;
  }

  private entry(node: EntryNode, indent: string): Written {
    const key = keyText(node.key);
    const { value } = node;
    return {
      node,
      lines: value.kind === 'map' ? this.map(value, `${key} `, indent) : this.value(value, `${key}: `, indent),
    };
  }

  private value(value: ValueNode, head: string, indent: string): string[] {
    if (value.kind === 'map') return this.map(value, head, indent);
    if (value.kind === 'list') return this.list(value, head, indent);
    const line = head + flat(value);
    if (indent.length + line.length <= roomFor(value)) return [line];
    return (head + printValue(value, { indent, column: indent.length + head.length })).split('\n');
  }

  private map(value: MapNode, head: string, indent: string): string[] {
    if (value.entries.length === 0 && !this.comments.within(value)) return [`${head}{ }`];
    if (isOneLine(value) && !this.comments.within(value)) {
      const line = head + oneLine(value);
      if (indent.length + line.length <= LONGEST) return [line];
    }
    const { head: comment, end } = this.comments.of(value);
    const inner = indent + INDENT;
    return [
      `${head}{${comment === undefined ? '' : `  ${comment}`}`,
      ...this.lines(
        value.entries.map((one) => this.entry(one, inner)),
        inner,
      ),
      ...end.map((line) => inner + line),
      `${indent}}`,
    ];
  }

  private list(value: ListNode, head: string, indent: string): string[] {
    const line = head + flat(value);
    if (!this.comments.within(value) && indent.length + line.length <= roomFor(value)) return [line];
    return listLines(value, value.items.map(flat), head, indent, this.comments);
  }
}

/** Puts the comments of neighbouring items into one column, as far from the longest of them as one stood at least. */
export function inColumn(items: readonly (readonly string[])[], around: (k: number) => Around): string[][] {
  const marked = items.flatMap((_, k) => (around(k).after === undefined ? [] : [k]));
  const gap = Math.min(...marked.map((k) => around(k).gap));
  const widest = Math.max(...marked.map((k) => items[k]!.at(-1)!.length));
  return items.map((lines, k) => {
    const { after } = around(k);
    const last = lines.at(-1)!;
    return after === undefined ? [...lines] : [...lines.slice(0, -1), last.padEnd(widest + gap) + after];
  });
}

/** A list on several lines, as many items a line as fit, with its comments. The same text in .dn and in YAML. */
export function listLines(
  value: ListNode,
  items: readonly string[],
  head: string,
  indent: string,
  comments: Comments,
): string[] {
  const around = comments.of(value);
  const inner = indent + INDENT;
  // What is told of a list stands in a column of its own.
  const lines = [`${head}[${around.head === undefined ? '' : `          ${around.head}`}`];
  let line = '';
  const put = () => {
    if (line !== '') lines.push(inner + line);
    line = '';
  };
  items.forEach((item, k) => {
    const { before, after } = comments.of(value.items[k]!);
    const own = before.filter((one) => one !== '');
    if (own.length > 0) {
      put();
      lines.push(...own.map((one) => inner + one));
    }
    const piece = k < items.length - 1 ? `${item},` : item;
    if (line !== '' && inner.length + line.length + 1 + piece.length > WIDTH) put();
    line += line === '' ? piece : ` ${piece}`;
    if (after !== undefined) {
      line += `  ${after}`;
      put();
    }
  });
  put();
  lines.push(...around.end.map((one) => inner + one), `${indent}]`);
  return lines;
}

/** Whether something was written on one line; a map within braces. What no text stands for was not. */
export function isOneLine({ span, kind }: Pick<ValueNode | StatementNode, 'span' | 'kind'>): boolean {
  const text = span.source.text.slice(span.start, span.end);
  // YAML's maps without braces, also a repeat, are on several lines even where they have one pair.
  const braces = kind !== 'map' && !(kind === 'repeat' && isYaml(span.source.name));
  return text !== '' && !text.includes('\n') && (braces || text.startsWith('{'));
}

/** The widest line that something may take which was written on one, or was not. */
export function roomFor(node: Pick<ValueNode | StatementNode, 'span' | 'kind'>): number {
  return isOneLine(node) ? LONGEST : WIDTH;
}

function oneLine(value: MapNode): string {
  const entries = value.entries.map(({ key, value: one }) =>
    one.kind === 'map' ? `${keyText(key)} ${oneLine(one)}` : `${keyText(key)}: ${flat(one)}`,
  );
  return entries.length === 0 ? '{ }' : `{ ${entries.join('; ')} }`;
}

function flat(value: ValueNode): string {
  return printValue(value, { flat: true });
}

function annotations(calls: readonly CallNode[]): string {
  return calls.map((call) => `@${flat(call)}`).join(' ');
}

function arrow(outputs: readonly NameNode[]): string {
  return outputs.length > 0 ? ` -> ${texts(outputs)}` : '';
}

function texts(names: readonly NameNode[]): string {
  return names.map((name) => name.text).join(', ');
}
