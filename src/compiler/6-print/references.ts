import type {
  ArgumentNode,
  BlockNode,
  CallNode,
  Document,
  EntryNode,
  LayerNode,
  LetNode,
  StatementNode,
  ValueNode,
} from '../../dsl/document.js';
import type { Kind } from '../../ir/kind.js';
import { statementsOf } from '../1-spec/blocks.js';
import { bareWords } from '../1-spec/evaluate.js';
import { OFF } from '../1-spec/expected.js';
import type { Binding, Environment, LayerSpec } from '../spec.js';
import { findWord } from '../vocabulary.js';
import { argumentNodes, isWidth, propertiesOf } from './arguments.js';

/** A word that a value goes through on the way to where it is written. */
export type Owner =
  | { readonly kind: 'let'; readonly node: LetNode }
  | { readonly kind: 'parameter'; readonly block: BlockNode; readonly name: string };

/** Outside of all blocks. */
export const TOP: Environment = { parameters: new Map() };

/** Follows a value through words, parameters and `let`s to where it is written. */
export function follow(
  document: Document,
  { value, environment }: Binding,
): { readonly value: ValueNode; readonly environment: Environment; readonly owners: readonly Owner[] } {
  const owners: Owner[] = [];
  const lets = new Set<LetNode>();
  let at: Binding = { value, environment };
  while (at.value.kind === 'call' && !at.value.arguments) {
    const name = at.value.callee.text;
    const parameter = at.environment.parameters.get(name);
    if (parameter) {
      owners.push({ kind: 'parameter', block: at.environment.block!, name });
      at = parameter;
      continue;
    }
    const node = document.lets.find((one) => one.name.text === name);
    if (!node || lets.has(node)) break;
    lets.add(node);
    owners.push({ kind: 'let', node });
    at = { value: node.value, environment: TOP };
  }
  return { ...at, owners };
}

/** Whether a value is the word that switches off what is optional. */
export function isOffWord(value: ValueNode): boolean {
  return value.kind === 'call' && !value.arguments && value.callee.text === OFF;
}

/** A value that the document writes, and what it gives a value to. */
interface Site {
  readonly value: ValueNode;
  /** The block that it stands in: its parameters come before `let`s there. */
  readonly block?: BlockNode;
  readonly gives:
    | { readonly kind: 'let'; readonly node: LetNode }
    | { readonly kind: 'parameter'; readonly block: BlockNode; readonly name: string }
    | { readonly kind: 'argument'; readonly of: Kind; readonly name: string }
    | { readonly kind: 'change'; readonly entry: EntryNode }
    /** A count, arithmetic, an annotation, a section. */
    | { readonly kind: 'other' };
}

/** What the words of a document feed. */
export class Uses {
  private readonly sites: readonly Site[];
  private readonly known = new Map<LetNode | string, boolean>();
  /** The values of `with`s that are widths of layers. */
  private readonly widths = new Set<ValueNode>();

  constructor(document: Document, layers: readonly LayerSpec[]) {
    this.sites = [...sitesOf(document)];
    for (const layer of layers) {
      for (const [path, { value }] of Object.entries(layer.changes)) {
        const kind = findWord('layer', layer.kind)!;
        if (isWidth(kind.keyword, path) || nestedWidth(layer.arguments, path)) this.widths.add(value);
      }
    }
  }

  /** Every use of a `let`. */
  of(node: LetNode): readonly ValueNode[] {
    return this.sites.flatMap((site) =>
      this.seesLet(site, node) ? bareWords(site.value).filter((word) => word.callee.text === node.name.text) : [],
    );
  }

  /** Whether whatever an owner's value gets to is a width, each by direct reference. */
  feedsWidthsOnly(owner: Owner): boolean {
    const key = owner.kind === 'let' ? owner.node : `${owner.block.name.text}.${owner.name}`;
    const known = this.known.get(key);
    if (known !== undefined) return known;
    // A `let` that leads back to itself feeds nothing.
    this.known.set(key, false);
    const name = owner.kind === 'let' ? owner.node.name.text : owner.name;
    const found = this.sites.every((site) => {
      const sees = owner.kind === 'let' ? this.seesLet(site, owner.node) : site.block === owner.block;
      const words = sees ? bareWords(site.value).filter((word) => word.callee.text === name) : [];
      return words.length === 0 || (words[0] === site.value && this.givesWidth(site));
    });
    this.known.set(key, found);
    return found;
  }

  private seesLet({ block }: Site, node: LetNode): boolean {
    return !block?.parameters.some((parameter) => parameter.name.text === node.name.text);
  }

