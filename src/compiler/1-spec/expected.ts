import type { Duration, RegistryName, TSchema } from '../../ir/kind.js';
import { findWord, vocabulary, wordsOf } from '../vocabulary.js';

/** The parts of JSON Schema that arguments use, with dnc's own annotations. */
export interface ArgumentSchema {
  readonly type?: string | readonly string[];
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly anyOf?: readonly ArgumentSchema[];
  readonly items?: ArgumentSchema;
  readonly properties?: Readonly<Record<string, ArgumentSchema>>;
  readonly patternProperties?: Readonly<Record<string, ArgumentSchema>>;
  readonly required?: readonly string[];
  readonly default?: unknown;
  readonly description?: string;
  readonly examples?: readonly unknown[];
  readonly minimum?: number;
  readonly maximum?: number;
  readonly exclusiveMinimum?: number;
  readonly exclusiveMaximum?: number;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly uniqueItems?: boolean;
  readonly registry?: RegistryName;
  readonly indices?: boolean;
  readonly interval?: boolean;
  /** A time in training; its value is the unit of a bare number. */
  readonly duration?: Duration['unit'];
  /** What a whole number counts: it may be written behind it (`5 epochs`). */
  readonly counts?: 'epochs' | 'steps' | 'looks';
  readonly spread?: boolean;
  /** It says how many of its parts a layer has: shrinking changes it. */
  readonly width?: boolean;
  readonly oneOrList?: boolean;
  readonly section?: string;
  /** What holds where an optional value is left out, in words. */
  readonly absent?: string;
  /** Of an optional value: the word `off` in its place leaves it out. */
  readonly off?: true;
}

/** The word that switches an optional value off. */
export const OFF = 'off';

export function schemaOf(schema: TSchema): ArgumentSchema {
  return schema as unknown as ArgumentSchema;
}

/** The words of an enumeration (`Type.Union` of literals); undefined for any other schema. */
export function choicesOf(schema: ArgumentSchema): readonly string[] | undefined {
  const values =
    schema.enum ?? schema.anyOf?.map((one) => one.const) ?? ('const' in schema ? [schema.const] : undefined);
  return values && values.length > 0 && values.every((value) => typeof value === 'string') ? values : undefined;
}

/** Whether a quantity is in what a schema counts: `5 epochs`, `1 epoch`. */
export function countsIn({ counts }: ArgumentSchema, { unit }: { readonly unit: { readonly text: string } }): boolean {
  return counts !== undefined && unit.text.replace(/s$/, '') === counts.replace(/s$/, '');
}

export function typesOf(schema: ArgumentSchema): readonly string[] {
  return schema.type === undefined ? [] : typeof schema.type === 'string' ? [schema.type] : schema.type;
}

/** `≥ 0 and < 1`, `from 0 to 1`, or nothing where a number may be any. */
export function rangeOf(schema: ArgumentSchema): string {
  if (schema.minimum !== undefined && schema.maximum !== undefined) {
    return `from ${schema.minimum.toLocaleString('en-US')} to ${schema.maximum.toLocaleString('en-US')}`;
  }
  const bounds = [
    schema.minimum !== undefined && `≥ ${schema.minimum}`,
    schema.exclusiveMinimum !== undefined && `> ${schema.exclusiveMinimum}`,
    schema.maximum !== undefined && `≤ ${schema.maximum}`,
    schema.exclusiveMaximum !== undefined && `< ${schema.exclusiveMaximum}`,
  ];
  return bounds.filter((bound) => bound !== false).join(' and ');
}

/** What a value must be, in words: "a whole number ≥ 1", "an activation", "a list of metrics". */
export function expectedOf(schema: ArgumentSchema): string {
  const expected = expectedOn(schema);
  return schema.off ? `${expected} or \`${OFF}\`` : expected;
}

