import type { ArgumentNode, CallNode } from '../../dsl/document.js';
import type { Kind } from '../../ir/kind.js';
import { type ArgumentSchema, schemaOf } from '../1-spec/expected.js';

export function propertiesOf(kind: Kind): readonly (readonly [string, ArgumentSchema])[] {
  return Object.entries(schemaOf(kind.schema).properties ?? {});
}

/**
 * The argument nodes that give a named argument its value: the one with its name, the positional one at its place in the schema's order, or all
 * positional ones where the first argument may be spread (`Input(28, 28)`).
 */
export function argumentNodes(call: CallNode, kind: Kind, name: string): readonly ArgumentNode[] {
  const given = call.arguments ?? [];
  const named = given.find((one) => one.name?.text === name);
  if (named) return [named];
  const position = propertiesOf(kind).findIndex(([property]) => property === name);
  const positional = given.filter((one) => !one.name);
  const spread = propertiesOf(kind)[position]?.[1].spread === true;
  if (position < 0) return [];
  if (!spread) return positional.slice(position, position + 1);
  const [only] = positional;
  return positional.length === 1 && only!.value.kind === 'list' ? [only!] : positional.slice(position);
}
