import type { Source, Span } from '../diagnostics/source.js';
import type { ArgumentNode, CallNode, EntryNode, LayerNode, MapNode, StatementNode, ValueNode } from './document.js';
import { printValue } from './print.js';
import { Comment, endOf, is, LeftCurly, lex, Newline, RightCurly, Semicolon, type Token } from './tokens.js';

/** What is put behind a statement goes on its line up to this column. */
const WIDTH = 100;

/** One replacement of a range of the text. Insertions have an empty range. */
interface Edit {
  readonly start: number;
  readonly end: number;
  readonly text: string;
  /** Whether blanks are given back in the line's next gap. */
  readonly keepsColumns: boolean;
}

/**
 * Collects edits of a person's text and applies them all at once, touching as little as possible. All offsets and spans mean the text
 * as it was before any edit. Knows the text's lines, comments and columns, and nothing of layers.
 *
 * **The column rule** (docs/language.md, section 8): where an edit makes a line longer or shorter, the line's next gap of two or more blanks
 * before `@` or `#` gives or takes as many, so that columns hold. A gap never gets narrower than two blanks; what is left over goes on to the next gap.
 *
 * ```
 * const edits = new TextEdits(source);
 * edits.replace(width.span, '48');       //   fc2 = Dense(100, activation: relu)  @dropneuron(1e-4)
 *                                        // → fc2 = Dense(48, activation: relu)   @dropneuron(1e-4)
 * edits.append('weights: file("lenet.safetensors")');
 * const text = edits.apply();
 * ```
 *
 * What is handed in is text of .dn; `YamlEdits` writes the same into YAML. Edits may come in any order. Two insertions at one place stand in the order in which they were asked for. An edit inside a removed range goes with
 * it; replacements that overlap otherwise are a mistake of the caller and throw. Nothing else throws.
 */
export class TextEdits {
  private readonly edits: Edit[] = [];
  private readonly removals: { start: number; end: number }[] = [];
  private readonly removedStatements: Span[] = [];
  private readonly appended: string[] = [];
  private headers: { text: string; replaces: RegExp | undefined }[] = [];
  protected readonly newline: string;
  private lexed: Token[] | undefined;

  constructor(protected readonly source: Source) {
    this.newline = /^[^\n]*\r\n/.test(source.text) ? '\r\n' : '\n';
  }

  /** Whether there is nothing to do. */
  get empty(): boolean {
    return [this.edits, this.removals, this.removedStatements, this.appended, this.headers].every(
      (one) => one.length === 0,
    );
  }

  /** Puts `text` in the place of a span. A replacement by the same text is no edit. */
  replace(span: Span, text: string): void {
    this.own(span);
    if (this.source.text.slice(span.start, span.end) === text) return;
    this.edits.push({ start: span.start, end: span.end, text, keepsColumns: true });
  }

  /** Puts other values in the place of some of a call's arguments without names, which stand one behind the other. */
  replacePositional(_call: CallNode, nodes: readonly ArgumentNode[], values: readonly ValueNode[]): void {
    const text = values.map((value) => printValue(value, { flat: true })).join(', ');
    this.replace({ ...nodes[0]!.span, end: nodes.at(-1)!.span.end }, text);
  }

  /** Puts `text` in at an offset. */
  insert(offset: number, text: string): void {
    if (text !== '') this.edits.push({ start: offset, end: offset, text, keepsColumns: true });
  }

  /** Puts `text` in right behind a span: ` <- conv1` behind a call, ` with { … }` behind a statement. */
  insertAfter(span: Span, text: string): void {
    this.own(span);
    this.insert(span.end, text);
  }

  /** Puts `text` in right before a span: `name = ` before a call. */
  insertBefore(span: Span, text: string): void {
    this.own(span);
    this.insert(span.start, text);
  }

  /** Takes the text of a span out, and nothing around it. */
  remove(span: Span): void {
    this.own(span);
    this.removals.push({ start: span.start, end: span.end });
  }

  /**
   * Takes a statement out (a layer, an entry, a `let`): with its lines and the comment on its last line if it stands alone there, else with one of the `;` or `,`
   * around it. Comments on lines of their own stay, and so does a comment that the line's other statements share.
   */
  removeStatement(span: Span): void {
    this.own(span);
    this.removedStatements.push(span);
  }

  /**
   * Puts statements in the place of one: the first where the old one stood, the others on lines below with its indentation.
   * The comment on its line stays beside the last of them. Nothing at all: as `removeStatement`.
   */
  replaceStatement(span: Span, statements: readonly string[]): void {
    if (statements.length === 0) this.removeStatement(span);
    else this.replace(span, statements.join(`\n${this.indentation(span.start)}`));
  }

