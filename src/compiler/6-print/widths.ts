import type { Document, ValueNode } from '../../dsl/document.js';
import type { TextEdits } from '../../dsl/edit.js';
import type { LayerSpec } from '../spec.js';
import type { Places } from './places.js';
import { follow, type Uses } from './references.js';

/** One width of one layer: the value that it has, and the one that it is to have. */
export interface Width {
  readonly layer: LayerSpec;
  /** `units`, or of a layer among the arguments `layer.units`. */
  readonly path: string;
  readonly given: number | undefined;
  readonly wanted: number;
}

/**
 * Writes widths (docs/language.md, section 8). A literal that feeds only widths, each by direct reference, becomes the value that most of them want
 * (tie: the larger). What still differs is replaced in place, or goes into the `with` of the outermost use. Literals in arithmetic or used for other things stay.
 */
export function writeWidths(
  edits: TextEdits,
  document: Document,
  places: Places,
  uses: Uses,
  widths: readonly Width[],
): void {
  const byLiteral = new Map<ValueNode, Width[]>();
  const others: Width[] = [];
  for (const width of widths) {
    const { source } = places.of(width.layer, width.path);
    const found = source && follow(document, source);
    const owner = found?.owners.at(-1);
    if (found?.value.kind === 'number' && (!owner || uses.feedsWidthsOnly(owner)))
      byLiteral.set(found.value, [...(byLiteral.get(found.value) ?? []), width]);
    else if (width.wanted !== width.given) others.push(width);
  }
  const differing = new Set(others);
  for (const [literal, users] of byLiteral) {
    const value = mostWanted(users.map((width) => width.wanted));
    if (literal.kind === 'number' && literal.value !== value) edits.replace(literal.span, String(value));
    for (const width of users) if (width.wanted !== value) differing.add(width);
  }
  // In the order of the layers, as they stand in a `with`.
  for (const width of widths) if (differing.has(width)) places.set(width.layer, width.path, String(width.wanted));
}

function mostWanted(values: readonly number[]): number {
  const counts = new Map<number, number>();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  return [...counts].sort(([a, m], [b, n]) => n - m || b - a)[0]![0];
}
