import type { TokenType } from 'chevrotain';
import type { Reports } from '../diagnostics/report.js';
import type { Source } from '../diagnostics/source.js';
import {
  At,
  Comma,
  endOf,
  Equals,
  From,
  invent,
  is,
  LeftCurly,
  LeftRound,
  LeftSquare,
  Newline,
  RightCurly,
  RightRound,
  RightSquare,
  Semicolon,
  StringToken,
  type Token,
  Word,
} from './tokens.js';

/** Brackets nested deeper than this are refused: the parser's stack grows with them. */
export const DEPTH_LIMIT = 64;

const CLOSERS = new Map<TokenType, TokenType>([
  [LeftRound, RightRound],
  [LeftSquare, RightSquare],
  [LeftCurly, RightCurly],
]);
const SIGNS = new Map<TokenType, string>([
  [RightRound, ')'],
  [RightSquare, ']'],
  [RightCurly, '}'],
]);

/** The offset of the first bracket nested too deep, found in one pass over the characters, before anything grows with the text. */
export function tooDeep(text: string): number | undefined {
  let depth = 0;
  for (let at = 0; at < text.length; at++) {
    switch (text.charCodeAt(at)) {
      case 0x23: {
        // A comment.
        const end = text.indexOf('\n', at);
        if (end < 0) return undefined;
        at = end;
        break;
      }
      case 0x22:
        // A string ends with its line at the latest, as the lexer has it.
        for (at++; at < text.length; at++) {
          const letter = text.charCodeAt(at);
          if (letter === 0x5c && at + 1 < text.length && text[at + 1] !== '\n') at++;
          else if (letter === 0x22 || letter === 0x0a) break;
        }
        break;
      case 0x28:
      case 0x5b:
      case 0x7b:
        if (++depth > DEPTH_LIMIT) return at;
        break;
      case 0x29:
      case 0x5d:
      case 0x7d:
        if (depth > 0) depth--;
    }
  }
  return undefined;
}

interface Open {
  readonly token: Token;
  readonly line: number;
  /** The column at which the bracket's line starts. */
  readonly indent: number;
  /** The column at which its first line of content starts. */
  inner?: number;
}

/**
 * Gives every bracket its partner, so that the parser meets balanced text only: missing closing brackets are put in where the
 * text says they belong, those that close nothing are left out, and each is reported once. Balanced text comes back as it is.
 *
 * Where a bracket belongs is read from signs that cannot stand inside (`@` in round ones, `name =` on a new line) and, for
 * braces, from the indentation: a line that starts no deeper than the block's own head is behind the block.
 */
export function balance(tokens: readonly Token[], source: Source, reports: Reports): readonly Token[] {
  return balanced(tokens) ? tokens : new Mending(tokens, source, reports).run();
}

function balanced(tokens: readonly Token[]): boolean {
  const open: TokenType[] = [];
  for (const token of tokens) {
    const closer = CLOSERS.get(token.tokenType);
    if (closer) {
      open.push(closer);
      if (open.length > DEPTH_LIMIT) return false;
    } else if (SIGNS.has(token.tokenType) && open.pop() !== token.tokenType) return false;
  }
  return open.length === 0;
}

class Mending {
  private readonly out: Token[] = [];
  /** The last token that is no newline. */
  private last: Token | undefined;
  private readonly open: Open[] = [];
  /** Lines with a string that is not closed: it may have swallowed brackets, and is reported itself. */
  private readonly swallowing = new Set<number>();
  private line = 1;
  private indent = 0;
  private lineStart = 0;

  constructor(
    private readonly tokens: readonly Token[],
    private readonly source: Source,
    private readonly reports: Reports,
  ) {}

  run(): readonly Token[] {
    let fresh = true;
    this.tokens.forEach((token, index) => {
      if (is(token, Newline)) {
        this.line++;
        this.lineStart = endOf(token);
        fresh = true;
        this.out.push(token);
        return;
      }
      if (fresh) {
        this.indent = token.startOffset - this.lineStart;
        this.startOfLine(token, index);
        fresh = false;
      }
      this.take(token, index);
      this.last = token;
    });
    this.end();
    return this.out;
  }

