import {
  EmbeddedActionsParser,
  type IParserErrorMessageProvider,
  type IRecognitionException,
  type IToken,
  isRecognitionException,
  type ParserMethod,
  type TokenType,
} from 'chevrotain';
import type { Source, Span } from '../diagnostics/source.js';
import type {
  ArgumentNode,
  BlockNode,
  CallNode,
  EntryNode,
  LayerNode,
  LetNode,
  ListNode,
  MapNode,
  ModelNode,
  NameNode,
  NumberNode,
  RepeatNode,
  StatementNode,
  ValueNode,
} from './document.js';
import { readNumber } from './numbers.js';
import {
  Any,
  At,
  Begin,
  Block,
  Colon,
  Comma,
  Dnc,
  End,
  endOf,
  Equals,
  From,
  is,
  LeftCurly,
  LeftRound,
  LeftSquare,
  Let,
  Minus,
  Model,
  NumberToken,
  Plus,
  Range,
  Repeat,
  RightCurly,
  RightRound,
  RightSquare,
  Slash,
  StringToken,
  Times,
  To,
  type Token,
  vocabulary,
  With,
  Word,
} from './tokens.js';

/** A top-level item with its kind, in the order of the file. */
export type ItemNode =
  | { readonly kind: 'version'; readonly node: NumberNode; readonly span: Span }
  | { readonly kind: 'let'; readonly node: LetNode }
  | { readonly kind: 'block'; readonly node: BlockNode }
  | { readonly kind: 'model'; readonly node: ModelNode }
  | { readonly kind: 'entry'; readonly node: EntryNode };

/** What the parser found wrong at a token. */
export interface SyntaxProblem {
  readonly token: Token;
  readonly previous: Token | undefined;
  /** What could have stood there, in words. */
  readonly expected: string;
  /** The rule that was being read. */
  readonly rule: string;
}

/**
 * The grammar (docs/language.md, section 1), over tokens whose statements `layout.ts` has marked. Every rule builds its node.
 *
 * Recovery is by statement: chevrotain puts in or leaves out a single token where that is enough; else the rule of the statement
 * catches the error and goes on behind the statement's own `End`. Chevrotain's recovery between rules would look for the next token that may
 * follow, and find it inside of nested braces.
 */
export class Parser extends EmbeddedActionsParser {
  source!: Source;

  /** `validate`: lets chevrotain look for ambiguities. It takes longer than reading a spec, so a test asks for it, once. */
  constructor(validate = false) {
    super(vocabulary, {
      recoveryEnabled: true,
      maxLookahead: 2,
      nodeLocationTracking: 'none',
      errorMessageProvider: expectations,
      skipValidations: !validate,
    });
    this.performSelfAnalysis();
  }

  /** `file = { item }` */
  file = this.rule('file', (): ItemNode[] => {
    const items: ItemNode[] = [];
    this.MANY(() => {
      const item = this.SUBRULE(this.item);
      if (item) items.push(item);
    });
    return items;
  });

  /** `item = "dnc" NUMBER | let | block | model | entry` */
  private item = this.statement(
    'item',
    (): ItemNode =>
      this.OR<ItemNode>([
        { ALT: () => this.SUBRULE(this.version) },
        { ALT: () => ({ kind: 'let', node: this.SUBRULE(this.let) }) },
        { ALT: () => ({ kind: 'block', node: this.SUBRULE(this.block) }) },
        { ALT: () => ({ kind: 'model', node: this.SUBRULE(this.model) }) },
        { ALT: () => ({ kind: 'entry', node: this.SUBRULE(this.entry) }) },
      ]),
  );

  private version = this.rule('version', (): ItemNode => {
    const first = this.CONSUME(Dnc);
    return { kind: 'version', node: this.number(this.CONSUME(NumberToken)), span: this.since(first) };
  });

  /** `let = "let" NAME "=" value` */
  private let = this.rule('let', (): LetNode => {
    const first = this.CONSUME(Let);
    const name = this.name(this.CONSUME(Word));
    this.CONSUME(Equals);
    const value = this.SUBRULE(this.value);
    return { span: this.since(first), name, value };
  });

