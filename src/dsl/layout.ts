import type { Code, Details } from '../diagnostics/catalogue/index.js';
import type { TokenType } from 'chevrotain';
import { nearest } from '../diagnostics/did-you-mean.js';
import type { Reports, Where } from '../diagnostics/report.js';
import type { Source, Span } from '../diagnostics/source.js';
import { isCutString } from './brackets.js';
import { readNumber } from './numbers.js';
import {
  At,
  BadComment,
  BadLetters,
  BadQuotes,
  BadSign,
  Begin,
  Block,
  Colon,
  Comma,
  Comment,
  Dnc,
  End,
  endOf,
  Equals,
  From,
  invent,
  is,
  LeftCurly,
  LeftRound,
  LeftSquare,
  Let,
  Minus,
  Model,
  Newline,
  NumberToken,
  Plus,
  Range,
  Repeat,
  retype,
  RightCurly,
  RightRound,
  RightSquare,
  Semicolon,
  Slash,
  StringToken,
  Times,
  To,
  type Token,
  With,
  Word,
} from './tokens.js';

/** What surrounds a token: the innermost bracket, or the file. */
interface Context {
  readonly kind: 'file' | 'layers' | 'map' | 'list';
  /** The statement being read here; none between two statements. Lists have no statements of their own. */
  statement: number | undefined;
  /** Where its first token stands among the results. */
  head: number;
  /** Whether the statement's layers were opened: what follows in braces is a map then. */
  body: boolean;
}

/** What the parser needs: statements marked, and which of them are known to be broken. */
export interface Layout {
  readonly tokens: Token[];
  /** Statements with a bracket missing: what the parser says about them follows from that. */
  readonly damaged: Set<number>;
  /** The braces that open layers; the others open maps. */
  readonly layers: Set<Token>;
}

/** The words that start a top-level item. */
const ITEM_WORDS = new Map([
  ['dnc', Dnc],
  ['let', Let],
  ['block', Block],
  ['model', Model],
]);

const NAME = /^[A-Za-z_]\w*$/;

/** Characters that look like another one of the language: pasted, or typed on another keyboard. */
const LOOKALIKES: Record<string, { readonly image: string; readonly name: string }> = {
  '\u2212': { image: '-', name: 'a minus sign (U+2212)' },
  '\u2013': { image: '-', name: 'a dash (U+2013)' },
  '\u2014': { image: '-', name: 'a dash (U+2014)' },
  '\u00d7': { image: '*', name: '`×`' },
  '\u00b7': { image: '*', name: '`·`' },
  '\u00f7': { image: '/', name: '`÷`' },
  '\u2192': { image: '->', name: '`→`' },
  '\u2190': { image: '<-', name: '`←`' },
  '\u2026': { image: '..', name: '`…`' },
  '\uff08': { image: '(', name: '`（`' },
  '\uff09': { image: ')', name: '`）`' },
  '\uff0c': { image: ',', name: '`，`' },
  '\uff1a': { image: ':', name: '`：`' },
  '\uff1b': { image: ';', name: '`；`' },
  '\uff1d': { image: '=', name: '`＝`' },
};
const IMAGES: Record<string, typeof Word> = {
  '-': Minus,
  '*': Times,
  '/': Slash,
  '->': To,
  '<-': From,
  '..': Range,
  '(': LeftRound,
  ')': RightRound,
  ',': Comma,
  ':': Colon,
  ';': Semicolon,
  '=': Equals,
};

/**
 * Reports and mends the tokens that the language does not have, before brackets are matched: a wrong number becomes the number
 * that was meant, `'relu'` a word. Leaves comments out. Everything is mended in place, so that no mistake is told twice.
 */
