import type { CallNode, ValueNode } from '../document.js';
import { printValue, quote } from '../print.js';

/** How values are written in YAML, on one line. */

/** Whether a text is a plain scalar that YAML reads as it stands: in `[ ]` and `{ }` (flow), or in a line of its own. */
export function isPlain(text: string, flow: boolean): boolean {
  if (text === '' || /^[\s,[\]{}#&*!|>'"%@`]|^[-?:](?:\s|$)|^(?:---|\.\.\.)/.test(text)) return false;
  if (/\s#|:(?:\s|$)|\s$|[\n\r]/.test(text)) return false;
  return !(flow && (/[,[\]{}]/.test(text) || /^[-?:][,[\]{}]/.test(text)));
}

/**
 * A value on one line that may stand anywhere, also in brackets; undefined where YAML cannot say it: arithmetic with what must be a map. With
 * `map`, a call is a map even where a plain scalar would do.
 */
export function flowText(value: ValueNode, form?: 'map'): string | undefined {
  switch (value.kind) {
    case 'string':
      return quote(value.value);
    case 'list':
      return listText(value.items);
    case 'map': {
      if (value.entries.length === 0) return '{ }';
      return pairsText(value.entries.map(({ key, value: one }) => [keyText(key.text), flowText(one)]));
    }
    case 'call': {
      const plain = form === 'map' ? undefined : scalarText(value, true);
      return plain ?? pairsText(callPairs(value));
    }
    default:
      return scalarText(value, true);
  }
}

/** What YAML has no way to say about a value whose `flowText` is undefined, and what to write instead: for `yaml-unsayable`. */
export function unsayable({ kind }: ValueNode): { readonly what: string; readonly help: readonly string[] } {
  return {
    what: kind === 'range' ? 'a range of such values' : 'arithmetic with such a value',
    help: ['name the call by a `let`, and write its name here'],
  };
}

/** A value as a plain scalar, as it is written in .dn; undefined where it cannot be one. */
export function scalarText(value: ValueNode, flow: boolean): string | undefined {
  if (value.kind === 'string' || value.kind === 'list' || value.kind === 'map') return undefined;
  const text = printValue(value, { flat: true });
  return isPlain(text, flow) ? text : undefined;
}

function listText(items: readonly ValueNode[]): string | undefined {
  const texts = items.map((item) => flowText(item));
  return texts.includes(undefined) ? undefined : `[${texts.join(', ')}]`;
}

/** A call as the pairs of a map: the word with its positional arguments, then the named ones; all within the word where there are no others. */
export function callPairs(call: CallNode): [string, string | undefined][] {
  const given = call.arguments ?? [];
  const named = given.flatMap((one): [string, string | undefined][] =>
    one.name ? [[keyText(one.name.text), flowText(one.value)]] : [],
  );
  const positional = given.filter((one) => !one.name).map((one) => one.value);
  const word = keyText(call.callee.text);
  if (positional.length === 0 && named.length > 0) return [[word, pairsText(named)]];
  const [only] = positional;
  // A list or a map would be read as all the arguments.
  const text =
    call.arguments === undefined
      ? ''
      : positional.length === 1 && isScalar(only!)
        ? flowText(only!)
        : listText(positional);
  return [[word, text], ...named];
}

/** Whether a value is written as a scalar in brackets. */
function isScalar(value: ValueNode): boolean {
  return value.kind === 'string' || scalarText(value, true) !== undefined;
}

export function pairsText(pairs: readonly (readonly [string, string | undefined])[]): string | undefined {
  if (pairs.some(([, value]) => value === undefined)) return undefined;
  // `{ Add: , from: x }`, and nothing behind the last colon.
  return `{ ${pairs.map(([key, value]) => `${key}: ${value}`).join(', ')} }`.replace(/: {2}\}$/, ': }');
}

const PATH = /^[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*$/;

/** A key: a word or a path as it is, everything else in quotes. */
export function keyText(text: string): string {
  return PATH.test(text) ? text : quote(text);
}