function expectedOn(schema: ArgumentSchema): string {
  const choices = choicesOf(schema);
  if (choices) return choices.length === 1 ? `\`${choices[0]}\`` : `one of ${choices.join(', ')}`;
  if (schema.anyOf) return schema.anyOf.map(expectedOf).join(' or ');
  if (schema.interval) {
    const allowed = (schema.enum ?? []) as readonly (readonly number[])[];
    return allowed.length > 0 ? allowed.map((ends) => `${ends[0]}..${ends[1]}`).join(' or ') : 'a range (`0..255`)';
  }
  if (schema.duration)
    return `a time in ${schema.duration} or ${schema.duration === 'steps' ? 'epochs' : 'steps'} (\`10 epochs\`, \`500 steps\`)`;
  if (schema.indices) {
    const named = schema.items && typesOf(schema.items).includes('string');
    return named
      ? 'a list of indices, ranges and names of features (`[0..27, area]`)'
      : 'a list of indices and ranges (`[0..27, 40]`)';
  }
  const types = typesOf(schema);
  const range = rangeOf(schema);
  const number = (word: string) => (range ? `${word} ${range}` : word);
  if (schema.registry) {
    const { one } = vocabulary[schema.registry];
    return types.includes('number') ? `${number('a number')} or ${one}` : one;
  }
  switch (types[0]) {
    case 'integer':
      return schema.enum ? schema.enum.join(' or ') : number('a whole number');
    case 'number':
      return number('a number');
    case 'boolean':
      return 'true or false';
    case 'string':
      return 'a word or a string';
    case 'array': {
      if (!schema.items) return 'a list';
      if (schema.oneOrList) return `${expectedOf(schema.items)} or a list of them`;
      if (schema.items.anyOf) return `a list of ${countOf(schema) ?? 'values'}, each ${expectedOf(schema.items)}`;
      return `a list of ${plural(schema.items, countOf(schema))}`;
    }
    case 'object':
      return 'keys in braces (`{ key: value }`)';
    default:
      return 'a value';
  }
}

/** How many values a list has, where they are so many and no others. */
export function countOf({ minItems, maxItems }: ArgumentSchema): number | undefined {
  return minItems === maxItems ? minItems : undefined;
}

/** What several values must be: "2 whole numbers", "words or strings", "2 lists of 2 whole numbers". */
function plural(schema: ArgumentSchema, count?: number): string {
  const some = (words: string) => (count === undefined ? words : `${count} ${words}`);
  if (schema.registry) return some(vocabulary[schema.registry].many);
  if (schema.duration) return some('times (`10 epochs`, `500 steps`)');
  const type = typesOf(schema)[0];
  const range = rangeOf(schema);
  if (type === 'integer') return some(range ? `whole numbers ${range}` : 'whole numbers');
  if (type === 'number') return some(range ? `numbers ${range}` : 'numbers');
  if (type === 'array') return some(schema.items ? `lists of ${plural(schema.items, countOf(schema))}` : 'lists');
  return some('words or strings');
}

/** Whether a schema gives a bare word a meaning: then a `let` of that name hides it. */
export function knowsWord(schema: ArgumentSchema, word: string): boolean {
  if (schema.off && word === OFF) return true;
  if (schema.registry) return findWord(schema.registry, word) !== undefined;
  if (typesOf(schema).includes('boolean')) return word === 'true' || word === 'false';
  return choicesOf(schema)?.includes(word) ?? schema.anyOf?.some((one) => knowsWord(one, word)) ?? false;
}

/** All words that a schema knows, for "did you mean". */
export function wordsFor(schema: ArgumentSchema): readonly string[] {
  const words = wordsOn(schema);
  return schema.off ? [...words, OFF] : words;
}

function wordsOn(schema: ArgumentSchema): readonly string[] {
  if (schema.registry) return wordsOf(schema.registry);
  if (typesOf(schema).includes('boolean')) return ['true', 'false'];
  return choicesOf(schema) ?? schema.anyOf?.flatMap(wordsFor) ?? [];
}
