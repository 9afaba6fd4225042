import { nearest } from '../../diagnostics/did-you-mean.js';
import type { Code, Details } from '../../diagnostics/catalogue/index.js';
import type { Reports, Where } from '../../diagnostics/report.js';
import { inShell } from '../../diagnostics/shell.js';
import type { Span } from '../../diagnostics/source.js';
import type {
  BinaryNode,
  BlockNode,
  CallNode,
  Document,
  LetNode,
  StatementNode,
  ValueNode,
} from '../../dsl/document.js';
import { listWords } from './context.js';
import { combine, fromNumber, type Rational, toNumber } from './rational.js';
import { type ArgumentTerm, broken, describeTerm, type Term } from './term.js';

/** Nodes that one value may have with its `let`s followed. */
const LARGEST_VALUE = 1_000_000;
/** How deep a value may nest with its `let`s followed. */
const DEEPEST_VALUE = 200;

/** Takes reports: all of them, or one place's with what it adds to each. */
export interface Reporter {
  report<C extends Code>(code: C, details: Details<C>, where: Where): void;
}

/** A parameter of a block with its value in one use, and where that is written. */
export interface Bound {
  readonly term: Term;
  readonly span: Span;
  /** The parameter itself, in the block's head. */
  readonly name: Span;
}

/** What words stand for: the file's `let`s, in any order of definition, without cycles; within a block its parameters before them. */
export class Lets {
  private constructor(
    private readonly nodes: ReadonlyMap<string, LetNode>,
    private readonly reports: Reporter,
    private readonly values = new Map<string, Term>(),
    private readonly parameters: ReadonlyMap<string, Bound> = new Map(),
  ) {}

  /** The same `let`s behind the parameters of a block. Reports go to `reports`. */
  within(parameters: ReadonlyMap<string, Bound>, reports: Reporter): Lets {
    return new Lets(this.nodes, reports, this.values, parameters);
  }

  /** Evaluates every `let`; `sets` replaces values by name. Reports cycles and names that nothing uses. */
  static read(document: Document, sets: ReadonlyMap<string, ValueNode>, reports: Reports): Lets {
    const nodes = new Map<string, LetNode>();
    for (const node of document.lets) {
      // The reader reports a name given twice.
      if (nodes.has(node.name.text)) continue;
      const value = sets.get(node.name.text);
      nodes.set(node.name.text, value ? { ...node, value } : node);
    }
    const lets = new Lets(nodes, reports);
    lets.evaluateAll();
    lets.reportUnused(document);
    return lets;
  }

  get names(): readonly string[] {
    return [...new Set([...this.parameters.keys(), ...this.nodes.keys()])];
  }

  has(name: string): boolean {
    return this.parameters.has(name) || this.nodes.has(name);
  }

  nameSpan(name: string): Span | undefined {
    return this.parameters.get(name)?.name ?? this.nodes.get(name)?.name.span;
  }

  /** Follows words, does the arithmetic. */
  evaluate(node: ValueNode): Term {
    switch (node.kind) {
      case 'number':
        return { kind: 'number', span: node.span, value: node.value, percent: node.percent, size: 1, depth: 1 };
      case 'quantity':
        return { kind: 'quantity', span: node.span, value: node.number.value, unit: node.unit, size: 1, depth: 1 };
      case 'string':
        return { kind: 'string', span: node.span, value: node.value, size: 1, depth: 1 };
      case 'call':
        return this.word(node);
      case 'list':
        return this.bounded(
          node.span,
          node.items.map((item) => this.evaluate(item)),
          // A list without one of its values would mean something else.
          (items, measure) =>
            items.some((item) => item.kind === 'broken')
              ? broken(node.span)
              : { kind: 'list', span: node.span, items, ...measure },
        );
      case 'map':
        return this.bounded(
          node.span,
          node.entries.map((entry) => this.evaluate(entry.value)),
          (values, measure) => ({
            kind: 'map',
            span: node.span,
            entries: node.entries.map((entry, k) => ({ key: entry.key, value: values[k]! })),
            ...measure,
          }),
        );
      case 'range':
        return this.bounded(node.span, [this.evaluate(node.from), this.evaluate(node.to)], ([from, to], measure) => ({
          kind: 'range',
          span: node.span,
          from: from!,
          to: to!,
          ...measure,
        }));
      case 'unary':
      case 'binary':
        return this.arithmetic(node);
    }
  }

