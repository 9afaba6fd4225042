import type { Diagnostic } from '../diagnostics/diagnostic.js';
import type { Reports } from '../diagnostics/report.js';
import type { Source, Span } from '../diagnostics/source.js';
import { balance, DEPTH_LIMIT, tooDeep } from './brackets.js';
import { type Layout, layOut, repair } from './layout.js';
import type { SyntaxProblem } from './parser.js';
import {
  Begin,
  Comma,
  Comment,
  End,
  endOf,
  is,
  LeftCurly,
  lex,
  Newline,
  RightRound,
  StringToken,
  type Token,
  Word,
} from './tokens.js';

/** What reading a text and reading one value in it have in common: from characters to laid-out tokens, and what the parser says about them. */

/** Larger texts are refused: 100,000 layers, the most that a model may have, take less. In UTF-16 units. */
export const SIZE_LIMIT = 8_000_000;

export function whole(source: Source): Span {
  return { source, start: 0, end: source.text.length };
}

/** Whether a text is within the bounds; reports it where it is not. */
export function withinSize(source: Source, reports: Reports): boolean {
  const { text } = source;
  if (text.length <= SIZE_LIMIT) return true;
  const megabytes = (size: number) => `${(size / 1e6).toFixed(1)} million characters`;
  reports.report(
    'spec-too-large',
    { size: megabytes(text.length), limit: megabytes(SIZE_LIMIT) },
    { at: { source, start: 0, end: Math.min(1, text.length) } },
  );
  return false;
}

export function reportDepth(source: Source, at: number, reports: Reports): void {
  reports.report(
    'nested-too-deep',
    { limit: DEPTH_LIMIT },
    { at: { source, start: at, end: at + 1 }, help: ['name an inner part by `let` or `block`'] },
  );
}

/** Steps 1 to 4 of reading a text, or one that is a lone value; nothing when it is beyond the bounds. */
export function prepare(source: Source, reports: Reports, lone = false): Layout | undefined {
  if (!withinSize(source, reports)) return undefined;
  const deep = tooDeep(source.text);
  if (deep !== undefined) {
    reportDepth(source, deep, reports);
    return undefined;
  }
  reportDirections(source, reports);
  const tokens = repair(lex(source.text), source, reports);
  return layOut(balance(tokens, source, reports), source, reports, lone);
}

/** The same of a part of a text that holds one value. A line break in it is a blank, and there are no comments. */
export function prepareValue(source: Source, start: number, end: number, reports: Reports): Layout | undefined {
  const text = source.text.slice(start, end);
  const deep = tooDeep(text);
  if (deep !== undefined) {
    reportDepth(source, start + deep, reports);
    return undefined;
  }
  const tokens: Token[] = [];
  for (const token of lex(text)) {
    if (is(token, Newline)) continue;
    token.startOffset += start;
    token.endOffset = token.endOffset! + start;
    if (is(token, Comment)) {
      const at = { source, start: token.startOffset, end: token.startOffset + 1 };
      reports.report('bad-character', { name: '`#`' }, { at, help: ['a comment has a blank before it'] });
      break;
    }
    tokens.push(token);
  }
  return layOut(balance(repair(tokens, source, reports), source, reports), source, reports, true);
}

/** Characters that turn the writing direction: in comments and strings they are legal, and worth a warning. */
export function reportDirections(source: Source, reports: Reports): void {
  const known = /[\u202a-\u202e\u2066-\u2069]+/g;
  for (let found = known.exec(source.text); found; found = known.exec(source.text)) {
    const number = found[0].codePointAt(0)!.toString(16).toUpperCase();
    reports.report(
      'hidden-direction',
      { name: `the character U+${number}` },
      { at: { source, start: found.index, end: found.index + found[0].length }, help: ['leave it out'] },
    );
  }
}

/** In the order of the text, each place and message once. */
export function inOrder(diagnostics: readonly Diagnostic[]): Diagnostic[] {
  const seen = new Set<string>();
  return [...diagnostics]
    .sort((a, b) => (a.at?.start ?? 0) - (b.at?.start ?? 0))
    .filter((one) => {
      const key = `${one.at?.start} ${one.code}`;
      return !seen.has(key) && seen.add(key);
    });
}