  /** `block = "block" NAME ["(" [param {"," param}] ")"] ["<-" NAME {"," NAME}] ["->" NAME {"," NAME}] {annotation} layers` */
  private block = this.rule('block', (): BlockNode => {
    const first = this.CONSUME(Block);
    const name = this.name(this.CONSUME(Word));
    const parameters = this.OPTION1(() => this.SUBRULE(this.parameters)) ?? [];
    const inputs = this.OPTION2(() => {
      this.CONSUME(From);
      return this.SUBRULE1(this.names);
    });
    const outputs = this.OPTION3(() => {
      this.CONSUME(To);
      return this.SUBRULE2(this.names);
    });
    const annotations = this.SUBRULE(this.annotations);
    const body = this.SUBRULE(this.layers);
    return {
      span: this.since(first),
      name,
      parameters,
      inputs: inputs ?? [],
      outputs: outputs ?? [],
      annotations,
      body,
    };
  });

  private parameters = this.rule('parameters', (): BlockNode['parameters'] => {
    const parameters: { name: NameNode; value?: ValueNode }[] = [];
    this.CONSUME(LeftRound);
    this.MANY_SEP({
      SEP: Comma,
      DEF: () => {
        const name = this.name(this.CONSUME(Word));
        const value = this.OPTION(() => {
          this.CONSUME(Colon);
          return this.SUBRULE(this.value);
        });
        parameters.push({ name, ...(value && { value }) });
      },
    });
    this.CONSUME(RightRound);
    return parameters;
  });

  /** `model = "model" NAME ["->" PATH {"," PATH}] {annotation} layers` */
  private model = this.rule('model', (): ModelNode => {
    const first = this.CONSUME(Model);
    const name = this.name(this.CONSUME(Word));
    const outputs = this.OPTION(() => {
      this.CONSUME(To);
      return this.SUBRULE(this.names);
    });
    const annotations = this.SUBRULE(this.annotations);
    const body = this.SUBRULE(this.layers);
    return { span: this.since(first), name, outputs: outputs ?? [], annotations, body };
  });

  private names = this.rule('names', (): NameNode[] => {
    const names: NameNode[] = [];
    this.AT_LEAST_ONE_SEP({ SEP: Comma, DEF: () => names.push(this.name(this.CONSUME(Word))) });
    return names;
  });

  /** `annotation = "@" call` */
  private annotations = this.rule('annotations', (): CallNode[] => {
    const calls: CallNode[] = [];
    this.MANY(() => {
      this.CONSUME(At);
      calls.push(this.SUBRULE(this.call));
    });
    return calls;
  });

  /** `layers = "{" { layer | repeat } "}"` */
  private layers = this.rule('layers', (): StatementNode[] => {
    const statements: StatementNode[] = [];
    this.CONSUME(LeftCurly);
    this.MANY(() => {
      const statement = this.SUBRULE(this.layerOrRepeat);
      if (statement) statements.push(statement);
    });
    this.CONSUME(RightCurly);
    return statements;
  });

  private layerOrRepeat = this.statement(
    'layerOrRepeat',
    (): StatementNode =>
      this.OR<StatementNode>([{ ALT: () => this.SUBRULE(this.repeat) }, { ALT: () => this.SUBRULE(this.layer) }]),
  );

  /** `repeat = "repeat" sum layers [with]` */
  private repeat = this.rule('repeat', (): RepeatNode => {
    const first = this.CONSUME(Repeat);
    const count = this.SUBRULE(this.sum);
    const body = this.SUBRULE(this.layers);
    const changes = this.OPTION(() => this.SUBRULE(this.with));
    return { kind: 'repeat', span: this.since(first), count, body, ...(changes && { with: changes }) };
  });