  private word(node: CallNode): Term {
    const name = node.callee.text;
    const parameter = node.arguments ? undefined : this.parameters.get(name);
    if (parameter?.term.kind === 'broken') return broken(node.span);
    if (parameter) return { ...parameter.term, span: node.span, through: { name, span: parameter.span } };
    const bound = node.arguments ? undefined : this.values.get(name);
    if (bound) return { ...bound, span: node.span, through: { name, span: this.nodes.get(name)!.value.span } };
    // A `let` that could not be evaluated was reported where it stands.
    if (!node.arguments && this.nodes.has(name)) return broken(node.span);
    const word = { kind: 'word', span: node.span, text: name, wordSpan: node.callee.span } as const;
    if (!node.arguments) return { ...word, size: 1, depth: 1 };
    const written = node.arguments;
    return this.bounded(
      node.span,
      written.map((argument) => this.evaluate(argument.value)),
      (values, measure) => ({
        ...word,
        arguments: written.map(
          (argument, k): ArgumentTerm => ({ ...(argument.name && { name: argument.name }), value: values[k]! }),
        ),
        ...measure,
      }),
    );
  }

  /** Builds a value from parts unless it grows beyond all use. */
  private bounded(
    span: Span,
    parts: readonly Term[],
    build: (parts: readonly Term[], measure: { readonly size: number; readonly depth: number }) => Term,
  ): Term {
    let size = 1;
    let depth = 1;
    for (const part of parts) {
      size += part.size;
      depth = Math.max(depth, part.depth + 1);
    }
    if (size > LARGEST_VALUE || depth > DEEPEST_VALUE) {
      this.reports.report('value-too-large', { size, largest: LARGEST_VALUE, deepest: DEEPEST_VALUE }, { at: span });
      return broken(span);
    }
    return build(parts, { size, depth });
  }

  private arithmetic(node: ValueNode): Term {
    if (this.isHyphened(node)) return broken(node.span);
    const value = this.exact(node);
    if (!value) return broken(node.span);
    return { kind: 'number', span: node.span, value: toNumber(value), percent: false, size: 1, depth: 1 };
  }

  /** Reports words that stand for nothing and are joined by hyphens, `tfjs-wasm` or, as it is after formatting, `tfjs - wasm`: that was meant as a text. */
  private isHyphened(node: ValueNode): boolean {
    const words = joinedByHyphens(node);
    if (words.length < 2 || words.some((word) => this.names.includes(word))) return false;
    const text = words.join('-');
    const near = words.find((word) => nearest(word, this.names) !== undefined);
    this.reports.report(
      'unquoted-hyphen',
      { text, word: near ?? words[0]! },
      {
        at: node.span,
        ...(near !== undefined && { label: `did you mean \`${nearest(near, this.names)!}\` by \`${near}\`?` }),
        help: [`a text with a hyphen stands in quotes: ${inQuotes(text, node.span)}`],
      },
    );
    return true;
  }

  /** The exact value of an expression; undefined after a report. `1 + 1 + …` nests to the left without end: that side is a loop. */
  private exact(node: ValueNode): Rational | undefined {
    const chain: BinaryNode[] = [];
    let first = node;
    for (; first.kind === 'binary'; first = first.left) chain.push(first);
    let value = this.operand(first);
    for (const step of chain.reverse()) {
      const right = this.exact(step.right);
      if (!value || !right) {
        value = undefined;
        continue;
      }
      value = this.finite(combine(step.operator, value, right), step);
    }
    return value;
  }

