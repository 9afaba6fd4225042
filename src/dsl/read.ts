import type { Diagnostic } from '../diagnostics/diagnostic.js';
import { Reports, type Where } from '../diagnostics/report.js';
import type { Source, Span } from '../diagnostics/source.js';
import { balance, DEPTH_LIMIT, tooDeep } from './brackets.js';
import type {
  BinaryNode,
  BlockNode,
  CallNode,
  Document,
  EntryNode,
  LetNode,
  NameNode,
  StatementNode,
  ValueNode,
} from './document.js';
import { type Layout, layOut, repair } from './layout.js';
import { type ItemNode, parseFile, parseValue, type SyntaxProblem } from './parser.js';
import { Begin, Comma, End, endOf, is, LeftCurly, lex, RightRound, StringToken, type Token, Word } from './tokens.js';

/** Larger texts are refused: 100,000 layers, the most that a model may have, take less. In UTF-16 units. */
export const SIZE_LIMIT = 8_000_000;

/** Terms of one sum or product. The stages behind descend into expressions. */
const TERMS_LIMIT = 1000;

/** The version of the language that this dnc reads. */
const VERSION = 1;

/**
 * Reads a spec. Total: whatever the text, it returns a document with what could be read and reports what could not, with one
 * diagnostic a mistake, and never throws.
 *
 * 1. bounds    size and depth, over the characters, before anything grows with the text
 * 2. lex       text to tokens; what the language does not have is reported and mended (`layout.ts`, `repair`)
 * 3. balance   every bracket gets its partner (`brackets.ts`)
 * 4. lay out   newlines become statement ends, words become keywords by position (`layout.ts`)
 * 5. parse     the grammar; a broken statement is skipped, the next one read (`parser.ts`)
 * 6. check     what the grammar cannot say: one model, each thing named once
 */
export function read(source: Source, reports: Reports): Document {
  const found = new Reports();
  const layout = prepare(source, found);
  let document: Document = { span: whole(source), lets: [], blocks: [], entries: [] };
  if (layout) {
    const { result, problems } = parseFile(layout.tokens, source);
    reportProblems(problems, layout, source, found);
    document = assemble(result, source, found);
  }
  reports.all.push(...inOrder(found.all));
  return document;
}

/** Reads one value, as a command line gives it: `0.5`, `adam(1e-3)`, `[1, 2]`. Nothing if it is empty or wrong. */
export function readValue(source: Source, reports: Reports): ValueNode | undefined {
  const found = new Reports();
  const layout = prepare(source, found);
  let value: ValueNode | undefined;
  if (layout) {
    const { result, problems } = parseValue(layout.tokens, source);
    reportProblems(problems, layout, source, found);
    if (!found.failed) value = result;
    if (!found.failed && !value)
      found.report('syntax', { expected: 'a value', found: 'nothing' }, { at: whole(source) });
    if (value) checkValue(value, found);
  }
  reports.all.push(...inOrder(found.all));
  return found.failed ? undefined : value;
}

function whole(source: Source): Span {
  return { source, start: 0, end: source.text.length };
}

/** Steps 1 to 4; nothing when the text is beyond the bounds. */
function prepare(source: Source, reports: Reports): Layout | undefined {
  const { text } = source;
  if (text.length > SIZE_LIMIT) {
    const megabytes = (size: number) => `${(size / 1e6).toFixed(1)} million characters`;
    reports.report(
      'spec-too-large',
      { size: megabytes(text.length), limit: megabytes(SIZE_LIMIT) },
      { at: { source, start: 0, end: Math.min(1, text.length) } },
    );
    return undefined;
  }
  const deep = tooDeep(text);
  if (deep !== undefined) {
    reports.report(
      'nested-too-deep',
      { limit: DEPTH_LIMIT },
      { at: { source, start: deep, end: deep + 1 }, help: ['name an inner part by `let` or `block`'] },
    );
    return undefined;
  }
  reportDirections(source, reports);
  const tokens = repair(lex(text), source, reports);
  return layOut(balance(tokens, source, reports), source, reports);
}

