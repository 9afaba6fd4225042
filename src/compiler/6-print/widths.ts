import type { Document, LayerNode, LetNode, ValueNode } from '../../dsl/document.js';
import type { TextEdits } from '../../dsl/edit.js';
import { layerKind } from '../../layers/index.js';
import { typesOf } from '../1-spec/expected.js';
import { findWord } from '../vocabulary.js';
import { argumentNodes, propertiesOf } from './arguments.js';
import { follow, usesOf } from './references.js';

/** One width of one layer: the value that it is to have, and where the text gives it. */
export interface Width {
  readonly layer: LayerNode;
  readonly argument: string;
  readonly wanted: number;
  readonly value: ValueNode;
}

/** Whether an argument is a width: a whole number of a layer that can be resized. */
export function isWidth(kind: string, argument: string): boolean {
  const schema = propertiesOf(findWord('layer', kind)!).find(([name]) => name === argument)?.[1];
  return schema !== undefined && typesOf(schema).includes('integer') && layerKind(kind).resize !== undefined;
}

/**
 * Writes widths (LANGUAGE.md, section 4). A literal that feeds only widths, each by direct reference, becomes the value that most of them want
 * (tie: the larger); what still differs is replaced in place. Literals in arithmetic or used for other things stay.
 */
export function writeWidths(edits: TextEdits, document: Document, widths: readonly Width[]): void {
  const byLiteral = new Map<LetNode, Width[]>();
  for (const width of widths) {
    const { value, lets } = follow(document, width.value);
    const owner = lets.at(-1);
    if (owner && value.kind === 'number' && feedsWidthsOnly(document, owner)) {
      byLiteral.set(owner, [...(byLiteral.get(owner) ?? []), width]);
    } else write(edits, document, width);
  }
  for (const [owner, users] of byLiteral) {
    const literal = mostWanted(users.map((width) => width.wanted));
    if (owner.value.kind === 'number' && owner.value.value !== literal)
      edits.replace(owner.value.span, String(literal));
    for (const width of users) if (width.wanted !== literal) edits.replace(width.value.span, String(width.wanted));
  }
}

function write(edits: TextEdits, document: Document, { value, wanted }: Width): void {
  const { value: literal } = follow(document, value);
  if (literal.kind === 'number' && literal.value === wanted) return;
  edits.replace(value.span, String(wanted));
}

/** Whether every use of a `let` is, directly or through another `let`, the whole value of a width. */
function feedsWidthsOnly(document: Document, owner: LetNode, seen: readonly LetNode[] = []): boolean {
  if (seen.includes(owner)) return false;
  return usesOf(document, owner).every((use) => {
    if (use.kind === 'let') return feedsWidthsOnly(document, use.let, [...seen, owner]);
    if (use.kind === 'other') return false;
    const kind = findWord('layer', use.layer.call.callee.text);
    if (!kind) return false;
    return propertiesOf(kind).some(
      ([name]) =>
        isWidth(kind.keyword, name) &&
        argumentNodes(use.layer.call, kind, name).some((node) => node.value === use.value),
    );
  });
}

function mostWanted(values: readonly number[]): number {
  const counts = new Map<number, number>();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  return [...counts].sort(([a, m], [b, n]) => n - m || b - a)[0]![0];
}
