import { Reports } from '../diagnostics/report.js';
import { Source } from '../diagnostics/source.js';
import { layOut } from './layout.js';
import { read } from './read.js';
import {
  At,
  Colon,
  Comma,
  Comment,
  endOf,
  Equals,
  From,
  is,
  LeftCurly,
  LeftRound,
  LeftSquare,
  lex,
  Minus,
  Newline,
  NumberToken,
  Plus,
  Range,
  RightCurly,
  RightRound,
  RightSquare,
  Semicolon,
  Slash,
  StringToken,
  Times,
  To,
  type Token,
  Word,
} from './tokens.js';

const INDENT = 2;
/** Tabs in an alignment count as blanks up to the next multiple of this. */
const TAB = 4;

/**
 * The text as `dnc fmt` writes it: the same document, the same lines, the same comments, with
 * - two blanks of indentation a bracket, and for a line that goes on a statement;
 * - single blanks between words, none inside of `( )` and `[ ]`;
 * - **alignment as it was found**: where two or more blanks stood before `=`, `@`, `#` or `<-`, or behind `; : , =`, what follows keeps its column,
 *   unless what stands before it grew beyond;
 * - no blanks at line ends, single empty lines, none at the ends of blocks and of the file, a newline at the end;
 * - no `;` and no `,` where they say nothing.
 *
 * A second pass changes nothing. A text with errors comes back as it is: `read` says what is wrong with it.
 */
export function format(text: string): string {
  const reports = new Reports();
  read(new Source('', text), reports);
  if (reports.failed) return text;
  const source = new Source('', text.replace(/^\ufeff/, ''));
  const tokens = lex(source.text);
  // Marks the keywords in place: `repeat (2) {` is no call.
  const words = tokens.filter((token) => !is(token, Comment));
  const { layers } = layOut(words, source, new Reports());
  const formatted = new Formatting(source.text, tokens, layers).run();
  return /^[^\n]*\r\n/.test(text) ? formatted.replaceAll('\n', '\r\n') : formatted;
}

/** The tokens of one line, without its newline. */
type Line = Token[];

class Formatting {
  private readonly out: string[] = [];
  /** The open brackets, each with the indentation of the line that opened it. */
  private readonly open: { readonly indent: number; readonly token: Token }[] = [];
  /** The last token that is no comment. */
  private previous: Token | undefined;

  constructor(
    private readonly text: string,
    private readonly tokens: readonly Token[],
    private readonly layers: ReadonlySet<Token>,
  ) {}

  run(): string {
    const lines: Line[] = [[]];
    for (const token of this.tokens) {
      if (is(token, Newline)) lines.push([]);
      else lines.at(-1)!.push(token);
    }
    let empty = false;
    let opened = true;
    lines.forEach((all, index) => {
      const line = withoutIdleSigns(all);
      if (line.length === 0) {
        // A line of `;` only is no empty line.
        empty ||= all.length === 0;
        return;
      }
      const closes = is(line[0], RightCurly, RightRound, RightSquare);
      if (empty && !opened && !closes) this.out.push('');
      empty = false;
      this.out.push(this.line(line, this.follows(lines, index)));
      opened = is(line.filter((token) => !is(token, Comment)).at(-1), LeftCurly, LeftRound, LeftSquare);
    });
    return this.out.length > 0 ? `${this.out.join('\n')}\n` : '';
  }

  /** The first token behind a line, comments left out. */
  private follows(lines: readonly Line[], index: number): Token | undefined {
    for (let at = index + 1; at < lines.length; at++) {
      const found = lines[at]!.find((token) => !is(token, Comment));
      if (found) return found;
    }
    return undefined;
  }

  private line(line: Line, next: Token | undefined): string {
    const first = line[0]!;
    const indent = this.indentation(first, next);
    let shown = ' '.repeat(indent);
    const origin = this.column(first);
    line.forEach((token, index) => {
      if (is(token, Minus) && !endsOperand(this.previous)) this.unary.add(token);
      if (index > 0) {
        const before = line[index - 1]!;
        const least = this.gap(before, token);
        const gap = this.text.slice(endOf(before), token.startOffset);
        const aligned = mayAlign(before, token) && (gap.length > 1 || gap.includes('\t'));
        const column = aligned ? this.column(token) - origin + indent : 0;
        shown += ' '.repeat(Math.max(least, column - shown.length));
      }
      shown += is(token, Comment) ? token.image.trimEnd() : token.image;
      if (is(token, LeftCurly, LeftRound, LeftSquare)) this.open.push({ indent, token });
      else if (is(token, RightCurly, RightRound, RightSquare)) this.open.pop();
      if (!is(token, Comment)) this.previous = token;
    });
    return shown;
  }

  private indentation(first: Token, next: Token | undefined): number {
    const around = this.open.at(-1);
    // A line that starts by closing brackets stands below the line that opened them.
    if (is(first, RightCurly, RightRound, RightSquare)) return around?.indent ?? 0;
    const inner = around ? around.indent + INDENT : 0;
    // A comment goes with what follows it.
    const head = is(first, Comment) ? next : first;
    if (is(around?.token, LeftRound, LeftSquare) || is(head, LeftCurly)) return inner;
    const inNames = is(this.previous, Comma) && (!around || this.layers.has(around.token));
    const goesOn =
      is(head, At, From) || inNames || is(this.previous, Equals, Colon, From, To, Plus, Minus, Times, Slash, Range, At);
    return goesOn ? inner + INDENT : inner;
  }

  /** The column of a token in the text as it was, tabs counted out. */
  private column(token: Token): number {
    const start = this.text.lastIndexOf('\n', token.startOffset - 1) + 1;
    let column = 0;
    for (let at = start; at < token.startOffset; at++) {
      if (this.text[at] === '\ufeff') continue;
      column += this.text[at] === '\t' ? TAB - (column % TAB) : 1;
    }
    return column;
  }

  /** The least number of blanks between two neighbours. */
  private gap(before: Token, token: Token): number {
    if (is(token, Comment)) return 2;
    if (is(before, LeftRound, LeftSquare, At) || is(token, RightRound, RightSquare, Comma, Semicolon, Colon)) return 0;
    if (is(before, Range) || is(token, Range)) return 0;
    if (is(before, Minus) && this.unary.has(before)) return 0;
    // A call. Behind `repeat` and signs a parenthesis groups.
    if (is(token, LeftRound)) return is(before, Word) ? 0 : 1;
    return 1;
  }

  /** Signs of a number, not between two. */
  private readonly unary = new Set<Token>();
}

function endsOperand(token: Token | undefined): boolean {
  return is(token, Word, NumberToken, StringToken, RightRound, RightSquare);
}

/** Leaves out each `;` and `,` that separates nothing: at the end of a line, before a closing bracket, behind another one. */
function withoutIdleSigns(line: Line): Line {
  const idle = (token: Token, index: number): boolean => {
    const behind = line[index + 1];
    if (is(token, Comma)) return is(behind, RightRound, RightSquare, RightCurly);
    if (!is(token, Semicolon)) return false;
    const alone = index === 0 || is(line[index - 1], LeftCurly, Semicolon);
    return alone || behind === undefined || is(behind, Comment, RightCurly);
  };
  const kept = line.filter((token, index) => !idle(token, index));
  return kept.length < line.length ? withoutIdleSigns(kept) : kept;
}

/** Where several blanks are a column, and not a slip. */
function mayAlign(before: Token, token: Token): boolean {
  return is(token, Equals, At, Comment, From) || is(before, Semicolon, Colon, Comma, Equals);
}
