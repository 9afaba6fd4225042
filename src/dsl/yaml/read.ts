import type { Reports } from '../../diagnostics/report.js';
import type { Source, Span } from '../../diagnostics/source.js';
import { assemble } from '../assemble.js';
import { DEPTH_LIMIT } from '../brackets.js';
import type {
  ArgumentNode,
  BlockNode,
  CallNode,
  Document,
  EntryNode,
  LayerNode,
  LetNode,
  ListNode,
  MapNode,
  ModelNode,
  NameNode,
  RepeatNode,
  StatementNode,
  ValueNode,
} from '../document.js';
import { CALL, type Expected, UNKNOWN } from '../expected.js';
import { readNumber } from '../numbers.js';
import { type ItemNode, parseValue } from '../parser.js';
import { flowText, unsayable } from './values.js';
import { prepareValue, reportDepth, reportDirections, reportProblems, whole, withinSize } from '../text.js';
import { endOfCall, reportCall } from './syntax-errors.js';
import { parseTree, type YamlMapping, type YamlNode, type YamlPair, type YamlScalar } from './tree.js';

/**
 * Reads a spec in YAML (docs/language.md, section on YAML) to the document that the same spec in .dn gives, with places in the YAML text. Total, as
 * `read` is.
 *
 * A plain scalar is read as .dn reads its text, from the text itself: what js-yaml makes of it (`012` is 12, `0x10` is 16) does not count. Whether a map is
 * a map or a call with its arguments is asked of `expected`.
 */
export function readYaml(source: Source, reports: Reports, expected: Expected = UNKNOWN): Document {
  const empty: Document = { span: whole(source), lets: [], blocks: [], entries: [] };
  if (!withinSize(source, reports)) return empty;
  reportDirections(source, reports);
  const tree = parseTree(source, reports);
  if (!tree?.root) return empty;
  return new Reading(source, reports, expected).document(tree.root);
}

