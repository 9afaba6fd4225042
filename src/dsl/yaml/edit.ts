import { Reports } from '../../diagnostics/report.js';
import { Source, type Span } from '../../diagnostics/source.js';
import type { ArgumentNode, CallNode, Document, LayerNode, MapNode, StatementNode, ValueNode } from '../document.js';
import { TextEdits } from '../edit.js';
import { MAP } from '../expected.js';
import { read, readValue } from '../read.js';
import {
  parseTree,
  type YamlMapping,
  type YamlNode,
  type YamlPair,
  type YamlScalar,
  type YamlSequence,
} from './tree.js';
import { callPairs, flowText, isPlain, keyText, pairsText, scalarText } from './values.js';
import { writeYaml } from './write.js';

/** Pairs before and behind those of a call. */
interface Grown {
  readonly before: [string, string][];
  readonly after: [string, string][];
}

/** Where a span lies in the tree: the nodes around it from the outside, the innermost last. */
interface Place {
  readonly path: readonly YamlNode[];
  /** Whether it is inside of `[ ]` or `{ }`. */
  readonly flow: boolean;
}

/**
 * Edits of a person's YAML: what `TextEdits` does, with the same calls. Values, arguments and entries are handed in as text of .dn and are written as YAML
 * has them: in braces where braces are, on lines of their own where lines are. A scalar that holds a call is edited as .dn, and becomes a map where
 * what comes out is no plain scalar.
 */
export class YamlEdits extends TextEdits {
  private readonly root: YamlNode | undefined;
  private readonly scalars = new Map<
    YamlScalar,
    { readonly edits: TextEdits; readonly inner: Source; readonly flow: boolean }
  >();

  private readonly growing = new Map<YamlScalar, Grown>();

  constructor(source: Source) {
    super(source);
    this.root = parseTree(source, new Reports())?.root;
  }

  override get empty(): boolean {
    return super.empty && this.growing.size === 0 && [...this.scalars.values()].every((one) => one.edits.empty);
  }

  override replace(span: Span, text: string): void {
    this.own(span);
    const { path, flow } = this.place(span);
    const whole = path.at(-1)!;
    const inner = whole.start === span.start && whole.end === span.end ? undefined : this.inside(path, flow);
    if (inner) {
      inner.edits.replace(inner.shift(span), text);
      return;
    }
    super.replace(span, this.valueText(text, span, path, flow));
  }

  override insertArguments(call: CallNode, text: string): void {
    const { path, flow } = this.place(call.callee.span);
    const inner = this.inside(path, flow);
    if (inner) {
      // The word alone in a scalar, or a call with parentheses.
      inner.edits.insertArguments(inner.shiftCall(call), text);
      return;
    }
    const { mapping, pair } = this.pairOf(call, path);
    const written = parsed(`f(${text})`) as CallNode;
    const named = (written.arguments ?? []).filter((one) => one.name);
    const positional = (written.arguments ?? []).filter((one) => !one.name).map((one) => one.value);
    const pairs = named.map((one): [string, string] => [keyText(one.name!.text), flowed(one.value)]);
    const { start, end } = pair.value;
    if (start === end && !call.arguments?.length) {
      const texts = pairs.map(([name, text]) => `${name}: ${text}`);
      if (positional.length === 0) this.fill(pair, pairsText(pairs)!);
      else if (mapping.flow) this.fill(pair, [positionalText(positional), ...texts].join(', '));
      else {
        this.fill(pair, positionalText(positional));
        if (pairs.length > 0) this.insertPairs(mapping, pairs, pair);
      }
      return;
    }
    if (positional.length > 0) this.setPositional(pair, positional);
    if (pairs.length === 0) return;
    if (pair.value.kind === 'mapping') this.insertPairs(pair.value, pairs);
    else this.insertPairs(mapping, pairs, this.lastOf(call, mapping, pair));
  }