export function repair(tokens: readonly Token[], source: Source, reports: Reports): Token[] {
  const out: Token[] = [];
  let unknown = false;
  for (const token of tokens) {
    const at = (): Span => ({ source, start: token.startOffset, end: endOf(token) });
    switch (token.tokenType) {
      case Comment:
        continue;
      case BadComment:
        reports.report('slash-comment', {}, { at: at(), help: [`write \`#${token.image.slice(2, 60).trimEnd()}\``] });
        continue;
      case NumberToken:
        if (absorbed(token, out, source)) continue;
        repairNumber(token, at, reports);
        break;
      case Word:
        if (absorbed(token, out, source)) continue;
        break;
      case StringToken:
        repairString(token, at, reports);
        break;
      case BadQuotes:
        repairQuotes(token, at(), reports);
        break;
      case BadLetters:
      case BadSign: {
        const alike = LOOKALIKES[token.image];
        if (alike) {
          reports.report('bad-character', { name: alike.name }, { at: at(), help: [`write \`${alike.image}\``] });
          token.image = alike.image;
          retype(token, IMAGES[alike.image]!);
        } else if (token.image === '\ufeff' && token.startOffset === 0) continue;
        unknown = true;
        if (absorbed(token, out, source)) continue;
      }
    }
    out.push(token);
  }
  if (!unknown) return out;
  return out.filter((token) => !is(token, BadLetters, BadSign) || reportCharacters(token, source, reports));
}

/** ` [2, 2]` where the text goes on with Python's `(2, 2)`. */
function pythonTuple({ text }: Source, offset: number): string | undefined {
  const items = /^\s*\(([^()\n]*,[^()\n]*)\)/.exec(text.slice(offset, offset + 200))?.[1]?.split(',');
  return (
    items &&
    ` [${items
      .map((item) => item.trim())
      .filter((item) => item !== '')
      .join(', ')}]`
  );
}

/**
 * Whether a token goes on a mistake right before it: a name with foreign letters in it, or a run of signs that mean nothing. Only the end of the
 * mistake is noted, so that a long one costs no more than its length.
 */
function absorbed(token: Token, out: readonly Token[], source: Source): boolean {
  const last = out.at(-1);
  if (!last || endOf(last) !== token.startOffset) return false;
  const bad = is(last, BadLetters, BadSign);
  if (!bad && !(is(last, Word) && is(token, BadLetters))) return false;
  if (inName(last, source) !== inName(token, source)) return false;
  last.endOffset = token.endOffset!;
  retype(last, BadLetters);
  return true;
}

/** Whether a token starts with a letter or digit of some script. Halves of surrogate pairs count: most are letters or pictures. */
function inName(token: Token, source: Source): boolean {
  return /^[\w\p{L}\p{N}\p{M}\ud800-\udfff]/u.test(source.text.charAt(token.startOffset));
}

function repairNumber(token: Token, at: () => Span, reports: Reports): void {
  const reading = readNumber(token.image);
  if (!('problem' in reading)) return;
  reports.report(
    'bad-number',
    { text: token.image, problem: reading.problem },
    { at: at(), ...(reading.repair !== undefined && { help: [`write \`${reading.repair}\``] }) },
  );
  token.image = reading.repair?.split(' ')[0] ?? '1';
}