  /** `layer = [PATH {"," PATH} "="] call ["<-" input {"," input}] {annotation} [with]` */
  private layer = this.rule('layer', (): LayerNode => {
    const first = this.LA(1);
    const names = this.OPTION1(() => {
      const found = this.SUBRULE(this.names);
      this.CONSUME(Equals);
      return found;
    });
    const call = this.SUBRULE(this.call);
    const inputs: { name?: NameNode; from: NameNode }[] = [];
    this.OPTION2(() => {
      this.CONSUME(From);
      this.AT_LEAST_ONE_SEP({ SEP: Comma, DEF: () => inputs.push(this.SUBRULE(this.reading)) });
    });
    const annotations = this.SUBRULE(this.annotations);
    const changes = this.OPTION3(() => this.SUBRULE(this.with));
    const span = this.since(first);
    return { kind: 'layer', span, names: names ?? [], call, inputs, annotations, ...(changes && { with: changes }) };
  });

  /** `input = [NAME ":"] PATH` */
  private reading = this.rule('reading', (): { name?: NameNode; from: NameNode } => {
    const name = this.OPTION(() => {
      const word = this.name(this.CONSUME1(Word));
      this.CONSUME(Colon);
      return word;
    });
    const from = this.name(this.CONSUME2(Word));
    return { ...(name && { name }), from };
  });

  /** `with = "with" map` */
  private with = this.rule('with', (): MapNode => {
    this.CONSUME(With);
    return this.SUBRULE(this.map);
  });

  /** `call = PATH ["(" [argument {"," argument} [","]] ")"]` */
  private call = this.rule('call', (): CallNode => {
    const first = this.CONSUME(Word);
    const callee = this.name(first);
    const found = this.OPTION(() => this.SUBRULE(this.arguments));
    return { kind: 'call', span: this.since(first), callee, ...(found && { arguments: found }) };
  });

  private arguments = this.rule('arguments', (): ArgumentNode[] => {
    const found: ArgumentNode[] = [];
    this.CONSUME(LeftRound);
    this.MANY_SEP({ SEP: Comma, DEF: () => found.push(this.SUBRULE(this.argument)) });
    this.CONSUME(RightRound);
    return found;
  });

  /** `argument = [NAME ":"] value` */
  private argument = this.rule('argument', (): ArgumentNode => {
    const first = this.LA(1);
    const name = this.OPTION(() => {
      const word = this.name(this.CONSUME(Word));
      this.CONSUME(Colon);
      return word;
    });
    const value = this.SUBRULE(this.value);
    return { span: this.since(first), ...(name && { name }), value };
  });

  /** `entry = (PATH | STRING) (":" value | map)` */
  private entry = this.rule('entry', (): EntryNode => {
    const first = this.LA(1);
    const key = this.OR1<NameNode>([
      { ALT: () => this.name(this.CONSUME(Word)) },
      { ALT: () => this.stringKey(this.CONSUME(StringToken)) },
    ]);
    const value = this.OR2<ValueNode>([
      {
        ALT: () => {
          this.CONSUME(Colon);
          return this.SUBRULE(this.value);
        },
      },
      { ALT: () => this.SUBRULE(this.map) },
    ]);
    return { span: this.since(first), key, value };
  });

  /** `map = "{" { entry } "}"` */
  private map = this.rule('map', (): MapNode => {
    const first = this.CONSUME(LeftCurly);
    const entries: EntryNode[] = [];
    this.MANY(() => {
      const entry = this.SUBRULE(this.mapEntry);
      if (entry) entries.push(entry);
    });
    this.CONSUME(RightCurly);
    return { kind: 'map', span: this.since(first), entries };
  });

  private mapEntry = this.statement('mapEntry', (): EntryNode => this.SUBRULE(this.entry));

  /** `list = "[" [value {"," value} [","]] "]"` */
  private list = this.rule('list', (): ListNode => {
    const first = this.CONSUME(LeftSquare);
    const items: ValueNode[] = [];
    this.MANY_SEP({ SEP: Comma, DEF: () => items.push(this.SUBRULE(this.value)) });
    this.CONSUME(RightSquare);
    return { kind: 'list', span: this.since(first), items };
  });

  /** `value = map | sum [".." sum]` */
  private value = this.rule(
    'value',
    (): ValueNode =>
      this.OR<ValueNode>([{ ALT: () => this.SUBRULE(this.map) }, { ALT: () => this.SUBRULE(this.range) }]),
  );