  /** Puts lines at the end of the file, below an empty line if `apart`. Several calls stand below each other in order. */
  append(text: string, options: { readonly apart?: boolean } = {}): void {
    this.appended.push(options.apart ? `\n${text}` : text);
  }

  /**
   * Puts a comment on top of the file, before everything. `# ` is added where it is missing. If the file's first comment line matches `replaces`, it
   * is taken out, so that a tool's header is written once however often the tool runs.
   */
  header(text: string, replaces?: RegExp): void {
    this.headers = [{ text, replaces }];
  }

  /** Puts arguments behind those that are there: `Dropout` becomes `Dropout(rate: 0.5)`. The text is that of .dn, for YAML too. */
  insertArguments(call: CallNode, text: string): void {
    const last = call.arguments?.at(-1);
    if (last) this.insertAfter(last.span, `, ${text}`);
    else if (call.arguments) this.insert(call.span.end - 1, text);
    else this.insertAfter(call.callee.span, `(${text})`);
  }

  /** Puts an argument before the others by its position, for extents that may be spread. `name` is its name, where a position says nothing. */
  insertFirst(call: CallNode, name: string, extents: readonly number[]): void {
    const others = call.arguments?.[0];
    if (others) this.insertBefore(others.span, `${extents.join(', ')}, `);
    else this.insertArguments(call, `${name}: [${extents.join(', ')}]`);
  }

  /** Takes an argument out with the comma beside it. */
  removeArgument(call: CallNode, argument: ArgumentNode): void {
    const given = call.arguments ?? [];
    const at = given.indexOf(argument);
    const before = given[at - 1];
    const after = given[at + 1];
    const { source, start, end } = argument.span;
    if (before) this.remove({ source, start: before.span.end, end });
    else if (after) this.remove({ source, start, end: after.span.start });
    else this.remove({ source, start: call.callee.span.end, end: call.span.end });
  }