function repairString(token: Token, at: () => Span, reports: Reports): void {
  if (isCutString(token)) {
    reports.report('unclosed-string', {}, { at: at(), label: 'no `"` up to the end of the line' });
    return;
  }
  try {
    JSON.parse(token.image);
  } catch {
    const inner = token.image.slice(1, -1);
    const mended = JSON.stringify(inner.replaceAll('\\"', '"'));
    const problem = inner.includes('\t')
      ? 'a tab is written `\\t`'
      : 'a backslash starts an escape that JSON does not know';
    reports.report(
      'bad-string',
      { problem },
      { at: at(), help: [`write ${inner.includes('\t') ? '`\\t`' : `\`${mended}\``}`] },
    );
    token.image = mended;
  }
}

function repairQuotes(token: Token, at: Span, reports: Reports): void {
  const inner = token.image.replace(/^['“‘`]|['”’`]$/g, '');
  const text = JSON.stringify(inner);
  const help = NAME.test(inner)
    ? `write \`${text}\`; a word of the language has no quotes: \`${inner}\``
    : `write \`${text}\``;
  reports.report('bad-quotes', { text: token.image }, { at, help: [help] });
  if (NAME.test(inner)) {
    token.image = inner;
    retype(token, Word);
  } else {
    token.image = text;
    retype(token, StringToken);
  }
}

/** Reports a run of characters without meaning. True when a name comes out of it; else they are left out. */
function reportCharacters(token: Token, source: Source, reports: Reports): boolean {
  const at: Span = { source, start: token.startOffset, end: endOf(token) };
  const text = source.text.slice(at.start, at.end);
  const first = String.fromCodePoint(text.codePointAt(0)!);
  const hexadecimal = `U+${first.codePointAt(0)!.toString(16).toUpperCase().padStart(4, '0')}`;
  if (/^[\p{L}\p{N}\p{M}\w]/u.test(text)) {
    const plain = text.slice(0, 100).normalize('NFKD').replaceAll('ß', 'ss').replace(/\W/g, '');
    const name = NAME.test(plain) && text.length <= 100 ? plain : undefined;
    const help = name ? [`write \`${name}\``] : [];
    reports.report('bad-name', { text, problem: 'names are made of A-Z, a-z, 0-9 and _' }, { at, help });
    token.image = name ?? '_';
    retype(token, Word);
    return true;
  }
  const known: Record<string, [string, string]> = {
    '\u00a0': ['a no-break space', 'write a plain space'],
    '\u2028': ['a line separator (U+2028)', 'end the line as usual'],
    '\u2029': ['a paragraph separator (U+2029)', 'end the line as usual'],
    '\r': ['a carriage return without a line feed', 'end the line as usual'],
    '\u0000': ['a NUL character', 'is this a text file?'],
    '\ufffd': ['a character that was not UTF-8', 'save the file as UTF-8'],
    '\ufeff': ['a byte-order mark', 'leave it out'],
    '!': ['`!`', 'leave it out'],
    '.': ['`.`', 'a dot stands between two names or digits, without blanks'],
    '%': ['`%`', 'it stands right behind a number: `0.2%`'],
  };
  const [name, help] = known[first] ?? [
    /^[\p{C}\p{Z}]/u.test(first) ? `the character ${hexadecimal}` : `\`${text.slice(0, 40)}\``,
    undefined,
  ];
  reports.report('bad-character', { name }, { at, ...(help !== undefined && { help: [help] }) });
  return false;
}

/**
 * Says where statements start and end, and which words are keywords there. Newlines are gone afterwards:
 * - a newline or `;` ends a statement, unless the line goes on (inside `( )` and `[ ]`, before `<- @ {`, behind `, = : <- ->` and operators);
 * - `dnc let block model repeat with` are keywords by position only: the head of an item, of a statement, or before a `{` behind a layer;
 * - `Begin` and `End` surround every statement, entry and item, numbered, so that the parser can step over a broken one and nothing else.
 *
 * First mistakes that would break a statement are reported with their repair and mended here: `activation=relu`, `learning-rate`,
 * `fc1: Dense(300)`, `width = 300` without `let`, `Dense(300)(x)`, `with` on a line of its own.
 */
export function layOut(tokens: readonly Token[], source: Source, reports: Reports, lone = false): Layout {
  return new Layouting(tokens, source, reports, lone).run();
}

class Layouting {
  private readonly out: Token[] = [];
  private readonly damaged = new Set<number>();
  private readonly layers = new Set<Token>();
  private readonly contexts: Context[] = [{ kind: 'file', statement: undefined, head: 0, body: false }];
  private statements = 0;
  private index = 0;

  constructor(
    private readonly tokens: readonly Token[],
    private readonly source: Source,
    private readonly reports: Reports,
    /** Whether the text is one value: no word in it starts an item. */
    private readonly lone: boolean,
  ) {}

  run(): Layout {
    for (; this.index < this.tokens.length; this.index++) this.take(this.tokens[this.index]!);
    this.end();
    return { tokens: this.out, damaged: this.damaged, layers: this.layers };
  }

  private get context(): Context {
    return this.contexts.at(-1)!;
  }

  /** The token last handed to the parser in this statement. */
  private get last(): Token | undefined {
    return this.out.at(-1);
  }

  /** The next token that is no newline. */
  private next(offset = 1): Token | undefined {
    let at = this.index + offset;
    while (is(this.tokens[at], Newline)) at++;
    return this.tokens[at];
  }

  private take(token: Token): void {
    switch (token.tokenType) {
      case Newline:
        if (!this.goesOn()) this.end();
        return;
      case Semicolon:
        if (this.context.kind !== 'list') this.end();
        else this.emit(token);
        return;
      case Comma:
        if (this.context.kind === 'map') this.end();
        // A comma behind the last item of a list says nothing.
        else if (this.context.kind !== 'list' || !this.closesNext() || is(this.last, Comma, LeftRound, LeftSquare)) {
          this.emit(token);
        }
        return;
      case Word:
        this.word(token);
        return;
      case Equals:
      case Colon:
        this.assignment(token);
        this.emit(token);
        return;
      case LeftRound:
        if (this.context.kind === 'layers' && is(this.last, RightRound) && this.callOfResult(token)) return;
        this.open(token, 'list');
        return;
      case LeftSquare:
        this.open(token, 'list');
        return;
      case LeftCurly:
        if (this.opensLayers()) {
          this.layers.add(token);
          this.open(token, 'layers');
        } else this.open(token, 'map');
        return;
      case RightRound:
      case RightSquare:
      case RightCurly:
        this.end();
        this.contexts.pop();
        this.emit(token);
        if (token.mended) this.damaged.add(token.statement!);
        return;
      default:
        this.emit(token);
    }
  }

  /** Whether the statement goes on behind the newline at hand. */
  private goesOn(): boolean {
    const { kind, statement } = this.context;
    if (kind === 'list' || statement === undefined) return true;
    if (is(this.last, Comma, Equals, Colon, From, To, Plus, Minus, Times, Slash, Range, At)) {
      // Unless the next line starts a statement of its own: then this one lacks its end.
      return !this.assignmentNext(kind === 'map' ? Colon : Equals);
    }
    const next = this.next();
    if (is(next, From, At, LeftCurly)) return true;
    // `with` cannot start a statement: its braces would be a layer's name.
    if (kind === 'layers' && is(next, Word) && next!.image === 'with' && this.wordBefore(LeftCurly)) {
      this.report('lonely-with', {}, { at: this.span(next!), help: ['move it up behind the end of the statement'] });
      return true;
    }
    return false;
  }

  private assignmentNext(sign: typeof Word): boolean {
    let at = this.index + 1;
    while (is(this.tokens[at], Newline)) at++;
    const head = this.tokens[at];
    if (!is(head, Word)) return false;
    const item = this.context.kind === 'file' && ['let', 'block', 'model'].includes(head!.image);
    return is(this.tokens[at + 1], sign) || (item && is(this.tokens[at + 1], Word));
  }

  private wordBefore(type: typeof Word): boolean {
    let at = this.index + 1;
    while (is(this.tokens[at], Newline)) at++;
    do at++;
    while (is(this.tokens[at], Newline));
    return is(this.tokens[at], type);
  }

  private closesNext(): boolean {
    return is(this.next(), RightRound, RightSquare);
  }

  /** Hands a token to the parser, in a statement. */
  private emit(token: Token): void {
    const context = this.context;
    if (context.kind !== 'list' && context.statement === undefined) {
      context.statement = ++this.statements;
      context.body = false;
      const begin = invent(Begin, token.startOffset);
      begin.statement = context.statement;
      this.out.push(begin);
      context.head = this.out.length;
    }
    token.statement = this.contexts.findLast((one) => one.kind !== 'list')!.statement!;
    this.out.push(token);
  }

  private end(): void {
    const context = this.context;
    if (context.kind === 'list' || context.statement === undefined) return;
    const end = invent(End, endOf(this.last!));
    end.statement = context.statement;
    this.out.push(end);
    context.statement = undefined;
  }

  private open(token: Token, kind: Context['kind']): void {
    this.emit(token);
    this.contexts.push({ kind, statement: undefined, head: 0, body: false });
  }

  private opensLayers(): boolean {
    const context = this.context;
    if (context.statement === undefined || context.body) return false;
    const head = this.out[context.head];
    const layers = context.kind === 'file' ? is(head, Model, Block) : context.kind === 'layers' && is(head, Repeat);
    if (layers) context.body = true;
    return layers;
  }

  private word(token: Token): void {
    const { kind, statement } = this.context;
    const starts = !this.lone && kind !== 'list' && statement === undefined;
    if (this.names(starts)) this.joinHyphens(token);
    const next = this.tokens[this.index + 1];
    if (starts && kind === 'file') {
      const type = ITEM_WORDS.get(token.image) ?? this.misspeltKeyword(token, next);
      const entry = is(next, Colon) || (is(next, LeftCurly) && type === Let);
      if (type && !entry && (type !== Dnc || is(next, NumberToken))) retype(token, type);
    } else if (starts && kind === 'layers') {
      if (token.image === 'repeat' && this.repeats()) retype(token, Repeat);
    } else if (kind === 'layers' && token.image === 'with' && this.changes()) retype(token, With);
    this.emit(token);
  }

  /** `Model Net {`: of two words side by side the first is a keyword; one that is near is taken for it, so that the rest is read. */
  private misspeltKeyword(token: Token, next: Token | undefined): TokenType | undefined {
    const meant = is(next, Word) ? nearest(token.image, ['model', 'block', 'let']) : undefined;
    if (meant === undefined) return undefined;
    this.report(
      'syntax',
      { expected: `\`${meant}\``, found: `\`${token.image}\`` },
      { at: this.span(token), help: [`write \`${meant}\``] },
    );
    return ITEM_WORDS.get(meant);
  }

  /** Whether `with` inside a statement is the keyword: behind a whole layer or repeat, before braces. */
  private changes(): boolean {
    const { head, body } = this.context;
    const whole = body || !is(this.out[head], Repeat);
    return whole && is(this.last, Word, RightRound, RightCurly) && is(this.next(), LeftCurly);
  }

  /** Whether a word stands where only a name can stand, so that `-` behind it cannot be a minus. */
  private names(starts: boolean): boolean {
    if (starts || is(this.last, At, From, To, Let, Block, Model)) return true;
    if (is(this.last, Comma) && this.context.kind !== 'list') return true;
    if (!is(this.tokens[this.index + 1], Minus)) return false;
    let at = this.index + 1;
    while (this.touches(at) && is(this.tokens[at], Minus) && this.touches(at + 1)) at += 2;
    return is(this.tokens[at], Colon) && is(this.last, Comma, LeftRound, LeftCurly, End);
  }

  private touches(index: number): boolean {
    const before = this.tokens[index - 1];
    const token = this.tokens[index];
    return before !== undefined && token !== undefined && endOf(before) === token.startOffset;
  }

  /** `learning-rate`, `ResNet-20`: takes the parts together. */
  private joinHyphens(token: Token): void {
    let at = this.index + 1;
    while (
      is(this.tokens[at], Minus) &&
      this.touches(at) &&
      is(this.tokens[at + 1], Word, NumberToken) &&
      this.touches(at + 1)
    ) {
      token.endOffset = this.tokens[at + 1]!.endOffset!;
      at += 2;
    }
    if (at === this.index + 1) return;
    this.index = at - 1;
    const text = this.source.text.slice(token.startOffset, endOf(token));
    token.image = text.replace(/[^A-Za-z0-9_]+/g, '_');
    this.report(
      'bad-name',
      { text, problem: '`-` is a minus' },
      { at: this.span(token), help: [`write \`${token.image}\``] },
    );
  }

  /** Whether `repeat` at the head of a statement is the keyword: a count and braces follow. */
  private repeats(): boolean {
    const next = this.tokens[this.index + 1];
    if (!is(next, LeftRound))
      return !is(next, Equals, Comma, From, At, Colon, Newline, Semicolon, RightCurly) && !!next;
    let depth = 0;
    for (let at = this.index + 1; at < this.tokens.length; at++) {
      const token = this.tokens[at];
      if (is(token, LeftRound)) depth++;
      else if (is(token, RightRound) && --depth === 0) {
        while (is(this.tokens[at + 1], Newline)) at++;
        return is(this.tokens[at + 1], LeftCurly, Plus, Minus, Times, Slash);
      }
    }
    return false;
  }

  /** `=` where `:` is due, and the other way round. */
  private assignment(token: Token): void {
    const { kind, head, statement } = this.context;
    const name = this.last;
    if (!is(name, Word)) return;
    const next = this.next();
    const value = next ? ` ${next.image}` : '';
    const about = { at: this.span(token) };
    if (is(token, Equals) && (kind === 'map' || kind === 'list')) {
      const before = this.out.at(-2);
      if (kind === 'list' ? !is(before, LeftRound, Comma) : this.out.length - 1 !== head) return;
      this.report(
        'equals-for-colon',
        { name: name!.image },
        { at: about.at, help: [`write \`${name!.image}:${pythonTuple(this.source, endOf(token)) ?? value}\``] },
      );
      retype(token, Colon);
    } else if (
      is(token, Equals) &&
      kind === 'file' &&
      !this.lone &&
      statement !== undefined &&
      this.out.length - 1 === head
    ) {
      this.report(
        'missing-let',
        { name: name!.image },
        {
          at: this.span(name!),
          help: [`write \`let ${name!.image} =${value}\`, or \`${name!.image}:${value}\` for a section`],
        },
      );
      const keyword = invent(Let, name!.startOffset);
      keyword.statement = statement;
      this.out.splice(head, 0, keyword);
    } else if (is(token, Colon) && kind === 'layers' && this.out.length - 1 === head && is(next, Word)) {
      this.report(
        'colon-for-equals',
        { name: name!.image },
        { at: about.at, help: [`write \`${name!.image} =${value}\``] },
      );
      retype(token, Equals);
    }
  }

  /** `Dense(300)(x)` and `Add()([a, b])`: the names become inputs. */
  private callOfResult(token: Token): boolean {
    const inside: Token[] = [];
    let at = this.index + 1;
    for (; is(this.tokens[at], Word, Comma, LeftSquare, RightSquare, Newline); at++) inside.push(this.tokens[at]!);
    const names = inside.filter((one) => is(one, Word));
    if (!is(this.tokens[at], RightRound) || names.length === 0) return false;
    const whole = { source: this.source, start: token.startOffset, end: endOf(this.tokens[at]!) };
    this.report('called-result', {}, { at: whole, help: [`write \`<- ${names.map((one) => one.image).join(', ')}\``] });
    retype(token, From);
    this.emit(token);
    names.forEach((name, index) => {
      if (index > 0) this.emit(invent(Comma, name.startOffset, ','));
      this.emit(name);
    });
    this.index = at;
    return true;
  }

  private span(token: Token): Span {
    return { source: this.source, start: token.startOffset, end: endOf(token) };
  }

  private report<C extends Code>(code: C, details: Details<C>, where: Where): void {
    this.reports.report(code, details, where);
  }
}