  private givesWidth({ gives }: Site): boolean {
    switch (gives.kind) {
      case 'let':
        return this.feedsWidthsOnly(gives);
      case 'parameter':
        return this.feedsWidthsOnly(gives);
      case 'argument':
        return isWidth(gives.of.keyword, gives.name);
      case 'change':
        return this.widths.has(gives.entry.value);
      case 'other':
        return false;
    }
  }
}

function nestedWidth(values: Readonly<Record<string, unknown>>, path: string): boolean {
  const [head = '', ...rest] = path.split('.');
  const call = values[head] as { readonly word?: string } | undefined;
  return rest.length === 1 && typeof call?.word === 'string' && isWidth(call.word, rest[0]!);
}

function* sitesOf(document: Document): Generator<Site> {
  const blocks = new Map(document.blocks.map((block) => [block.name.text, block]));
  for (const node of document.lets) yield { value: node.value, gives: { kind: 'let', node } };
  for (const { value } of document.entries) yield { value, gives: { kind: 'other' } };
  for (const block of document.blocks) {
    for (const { name, value } of block.parameters)
      if (value) yield { value, block, gives: { kind: 'parameter', block, name: name.text } };
    yield* sitesOfCalls(block.annotations, block);
    yield* sitesOfBody(block.body, blocks, block);
  }
  yield* sitesOfCalls(document.model?.annotations ?? []);
  yield* sitesOfBody(document.model?.body ?? [], blocks);
}

function* sitesOfCalls(calls: readonly CallNode[], block?: BlockNode): Generator<Site> {
  for (const call of calls)
    for (const { value } of call.arguments ?? []) yield { value, ...(block && { block }), gives: { kind: 'other' } };
}

function* sitesOfBody(
  body: readonly StatementNode[],
  blocks: ReadonlyMap<string, BlockNode>,
  block?: BlockNode,
): Generator<Site> {
  const within = block && { block };
  for (const statement of body) {
    if (statement.with) yield* sitesOfChanges(statement.with.entries, block);
    if (statement.kind === 'repeat') {
      yield { value: statement.count, ...within, gives: { kind: 'other' } };
      yield* sitesOfBody(statement.body, blocks, block);
      continue;
    }
    yield* sitesOfCalls(statement.annotations, block);
    const used = blocks.get(statement.call.callee.text);
    if (used) yield* sitesOfUse(statement, used, block);
    else yield* sitesOfLayer(statement.call, block);
  }
}

function* sitesOfUse({ call }: LayerNode, used: BlockNode, block?: BlockNode): Generator<Site> {
  for (const [k, { name, value }] of (call.arguments ?? []).entries()) {
    const parameter = name?.text ?? used.parameters[k]?.name.text ?? '';
    yield { value, ...(block && { block }), gives: { kind: 'parameter', block: used, name: parameter } };
  }
}

/** A layer's arguments; a layer among them has arguments of its own. */
function* sitesOfLayer(call: CallNode, block?: BlockNode): Generator<Site> {
  const kind = findWord('layer', call.callee.text);
  const named = new Map<ArgumentNode, string>();
  for (const [name] of kind ? propertiesOf(kind) : [])
    for (const node of argumentNodes(call, kind!, name)) named.set(node, name);
  for (const argument of call.arguments ?? []) {
    const name = named.get(argument);
    const { value } = argument;
    const schema = kind && propertiesOf(kind).find(([one]) => one === name)?.[1];
    if (schema?.registry === 'layer' && value.kind === 'call' && value.arguments) yield* sitesOfLayer(value, block);
    else if (kind && name !== undefined)
      yield { value, ...(block && { block }), gives: { kind: 'argument', of: kind, name } };
    else yield { value, ...(block && { block }), gives: { kind: 'other' } };
  }
}

function* sitesOfChanges(entries: readonly EntryNode[], block?: BlockNode): Generator<Site> {
  for (const entry of entries) {
    if (entry.value.kind === 'map') yield* sitesOfChanges(entry.value.entries, block);
    else yield { value: entry.value, ...(block && { block }), gives: { kind: 'change', entry } };
  }
}

/** The entry of a map or section by its key. */
export function entryOf(entries: readonly EntryNode[], key: string): EntryNode | undefined {
  return entries.find((entry) => entry.key.text === key);
}

/** Every name that a statement of the document gives. */
export function namesOf(document: Document): readonly string[] {
  const bodies = [...document.blocks.map((block) => block.body), document.model?.body ?? []];
  return bodies.flatMap((body) => [...statementsOf(body)].flatMap((node) => node.names.map((name) => name.text)));
}