  private take(token: Token, index: number): void {
    if (isCutString(token)) {
      this.swallowing.add(this.line);
      this.out.push(token);
      while (this.inList()) this.close(this.open.at(-1)!);
      return;
    }
    // None of these can stand in ( ) or [ ].
    if (is(token, At, From, Semicolon)) while (this.inList()) this.close(this.open.at(-1)!);
    if (CLOSERS.has(token.tokenType)) {
      // One more would be too deep for the parser; such a text was refused before, unless strings hid the brackets.
      if (this.open.length < DEPTH_LIMIT) {
        this.open.push({ token, line: this.line, indent: this.indent });
        this.out.push(token);
      }
      return;
    }
    if (!SIGNS.has(token.tokenType)) {
      this.out.push(token);
      return;
    }
    let partner = this.open.length - 1;
    // A brace may be closed over forgotten ( and [, but a ) never closes a block.
    while (
      partner >= 0 &&
      CLOSERS.get(this.open[partner]!.token.tokenType) !== token.tokenType &&
      (is(token, RightCurly) ? true : this.open[partner]!.line === this.line)
    ) {
      partner--;
    }
    const found = this.open[partner];
    if (!found || CLOSERS.get(found.token.tokenType) !== token.tokenType || this.standsInside(token, found, index)) {
      this.reports.report(
        'stray-bracket',
        { bracket: SIGNS.get(token.tokenType)! },
        { at: { source: this.source, start: token.startOffset, end: endOf(token) }, help: ['leave it out'] },
      );
      return;
    }
    while (this.open.length - 1 > partner) this.close(this.open.at(-1)!);
    this.open.pop();
    this.out.push(token);
  }

  /** Whether a `}` at the end of a line is one too many: the next line goes on at the depth of the block. */
  private standsInside(token: Token, opened: Open, index: number): boolean {
    if (!is(token, RightCurly) || opened.line === this.line || opened.inner === undefined) return false;
    let at = index + 1;
    if (!is(this.tokens[at], Newline)) return false;
    while (is(this.tokens[at], Newline)) at++;
    const next = this.tokens[at];
    if (!next || is(next, RightCurly)) return false;
    const column = next.startOffset - endOf(this.tokens[at - 1]!);
    return column > opened.indent && column >= opened.inner;
  }

  private startOfLine(token: Token, index: number): void {
    const before = this.last;
    // `name =` on a new line is a statement; behind a comma it is Python's way to write an argument.
    const statement =
      is(token, Word) && is(this.tokens[index + 1], Equals) && !is(before, Comma, LeftRound, LeftSquare, Equals);
    if (statement) while (this.inList()) this.close(this.open.at(-1)!);
    for (let last = this.open.at(-1); last; last = this.open.at(-1)) {
      if (last.inner === undefined) {
        last.inner = this.indent;
        return;
      }
      const closes = SIGNS.has(token.tokenType);
      const behind =
        is(last.token, LeftCurly) && last.inner > last.indent && this.indent <= last.indent && last.line !== this.line;
      // A closing brace that stands left of the block's head closes an outer one.
      if (!behind || (closes && this.indent === last.indent)) return;
      if (closes && !this.open.some((one) => one !== last && one.indent === this.indent)) return;
      this.close(last);
    }
  }

  private inList(): boolean {
    return is(this.open.at(-1)?.token, LeftRound, LeftSquare);
  }

  /** Closes the innermost bracket behind the last thing in it. */
  private close(open: Open): void {
    this.open.pop();
    this.putCloser(open);
    if (this.swallowing.has(open.line)) return;
    this.reports.report(
      'unclosed-bracket',
      { bracket: open.token.image },
      {
        at: { source: this.source, start: open.token.startOffset, end: endOf(open.token) },
        help: [`write \`${SIGNS.get(CLOSERS.get(open.token.tokenType)!)}\` where it ends`],
      },
    );
  }

  private putCloser(open: Open): void {
    let at = this.out.length;
    while (is(this.out[at - 1], Newline)) at--;
    const closer = invent(CLOSERS.get(open.token.tokenType)!, endOf(this.out[at - 1]!));
    closer.mended = true;
    this.out.splice(at, 0, closer);
  }

  /** Everything still open at the end of the file is one mistake: it is reported once. */
  private end(): void {
    const left = this.open.splice(0).reverse();
    for (const open of left) this.putCloser(open);
    const told = left.filter((open) => !this.swallowing.has(open.line));
    const inner = told[0];
    if (!inner) return;
    const spanOf = ({ token }: Open) => ({ source: this.source, start: token.startOffset, end: endOf(token) });
    this.reports.report(
      'unclosed-bracket',
      { bracket: inner.token.image },
      {
        at: spanOf(inner),
        also: told.slice(1).map((open) => ({ at: spanOf(open), note: 'nor is this one' })),
        help: ['the file ends before it is closed'],
      },
    );
  }
}

/** Whether a string token has no closing quote. */
export function isCutString(token: Token): boolean {
  return is(token, StringToken) && !/^"(?:[^"\\]|\\.)*"$/.test(token.image);
}