  override replacePositional(call: CallNode, nodes: readonly ArgumentNode[], values: readonly ValueNode[]): void {
    const { path, flow } = this.place(call.callee.span);
    const inner = this.inside(path, flow);
    if (inner) {
      const shifted = inner.shiftCall(call);
      const at = call.arguments!.indexOf(nodes[0]!);
      const moved = shifted.arguments!.slice(at, at + nodes.length);
      inner.edits.replacePositional(shifted, moved, values);
    } else this.setPositional(this.pairOf(call, path).pair, values);
  }

  override insertFirst(call: CallNode, name: string, extents: readonly number[]): void {
    const { path } = this.place(call.callee.span);
    const whole = path.at(-1);
    const plain = whole?.kind === 'scalar' && path.at(-2) && !this.isKey(whole, path.at(-2)!);
    const text = extents.join(', ');
    if (plain || !call.arguments?.some((one) => one.name)) {
      if (plain && call.arguments?.[0]) {
        const inner = this.inside(path, false)!;
        inner.edits.insertFirst(inner.shiftCall(call), name, extents);
      } else this.insertArguments(call, text);
      return;
    }
    const { pair } = this.pairOf(call, path);
    if (pair.value.kind === 'mapping') this.insertArguments(call, `${name}: [${text}]`);
    else
      this.setPositional(
        pair,
        (parsed(`f(${text})`) as CallNode).arguments!.map((one) => one.value),
      );
  }

  override removeArgument(call: CallNode, argument: ArgumentNode): void {
    const { path, flow } = this.place(call.callee.span);
    const inner = this.inside(path, flow);
    if (inner) {
      const shifted = inner.shiftCall(call);
      inner.edits.removeArgument(shifted, shifted.arguments![call.arguments!.indexOf(argument)]!);
      return;
    }
    const { mapping, pair } = this.pairOf(call, path);
    if (!argument.name) {
      const list = pair.value.kind === 'sequence' ? pair.value : undefined;
      const at = list?.items.findIndex((one) => one.start === argument.span.start) ?? -1;
      if (list && list.items.length > 1) this.cut(list.items, at, list.flow);
      else super.remove({ source: this.source, start: pair.key.end + 1, end: pair.value.end });
      return;
    }
    const holder = pair.value.kind === 'mapping' ? pair.value : mapping;
    const at = holder.pairs.findIndex((one) => one.key.start === argument.span.start);
    if (holder === pair.value && holder.pairs.length === 1)
      super.remove({ source: this.source, start: pair.key.end + 1, end: holder.end });
    else this.cut(holder.pairs.map(extent), at, holder.flow);
  }

  override insertEntry(map: MapNode, text: string): void {
    const { path } = this.place(map.span);
    const found = path.findLast(
      (one) => one.kind === 'mapping' && one.start === map.span.start && one.end === map.span.end,
    );
    const pairs = entriesOf(text);
    if (found?.kind === 'mapping') this.insertPairs(found, pairs);
    else throw new Error(`no map at offset ${map.span.start} of ${this.source.name}`);
  }

  override replaceStatement(span: Span, statements: readonly string[]): void {
    if (statements.length === 0) {
      this.removeStatement(span);
      return;
    }
    const { path } = this.place(span);
    const node = path.findLast((one) => one.start === span.start && one.end === span.end);
    const list = path[path.indexOf(node!) - 1];
    const model = dn(`model Net {\n${statements.join('\n')}\n}`);
    const [, ...lines] = writeYaml(model).trimEnd().slice(writeYaml(model).indexOf('  layers:')).split('\n');
    const text =
      list?.kind === 'sequence' && list.flow
        ? lines.map((line) => line.trim().replace(/^- /, '')).join(', ')
        : lines
            .map((line) => ' '.repeat(this.column(span.start) - '- '.length) + line.replace(/^ {4}/, ''))
            .join('\n')
            .trimStart()
            .replace(/^- /, '');
    super.replace(span, text);
  }