  /** Puts an entry below the last one of a map, on its line or on one of its own. The text is that of .dn, for YAML too. */
  insertEntry(map: MapNode, text: string): void {
    const last = map.entries.at(-1);
    if (!last) this.replace(map.span, `{ ${text} }`);
    else if (this.source.text.slice(map.span.start, map.span.end).includes('\n')) {
      // Below the last entry's line, so that a comment on it stays beside it.
      const rest = /^[ \t]*(?:#[^\r\n]*)?(?=\r?\n)/.exec(this.source.text.slice(last.span.end))?.[0] ?? '';
      this.insert(last.span.end + rest.length, `\n${this.indentation(last.span.start)}${text}`);
    } else this.insertAfter(last.span, `; ${text}`);
  }

  /** Gives a layer or a block use a name: `Dense(3)` becomes `dense_2 = Dense(3)`. */
  insertName(statement: LayerNode, name: string): void {
    this.insertBefore(statement.call.span, `${name} = `);
  }

  /** Says what a layer or a block use reads, in the place of what is written of it. */
  setInputs(statement: LayerNode, inputs: readonly string[]): void {
    const [first] = statement.inputs;
    const text = inputs.join(', ');
    if (!first) this.insertAfter(statement.call.span, ` <- ${text}`);
    else {
      const { source, start } = (first.name ?? first.from).span;
      this.replace({ source, start, end: statement.inputs.at(-1)!.from.span.end }, text);
    }
  }

  /**
   * Says values behind a statement, `with { conv1.filters: 7 }`: paths that are there get their new ones, the others stand below them. One goes on the line where
   * it fits, several stand on lines of their own.
   */
  setChanges(statement: StatementNode, changes: readonly (readonly [path: string, value: string])[]): void {
    const { added, map } = this.changeEntries(statement, changes);
    if (added.length === 0) return;
    const texts = added.map(([path, value]) => `${path}: ${value}`);
    const { start, end } = statement.span;
    const line = this.source.text.slice(this.lineStart(end), end).length;
    if (map) {
      const isLine = !this.source.text.slice(map.span.start, map.span.end).includes('\n');
      const more = texts.reduce((sum, text) => sum + text.length + 2, 0);
      if (isLine && map.entries.length > 0 && line + more > WIDTH) this.breakMap(map, texts);
      else for (const text of texts) this.insertEntry(map, text);
      return;
    }
    const short = ` with { ${texts.join('; ')} }`;
    if (texts.length === 1 && line + short.length <= WIDTH) {
      this.insertAfter(statement.span, short);
      return;
    }
    const indent = this.indentation(start);
    const lines = texts.map((text) => `\n${indent}  ${text}`).join('');
    this.insertAfter(statement.span, ` with {${lines}\n${indent}}`);
  }

  /** Puts the entries of a map that stands on one line on lines of their own, and others below them. */
  private breakMap(map: MapNode, texts: readonly string[]): void {
    const indent = this.indentation(map.span.start);
    const { source } = map.span;
    let from = map.span.start + 1;
    for (const { span } of map.entries) {
      this.replace({ source, start: from, end: span.start }, `\n${indent}  `);
      from = span.end;
    }
    const added = texts.map((text) => `\n${indent}  ${text}`).join('');
    this.replace({ source, start: from, end: map.span.end - 1 }, `${added}\n${indent}`);
  }

  /** Replaces what a statement's `with` says already; gives what it does not. */
  protected changeEntries(
    statement: StatementNode,
    changes: readonly (readonly [path: string, value: string])[],
  ): { readonly added: readonly (readonly [path: string, value: string])[]; readonly map: MapNode | undefined } {
    const map = statement.with;
    const there = new Map(map ? entriesByPath(map) : []);
    const added = changes.filter(([path, value]) => {
      const entry = there.get(path);
      if (entry) this.replace(entry.value.span, value);
      return !entry;
    });
    return { added, map };
  }

  /** Puts an entry in the place of one at the top of the file. */
  replaceEntry(span: Span, text: string): void {
    this.replace(span, text);
  }

  /** The indentation of the line on which an offset stands. */
  indentation(offset: number): string {
    return /^[ \t]*/.exec(this.source.text.slice(this.lineStart(offset), offset))![0];
  }

  /** The text with all edits made. */
  apply(): string {
    const edits = this.all();
    const gaps = edits.length > 0 ? this.gaps() : [];
    const { text } = this.source;
    let out = '';
    let at = 0;
    /** Characters won on the line at hand, to be taken from its gaps. */
    let won = 0;
    let gap = 0;
    const copyTo = (end: number) => {
      while (gap < gaps.length && gaps[gap]!.end <= end) {
        const { start, end: gapEnd } = gaps[gap]!;
        gap++;
        if (start < at) continue;
        const line = text.slice(at, start);
        if (line.includes('\n')) won = 0;
        const width = Math.max(2, gapEnd - start - won);
        won -= gapEnd - start - width;
        out += line + ' '.repeat(width);
        at = gapEnd;
      }
      const rest = text.slice(at, end);
      if (rest.includes('\n')) won = 0;
      out += rest;
      at = end;
    };
    for (const edit of edits) {
      copyTo(edit.start);
      const old = text.slice(edit.start, edit.end);
      const fresh = edit.text.replaceAll(/\r?\n/g, this.newline);
      if (!edit.keepsColumns || old.includes('\n') || fresh.includes('\n')) won = 0;
      else won += fresh.length - old.length;
      out += fresh;
      at = edit.end;
    }
    copyTo(text.length);
    return this.withHeader(this.withAppended(out));
  }

  protected own(span: Span): void {
    if (span.source !== this.source)
      throw new Error(`a span of ${span.source.name} was given to edits of ${this.source.name}`);
  }

  protected lineStart(offset: number): number {
    return this.source.text.lastIndexOf('\n', offset - 1) + 1;
  }

  /** Every edit in order, removals worked out, those inside of removals left out. */
  private all(): Edit[] {
    const removals = [...this.removals, ...this.statementRemovals()]
      .filter(({ start, end }) => end > start)
      .sort((a, b) => a.start - b.start || b.end - a.end);
    const merged: { start: number; end: number }[] = [];
    for (const one of removals) {
      const last = merged.at(-1);
      if (last && one.start <= last.end) last.end = Math.max(last.end, one.end);
      else merged.push({ ...one });
    }
    const inRemoval = (edit: Edit) => {
      // The last removal that starts at the edit or before it.
      let low = 0;
      let high = merged.length;
      while (low < high) {
        const middle = (low + high) >> 1;
        if (merged[middle]!.start <= edit.start) low = middle + 1;
        else high = middle;
      }
      const one = merged[low - 1];
      return one !== undefined && edit.end <= one.end && (edit.end > edit.start || edit.start < one.end);
    };
    const edits: Edit[] = [
      ...this.edits.filter((edit) => !inRemoval(edit)),
      ...merged.map(({ start, end }) => ({
        start,
        end,
        text: '',
        keepsColumns: !this.source.text.slice(start, end).includes('\n'),
      })),
    ];
    // Sorting is stable: insertions at one place keep their order, and stand before what replaces the text behind them.
    edits.sort((a, b) => a.start - b.start || a.end - b.end);
    edits.forEach((edit, index) => {
      const before = edits[index - 1];
      if (before && before.end > edit.start)
        throw new Error(`edits overlap at offset ${edit.start} of ${this.source.name}`);
    });
    return edits;
  }

  private tokens(): Token[] {
    this.lexed ??= lex(this.source.text);
    return this.lexed;
  }

  /** The gaps that hold columns: two or more blanks before `@` or a comment, not at the start of a line. */
  private gaps(): { start: number; end: number }[] {
    const gaps: { start: number; end: number }[] = [];
    const tokens = this.tokens();
    for (let i = 1; i < tokens.length; i++) {
      const token = tokens[i]!;
      if (!(is(token, Comment) || token.image === '@')) continue;
      const before = tokens[i - 1]!;
      const start = endOf(before);
      if (is(before, Newline) || !/^ {2,}$/.test(this.source.text.slice(start, token.startOffset))) continue;
      gaps.push({ start, end: token.startOffset });
    }
    return gaps;
  }

  /** What to cut for the removed statements. Neighbours on one line are seen together: if all of them go, the line goes. */
  private statementRemovals(): { start: number; end: number }[] {
    if (this.removedStatements.length === 0) return [];
    const { text } = this.source;
    const tokens = this.tokens();
    const gone = [...this.removedStatements].sort((a, b) => a.start - b.start);
    const indexOf = (offset: number) => {
      let low = 0;
      let high = tokens.length;
      while (low < high) {
        const middle = (low + high) >> 1;
        if (tokens[middle]!.startOffset < offset) low = middle + 1;
        else high = middle;
      }
      return low;
    };
    const separates = (token: Token | undefined) => is(token, Semicolon) || token?.image === ',';
    const removals: { start: number; end: number }[] = [];
    for (let i = 0; i < gone.length; i++) {
      const first = gone[i]!;
      let last = first;
      // Statements that go and have nothing but a separator between them are cut as one.
      for (let next = gone[i + 1]; next; next = gone[i + 1]) {
        if (next.end <= last.end) i++;
        else if (/^[ \t]*[;,][ \t]*$/.test(text.slice(last.end, next.start))) {
          last = next;
          i++;
        } else break;
      }
      const before = tokens[indexOf(first.start) - 1];
      let at = indexOf(last.end);
      let after = tokens[at];
      let end = last.end;
      if (separates(after)) {
        end = endOf(after!);
        after = tokens[++at];
      }
      const comment = is(after, Comment) ? after : undefined;
      if (comment) after = tokens[at + 1];
      const startsLine = before === undefined || is(before, Newline);
      if (startsLine && (after === undefined || is(after, Newline))) {
        removals.push({ start: this.lineStart(first.start), end: after ? endOf(after) : text.length });
      } else if (startsLine || is(before, LeftCurly) || end > last.end) {
        // Others follow on the line, or the block closes there: they move up to where this one stood.
        const follows = tokens[indexOf(last.end) + (end > last.end ? 1 : 0)];
        const closes = is(follows, RightCurly, Comment, Newline) || follows === undefined;
        const moveUp = !closes || (is(before, LeftCurly) && is(follows, RightCurly));
        removals.push({ start: first.start, end: moveUp ? follows!.startOffset : end });
        if (closes && separates(before)) removals.push({ start: before!.startOffset, end: first.start });
      } else {
        // The last on its line: the separator before it goes too.
        const start = separates(before) ? before!.startOffset : endOf(before);
        removals.push({ start, end });
      }
    }
    return removals;
  }

  private withAppended(text: string): string {
    if (this.appended.length === 0) return text;
    const ended = text === '' || text.endsWith('\n') ? text : text + this.newline;
    const lines = this.appended.map((one) => `${one.replace(/\n+$/, '')}\n`).join('');
    return ended + lines.replaceAll(/\r?\n/g, this.newline);
  }

  private withHeader(text: string): string {
    const header = this.headers[0];
    if (!header) return text;
    const mark = text.startsWith('\ufeff') ? '\ufeff' : '';
    let rest = text.slice(mark.length);
    const first = /^#[^\n]*(?:\n|$)/.exec(rest)?.[0];
    if (first !== undefined && header.replaces?.test(first.trimEnd())) rest = rest.slice(first.length);
    const lines = header.text.split('\n').map((line) => (line.startsWith('#') ? line : `# ${line}`));
    return mark + lines.join(this.newline) + this.newline + rest;
  }
}

/** The values of a `with` by their whole paths: maps within each other are joined by dots. */
export function* entriesByPath(map: MapNode, prefix = ''): Generator<[path: string, entry: EntryNode]> {
  for (const entry of map.entries) {
    const path = prefix + entry.key.text;
    if (entry.value.kind === 'map') yield* entriesByPath(entry.value, `${path}.`);
    else yield [path, entry];
  }
}