  private operand(node: ValueNode): Rational | undefined {
    if (node.kind === 'unary') {
      const value = this.exact(node.operand);
      return value && { numerator: -value.numerator, denominator: value.denominator };
    }
    const term = this.evaluate(node);
    if (term.kind === 'number') return fromNumber(term.value);
    if (term.kind === 'broken') return undefined;
    if (term.kind === 'word' && !term.arguments) {
      this.reports.report('word-for-number', { word: term.text }, { at: term.span, ...this.nearLets(term.text) });
    } else {
      this.reports.report(
        'not-a-number',
        { found: describeTerm(term) },
        { at: term.span, label: 'arithmetic takes numbers' },
      );
    }
    return undefined;
  }

  private finite(value: Rational | undefined, node: BinaryNode): Rational | undefined {
    if (!value) {
      this.reports.report('not-finite', { reason: 'it divides by zero' }, { at: node.span, label: 'divides by zero' });
      return undefined;
    }
    const rounded = toNumber(value);
    const lost = Number.isFinite(rounded) ? rounded === 0 && value.numerator !== 0n : true;
    if (!lost) return value;
    const reason = rounded === 0 ? 'it is too near zero for a number' : 'it is too large for a number';
    this.reports.report('not-finite', { reason }, { at: node.span, label: reason.slice(3) });
    return undefined;
  }

  /** Where and how to write a word that was meant as a `let`. */
  nearLets(word: string): { readonly label?: string; readonly help: readonly string[] } {
    const near = nearest(word, this.names);
    const { names } = this;
    if (this.parameters.size > 0)
      return {
        ...(near !== undefined && { label: `did you mean \`${near}\`?` }),
        help: [
          `a word that stands for a number is a parameter of the block or a \`let\`: here are ${listWords(names)}`,
        ],
      };
    const known = names.length === 0 ? 'this file has none' : `this file has ${listWords(names)}`;
    return {
      ...(near !== undefined && { label: `did you mean \`${near}\`?` }),
      help: [`a word that stands for a number needs a \`let\`: \`let ${word} = 300\`; ${known}`],
    };
  }

  /** Evaluates in the order of use. A stack of our own: chains of `let`s may be longer than the engine's. */
  private evaluateAll(): void {
    const state = new Map<string, 'open' | 'done'>();
    for (const root of this.nodes.keys()) {
      const path: { readonly name: string; readonly pending: string[] }[] = [];
      const open = (name: string): void => {
        state.set(name, 'open');
        path.push({ name, pending: bareWords(this.nodes.get(name)!.value).map((word) => word.callee.text) });
      };
      if (!state.has(root)) open(root);
      while (path.length > 0) {
        const top = path.at(-1)!;
        const next = top.pending.pop();
        if (next === undefined) {
          path.pop();
          state.set(top.name, 'done');
          if (!this.values.has(top.name)) this.values.set(top.name, this.evaluate(this.nodes.get(top.name)!.value));
        } else if (this.nodes.has(next) && !state.has(next)) {
          open(next);
        } else if (state.get(next) === 'open') {
          this.reportCycle(path.slice(path.findIndex((step) => step.name === next)).map((step) => step.name));
        }
      }
    }
  }

  private reportCycle(names: readonly string[]): void {
    for (const name of names) this.values.set(name, broken(this.nodes.get(name)!.value.span));
    const [first, ...others] = names.map((name) => this.nodes.get(name)!);
    this.reports.report(
      'let-cycle',
      { names: names.length > 8 ? [...names.slice(0, 7), '…', names.at(-1)!] : names },
      {
        at: first!.name.span,
        also: others.slice(0, 8).map((node) => ({ at: node.name.span, note: 'through this one' })),
        help: ['one of them must be a number, or another value that does not use the others'],
      },
    );
  }