const PATH = /^[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*$/;
/** What a layer's map says beside the call. */
const LAYER_KEYS = ['name', 'from', 'sparsity', 'with'];
const MODEL_KEYS = ['name', 'outputs', 'sparsity', 'layers'];
const BLOCK_KEYS = ['parameters', 'inputs', 'outputs', 'sparsity', 'layers'];
const REPEAT_KEYS = ['repeat', 'layers', 'with'];

/** A pair whose key is a scalar. */
interface Keyed {
  readonly key: YamlScalar;
  readonly value: YamlNode;
}

class Reading {
  /** Words that stand where a map is due: a `let` of that name holds a map. */
  private readonly mapWords = new Set<string>();

  constructor(
    private readonly source: Source,
    private readonly reports: Reports,
    private readonly expected: Expected,
  ) {}

  document(root: YamlNode): Document {
    const items: ItemNode[] = [];
    const lets: Keyed[] = [];
    for (const { key, value } of this.pairs(root, 'the keys of a spec (`model:`, `data:`, `train:` …)')) {
      switch (key.value) {
        case 'dnc': {
          const node = this.value(value, CALL, 1);
          const span = this.over(key, value);
          if (node?.kind === 'number') items.push({ kind: 'version', node, span });
          else if (node) this.unfit(value, 'a number');
          break;
        }
        case 'let':
          lets.push(...this.pairs(value, 'names with their values'));
          break;
        case 'blocks':
          for (const one of this.pairs(value, 'names with their blocks')) {
            const node = this.block(one);
            if (node) items.push({ kind: 'block', node });
          }
          break;
        case 'model': {
          const node = this.model(key, value);
          if (node) items.push({ kind: 'model', node });
          break;
        }
        default: {
          const node = this.entry({ key, value }, this.expected.below(key.value), 1);
          if (node) items.push({ kind: 'entry', node });
        }
      }
    }
    // What a `let` holds is told by where it is used; those that others use come behind those.
    const values = new Map<Keyed, LetNode | undefined>();
    for (let waiting = lets; waiting.length > 0; ) {
      const ready = waiting.filter(({ key }) => this.mapWords.has(key.value));
      const next = ready.length > 0 ? ready : waiting;
      for (const one of next) values.set(one, this.let(one));
      waiting = waiting.filter((one) => !values.has(one));
    }
    const nodes = lets.flatMap((one) => values.get(one) ?? []).map((node): ItemNode => ({ kind: 'let', node }));
    const [version, ...others] = items;
    // The order of the text, with the `let`s where they stand; only the version's place is checked.
    const all = version?.kind === 'version' ? [version, ...nodes, ...others] : [...nodes, ...items];
    const document = assemble(all, this.source, this.reports);
    return document;
  }

  private let({ key, value }: Keyed): LetNode | undefined {
    const expected: Expected = this.mapWords.has(key.value) ? { map: true, below: () => CALL } : CALL;
    const node = this.value(value, expected, 1);
    return node && { span: this.over(key, value), name: this.name(key), value: node };
  }

  private model(key: YamlScalar, node: YamlNode): ModelNode | undefined {
    const told = this.reports.all.length;
    const found = this.known(node, MODEL_KEYS, 'the model: `name` and `layers`');
    if (!found) return undefined;
    const name = found.get('name');
    if (name?.value.kind !== 'scalar' || name.value.style === 'empty') {
      this.report(name?.value ?? key, "the model's name (`name: Net`)", name ? describe(name.value) : 'none');
    }
    // A misspelt key may have been meant.
    if (!found.has('layers') && this.reports.all.length === told)
      this.report(key, "the model's layers (`layers:`)", 'none');
    return {
      span: this.over(key, node),
      name: name?.value.kind === 'scalar' ? this.name(name.value) : { span: this.span(key), text: '_' },
      outputs: this.names(found.get('outputs')?.value),
      annotations: this.annotations(found.get('sparsity')?.value),
      body: this.layers(found.get('layers')?.value, 1),
    };
  }

  private block({ key, value }: Keyed): BlockNode | undefined {
    const told = this.reports.all.length;
    const found = this.known(value, BLOCK_KEYS, 'a block: `layers`, and what it takes');
    if (!found) return undefined;
    if (!found.has('layers') && this.reports.all.length === told)
      this.report(key, "the block's layers (`layers:`)", 'none');
    return {
      span: this.over(key, value),
      name: this.name(key),
      parameters: this.parameters(found.get('parameters')?.value),
      inputs: this.names(found.get('inputs')?.value),
      outputs: this.names(found.get('outputs')?.value),
      annotations: this.annotations(found.get('sparsity')?.value),
      body: this.layers(found.get('layers')?.value, 1),
    };
  }

  /** `{ filters: , stride: 1 }`, or only names: `[filters, stride]`, `filters`. */
  private parameters(node: YamlNode | undefined): BlockNode['parameters'] {
    if (node?.kind !== 'mapping') return this.names(node).map((name) => ({ name }));
    return this.pairs(node, 'parameters').flatMap(({ key, value }) => {
      const written = value.kind === 'scalar' && value.style === 'empty' ? undefined : this.value(value, CALL, 2);
      return [{ name: this.name(key), ...(written && { value: written }) }];
    });
  }

  /** One name or a list of names. */
  private names(node: YamlNode | undefined): NameNode[] {
    if (!node) return [];
    return (node.kind === 'sequence' ? node.items : [node]).flatMap((one) => {
      if (one.kind === 'scalar' && one.style !== 'empty') return [this.name(one)];
      this.unfit(one, 'a name');
      return [];
    });
  }

  private layers(node: YamlNode | undefined, depth: number): StatementNode[] {
    if (!node || (node.kind === 'scalar' && node.style === 'empty')) return [];
    if (node.kind !== 'sequence') {
      this.unfit(node, 'a list of layers, each behind a dash');
      return [];
    }
    if (this.beyond(node, depth)) return [];
    return node.items.flatMap((one) => this.statement(one, depth + 1) ?? []);
  }

  private statement(node: YamlNode, depth: number): StatementNode | undefined {
    if (node.kind !== 'mapping') {
      const assigned = node.kind === 'scalar' && node.style === 'plain' ? /^([\w.]+)\s*=/.exec(node.value) : null;
      if (assigned) {
        const help = [`the name is a key: \`{ name: ${assigned[1]}, Dense: 300 }\``];
        this.reports.report('syntax', { expected: 'a layer', found: '`=`' }, { at: this.span(node), help });
        return undefined;
      }
      const call = node.kind === 'scalar' && node.style === 'plain' ? this.value(node, CALL, depth) : undefined;
      if (call?.kind === 'call') {
        return { kind: 'layer', span: this.span(node), names: [], call, inputs: [], annotations: [] };
      }
      if (call || node.kind !== 'scalar' || node.style !== 'plain') this.unfit(node, 'a layer');
      return undefined;
    }
    const keys = new Set(node.pairs.map(({ key }) => (key.kind === 'scalar' ? key.value : '')));
    return keys.has('repeat') && keys.has('layers') ? this.repeat(node, depth) : this.layer(node, depth);
  }

  private repeat(node: YamlMapping, depth: number): RepeatNode | undefined {
    const found = this.known(node, REPEAT_KEYS, 'a repeat');
    const count = found && this.value(found.get('repeat')!.value, CALL, depth);
    if (!count) return undefined;
    return {
      kind: 'repeat',
      span: this.span(node),
      count,
      body: this.layers(found.get('layers')?.value, depth),
      ...this.with(found.get('with')?.value, depth),
    };
  }

  private layer(node: YamlMapping, depth: number): LayerNode | undefined {
    const pairs = this.pairs(node, 'a layer');
    const own = new Map<string, Keyed>();
    const rest: Keyed[] = [];
    for (const pair of pairs) {
      if (!LAYER_KEYS.includes(pair.key.value)) rest.push(pair);
      else if (this.once(own, pair)) own.set(pair.key.value, pair);
    }
    const [first] = rest;
    if (!first) {
      // With a mistake in a pair there may be one that was not read.
      if (pairs.length === node.pairs.length) this.unfit(node, 'a layer (`Dense: 300`)');
      return undefined;
    }
    const call = this.call(rest, undefined, depth);
    if (!call) return undefined;
    return {
      kind: 'layer',
      span: this.span(node),
      names: this.names(own.get('name')?.value),
      call,
      inputs: this.inputs(own.get('from')?.value),
      annotations: this.annotations(own.get('sparsity')?.value),
      ...this.with(own.get('with')?.value, depth),
    };
  }

  /** `x`, `[x, conv2]`, and by name `{ query: x, value: m }`. */
  private inputs(node: YamlNode | undefined): LayerNode['inputs'] {
    if (!node) return [];
    return (node.kind === 'sequence' ? node.items : [node]).flatMap((one) => {
      if (one.kind !== 'mapping') return this.names(one).map((from) => ({ from }));
      return this.pairs(one, 'inputs').flatMap(({ key, value }) => {
        const [from] = this.names(value);
        return from ? [{ name: this.name(key), from }] : [];
      });
    });
  }

  /** One call or a list of calls. */
  private annotations(node: YamlNode | undefined): CallNode[] {
    if (!node) return [];
    return (node.kind === 'sequence' ? node.items : [node]).flatMap((one) => {
      const value = this.value(one, CALL, 2);
      if (value?.kind === 'call') return [value];
      if (value) this.unfit(one, 'a method (`dropneuron: 1e-4`)');
      return [];
    });
  }

  private with(node: YamlNode | undefined, depth: number): { with?: MapNode } {
    if (!node) return {};
    const value = this.value(node, this.changes(node), depth);
    if (value?.kind === 'map') return { with: value };
    if (value) this.unfit(node, 'paths with their values');
    return {};
  }

  /** Paths may be maps within each other: a map whose first key is no word that can be called is one of them. */
  private changes(node: YamlNode): Expected {
    const pairs = node.kind === 'mapping' ? node.pairs : [];
    return {
      map: true,
      below: (step) => {
        const value = pairs.find(({ key }) => key.kind === 'scalar' && key.value === step)?.value;
        const first = value?.kind === 'mapping' ? value.pairs[0]?.key : undefined;
        const isPath = first?.kind === 'scalar' && this.expected.knows?.(first.value) === false;
        return value && isPath ? this.changes(value) : CALL;
      },
    };
  }

  private entry({ key, value }: Keyed, expected: Expected, depth: number): EntryNode | undefined {
    const node = this.value(value, expected, depth);
    return node && { span: this.over(key, value), key: this.key(key), value: node };
  }

  private value(node: YamlNode, expected: Expected, depth: number): ValueNode | undefined {
    if (this.beyond(node, depth)) return undefined;
    switch (node.kind) {
      case 'scalar':
        return this.scalar(node, expected);
      case 'sequence': {
        const cut = this.cutCall(node);
        if (cut) return undefined;
        const items = node.items.flatMap((one, k) => this.value(one, expected.below(k), depth + 1) ?? []);
        return { kind: 'list', span: this.span(node), items } satisfies ListNode;
      }
      case 'mapping': {
        if (this.cutCall(node)) return undefined;
        const pairs = this.pairs(node, 'a map');
        if (!expected.map && node.pairs.length > 0) {
          const call = pairs.length > 0 ? this.call(pairs, expected, depth) : undefined;
          return call && { ...call, span: this.span(node) };
        }
        const entries = pairs.flatMap((one) => this.entry(one, expected.below(one.key.value), depth + 1) ?? []);
        return { kind: 'map', span: this.span(node), entries } satisfies MapNode;
      }
    }
  }

  /**
   * A call: the first key is the word and holds its positional arguments (one, or a list of them; nothing: none) or a map of named ones; the other keys are named
   * arguments.
   */
  private call(pairs: readonly Keyed[], expected: Expected | undefined, depth: number): CallNode | undefined {
    const [head, ...others] = pairs;
    const { key, value } = head!;
    const callee = this.name(key);
    const below = (step: string | number) => expected?.below(step, key.value) ?? CALL.below(step, key.value);
    const argumentsOf = (named: readonly Keyed[]) =>
      named.flatMap((one): ArgumentNode[] => {
        const node = this.value(one.value, below(one.key.value), depth + 1);
        return node ? [{ span: this.over(one.key, one.value), name: this.name(one.key), value: node }] : [];
      });
    const list: ArgumentNode[] = [];
    let written = others.length > 0;
    if (value.kind === 'mapping') {
      written = true;
      if (!this.cutCall(value)) list.push(...argumentsOf(this.pairs(value, 'arguments')));
    } else if (value.kind === 'sequence') {
      written = true;
      if (!this.cutCall(value)) {
        value.items.forEach((item, k) => {
          const node = this.value(item, below(k), depth + 1);
          if (node) list.push({ span: this.span(item), value: node });
        });
      }
    } else if (value.style !== 'empty') {
      written = true;
      const node = this.value(value, below(0), depth + 1);
      if (node) list.push({ span: this.span(value), value: node });
    }
    list.push(...argumentsOf(others));
    const spans = pairs.map((one) => this.over(one.key, one.value));
    const span: Span = {
      source: this.source,
      start: Math.min(...spans.map((one) => one.start)),
      end: Math.max(...spans.map((one) => one.end)),
    };
    return { kind: 'call', span, callee, ...(written && { arguments: list }) };
  }

  private scalar(node: YamlScalar, expected: Expected): ValueNode | undefined {
    const span = this.span(node);
    if (node.style === 'quoted') return { kind: 'string', span, value: node.value };
    if (node.style === 'empty') {
      this.report(node, 'a value', 'nothing');
      return undefined;
    }
    // Most are one word or one number, which need no parser.
    if (PATH.test(node.value)) {
      if (expected.map) this.mapWords.add(node.value);
      return { kind: 'call', span, callee: { span, text: node.value } };
    }
    const number = /^\d/.test(node.value) ? readNumber(node.value) : undefined;
    if (number && 'value' in number) return { kind: 'number', span, text: node.value, ...number };
    const layout = prepareValue(this.source, node.start, node.end, this.reports);
    if (!layout) return undefined;
    const { result, problems } = parseValue(layout.tokens, this.source);
    reportProblems(problems, layout, this.source, this.reports);
    if (problems.length > 0 || !result) return undefined;
    // A line of its own can hold a comma that brackets cannot: what could not be written again is not read.
    if (flowText(result) === undefined) {
      const { what, help } = unsayable(result);
      this.reports.report('yaml-unsayable', { what }, { at: result.span, help });
      return undefined;
    }
    return result;
  }

  /** Reports a call that the signs of `[ ]` and `{ }` cut to pieces, once for all of them. */
  private cutCall(node: YamlNode): boolean {
    // On lines of its own only `: ` cuts, which ends a key.
    const parts =
      node.kind === 'mapping'
        ? node.pairs.flatMap(({ key, value }) => (node.flow ? [key, value] : [key]))
        : node.kind === 'sequence' && node.flow
          ? node.items
          : [];
    const cut = parts.find((part) => part.kind === 'scalar' && opensCall(part));
    if (!cut) return false;
    const open = cut.start + this.source.text.slice(cut.start, cut.end).indexOf('(');
    reportCall(this.source, cut.start, Math.max(cut.end, endOfCall(this.source.text, open)), this.reports);
    return true;
  }

  /** The pairs of a map whose keys are scalars; what else there is, is reported. `what` says what the map is. */
  private pairs(node: YamlNode, what: string): Keyed[] {
    if (node.kind === 'scalar' && node.style === 'empty') return [];
    if (node.kind !== 'mapping') {
      this.unfit(node, what);
      return [];
    }
    if (this.cutCall(node)) return [];
    return node.pairs.filter((pair): pair is YamlPair & Keyed => {
      const { key } = pair;
      if (key.kind === 'scalar' && key.style !== 'empty') return !this.lacksColon(key, pair.value);
      this.report(key, 'a key', describe(key));
      return false;
    });
  }

  /** Reports `{ Dense: 3, activation relu }`: to YAML the two words are one key, of nothing. */
  private lacksColon(key: YamlScalar, value: YamlNode): boolean {
    const [, word, rest] = /^([A-Za-z_][\w.]*)[ \t]+(\S.*)$/.exec(key.value) ?? [];
    const empty = value.kind === 'scalar' && value.style === 'empty';
    if (word === undefined || key.style !== 'plain' || !empty || /^\s*:/.test(this.source.text.slice(key.end)))
      return false;
    const end = key.start + word.length;
    this.reports.report(
      'yaml-syntax',
      { problem: `a \`:\` is missing behind \`${word}\`` },
      { at: { source: this.source, start: key.start, end }, help: [`write \`${word}: ${rest}\``] },
    );
    return true;
  }

  /** The pairs of a map by their keys, each of which is known and stands once. */
  private known(node: YamlNode, keys: readonly string[], what: string): Map<string, Keyed> | undefined {
    if (node.kind !== 'mapping') {
      this.unfit(node, what);
      return undefined;
    }
    const found = new Map<string, Keyed>();
    for (const pair of this.pairs(node, what)) {
      if (!keys.includes(pair.key.value)) {
        this.report(pair.key, `one of ${keys.map((key) => `\`${key}\``).join(', ')}`, `\`${pair.key.value}\``);
      } else if (this.once(found, pair)) found.set(pair.key.value, pair);
    }
    return found;
  }

  private once(found: ReadonlyMap<string, Keyed>, { key }: Keyed): boolean {
    const earlier = found.get(key.value);
    if (!earlier) return true;
    const also = [{ at: this.span(earlier.key), note: 'first here' }];
    const help = ['leave one of them out'];
    this.reports.report('written-twice', { what: 'key', name: key.value }, { at: this.span(key), also, help });
    return false;
  }

  /** A key of a map: any text. One that is not quoted is a word or a path, as in .dn. */
  private key(key: YamlScalar): NameNode {
    return key.style === 'quoted' ? { span: this.span(key), text: key.value } : this.name(key);
  }

  private name(node: YamlScalar): NameNode {
    const text = node.value;
    if (!PATH.test(text)) {
      const meant = text.replace(/[^A-Za-z0-9_.]+/g, '_');
      const help = PATH.test(meant) && text.length <= 100 ? [`write \`${meant}\``] : [];
      const problem = /^[\w.]+(?:-[\w.]+)+$/.test(text) ? '`-` is a minus' : 'names are made of A-Z, a-z, 0-9 and _';
      this.reports.report('bad-name', { text, problem }, { at: this.span(node), help });
    }
    return { span: this.span(node), text };
  }

  private beyond(node: YamlNode, depth: number): boolean {
    if (depth <= DEPTH_LIMIT) return false;
    reportDepth(this.source, Math.min(node.start, Math.max(0, this.source.text.length - 1)), this.reports);
    return true;
  }

  private unfit(node: YamlNode, expected: string): void {
    this.report(node, expected, describe(node));
  }

  private report(node: YamlNode, expected: string, found: string): void {
    const { start } = node;
    // A collection is shown by its first line.
    const line = this.source.text.indexOf('\n', start);
    const end = node.kind === 'scalar' || line < 0 ? node.end : Math.min(node.end, line);
    this.reports.report('syntax', { expected, found }, { at: { source: this.source, start, end } });
  }

  private span(node: YamlNode): Span {
    return { source: this.source, start: node.start, end: node.end };
  }

  private over(key: YamlNode, value: YamlNode): Span {
    return { source: this.source, start: key.start, end: Math.max(key.end, value.end) };
  }
}

/** Whether a plain scalar begins a call and lacks its end. */
function opensCall(node: YamlScalar): boolean {
  if (node.style !== 'plain' || !node.value.includes('(')) return false;
  const bare = node.value.replaceAll(/"(?:[^"\\]|\\.)*"/g, '');
  return bare.split('(').length > bare.split(')').length;
}

function describe(node: YamlNode): string {
  if (node.kind === 'sequence') return 'a list';
  if (node.kind === 'mapping') return 'a map';
  if (node.style === 'empty') return 'nothing';
  const text = node.value.length > 40 ? `${node.value.slice(0, 40)}…` : node.value;
  return node.style === 'quoted' ? JSON.stringify(text) : `\`${text}\``;
}
