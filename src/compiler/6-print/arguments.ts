import type { ArgumentNode, CallNode } from '../../dsl/document.js';
import type { Call, Kind, RegistryName } from '../../ir/kind.js';
import { type ArgumentSchema, schemaOf } from '../1-spec/expected.js';
import { findWord } from '../vocabulary.js';

export function propertiesOf(kind: Kind): readonly (readonly [string, ArgumentSchema])[] {
  return Object.entries(schemaOf(kind.schema).properties ?? {});
}

/** Whether an argument of a layer says how many of its parts it has: shrinking changes it. Other whole numbers, such as strides, are no widths. */
export function isWidth(kind: string, argument: string): boolean {
  const found = findWord('layer', kind);
  return found !== undefined && propertiesOf(found).some(([name, { width }]) => name === argument && width === true);
}

/**
 * The argument nodes that give a named argument its value: the one with its name, the positional one at its place in the schema's order, or all
 * positional ones where the first argument may be spread (`Input(28, 28)`).
 */
export function argumentNodes(call: CallNode, kind: Kind, name: string): readonly ArgumentNode[] {
  const given = call.arguments ?? [];
  const named = given.find((one) => one.name?.text === name);
  if (named) return [named];
  const properties = propertiesOf(kind);
  const position = properties.findIndex(([property]) => property === name);
  if (position < 0) return [];
  const positional = given.filter((one) => !one.name);
  const [first] = positional;
  // Spread extents take all that has no name: none is left for the arguments behind.
  if (properties[0]?.[1].spread && first && first.value.kind !== 'list') return position === 0 ? positional : [];
  return positional.slice(position, position + 1);
}

/** A call with the arguments that a person would write. */
export function withoutDefaults(registry: RegistryName, { word, arguments: values }: Call): Call {
  const properties = schemaOf(findWord(registry, word)!.schema).properties ?? {};
  const given = Object.entries(values).flatMap(([name, value]): [string, unknown][] => {
    const schema = properties[name];
    if (!schema || !isDefault(schema, value)) {
      const inner = schema?.registry && typeof value === 'object' && value !== null && 'word' in value;
      return [[name, inner ? withoutDefaults(schema.registry!, value as Call) : value]];
    }
    return [];
  });
  return { word, arguments: Object.fromEntries(given) };
}

/** Whether a value is what its schema gives where nothing is written. */
function isDefault(schema: ArgumentSchema, value: unknown): boolean {
  if (value === undefined) return true;
  if (!schema.registry || typeof schema.default !== 'string')
    return JSON.stringify(schema.default) === JSON.stringify(value);
  const call = value as Call;
  const kind = findWord(schema.registry, schema.default);
  if (kind?.keyword !== call.word) return false;
  return Object.entries(call.arguments).every(([name, one]) =>
    isDefault(schemaOf(kind.schema).properties?.[name] ?? {}, one),
  );
}
