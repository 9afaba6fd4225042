import type { Source } from '../diagnostics/source.js';
import { TextEdits } from './edit.js';
import { isYaml } from './syntax.js';
import { YamlEdits } from './yaml/edit.js';

/** Edits of a spec in the syntax in which it is written. */
export function editsOf(source: Source): TextEdits {
  return isYaml(source.name) ? new YamlEdits(source) : new TextEdits(source);
}