  private reportUnused(document: Document): void {
    const used = new Set<string>();
    for (const { value, hidden } of valuesOf(document))
      for (const word of bareWords(value)) if (!hidden?.has(word.callee.text)) used.add(word.callee.text);
    for (const [name, node] of this.nodes) {
      if (!used.has(name)) {
        this.reports.report(
          'unused-let',
          { name },
          { at: node.name.span, help: ['remove the line, or write the name where the value belongs'] },
        );
      }
    }
  }
}

/** The words of `a-b-c`; none where a value is anything else. */
function joinedByHyphens(node: ValueNode): readonly string[] {
  const words: string[] = [];
  let left = node;
  for (; left.kind === 'binary'; left = left.left) {
    const { operator, right } = left;
    if (operator !== '-' || right.kind !== 'call' || right.arguments) return [];
    words.push(right.callee.text);
  }
  if (left.kind !== 'call' || left.arguments) return [];
  words.push(left.callee.text);
  return words.reverse();
}

/** How to write a text in quotes; a shell takes those that are in no others. */
function inQuotes(text: string, { source, start, end }: Span): string {
  const quoted = `"${text}"`;
  if (source.name !== '--set') return `\`${quoted}\``;
  const whole = `${source.text.slice(0, start)}${quoted}${source.text.slice(end)}`;
  return `--set ${inShell(whole)}, the outer ones for the shell`;
}

/** The words without parentheses in a value: each may be the name of a `let`. */
export function bareWords(value: ValueNode): CallNode[] {
  const found: CallNode[] = [];
  const left: ValueNode[] = [value];
  for (let node = left.pop(); node; node = left.pop()) {
    switch (node.kind) {
      case 'call':
        if (node.arguments) left.push(...node.arguments.map((argument) => argument.value));
        else found.push(node);
        break;
      case 'list':
        for (const item of node.items) left.push(item);
        break;
      case 'map':
        for (const entry of node.entries) left.push(entry.value);
        break;
      case 'range':
        left.push(node.from, node.to);
        break;
      case 'unary':
        left.push(node.operand);
        break;
      case 'binary':
        left.push(node.left, node.right);
        break;
    }
  }
  return found;
}

/** A value of a document; in a block with the names of its parameters, which come before `let`s. */
interface Held {
  readonly value: ValueNode;
  readonly hidden?: ReadonlySet<string>;
}

/** Every value of a document, blocks included. */
function* valuesOf(document: Document): Generator<Held> {
  for (const node of document.lets) yield { value: node.value };
  for (const entry of document.entries) yield { value: entry.value };
  for (const block of document.blocks) {
    const hidden = new Set(block.parameters.map((parameter) => parameter.name.text));
    for (const value of valuesOfBlock(block)) yield { value, hidden };
  }
  const { model } = document;
  if (model) for (const value of [...annotated(model.annotations), ...valuesOfBody(model.body)]) yield { value };
}

/** Every value that a block writes: defaults, annotations, arguments. */
export function* valuesOfBlock(block: BlockNode): Generator<ValueNode> {
  for (const parameter of block.parameters) if (parameter.value) yield parameter.value;
  yield* annotated(block.annotations);
  yield* valuesOfBody(block.body);
}

function* valuesOfBody(body: readonly StatementNode[]): Generator<ValueNode> {
  const bodies = [body];
  for (let next = bodies.pop(); next; next = bodies.pop()) {
    for (const statement of next) {
      if (statement.with) yield statement.with;
      if (statement.kind === 'repeat') {
        yield statement.count;
        bodies.push(statement.body);
      } else {
        yield* annotated([statement.call, ...statement.annotations]);
      }
    }
  }
}

function annotated(calls: readonly CallNode[]): ValueNode[] {
  return calls.flatMap((call) => (call.arguments ?? []).map((argument) => argument.value));
}