  private range = this.rule('range', (): ValueNode => {
    const first = this.LA(1);
    const from = this.SUBRULE1(this.sum);
    const to = this.OPTION(() => {
      this.CONSUME(Range);
      return this.SUBRULE2(this.sum);
    });
    return to ? { kind: 'range', span: this.since(first), from, to } : from;
  });

  /** `sum = product {("+" | "-") product}` */
  private sum = this.rule('sum', (): ValueNode => {
    const first = this.LA(1);
    let left = this.SUBRULE1(this.product);
    this.MANY(() => {
      const sign = this.OR([{ ALT: () => this.CONSUME(Plus) }, { ALT: () => this.CONSUME(Minus) }]);
      const right = this.SUBRULE2(this.product);
      left = { kind: 'binary', span: this.since(first), operator: sign.image as '+' | '-', left, right };
    });
    return left;
  });

  /** `product = unary {("*" | "/") unary}` */
  private product = this.rule('product', (): ValueNode => {
    const first = this.LA(1);
    let left = this.SUBRULE1(this.unary);
    this.MANY(() => {
      const sign = this.OR([{ ALT: () => this.CONSUME(Times) }, { ALT: () => this.CONSUME(Slash) }]);
      const right = this.SUBRULE2(this.unary);
      left = { kind: 'binary', span: this.since(first), operator: sign.image as '*' | '/', left, right };
    });
    return left;
  });

  /** `unary = ["-"] (NUMBER [NAME] | STRING | call | list | "(" value ")")` */
  private unary = this.rule('unary', (): ValueNode => {
    const first = this.LA(1);
    const minus = this.OPTION(() => this.CONSUME(Minus));
    const operand = this.SUBRULE(this.primary);
    return minus ? { kind: 'unary', span: this.since(first), operator: '-', operand } : operand;
  });

  private primary = this.rule(
    'primary',
    (): ValueNode =>
      this.OR<ValueNode>([
        { ALT: () => this.SUBRULE(this.quantity) },
        { ALT: () => this.string(this.CONSUME(StringToken)) },
        { ALT: () => this.SUBRULE(this.call) },
        { ALT: () => this.SUBRULE(this.list) },
        { ALT: () => this.SUBRULE(this.group) },
      ]),
  );

  private quantity = this.rule('quantity', (): ValueNode => {
    const first = this.CONSUME(NumberToken);
    const number = this.number(first);
    const unit = this.OPTION({
      // `300 activation: relu` lacks a comma; `activation` is no unit.
      GATE: () => !is(this.LA(2), Colon, Equals, LeftRound, LeftCurly),
      DEF: () => this.name(this.CONSUME(Word)),
    });
    return unit ? { kind: 'quantity', span: this.since(first), number, unit } : number;
  });

  /** The span of a value in parentheses includes them, so that an edit of the value leaves none behind. */
  private group = this.rule('group', (): ValueNode => {
    const first = this.CONSUME(LeftRound);
    const value = this.SUBRULE(this.value);
    this.CONSUME(RightRound);
    return { ...value, span: this.since(first) };
  });

  /** A lone value, as `--set` gives it. */
  loneValue = this.rule('loneValue', (): ValueNode | undefined => {
    let value: ValueNode | undefined;
    this.OPTION(() => {
      this.CONSUME(Begin);
      value = this.SUBRULE(this.value);
      this.CONSUME(End);
    });
    return value;
  });

  private name(token: IToken): NameNode {
    return { span: this.from(token), text: token.image };
  }

  private number(token: IToken): NumberNode {
    const reading = readNumber(token.image);
    const { value, percent } = 'value' in reading ? reading : { value: 0, percent: false };
    return { kind: 'number', span: this.from(token), value, text: token.image, percent };
  }

  private string(token: IToken): ValueNode {
    return { kind: 'string', span: this.from(token), value: unquoted(token.image) };
  }

  private stringKey(token: IToken): NameNode {
    return { span: this.from(token), text: unquoted(token.image) };
  }

  private from(token: IToken): Span {
    return { source: this.source, start: token.startOffset, end: endOf(token) };
  }

  /** The span from a token to the one read last. */
  private since(first: IToken): Span {
    const last = this.LA(0) ?? first;
    return { source: this.source, start: first.startOffset, end: Math.max(first.startOffset, endOf(last)) };
  }

