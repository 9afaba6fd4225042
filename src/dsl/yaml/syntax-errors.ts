import { Reports } from '../../diagnostics/report.js';
import type { Source } from '../../diagnostics/source.js';
import { Source as Text } from '../../diagnostics/source.js';
import { parseValue } from '../parser.js';
import { prepareValue } from '../text.js';
import { flowText } from './values.js';

/** A call with a named argument behind an opening parenthesis; strings may hold anything. */
const CALL = /[A-Za-z_][\w.]*\((?:[^()"\n]|\([^()\n]*\)|"(?:[^"\\\n]|\\.)*")*?[A-Za-z_]\w*:\s/;

/**
 * Says in dnc's words what js-yaml found wrong at an offset, with its repair. Gives the place of a call that is written as in .dn, `f(x, b: 1)`: the
 * commonest mistake, which the caller can step over. `text` is the source's with earlier ones taken out; what follows from them is not told (`quiet`).
 */
export function reportSyntax(
  source: Source,
  text: string,
  reason: string,
  offset: number,
  quiet: boolean,
  reports: Reports,
): { readonly start: number; readonly end: number } | undefined {
  const call = callNear(text, offset, /flow collection|missed comma|node content/.test(reason));
  if (call) {
    reportCall(source, call.start, call.end, reports);
    return call;
  }
  // Something else that a placeholder may have brought about.
  if (quiet && reports.failed && reason === 'deficient indentation') return undefined;
  const open = /flow collection|deficient indentation/.test(reason) ? unclosed(text, offset) : undefined;
  if (open?.sign === '"' || (open === undefined && /quoted scalar/.test(reason))) {
    const start = open?.at ?? Math.max(0, text.lastIndexOf('"', offset - 1));
    reports.report('unclosed-string', {}, { at: { source, start, end: start + 1 } });
    return undefined;
  }
  if (open) {
    reports.report(
      'unclosed-bracket',
      { bracket: open.sign },
      {
        at: { source, start: open.at, end: open.at + 1 },
        help: [`write \`${open.sign === '[' ? ']' : '}'}\` where it ends`],
      },
    );
    return undefined;
  }
  // A line that is no `key: value` is found out at the next one.
  const before = text.lastIndexOf('\n', offset - 1);
  const bare = /(?:^|\n)[ \t]*([\w.]+)(:\S[^\n]*)?\s*$/.exec(text.slice(0, Math.max(0, before)));
  if (bare && /document separator|multiline key/.test(reason)) {
    const start = bare.index + bare[0].indexOf(bare[1]!);
    const [problem, help] = bare[2]
      ? ['a blank is missing behind `:`', `write \`${bare[1]}: ${bare[2].slice(1, 40).trimEnd()}\``]
      : ['this is no `key: value`', 'write a `:` behind the key'];
    reports.report(
      'yaml-syntax',
      { problem: problem! },
      { at: { source, start, end: start + bare[1]!.length }, help: [help!] },
    );
    return undefined;
  }
  // A place at the end of a line, or before the first thing of the next one, is shown where the text before it ends.
  const atEnd = offset >= text.length || text[offset] === '\n' || text[offset] === '\r';
  const start = atEnd ? text.slice(0, offset).trimEnd().length : offset;
  const [problem, help] = told(reason, text, start);
  reports.report(
    'yaml-syntax',
    { problem },
    { at: { source, start, end: Math.min(text.length, atEnd ? start : start + 1) }, help: [help] },
  );
  return undefined;
}

/** Reports a call that is written as in .dn where YAML cannot take it, with the map to write. */
export function reportCall(source: Source, start: number, end: number, reports: Reports): void {
  const written = source.text.slice(start, end);
  const map = asMap(written);
  reports.report(
    'yaml-call',
    { text: written },
    {
      at: { source, start, end },
      help: [map === undefined ? 'write it as a map: `{ adam: 1e-3, beta_1: 0.8 }`' : `write \`${map}\``],
    },
  );
}

/** The map that says what a call says; undefined where it is no whole call. */
function asMap(call: string): string | undefined {
  const reports = new Reports();
  const text = new Text('', call);
  const layout = prepareValue(text, 0, call.length, reports);
  if (!layout || reports.failed) return undefined;
  const { result, problems } = parseValue(layout.tokens, text);
  return result && problems.length === 0 ? flowText(result, 'map') : undefined;
}

/** The call on an offset's line that YAML stumbles over: one with a named argument or, within brackets, one that has not ended there. */
function callNear(text: string, offset: number, brackets: boolean): { start: number; end: number } | undefined {
  const from = text.lastIndexOf('\n', Math.max(0, offset - 1)) + 1;
  const line = text.slice(from, text.indexOf('\n', from) < 0 ? text.length : text.indexOf('\n', from));
  const found = CALL.exec(line) ?? (brackets ? openCall(text, line, from, offset) : undefined);
  // Not in a comment, nor in a string.
  const before = line.slice(0, found?.index);
  if (!found || /(?:^|\s)#/.test(before) || before.split('"').length % 2 === 0) return undefined;
  const start = from + before.length;
  return { start, end: endOfCall(text, start + found[0].indexOf('(')) };
}

function openCall(text: string, line: string, from: number, offset: number): RegExpMatchArray | undefined {
  const calls = [...line.slice(0, Math.min(offset - from, 2000)).matchAll(/[A-Za-z_][\w.]*\(/g)];
  return calls.find((one) => endOfCall(text, from + one.index + one[0].length - 1) > offset);
}

/** Behind the parenthesis that closes the one at an offset, on its line; else the end of the line. */
export function endOfCall(text: string, open: number): number {
  let depth = 0;
  for (let at = open; at < text.length && text[at] !== '\n' && text[at] !== '\r'; at++) {
    if (text[at] === '"') {
      const string = /"(?:[^"\\\n]|\\.)*"/y;
      string.lastIndex = at;
      at += (string.exec(text)?.[0].length ?? 1) - 1;
    } else if (text[at] === '(') depth++;
    else if (text[at] === ')' && --depth === 0) return at + 1;
  }
  const line = text.indexOf('\n', open);
  return text.slice(0, line < 0 ? text.length : line).trimEnd().length;
}

/** The innermost bracket or quote that is open at an offset. Only signs that start a value count. */
function unclosed(text: string, offset: number): { readonly sign: string; readonly at: number } | undefined {
  const open: { sign: string; at: number }[] = [];
  let fresh = true;
  for (let at = 0; at < offset; at++) {
    const letter = text[at]!;
    if (letter === '#' && (at === 0 || /\s/.test(text[at - 1]!))) {
      const line = text.indexOf('\n', at);
      if (line < 0 || line >= offset) break;
      at = line;
    } else if (fresh && (letter === '"' || letter === "'")) {
      const string = letter === '"' ? /"(?:[^"\\]|\\[\s\S])*"/y : /'(?:[^']|'')*'/y;
      string.lastIndex = at;
      const found = string.exec(text);
      if (!found || at + found[0].length > offset) return { sign: '"', at };
      at += found[0].length - 1;
      fresh = false;
    } else if ((letter === '[' || letter === '{') && (fresh || open.length > 0)) open.push({ sign: letter, at });
    else if ((letter === ']' || letter === '}') && open.length > 0) open.pop();
    else if (!/\s/.test(letter)) fresh = /[,:[{-]/.test(letter);
  }
  return open.at(-1);
}

/** What is wrong, and what to write. */
function told(reason: string, text: string, at: number): readonly [string, string] {
  const letter = text[at] ?? '';
  if (/tab characters/.test(reason)) return ['a tab indents this line', 'indent by blanks'];
  if (letter === '@')
    return ['`@` begins no value', 'an annotation is a key of its layer: `sparsity: { dropneuron: 1e-4 }`'];
  if (letter === '`' || letter === '%') return [`\`${letter}\` begins no value`, 'write a string in double quotes'];
  if (/missed comma|expected the node content/.test(reason))
    return ['something is wrong between two items of these brackets', 'items are separated by one `,`'];
  if (/whitespace character is expected/.test(reason)) return ['a blank is missing behind `:`', 'write `key: value`'];
  if (/bad indentation of a mapping entry/.test(reason)) {
    return [
      'this stands neither in a value nor in the column of the other keys',
      'keys of one map stand in one column; a value with `: ` in it is a map, or stands in double quotes',
    ];
  }
  if (/bad indentation of a sequence entry/.test(reason))
    return ['this stands not in the column of the other items', 'the dashes of one list stand in one column'];
  if (/multiline key|expected ':'|document separator|stream/.test(reason))
    return ['a key is expected here', 'write `key: value`, with a blank behind `:`'];
  if (/escape sequence|hexadecimal/.test(reason))
    return ['an escape in this string is unknown', 'write a backslash twice: `\\\\`'];
  if (/tag|anchor|alias|directive/i.test(reason))
    return ['specs have no tags, anchors, aliases or directives', 'name a value under `let` to use it twice'];
  return [reason, 'see docs/language.md on YAML'];
}