  override insertName(statement: LayerNode, name: string): void {
    const { mapping, scalar } = this.statementAt(statement.span);
    if (scalar) {
      this.grown(scalar).before.push(['name', name]);
      return;
    }
    const [first] = mapping!.pairs;
    const start = first!.key.start;
    this.insert(start, mapping!.flow ? `name: ${name}, ` : `name: ${name}\n${' '.repeat(this.column(start))}`);
  }

  override setInputs(statement: LayerNode, inputs: readonly string[]): void {
    const { mapping, scalar } = this.statementAt(statement.span);
    const named = inputs.filter((one) => one.includes(': '));
    const text =
      named.length > 0 && named.length === inputs.length
        ? `{ ${inputs.join(', ')} }`
        : inputs.length === 1
          ? inputs[0]!
          : `[${inputs.map((one) => (named.includes(one) ? `{ ${one} }` : one)).join(', ')}]`;
    const from = mapping?.pairs.find(({ key }) => key.kind === 'scalar' && key.value === 'from')?.value;
    if (scalar) this.grown(scalar).after.push(['from', text]);
    else if (from) super.replace({ source: this.source, start: from.start, end: from.end }, text);
    else this.insertPairs(mapping!, [['from', text]], this.lastOfCall(statement, mapping!));
  }

  override setChanges(statement: StatementNode, changes: readonly (readonly [path: string, value: string])[]): void {
    const { added, map } = this.changeEntries(statement, changes);
    if (added.length === 0) return;
    if (map) {
      for (const [path, value] of added) this.insertEntry(map, `${path}: ${value}`);
      return;
    }
    const pairs = added.map(([path, value]): [string, string] => [path, flowed(parsed(value))]);
    const { mapping, scalar } = this.statementAt(statement.span);
    if (scalar) this.grown(scalar).after.push(['with', pairsText(pairs)!]);
    else if (mapping!.flow || pairs.length === 1) this.insertPairs(mapping!, [['with', pairsText(pairs)!]]);
    else {
      const last = mapping!.pairs.at(-1)!;
      const indent = ' '.repeat(this.column(last.key.start));
      const lines = pairs.map(([path, value]) => `\n${indent}  ${path}: ${value}`).join('');
      this.insert(this.endOfLine(extent(last).end), `\n${indent}with:${lines}`);
    }
  }

  /** The map or the plain scalar that a statement is written as. */
  private statementAt(span: Span): { readonly mapping?: YamlMapping; readonly scalar?: YamlScalar } {
    const { path } = this.place(span);
    const found = path.findLast((one) => one.start === span.start && one.end === span.end);
    if (found?.kind === 'mapping') return { mapping: found };
    if (found?.kind === 'scalar') return { scalar: found };
    throw new Error(`no statement at offset ${span.start} of ${this.source.name}`);
  }

  /** A statement that is a scalar so far, `- Flatten`, and becomes a map. */
  private grown(scalar: YamlScalar): Grown {
    let found = this.growing.get(scalar);
    if (!found) {
      found = { before: [], after: [] };
      this.growing.set(scalar, found);
    }
    return found;
  }

  /** The last pair of a statement that is its word's or an argument's. */
  private lastOfCall({ call }: LayerNode, mapping: YamlMapping): YamlPair {
    return this.lastOf(call, mapping, mapping.pairs.find(({ key }) => key.start === call.callee.span.start)!);
  }

  override replaceEntry(span: Span, text: string): void {
    const { flow } = this.place(span);
    super.replace(
      span,
      flow
        ? entriesOf(text)
            .map(([key, value]) => `${key}: ${value}`)
            .join(', ')
        : writeYaml(dn(text)).trimEnd(),
    );
  }