  private rule<T>(name: string, body: () => T): ParserMethod<[], T> {
    return this.RULE(name, body, { resyncEnabled: false });
  }

  /** A rule between `Begin` and `End`: what fails in it is skipped, and nothing else. */
  private statement<T>(name: string, body: () => T): ParserMethod<[], T | undefined> {
    return this.RULE(
      name,
      () => {
        const { statement } = this.CONSUME(Begin) as Token;
        try {
          const node = body();
          this.CONSUME(End);
          return node;
        } catch (error) {
          if (this.RECORDING_PHASE || !isRecognitionException(error as Error)) throw error;
          let last: Token;
          do last = this.consume(0, Any) as Token;
          while (!(is(last, End) && last.statement === statement));
          return undefined;
        }
      },
      { resyncEnabled: false },
    );
  }

  /** Only signs are put in where they are missing: an invented name or value would mean something. */
  override canTokenTypeBeInsertedInRecovery(type: TokenType): boolean {
    return type === Colon || type === Comma || type === Equals;
  }

  /** A statement's own limits are never skipped. */
  override canTokenTypeBeDeletedInRecovery(type: TokenType): boolean {
    return type !== Begin && type !== End && !is(this.LA(1), Begin, End, LeftCurly, RightCurly);
  }
}

function unquoted(image: string): string {
  try {
    return JSON.parse(image) as string;
  } catch {
    // Reported by `layout.ts` before: the rest of the line stands for it.
    return image.slice(1);
  }
}

/** Says what was expected instead of the messages that chevrotain would make. */
const expectations: IParserErrorMessageProvider = {
  buildMismatchTokenMessage: ({ expected, previous, ruleName }) => {
    const begins = is(previous, LeftRound, LeftSquare);
    if (expected === RightRound && ruleName === 'arguments') return begins ? 'an argument or `)`' : '`,` or `)`';
    if (expected === RightRound && ruleName === 'parameters') return begins ? 'a parameter or `)`' : '`,` or `)`';
    if (expected === RightSquare) return begins ? 'a value or `]`' : '`,` or `]`';
    if (expected === Word) return WORDS[ruleName] ?? 'a name';
    return expected.LABEL ?? expected.name;
  },
  buildNotAllInputParsedMessage: () => 'the end of the text',
  buildNoViableAltMessage: ({ ruleName }) => ALTERNATIVES[ruleName] ?? 'a value',
  buildEarlyExitMessage: ({ ruleName }) => (ruleName === 'names' ? 'a name' : 'the name of a layer'),
};
const WORDS: Record<string, string> = {
  model: "the model's name",
  block: "the block's name",
  let: 'a name for the value',
  names: 'the name of a layer',
  reading: 'the name of a layer',
  call: 'the name of a layer or a method',
};
const ALTERNATIVES: Record<string, string> = {
  item: '`model`, `block`, `let` or a section',
  layerOrRepeat: 'a layer',
  entry: '`:` or `{`',
};

let parser: Parser | undefined;

function parse<T>(
  tokens: Token[],
  source: Source,
  rule: (parser: Parser) => T,
): { result: T; problems: SyntaxProblem[] } {
  parser ??= new Parser();
  parser.source = source;
  parser.input = tokens;
  const result = rule(parser);
  const problems = parser.errors.map((error: IRecognitionException) => ({
    token: error.token as Token,
    previous: (error as { previousToken?: Token }).previousToken,
    expected: error.message,
    rule: error.context.ruleStack.at(-1) ?? 'file',
  }));
  // Nothing of a large text stays behind in the parser.
  parser.input = [];
  return { result, problems };
}

/** Parses a file's laid-out tokens. */
export function parseFile(tokens: Token[], source: Source): { result: ItemNode[]; problems: SyntaxProblem[] } {
  return parse(tokens, source, (one) => one.file());
}

/** Parses one value. */
export function parseValue(
  tokens: Token[],
  source: Source,
): { result: ValueNode | undefined; problems: SyntaxProblem[] } {
  return parse(tokens, source, (one) => one.loneValue());
}
