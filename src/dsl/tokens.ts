import { createToken, type IToken, Lexer, type TokenType } from 'chevrotain';

/**
 * The words and signs of the language, and the lexer. Every character of every text belongs to some token, so lexing never
 * fails: what the language does not know becomes a `Bad…` token, which `layout.ts` reports and mends. No pattern has two ways
 * to match one text, so lexing takes linear time.
 */

/** A token with what the later stages note on it. */
export interface Token extends IToken {
  /** The innermost statement that the token belongs to: a number that `layout.ts` gives out. */
  statement?: number;
  /** A bracket that was not in the text. */
  mended?: boolean;
}

/** The parent of all types: lets the parser step over any token. */
export const Any = createToken({ name: 'Any', pattern: Lexer.NA });

const define = (name: string, pattern: RegExp | string, label: string): TokenType =>
  createToken({ name, pattern, label, categories: Any });
/** Types that the lexer does not find: `layout.ts` gives them out by position. */
const placed = (name: string, label: string): TokenType =>
  createToken({ name, pattern: Lexer.NA, label, categories: Any });

export const Newline = define('Newline', /\r?\n/, 'the end of the line');
export const Comment = define('Comment', /#[^\n]*/, 'a comment');
const Blank = createToken({ name: 'Blank', pattern: /[ \t]+/ });

/** A name or a dotted path. */
export const Word = define('Word', /[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*/, 'a name');
/** Whatever starts like a number; `numbers.ts` decides whether it is one. */
export const NumberToken = define('Number', /(?:\d|\.\d)(?:[eE][+-](?=\d)|\.(?!\.)|\w)*(?:%\w*)?/, 'a number');
/** A string, or the start of one that its line does not end. */
export const StringToken = define('String', /"(?:[^"\\\r\n]|\\[^\r\n])*["\\]?/, 'a string');

export const LeftRound = define('LeftRound', '(', '`(`');
export const RightRound = define('RightRound', ')', '`)`');
export const LeftSquare = define('LeftSquare', '[', '`[`');
export const RightSquare = define('RightSquare', ']', '`]`');
export const LeftCurly = define('LeftCurly', '{', '`{`');
export const RightCurly = define('RightCurly', '}', '`}`');
export const Semicolon = define('Semicolon', ';', '`;`');
export const Comma = define('Comma', ',', '`,`');
export const Colon = define('Colon', ':', '`:`');
export const Equals = define('Equals', '=', '`=`');
export const From = define('From', '<-', '`<-`');
export const To = define('To', '->', '`->`');
export const At = define('At', '@', '`@`');
export const Range = define('Range', '..', '`..`');
export const Plus = define('Plus', '+', '`+`');
export const Minus = define('Minus', '-', '`-`');
export const Times = define('Times', '*', '`*`');
export const Slash = define('Slash', '/', '`/`');

/** `// words`, other languages' comment. */
export const BadComment = define('BadComment', /\/\/[^\n]*/, 'a comment');
/** `'words'` and the like: other languages' strings. */
export const BadQuotes = define(
  'BadQuotes',
  /'(?:[^'\\\r\n]|\\[^\r\n])*['\\]?|“[^”\r\n]*”?|‘[^’\r\n]*’?|`[^`\r\n]*`?/,
  'a string',
);
/** Characters beyond ASCII outside of strings and comments. */
export const BadLetters = define('BadLetters', /[\u0080-\uffff]/, 'a character');
/** The ASCII characters that mean nothing here. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what it is to find.
export const BadSign = define('BadSign', /[\x00-\x08\x0b-\x1f\x7f!$%&.<>?^|~\\]/, 'a character');

/** Zero-width: a statement, an entry or a top-level item starts. */
export const Begin = placed('Begin', 'the start of a statement');
/** Zero-width: it ends. */
export const End = placed('End', 'the end of the line');
export const Dnc = placed('Dnc', '`dnc`');
export const Let = placed('Let', '`let`');
export const Block = placed('Block', '`block`');
export const Model = placed('Model', '`model`');
export const Repeat = placed('Repeat', '`repeat`');
export const With = placed('With', '`with`');

const lexed = [
  Newline,
  Blank,
  Comment,
  Word,
  NumberToken,
  StringToken,
  LeftRound,
  RightRound,
  LeftSquare,
  RightSquare,
  LeftCurly,
  RightCurly,
  Semicolon,
  Comma,
  Colon,
  Equals,
  From,
  To,
  At,
  Range,
  Plus,
  Minus,
  Times,
  BadComment,
  Slash,
  BadQuotes,
  BadLetters,
  BadSign,
];

/** Every type that the parser may meet. */
export const vocabulary: TokenType[] = [...lexed, Any, Begin, End, Dnc, Let, Block, Model, Repeat, With];

/** All patterns as one, a group each: the first that matches is the token's. Chevrotain's own lexer prepares itself for longer than it then reads a spec. */
const anyOf = new RegExp(lexed.map(({ PATTERN }) => `(${sourceOf(PATTERN as RegExp | string)})`).join('|'), 'y');

function sourceOf(pattern: RegExp | string): string {
  return typeof pattern === 'string' ? pattern.replace(/[.*+()[\]{}/]/g, '\\$&') : pattern.source;
}

/** The tokens of a text, comments and newlines included, blanks not. */
export function lex(text: string): Token[] {
  const tokens: Token[] = [];
  for (let at = 0; at < text.length; at = anyOf.lastIndex) {
    anyOf.lastIndex = at;
    const found = anyOf.exec(text);
    if (!found) throw new Error(`no token matches at offset ${at}`);
    const [image] = found;
    let group = 1;
    while (found[group] === undefined) group += 1;
    const type = lexed[group - 1]!;
    if (type !== Blank)
      tokens.push({
        image,
        startOffset: at,
        // Images change when a token is mended; its place does not.
        endOffset: at + image.length - 1,
        tokenType: type,
        tokenTypeIdx: type.tokenTypeIdx!,
      });
  }
  return tokens;
}

/** Whether a token is there and of one of the types. */
export function is(token: Token | undefined, type: TokenType, ...others: TokenType[]): boolean {
  return token !== undefined && (token.tokenType === type || others.includes(token.tokenType));
}

/** Makes a token another type's, in place. */
export function retype(token: Token, type: TokenType): void {
  token.tokenType = type;
  token.tokenTypeIdx = type.tokenTypeIdx!;
}

/** A token that is not in the text, standing at an offset with no width. */
export function invent(type: TokenType, at: number, image = ''): Token {
  return { image, startOffset: at, endOffset: at - 1, tokenType: type, tokenTypeIdx: type.tokenTypeIdx! };
}

/** The offset behind a token. (chevrotain's `endOffset` is the last character's.) */
export function endOf(token: Token): number {
  return token.endOffset! + 1;
}