/** Says what the parser found wrong: the first problem of each statement, unless its brackets were wrong already. */
export function reportProblems(
  problems: readonly SyntaxProblem[],
  layout: Layout,
  source: Source,
  reports: Reports,
): void {
  const told = new Set(layout.damaged);
  for (const { token, previous, expected, rule } of problems) {
    const anchor = Number.isNaN(token.startOffset) || token.statement === undefined ? (previous ?? token) : token;
    const statement = anchor.statement ?? 0;
    if (told.has(statement)) continue;
    told.add(statement);
    const zero = is(token, Begin, End) || Number.isNaN(token.startOffset) || token.mended === true;
    // At the end of a line or of the text the place is behind the last token: an error needs a place to be shown at.
    const start = zero
      ? previous && !Number.isNaN(previous.startOffset)
        ? endOf(previous)
        : anchor.startOffset
      : token.startOffset;
    const at: Span = { source, start, end: zero ? start : endOf(token) };
    if (expected === End.LABEL && is(token, Word)) {
      reports.report(
        'two-statements',
        { second: token.image },
        { at, help: secondHelp(token, previous, rule, source) },
      );
      continue;
    }
    const found = zero ? describeEnd(source, start) : describe(token);
    reports.report('syntax', { expected, found }, { at, help: hints(token, previous, rule) });
  }
}

/** What ends a statement at an offset. */
function describeEnd(source: Source, offset: number): string {
  const rest = /[ \t]*/y;
  rest.lastIndex = offset;
  rest.exec(source.text);
  const sign = source.text[rest.lastIndex];
  if (sign === undefined) return 'the end of the text';
  return sign === '\n' || sign === '\r' || sign === '#' ? 'the end of the line' : `\`${sign}\``;
}

function describe(token: Token): string {
  if (is(token, StringToken)) return token.image.length > 40 ? 'a string' : token.image;
  return `\`${token.image.length > 40 ? `${token.image.slice(0, 40)}…` : token.image}\``;
}

/** What stands where a statement should have ended. */
function secondHelp(token: Token, previous: Token | undefined, rule: string, source: Source): string[] {
  const rounds = loop(previous, source);
  if (rounds !== undefined) return [`write \`repeat ${rounds} { … }\`: a loop counts and has no variable`];
  return [...missingAt(token, previous, rule, source), 'start a new line, or put `;` between the two'];
}

/** How often `for i in 3 {` or `for i in range(3):` goes round; undefined where that is not written. */
function loop(previous: Token | undefined, source: Source): string | undefined {
  if (!previous || !is(previous, Word) || previous.image !== 'for') return undefined;
  const rest = source.text.slice(endOf(previous), endOf(previous) + 120);
  return /^[ \t]+\w+[ \t]+in[ \t]+(?:range\([ \t]*)?(?:[01][ \t]*\.\.[ \t]*)?(\w+)/.exec(rest)?.[1];
}

/** `Dense(300) dropneuron(1e-4)`: layers begin with a capital, annotations do not. */
function missingAt(token: Token, previous: Token | undefined, rule: string, source: Source): string[] {
  // What is given a value, or has one, is no annotation.
  const named = /^[^\S\n]*[=,:]/.test(source.text.slice(endOf(token), endOf(token) + 80));
  return rule === 'layerOrRepeat' && !named && is(previous, Word, RightRound) && /^[a-z]/.test(token.image)
    ? [`an annotation begins with \`@\`: \`@${token.image}\``]
    : [];
}

/** What to do next, where the place tells what was meant. */
function hints(token: Token, previous: Token | undefined, rule: string): string[] {
  if (rule === 'layerOrRepeat' && is(token, LeftCurly) && is(previous, Word)) {
    return ['arguments stand in parentheses: `Dense(units: 300)`'];
  }
  if (rule === 'group' && is(token, Comma)) return ['a list stands in brackets: `[28, 28]`'];
  if (rule === 'entry' && is(token, End)) return ['an entry is `name: value`'];
  if (rule === 'entry' && token.image === '(') return ['layers stand in `model Name { … }`; an entry is `name: value`'];
  return [];
}
