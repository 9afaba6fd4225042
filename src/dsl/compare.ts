import type { Document, StatementNode, ValueNode } from './document.js';

/**
 * Where two documents (or parts of them) differ, as a path such as `model.body.2.call.callee.text`, or nothing if they say the same.
 * Places in the text do not count; the text of numbers does: `1e3` and `1000` are different documents with one meaning.
 */
export function difference(
  left: Document | ValueNode | StatementNode,
  right: Document | ValueNode | StatementNode,
): string | undefined {
  return differ(left, right, '');
}

/** Whether two documents say the same, in the same order. */
export function same(left: Document, right: Document): boolean {
  return difference(left, right) === undefined;
}

function differ(left: unknown, right: unknown, path: string): string | undefined {
  if (Object.is(left, right)) return undefined;
  if (typeof left !== 'object' || typeof right !== 'object' || left === null || right === null) return path;
  const keys = new Set([...Object.keys(left), ...Object.keys(right)]);
  for (const key of keys) {
    if (key === 'span') continue;
    const inner = path ? `${path}.${key}` : key;
    const found = differ((left as Record<string, unknown>)[key], (right as Record<string, unknown>)[key], inner);
    if (found !== undefined) return found;
  }
  return undefined;
}
