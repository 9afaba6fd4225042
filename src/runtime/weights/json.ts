/** A JSON value with objects as lists of members, so that a key written twice is seen. Numbers are kept as they are written. */
export type StrictJson =
  | { readonly kind: 'object'; readonly members: readonly (readonly [key: string, value: StrictJson])[] }
  | { readonly kind: 'array'; readonly items: readonly StrictJson[] }
  | { readonly kind: 'string'; readonly value: string }
  | { readonly kind: 'number'; readonly text: string }
  | { readonly kind: 'word'; readonly value: 'true' | 'false' | 'null' };

/** What is wrong, and at which character. */
export class JsonProblem extends Error {
  constructor(
    message: string,
    readonly at: number,
  ) {
    super(message);
  }
}

/** Headers are three levels deep. */
const DEEPEST = 8;

/**
 * Reads one JSON value as RFC 8259 has it. `JSON.parse` silently takes the last of two equal keys and lets `__proto__` through; a header that does
 * either is refused.
 *
 * @throws JsonProblem
 */
export function parseStrictJson(text: string): StrictJson {
  let at = 0;
  const space = /[ \t\n\r]*/y;
  const number = /-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?/y;
  const word = /true|false|null/y;
  const match = (pattern: RegExp): string | undefined => {
    pattern.lastIndex = at;
    const found = pattern.exec(text)?.[0];
    if (found !== undefined) at += found.length;
    return found;
  };
  const skip = () => void match(space);
  const take = (sign: string): boolean => {
    skip();
    if (text[at] !== sign) return false;
    at += 1;
    return true;
  };
  const need = (sign: string) => {
    if (!take(sign)) throw new JsonProblem(`expected ${JSON.stringify(sign)} in the header`, at);
  };
  const readString = (what: string): string => {
    skip();
    const start = at;
    if (text[at] !== '"') throw new JsonProblem(`expected ${what} in the header`, at);
    do at += text[at] === '\\' ? 2 : 1;
    while (at < text.length && text[at] !== '"');
    at += 1;
    try {
      // Knows the escapes, and refuses control characters and an unclosed end.
      return JSON.parse(text.slice(start, at)) as string;
    } catch {
      throw new JsonProblem(`expected ${what} in the header`, start);
    }
  };
  const value = (depth: number): StrictJson => {
    if (depth > DEEPEST) throw new JsonProblem('the header is nested too deep', at);
    skip();
    if (take('{')) {
      const members: [string, StrictJson][] = [];
      const seen = new Set<string>();
      if (!take('}')) {
        do {
          const start = at;
          const key = readString('a name');
          if (seen.has(key)) throw new JsonProblem(`the name ${JSON.stringify(key)} stands twice in the header`, start);
          seen.add(key);
          need(':');
          members.push([key, value(depth + 1)]);
        } while (take(','));
        need('}');
      }
      return { kind: 'object', members };
    }
    if (take('[')) {
      const items: StrictJson[] = [];
      if (!take(']')) {
        do items.push(value(depth + 1));
        while (take(','));
        need(']');
      }
      return { kind: 'array', items };
    }
    if (text[at] === '"') return { kind: 'string', value: readString('a text') };
    const digits = match(number);
    if (digits !== undefined) return { kind: 'number', text: digits };
    const name = match(word);
    if (name !== undefined) return { kind: 'word', value: name as 'true' | 'false' | 'null' };
    throw new JsonProblem('expected a value in the header', at);
  };
  const result = value(0);
  skip();
  if (at < text.length) throw new JsonProblem('the header goes on after its end', at);
  return result;
}
