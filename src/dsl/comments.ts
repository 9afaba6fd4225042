import type { Span } from '../diagnostics/source.js';
import { Reports } from '../diagnostics/report.js';
import type { Document, StatementNode, ValueNode } from './document.js';
import { isYaml } from './syntax.js';
import { Comment, endOf, is, lex } from './tokens.js';
import { parseTree } from './yaml/tree.js';

/** The comments and empty lines around one part of a document. Comments begin with `#`; an empty text is an empty line. */
export interface Around {
  /** On lines of their own above it. */
  readonly before: readonly string[];
  /** Behind it on its last line, so many blanks apart. */
  readonly after?: string;
  readonly gap: number;
  /** Behind the line that opens it. */
  readonly head?: string;
  /** Below the last of its parts, within it. */
  readonly end: readonly string[];
}

/** Something that stands on lines of its own, with what it holds of that kind. */
interface Item {
  readonly node: object;
  readonly start: number;
  readonly end: number;
  readonly inner: readonly Container[];
}

interface Container {
  readonly node: object;
  readonly start: number;
  readonly end: number;
  readonly items: readonly Item[];
}

interface Collected {
  before: { readonly text: string; readonly start: number }[];
  after?: string;
  gap?: number;
  head?: string;
  end: { readonly text: string; readonly start: number }[];
}

/**
 * The comments of a text by the part of its document that they belong to: a comment behind something belongs to that, one on a line of its own to what
 * follows. Parts are items, `let`s, blocks, the model, statements, entries, and items of lists that are the value of an entry or a `let`. What stands
 * inside of a call goes up to the part around it. None is lost.
 */
export class Comments {
  private readonly found = new Map<object, Collected>();
  private readonly lines = new Map<object, readonly string[]>();
  private readonly text: string;
  private readonly yaml: boolean;

  constructor(document: Document) {
    const { source } = document.span;
    this.text = source.text;
    this.yaml = isYaml(source.name);
    const root = containerOf(document);
    for (const comment of this.all(document)) this.place(root, comment);
    this.emptyLines(root);
  }

  /** What is around a part. */
  of(node: object): Around {
    const found = this.found.get(node);
    return {
      before: this.lines.get(node) ?? [],
      ...(found?.after !== undefined && { after: found.after }),
      gap: found?.gap ?? 2,
      ...(found?.head !== undefined && { head: found.head }),
      end: (found?.end ?? []).map((one) => one.text),
    };
  }

  /** Whether there is a comment inside of a value that is written as a list or a map. */
  within(value: ValueNode): boolean {
    const inside = (container: Container): boolean => {
      const own = this.found.get(container.node);
      if (own?.head !== undefined || (own?.end.length ?? 0) > 0) return true;
      return container.items.some(({ node, inner }) => {
        const one = this.found.get(node);
        return one?.after !== undefined || (one?.before.length ?? 0) > 0 || inner.some(inside);
      });
    };
    return containersOf(value).some(inside);
  }

  private all({ span }: Document): readonly { readonly start: number; readonly end: number }[] {
    if (this.yaml) return (parseTree(span.source, new Reports())?.tokens ?? []).filter((one) => one.kind === 'comment');
    return lex(this.text)
      .filter((token) => is(token, Comment))
      .map((token) => ({ start: token.startOffset, end: endOf(token) }));
  }

  private get(node: object): Collected {
    let found = this.found.get(node);
    if (!found) this.found.set(node, (found = { before: [], end: [] }));
    return found;
  }

