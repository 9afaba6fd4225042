import type { Span } from '../../diagnostics/source.js';
import type { NameNode } from '../../dsl/document.js';

interface Placed {
  /** Where the spec uses the value. */
  readonly span: Span;
  /** The `let` that the value came through, where it did, and where that was written. */
  readonly through?: { readonly name: string; readonly span: Span };
  /** Nodes in the value and below, and how deep they nest: `let`s can double both in every line. */
  readonly size: number;
  readonly depth: number;
}

export interface NumberTerm extends Placed {
  readonly kind: 'number';
  readonly value: number;
  readonly percent: boolean;
}

export interface QuantityTerm extends Placed {
  readonly kind: 'quantity';
  readonly value: number;
  readonly unit: NameNode;
}

export interface StringTerm extends Placed {
  readonly kind: 'string';
  readonly value: string;
}

/** A bare word that is no `let`, or a call. */
export interface WordTerm extends Placed {
  readonly kind: 'word';
  readonly text: string;
  readonly wordSpan: Span;
  /** Absent where no parentheses were written. */
  readonly arguments?: readonly ArgumentTerm[];
}

export interface ArgumentTerm {
  readonly name?: NameNode;
  readonly value: Term;
}

export interface ListTerm extends Placed {
  readonly kind: 'list';
  readonly items: readonly Term[];
}

export interface MapTerm extends Placed {
  readonly kind: 'map';
  readonly entries: readonly { readonly key: NameNode; readonly value: Term }[];
}

export interface RangeTerm extends Placed {
  readonly kind: 'range';
  readonly from: Term;
  readonly to: Term;
}

/** What is left of a value that was reported already; nothing more is said about it. */
export interface BrokenTerm extends Placed {
  readonly kind: 'broken';
}

/** A value with its `let`s followed and its arithmetic done; its meaning is the schema's matter. */
export type Term = NumberTerm | QuantityTerm | StringTerm | WordTerm | ListTerm | MapTerm | RangeTerm | BrokenTerm;

export function broken(span: Span): BrokenTerm {
  return { kind: 'broken', span, size: 1, depth: 1 };
}

/** What a message calls a value: ``the word `three` ``, `the number 42.5`. */
export function describeTerm(term: Term): string {
  switch (term.kind) {
    case 'number':
      return `the number ${showNumber(term.value)}`;
    case 'quantity':
      return `\`${showNumber(term.value)} ${term.unit.text}\``;
    case 'string':
      return `the string ${JSON.stringify(shorten(term.value))}`;
    case 'word':
      return term.arguments ? `a call of \`${shorten(term.text)}\`` : `the word \`${shorten(term.text)}\``;
    case 'list':
      return term.items.length === 0 ? 'an empty list' : 'a list';
    case 'map':
      return 'a map in braces';
    case 'range':
      return 'a range';
    case 'broken':
      return 'nothing usable';
  }
}

/** A number as a spec writes it. */
export function showNumber(value: number): string {
  return String(value);
}

/** A count as people read it: 1,000,000. */
export function countText(count: number): string {
  return count.toLocaleString('en-US');
}

function shorten(text: string): string {
  return text.length > 60 ? `${text.slice(0, 57)}...` : text;
}
