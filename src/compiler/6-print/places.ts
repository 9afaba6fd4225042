import type { ArgumentNode, CallNode, Document, StatementNode } from '../../dsl/document.js';
import { entriesByPath, type TextEdits } from '../../dsl/edit.js';
import type { Kind } from '../../ir/kind.js';
import { OFF } from '../1-spec/expected.js';
import type { Binding, LayerSpec } from '../spec.js';
import { findWord } from '../vocabulary.js';
import { argumentNodes, propertiesOf } from './arguments.js';
import { follow, TOP } from './references.js';

type Change = readonly [path: string, text: string];

/** Where the text gives one argument of a layer its value. */
export interface Place {
  /** The value, and what its words stand for; absent: the text leaves the argument to its default. */
  readonly source?: Binding;
  /** Several where extents are spread: `Input(28, 28)`. */
  readonly nodes: readonly ArgumentNode[];
}

/**
 * Writes arguments of layers where a person would look for them: in the layer's own statement where it stands in the model by itself, else behind the outermost block use or
 * `repeat` that it comes from. Nothing is written into a block, since all of its uses would change.
 */
export class Places {
  /** By the statement of the model that they go to, in the order of the layers. */
  private readonly changes = new Map<StatementNode, Change[]>();
  /** By call, arguments that are new: they go in together, since a call may have no parentheses yet. */
  private readonly added = new Map<CallNode, string[]>();

  constructor(
    private readonly edits: TextEdits,
    private readonly document: Document,
  ) {}

  /** Where the text says an argument: `units`, or of a layer among the arguments `layer.units`. */
  of(layer: LayerSpec, path: string): Place {
    const changed = layer.changes[path];
    if (changed) return { source: changed, nodes: [] };
    const holder = this.callOf(layer, path.split('.').slice(0, -1));
    const nodes = holder ? argumentNodes(holder.call, holder.kind, path.split('.').at(-1)!) : [];
    const [first] = nodes;
    return { nodes, ...(first && { source: { value: first.value, environment: holder!.environment } }) };
  }

  /** Says an argument anew. */
  set(layer: LayerSpec, path: string, text: string): void {
    if (layer.uses.length > 0) {
      this.change(layer, path, text);
      return;
    }
    const { source } = this.of(layer, path);
    if (source) {
      this.edits.replace(source.value.span, text);
      return;
    }
    const name = path.split('.').at(-1)!;
    const holder = this.callOf(layer, path.split('.').slice(0, -1));
    // A layer that a `let` holds may be others', too.
    const own = holder && holder.environment === TOP && path.includes('.') ? undefined : holder;
    if (!own) throw new Error(`${layer.name} has no call at ${path}`);
    this.add(own.call, `${name}: ${text}`);
  }

  /** Puts an argument behind those of a call. */
  add(call: CallNode, text: string): void {
    this.added.set(call, [...(this.added.get(call) ?? []), text]);
  }

  /** How many characters are to be added to a call so far. */
  addedTo(call: CallNode): number {
    return (this.added.get(call) ?? []).reduce((sum, text) => sum + text.length + 2, 0);
  }

  /** Writes what was collected. */
  write(): void {
    for (const [call, texts] of this.added) this.edits.insertArguments(call, texts.join(', '));
    for (const [statement, changes] of this.changes)
      this.edits.setChanges(statement, this.withoutBelow(statement, changes));
  }

  /** Puts what takes a block use out in the place of what a `with` says of the layers in it; gives the changes that are left. */
  private withoutBelow(statement: StatementNode, changes: readonly Change[]): readonly Change[] {
    const there = statement.with ? [...entriesByPath(statement.with)] : [];
    return changes.filter(([path, text]) => {
      if (text !== OFF) return true;
      const [first, ...others] = there.filter(
        ([below, entry]) => below.startsWith(`${path}.`) && entry.key.text === below,
      );
      if (!first) return true;
      this.edits.replaceEntry(first[1].span, `${path}: ${text}`);
      for (const [, entry] of others) this.edits.removeStatement(entry.span);
      return false;
    });
  }

  /** Says something of a layer, or takes it out, behind the outermost statement that it comes from. */
  change({ name, uses }: Pick<LayerSpec, 'name' | 'uses'>, path: string, text: string): void {
    const [outermost] = uses;
    const { statement } = outermost!;
    // A block use opens a scope of names, a repeat does not.
    const from = outermost!.kind === 'block' ? name.slice(outermost!.name.length + 1) : name;
    const changes = this.changes.get(statement) ?? [];
    changes.push([[from, path].filter((part) => part !== '').join('.'), text]);
    this.changes.set(statement, changes);
  }

  /** The call whose argument is meant: the layer's own, or that of a layer among its arguments. */
  private callOf(
    layer: LayerSpec,
    path: readonly string[],
  ): { readonly call: CallNode; readonly kind: Kind; readonly environment: Binding['environment'] } | undefined {
    let call = layer.statement.call;
    let { environment } = layer;
    let kind: Kind | undefined = findWord('layer', layer.kind);
    for (const [k, name] of path.entries()) {
      const [node] = kind ? argumentNodes(call, kind, name) : [];
      const written = layer.changes[path.slice(0, k + 1).join('.')] ?? (node && { value: node.value, environment });
      const found = written && follow(this.document, written);
      if (found?.value.kind !== 'call') return undefined;
      const registry = propertiesOf(kind!).find(([property]) => property === name)?.[1].registry;
      kind = registry && findWord(registry, found.value.callee.text);
      call = found.value;
      environment = found.environment;
    }
    return kind && { call, kind, environment };
  }
}
