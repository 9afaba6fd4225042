import type { TextEdits } from '../../dsl/edit.js';
import type { SimplifiedText } from './index.js';
import type { Places } from './places.js';
import type { Written } from './sets.js';

export function writeRemovals(
  _edits: TextEdits,
  _written: Written,
  _places: Places,
  _simplified: SimplifiedText,
): ReadonlySet<string> {
  return new Set();
}