  /** Takes a statement out of its list, or a `let`, with the key that holds all of them if it is the last. */
  override removeStatement(span: Span): void {
    const { path } = this.place(span);
    const list = path.findLast(
      (one): one is YamlSequence => one.kind === 'sequence' && one.items.some((item) => item.start === span.start),
    );
    if (list) {
      this.cutItem(
        list,
        list.items.findIndex((item) => item.start === span.start),
      );
      return;
    }
    const holder = path.findLast(
      (one): one is YamlMapping => one.kind === 'mapping' && one.pairs.some(({ key }) => key.start === span.start),
    );
    if (!holder) throw new Error(`nothing to remove at offset ${span.start} of ${this.source.name}`);
    const outer = path[path.indexOf(holder) - 1];
    if (holder.pairs.length === 1 && outer?.kind === 'mapping') {
      this.cut(
        outer.pairs.map(extent),
        outer.pairs.findIndex((one) => one.value === holder),
        outer.flow,
      );
    } else {
      this.cut(
        holder.pairs.map(extent),
        holder.pairs.findIndex(({ key }) => key.start === span.start),
        holder.flow,
      );
    }
  }

  override append(text: string, options: { readonly apart?: boolean } = {}): void {
    const document = dn(text);
    const root = this.root?.kind === 'mapping' ? this.root : undefined;
    const lets = root?.pairs.find(({ key }) => key.kind === 'scalar' && key.value === 'let')?.value;
    let left = document;
    if (lets?.kind === 'mapping' && document.lets.length > 0) {
      if (lets.flow) {
        this.insertPairs(
          lets,
          document.lets.map((one) => [keyText(one.name.text), flowed(one.value)]),
        );
      } else {
        const indent = ' '.repeat(this.column(lets.start));
        const [, ...lines] = writeYaml(only(document.lets)).trimEnd().split('\n');
        const written = lines.map((line) => line.replace(/^ {2}/, indent)).join('\n');
        this.insert(this.endOfLine(lets.end), `\n${written}`);
      }
      left = only(document.entries);
    }
    if (left.lets.length + left.entries.length === 0) return;
    if (root?.flow) {
      const pairs = entriesOf(text);
      if (left.lets.length > 0) {
        const named = left.lets.map((one): [string, string] => [keyText(one.name.text), flowed(one.value)]);
        pairs.unshift(['let', pairsText(named)!]);
      }
      this.insertPairs(root, pairs);
    } else super.append(writeYaml(left).trimEnd(), options);
  }

  override apply(): string {
    for (const [scalar, { before, after }] of this.growing) {
      const written = this.source.text.slice(scalar.start, scalar.end);
      const call = parsed(this.scalars.get(scalar)?.edits.apply() ?? written) as CallNode;
      this.scalars.delete(scalar);
      super.replace(
        { source: this.source, start: scalar.start, end: scalar.end },
        pairsText([...before, ...callPairs(call), ...after])!,
      );
    }
    this.growing.clear();
    for (const [scalar, { edits, flow }] of this.scalars) {
      if (edits.empty) continue;
      const text = edits.apply();
      // A call that is no plain scalar any more is a map; behind a dash it needs no braces of another.
      super.replace(
        { source: this.source, start: scalar.start, end: scalar.end },
        isPlain(text, flow) ? text : flowed(parsed(text)),
      );
    }
    this.scalars.clear();
    return super.apply();
  }

  /** The nodes around a span, and whether brackets are. */
  private place(span: Span): Place {
    const path: YamlNode[] = [];
    let flow = false;
    for (let at = this.root; at; ) {
      path.push(at);
      if (at.start === span.start && at.end === span.end && at.kind !== 'mapping') break;
      const parts: readonly YamlNode[] =
        at.kind === 'sequence'
          ? at.items
          : at.kind === 'mapping'
            ? at.pairs.flatMap(({ key, value }) => [key, value])
            : [];
      const next: YamlNode | undefined = parts.find(
        (one) => one.start <= span.start && span.end <= one.end && one.end > one.start,
      );
      if (next && at.kind !== 'scalar') flow ||= at.flow;
      at = next;
    }
    return { path, flow };
  }