  private place(container: Container, at: { readonly start: number; readonly end: number }): void {
    const { items } = container;
    const comment = { text: this.text.slice(at.start, at.end).trimEnd(), start: at.start };
    // The first item behind the comment.
    let low = 0;
    let high = items.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (items[middle]!.start <= at.start) low = middle + 1;
      else high = middle;
    }
    const before = items[low - 1];
    const next = items[low];
    if (before && at.start < before.end) {
      const inner = before.inner.find((one) => one.start <= at.start && at.start < one.end);
      if (inner) this.place(inner, at);
      else this.get(before.node).before.push(comment);
      return;
    }
    const line = this.text.lastIndexOf('\n', at.start - 1) + 1;
    const alone = /^[\s\ufeff]*$/.test(this.text.slice(line, at.start));
    if (!alone) {
      if (before && !this.text.slice(before.end, at.start).includes('\n')) {
        const last = this.get(lastAt(before).node);
        if (last.after === undefined) {
          last.after = comment.text;
          last.gap = Math.max(2, at.start - line - this.text.slice(line, at.start).trimEnd().length);
          return;
        }
      } else if (!before && container.start > 0 && this.get(container.node).head === undefined) {
        this.get(container.node).head = comment.text;
        return;
      }
    } else if (this.yaml && before) {
      const inside = this.endsWithin(before, at.start - line);
      if (inside) {
        this.get(inside.node).end.push(comment);
        return;
      }
    }
    if (next) this.get(next.node).before.push(comment);
    else this.get(container.node).end.push(comment);
  }

  /** In YAML a block ends where its indentation does: the innermost one that a comment below an item still belongs to. */
  private endsWithin(item: Item, column: number): Container | undefined {
    let found: Container | undefined;
    for (let at: Item | undefined = item; at; ) {
      const inner: Container | undefined = at.inner.at(-1);
      const last: Item | undefined = inner?.items.at(-1);
      if (!inner || !last || last.end !== at.end) break;
      const line = this.text.lastIndexOf('\n', last.start - 1) + 1;
      const own = /^[ \t]*(?=- )/.exec(this.text.slice(line, last.start))?.[0].length ?? last.start - line;
      if (column < own) break;
      found = inner;
      at = last;
    }
    return found;
  }

  /** Puts empty lines, one for several, between the comments above every item. The first of a block has none. */
  private emptyLines(container: Container): void {
    container.items.forEach((item, k) => {
      const lines: string[] = [];
      const above = (this.found.get(item.node)?.before ?? []).toSorted((a, b) => a.start - b.start);
      const own = { text: undefined, start: this.lineOf(item) };
      for (const one of [...above.filter(({ start }) => start < item.start), own]) {
        const line = this.text.lastIndexOf('\n', one.start - 1) + 1;
        const first = lines.length === 0 && k === 0;
        if (line > 0 && !first && /\n[ \t\r]*\n$/.test(this.text.slice(Math.max(0, line - 400), line))) lines.push('');
        if (one.text !== undefined) lines.push(one.text);
      }
      for (const { text, start } of above) if (start > item.start) lines.push(text);
      this.lines.set(item.node, lines);
      for (const inner of item.inner) this.emptyLines(inner);
    });
  }

  /** Where an item's first line begins. In YAML the first `let` begins with the key that holds all of them. */
  private lineOf(item: Item): number {
    if (!this.yaml) return item.start;
    const above = this.text.slice(0, item.start);
    const group = /(?:^|\n)(let|blocks):[ \t]*(?:#[^\n]*)?\r?\n(?:[ \t]*(?:#[^\n]*)?\r?\n)*[ \t]+$/.exec(above);
    return group ? group.index + (above[group.index] === '\n' ? 1 : 0) : item.start;
  }
}

/** The innermost item that ends where another one does. */
function lastAt(item: Item): Item {
  const last = item.inner.at(-1)?.items.at(-1);
  return last && last.end === item.end ? lastAt(last) : item;
}

function containerOf(document: Document): Container {
  const items: Item[] = [
    ...(document.version ? [itemOf(document.version, versionSpan(document))] : []),
    ...document.lets.map((one) => itemOf(one, one.span, containersOf(one.value))),
    ...document.blocks.map((one) => itemOf(one, one.span, [bodyOf(one, one.span, one.body)])),
    ...(document.model
      ? [
          itemOf(document.model, document.model.span, [
            bodyOf(document.model, document.model.span, document.model.body),
          ]),
        ]
      : []),
    ...document.entries.map((one) => itemOf(one, one.span, containersOf(one.value))),
  ];
  items.sort((a, b) => a.start - b.start);
  return { node: document, start: 0, end: document.span.end, items };
}

/** The node is the number alone: its line begins with `dnc`. */
function versionSpan({ version }: Document): Span {
  const { source, start, end } = version!.span;
  return { source, start: source.text.lastIndexOf('dnc', start), end };
}

function itemOf(node: object, { start, end }: Span, inner: readonly Container[] = []): Item {
  return { node, start, end, inner };
}

function bodyOf(node: object, { start, end }: Span, body: readonly StatementNode[], stop = end): Container {
  const items = body.map((one) =>
    itemOf(one, one.span, [
      ...(one.kind === 'repeat' ? [bodyOf(one, one.span, one.body, one.with?.span.start ?? one.span.end)] : []),
      ...(one.with ? containersOf(one.with) : []),
    ]),
  );
  return { node, start, end: stop, items };
}

function containersOf(value: ValueNode): readonly Container[] {
  const { start, end } = value.span;
  if (value.kind === 'map') {
    return [
      { node: value, start, end, items: value.entries.map((one) => itemOf(one, one.span, containersOf(one.value))) },
    ];
  }
  if (value.kind === 'list')
    return [{ node: value, start, end, items: value.items.map((one) => itemOf(one, one.span)) }];
  return [];
}
