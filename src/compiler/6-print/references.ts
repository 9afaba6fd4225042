import type {
  CallNode,
  Document,
  EntryNode,
  LayerNode,
  LetNode,
  StatementNode,
  ValueNode,
} from '../../dsl/document.js';

/** The layer statements of the model, in order; as many as the spec has layers. */
export function layerStatements(document: Document): readonly LayerNode[] {
  return (document.model?.body ?? []).filter((statement): statement is LayerNode => statement.kind === 'layer');
}

/** The `let` that a value names, if it is a bare word that names one. */
export function letOf(document: Document, value: ValueNode): LetNode | undefined {
  if (value.kind !== 'call' || value.arguments) return undefined;
  return document.lets.find((node) => node.name.text === value.callee.text);
}

/** A value with its words followed to where it is written, and the `let`s on the way. */
export function follow(
  document: Document,
  value: ValueNode,
): { readonly value: ValueNode; readonly lets: readonly LetNode[] } {
  const lets: LetNode[] = [];
  let at = value;
  for (let next = letOf(document, at); next && !lets.includes(next); next = letOf(document, at)) {
    lets.push(next);
    at = next.value;
  }
  return { value: at, lets };
}

/** Where a `let` is used. */
export type Use =
  /** As the whole value of an argument of a layer. */
  | { readonly kind: 'argument'; readonly layer: LayerNode; readonly value: ValueNode }
  /** As the whole value of another `let`. */
  | { readonly kind: 'let'; readonly let: LetNode }
  /** Anywhere else: in arithmetic, lists, annotations, sections. */
  | { readonly kind: 'other' };

/** Every use of a `let` in the document. */
export function usesOf(document: Document, target: LetNode): readonly Use[] {
  const uses: Use[] = [];
  const visit = (value: ValueNode, whole: Use) => {
    if (letOf(document, value) === target) uses.push(whole);
    for (const inner of below(value)) visit(inner, { kind: 'other' });
  };
  const visitCall = (call: CallNode) => {
    for (const argument of call.arguments ?? []) visit(argument.value, { kind: 'other' });
  };
  const visitStatements = (statements: readonly StatementNode[]) => {
    for (const statement of statements) {
      if (statement.with) visit(statement.with, { kind: 'other' });
      if (statement.kind === 'repeat') {
        visit(statement.count, { kind: 'other' });
        visitStatements(statement.body);
        continue;
      }
      for (const { value } of statement.call.arguments ?? [])
        visit(value, { kind: 'argument', layer: statement, value });
      for (const annotation of statement.annotations) visitCall(annotation);
    }
  };
  for (const node of document.lets) visit(node.value, { kind: 'let', let: node });
  for (const block of document.blocks) {
    for (const { value } of block.parameters) if (value) visit(value, { kind: 'other' });
    for (const annotation of block.annotations) visitCall(annotation);
    visitStatements(block.body);
  }
  for (const annotation of document.model?.annotations ?? []) visitCall(annotation);
  visitStatements(document.model?.body ?? []);
  for (const { value } of document.entries) visit(value, { kind: 'other' });
  return uses;
}

function below(value: ValueNode): readonly ValueNode[] {
  switch (value.kind) {
    case 'call':
      return (value.arguments ?? []).map((argument) => argument.value);
    case 'list':
      return value.items;
    case 'map':
      return value.entries.map((entry) => entry.value);
    case 'range':
      return [value.from, value.to];
    case 'unary':
      return [value.operand];
    case 'binary':
      return [value.left, value.right];
    default:
      return [];
  }
}

/** The entry of a map or section by its key. */
export function entryOf(entries: readonly EntryNode[], key: string): EntryNode | undefined {
  return entries.find((entry) => entry.key.text === key);
}