  /** For a place within a plain scalar that is a value: the edits of its text, as .dn. */
  private inside(path: readonly YamlNode[], flow: boolean) {
    const scalar = path.at(-1);
    const holder = path.at(-2);
    if (scalar?.kind !== 'scalar' || scalar.style !== 'plain' || (holder && this.isKey(scalar, holder)))
      return undefined;
    // A whole scalar is replaced as a value; a call that is one gets its arguments within.
    let found = this.scalars.get(scalar);
    if (!found) {
      const inner = new Source('', this.source.text.slice(scalar.start, scalar.end));
      found = { edits: new TextEdits(inner), inner, flow };
      this.scalars.set(scalar, found);
    }
    const { edits, inner } = found;
    const shift = ({ start, end }: Span): Span => ({
      source: inner,
      start: start - scalar.start,
      end: end - scalar.start,
    });
    const shiftCall = (call: CallNode): CallNode => ({
      ...call,
      span: shift(call.span),
      callee: { ...call.callee, span: shift(call.callee.span) },
      ...(call.arguments && { arguments: call.arguments.map((one) => ({ ...one, span: shift(one.span) })) }),
    });
    return { edits, shift, shiftCall };
  }

  private isKey(node: YamlNode, holder: YamlNode): boolean {
    return holder.kind === 'mapping' && holder.pairs.some(({ key }) => key === node);
  }

  /** The map that a call is written as, and the pair of its word. */
  private pairOf(call: CallNode, path: readonly YamlNode[]): { mapping: YamlMapping; pair: YamlPair } {
    for (const mapping of path.toReversed()) {
      if (mapping.kind !== 'mapping') continue;
      const pair = mapping.pairs.find(({ key }) => key.start === call.callee.span.start);
      if (pair) return { mapping, pair };
    }
    throw new Error(`no call at offset ${call.callee.span.start} of ${this.source.name}`);
  }

  /** The last pair of a call's map that is the word's or an argument's. */
  private lastOf(call: CallNode, mapping: YamlMapping, pair: YamlPair): YamlPair {
    const starts = new Set((call.arguments ?? []).map((one) => one.span.start));
    return mapping.pairs.findLast((one) => one === pair || starts.has(one.key.start))!;
  }

  private setPositional(pair: YamlPair, values: readonly ValueNode[]): void {
    const text = positionalText(values);
    const { start, end } = pair.value;
    if (start === end) this.fill(pair, text);
    else super.replace({ source: this.source, start, end }, text);
  }

  /** Gives a value to a pair that has none. `{ Flatten: , from: x }`: the blank behind the colon is there already. */
  private fill({ key, value: { start } }: YamlPair, text: string): void {
    const blanks = /^ +(?=,)/.exec(this.source.text.slice(start))?.[0].length ?? 0;
    // `{ name: flat, Flatten }` has no colon.
    const colon = this.source.text.slice(key.end, start).includes(':') ? '' : ':';
    super.replace({ source: this.source, start, end: start + blanks }, `${colon} ${text}`);
  }

  /** Puts pairs behind one of a map, the last unless another is named. */
  private insertPairs(
    map: YamlMapping,
    pairs: readonly (readonly [string, string])[],
    behind = map.pairs.at(-1),
  ): void {
    const texts = pairs.map(([key, value]) => `${key}: ${value}`);
    if (!behind) super.replace({ source: this.source, start: map.start, end: map.end }, `{ ${texts.join(', ')} }`);
    else if (map.flow) {
      this.insert(extent(behind).end, `, ${texts.join(', ')}`);
    } else {
      const indent = ' '.repeat(this.column(behind.key.start));
      this.insert(this.endOfLine(extent(behind).end), texts.map((text) => `\n${indent}${text}`).join(''));
    }
  }

  /** Takes one of several parts out: with a comma beside it in brackets, else with its lines and the comment on the last of them. */
  private cut(parts: readonly { readonly start: number; readonly end: number }[], at: number, flow: boolean): void {
    const part = parts[at]!;
    const [before, after] = [parts[at - 1], parts[at + 1]];
    if (flow) {
      if (before) super.remove({ source: this.source, start: before.end, end: part.end });
      else super.remove({ source: this.source, start: part.start, end: after?.start ?? part.end });
      return;
    }
    const start = this.lineStart(part.start);
    const own = /^[ \t]*$/.test(this.source.text.slice(start, part.start));
    const line = this.endOfLine(part.end);
    const end = this.source.text.indexOf('\n', line) < 0 ? line : this.source.text.indexOf('\n', line) + 1;
    // The first pair behind a dash: the next one moves up.
    if (!own && after) super.remove({ source: this.source, start: part.start, end: after.start });
    else super.remove({ source: this.source, start: own ? start : part.start, end });
  }