/** Characters that turn the writing direction: in comments and strings they are legal, and worth a warning. */
function reportDirections(source: Source, reports: Reports): void {
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
function inOrder(diagnostics: readonly Diagnostic[]): Diagnostic[] {
  const seen = new Set<string>();
  return [...diagnostics]
    .sort((a, b) => (a.at?.start ?? 0) - (b.at?.start ?? 0))
    .filter((one) => {
      const key = `${one.at?.start} ${one.code}`;
      return !seen.has(key) && seen.add(key);
    });
}

/** Says what the parser found wrong: the first problem of each statement, unless its brackets were wrong already. */
function reportProblems(problems: readonly SyntaxProblem[], layout: Layout, source: Source, reports: Reports): void {
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
        { at, help: [...missingAt(token, previous, rule, source), 'start a new line, or put `;` between the two'] },
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

/** Sorts the items into a document; one model, each section, `let` and block once. */
function assemble(items: readonly ItemNode[], source: Source, reports: Reports): Document {
  const lets: LetNode[] = [];
  const blocks: BlockNode[] = [];
  const entries: EntryNode[] = [];
  let version: Document['version'];
  let model: Document['model'];
  items.forEach((item, index) => {
    switch (item.kind) {
      case 'version':
        if (index > 0) reports.report('version-not-first', {}, { at: item.span, help: ['move it to the top'] });
        else version = item.node;
        if (item.node.value !== VERSION) {
          const help = [item.node.value > VERSION ? 'a newer dnc reads it' : `write \`dnc ${VERSION}\``];
          reports.report('language-version', { version: item.node.text }, { at: item.node.span, help });
        }
        return;
      case 'let':
        lets.push(item.node);
        return;
      case 'block':
        blocks.push(item.node);
        return;
      case 'model':
        if (model) {
          const also = [{ at: model.name.span, note: 'the first one' }];
          reports.report('second-model', { name: item.node.name.text }, { at: item.node.name.span, also });
        } else model = item.node;
        return;
      default:
        entries.push(item.node);
    }
  });
  once(
    lets.map((one) => one.name),
    'let',
    reports,
  );
  once(
    blocks.map((one) => one.name),
    'block',
    reports,
  );
  once(
    entries.map((one) => one.key),
    'section',
    reports,
  );
  for (const one of lets) {
    checkName(one.name, 'a value', reports);
    checkValue(one.value, reports);
  }
  for (const block of blocks) {
    checkName(block.name, 'a block', reports);
    const local = [...block.parameters.map((one) => one.name), ...block.inputs];
    once(local, 'parameter or input', reports);
    for (const name of local) checkName(name, 'a parameter or an input', reports);
    for (const parameter of block.parameters) if (parameter.value) checkValue(parameter.value, reports);
    for (const annotation of block.annotations) checkCall(annotation, reports);
    checkStatements(block.body, reports);
  }
  if (model) {
    checkName(model.name, 'the model', reports);
    for (const annotation of model.annotations) checkCall(annotation, reports);
    checkStatements(model.body, reports);
  }
  for (const entry of entries) checkValue(entry.value, reports);
  return { span: whole(source), ...(version && { version }), lets, blocks, ...(model && { model }), entries };
}

function once(names: readonly NameNode[], what: string, reports: Reports): void {
  const first = new Map<string, NameNode>();
  for (const name of names) {
    const earlier = first.get(name.text);
    if (!earlier) {
      first.set(name.text, name);
      continue;
    }
    const where: Where = {
      at: name.span,
      also: [{ at: earlier.span, note: 'first here' }],
      help: ['leave one of them out'],
    };
    reports.report('written-twice', { what, name: name.text }, where);
  }
}

const VALUES = new Set(['true', 'false']);

function checkName(name: NameNode, what: string, reports: Reports): void {
  const text = name.text;
  if (text.includes('.')) {
    const help = [`write \`${text.replaceAll('.', '_')}\``];
    reports.report('bad-name', { text, problem: `the name of ${what} has no dots` }, { at: name.span, help });
  } else checkWord(name, reports);
}

/** `true` and `false` name nothing. */
function checkWord(name: NameNode, reports: Reports): void {
  if (VALUES.has(name.text))
    reports.report('bad-name', { text: name.text, problem: 'it is a value' }, { at: name.span });
}

function checkStatements(statements: readonly StatementNode[], reports: Reports): void {
  for (const statement of statements) {
    if (statement.kind === 'repeat') {
      checkValue(statement.count, reports);
      checkStatements(statement.body, reports);
    } else {
      for (const name of statement.names) checkWord(name, reports);
      once(statement.names, 'name', reports);
      checkCall(statement.call, reports);
      for (const annotation of statement.annotations) checkCall(annotation, reports);
    }
    if (statement.with) checkValue(statement.with, reports);
  }
}

function checkCall(call: CallNode, reports: Reports): void {
  once(
    (call.arguments ?? []).flatMap((one) => (one.name ? [one.name] : [])),
    'argument',
    reports,
  );
  for (const argument of call.arguments ?? []) {
    if (argument.name) checkName(argument.name, 'an argument', reports);
    checkValue(argument.value, reports);
  }
}

function checkValue(value: ValueNode, reports: Reports): void {
  switch (value.kind) {
    case 'call':
      checkCall(value, reports);
      return;
    case 'list':
      for (const item of value.items) checkValue(item, reports);
      return;
    case 'map':
      once(
        value.entries.map((one) => one.key),
        'key',
        reports,
      );
      for (const entry of value.entries) checkValue(entry.value, reports);
      return;
    case 'range':
      checkValue(value.from, reports);
      checkValue(value.to, reports);
      return;
    case 'unary':
      checkValue(value.operand, reports);
      return;
    case 'binary':
      checkSum(value, reports);
  }
}

/** A long sum leans to the left: its spine is walked, not descended, and bounded for those who will descend it. */
function checkSum(sum: BinaryNode, reports: Reports): void {
  let spine: ValueNode = sum;
  for (let terms = 2; spine.kind === 'binary'; terms++) {
    if (terms > TERMS_LIMIT) {
      reports.report('expression-too-long', { limit: TERMS_LIMIT }, { at: spine.span });
      return;
    }
    checkValue(spine.right, reports);
    spine = spine.left;
  }
  checkValue(spine, reports);
}