  /** Takes an item out of a list: with a comma in brackets, else with its dash, its lines and the comment on the last of them. */
  private cutItem({ items, flow }: YamlSequence, at: number): void {
    const { start, end } = items[at]!;
    const line = this.lineStart(start);
    if (flow || !/^[ \t]*-[ \t]*$/.test(this.source.text.slice(line, start))) {
      this.cut(items, at, flow);
      return;
    }
    const stop = this.endOfLine(end);
    const newline = this.source.text.indexOf('\n', stop);
    super.remove({ source: this.source, start: line, end: newline < 0 ? stop : newline + 1 });
  }

  /** Behind a comment that stands on an offset's line, else the offset. */
  private endOfLine(offset: number): number {
    return offset + (/^[ \t]*(?:#[^\r\n]*)?(?=\r?\n|$)/.exec(this.source.text.slice(offset))?.[0].length ?? 0);
  }

  private column(offset: number): number {
    return offset - this.lineStart(offset);
  }

  /** A value as it is written at a place. */
  private valueText(text: string, span: Span, path: readonly YamlNode[], flow: boolean): string {
    const holder = path.findLast(
      (one) => one.kind === 'mapping' && one.pairs.some(({ value }) => value.start === span.start),
    );
    const pair = holder?.kind === 'mapping' ? holder.pairs.find(({ value }) => value.start === span.start) : undefined;
    if (text.includes('\n') && !flow && pair) {
      const [, head = '', ...lines] = writeYaml(dn(`let x = ${text}`))
        .trimEnd()
        .split('\n');
      const indent = ' '.repeat(Math.max(0, this.column(pair.key.start) - 2));
      return [head.replace(/^ *x: /, ''), ...lines.map((line) => indent + line)].join('\n');
    }
    // Extents that are spread: as many items, in brackets of their own where none are around.
    const values = (parsed(`f(${text})`) as CallNode).arguments!.map((one) => one.value);
    const [value] = values;
    if (values.length !== 1) {
      const items = values.map(flowed).join(', ');
      return path.at(-1)?.kind === 'sequence' ? items : `[${items}]`;
    }
    return scalarText(value!, flow) ?? flowed(value!);
  }
}

function extent({ key, value }: YamlPair): { start: number; end: number } {
  return { start: key.start, end: Math.max(key.end, value.end) };
}

/** Positional arguments as the value of the word's key. */
function positionalText(values: readonly ValueNode[]): string {
  return values.length === 1 ? flowed(values[0]!) : `[${values.map(flowed).join(', ')}]`;
}

function flowed(value: ValueNode): string {
  const text = flowText(value);
  if (text === undefined) throw new Error('YAML cannot say a value that dnc writes');
  return text;
}

/** A value from its text in .dn. */
function parsed(text: string): ValueNode {
  const value = readValue(new Source('', text), new Reports());
  if (!value) throw new Error(`\`${text}\` is no value`);
  return value;
}

/** A document from its text in .dn. */
function dn(text: string): Document {
  const reports = new Reports();
  const document = read(new Source('', text), reports, MAP);
  if (reports.failed) throw new Error(`\`${text}\` does not read`);
  return document;
}

/** A document of some statements of another one, with the comments that are within them. */
function only(statements: readonly { readonly span: Span }[]): Document {
  return dn(statements.map(({ span }) => span.source.text.slice(span.start, span.end)).join('\n'));
}

function entriesOf(text: string): [string, string][] {
  return dn(text).entries.map((one) => [keyText(one.key.text), flowed(one.value)]);
}
