import type { Span } from '../diagnostics/source.js';

/**
 * The document: what a spec says, as a tree with source spans, before any word has a meaning. Both syntaxes read to it.
 * It knows no layer names: a layer is a call of any word. LANGUAGE grammar: docs/language.md, section 1.
 */
export interface Document {
  readonly span: Span;
  /** `dnc 1` at the top, if written. */
  readonly version?: NumberNode;
  readonly lets: readonly LetNode[];
  readonly blocks: readonly BlockNode[];
  readonly model?: ModelNode;
  /** Sections and other top-level entries: `data { }`, `train { }`, `simplify { }`, `weights: …`, `origin { }`. */
  readonly entries: readonly EntryNode[];
}

export interface NameNode {
  readonly span: Span;
  /** A name, or a dotted path. */
  readonly text: string;
}

export interface LetNode {
  readonly span: Span;
  readonly name: NameNode;
  readonly value: ValueNode;
}

export interface BlockNode {
  readonly span: Span;
  readonly name: NameNode;
  readonly parameters: readonly { readonly name: NameNode; readonly value?: ValueNode }[];
  readonly inputs: readonly NameNode[];
  readonly outputs: readonly NameNode[];
  readonly annotations: readonly CallNode[];
  readonly body: readonly StatementNode[];
}

export interface ModelNode {
  readonly span: Span;
  readonly name: NameNode;
  readonly outputs: readonly NameNode[];
  readonly annotations: readonly CallNode[];
  readonly body: readonly StatementNode[];
}

export type StatementNode = LayerNode | RepeatNode;

/** `[names =] call [<- inputs] annotations [with { }]` */
export interface LayerNode {
  readonly kind: 'layer';
  readonly span: Span;
  readonly names: readonly NameNode[];
  readonly call: CallNode;
  readonly inputs: readonly { readonly name?: NameNode; readonly from: NameNode }[];
  readonly annotations: readonly CallNode[];
  readonly with?: MapNode;
}

export interface RepeatNode {
  readonly kind: 'repeat';
  readonly span: Span;
  readonly count: ValueNode;
  readonly body: readonly StatementNode[];
  readonly with?: MapNode;
}

export type ValueNode =
  | NumberNode
  | QuantityNode
  | StringNode
  | CallNode
  | ListNode
  | MapNode
  | RangeNode
  | UnaryNode
  | BinaryNode;

/** A number with its suffix applied: `10k` is 10000, `0.2%` is 0.002. `text` is as written. */
export interface NumberNode {
  readonly kind: 'number';
  readonly span: Span;
  readonly value: number;
  readonly text: string;
  /** Whether it was written with `%`. */
  readonly percent: boolean;
}

/** `5 epochs`, `40k steps`. */
export interface QuantityNode {
  readonly kind: 'quantity';
  readonly span: Span;
  readonly number: NumberNode;
  readonly unit: NameNode;
}

/** A quoted string: always itself, never a `let`. */
export interface StringNode {
  readonly kind: 'string';
  readonly span: Span;
  readonly value: string;
}

/** A bare word (`relu`, `width`, `true`) or a call (`adam(1e-3)`). `arguments` is absent when no parentheses were written. */
export interface CallNode {
  readonly kind: 'call';
  readonly span: Span;
  readonly callee: NameNode;
  readonly arguments?: readonly ArgumentNode[];
}

export interface ArgumentNode {
  readonly span: Span;
  readonly name?: NameNode;
  readonly value: ValueNode;
}

export interface ListNode {
  readonly kind: 'list';
  readonly span: Span;
  readonly items: readonly ValueNode[];
}

export interface MapNode {
  readonly kind: 'map';
  readonly span: Span;
  readonly entries: readonly EntryNode[];
}

/** `key: value` or `key { … }`; the key is a word, a dotted path or a string. */
export interface EntryNode {
  readonly span: Span;
  readonly key: NameNode;
  readonly value: ValueNode;
}

/** `a..b`, both ends included. */
export interface RangeNode {
  readonly kind: 'range';
  readonly span: Span;
  readonly from: ValueNode;
  readonly to: ValueNode;
}

export interface UnaryNode {
  readonly kind: 'unary';
  readonly span: Span;
  readonly operator: '-';
  readonly operand: ValueNode;
}

export interface BinaryNode {
  readonly kind: 'binary';
  readonly span: Span;
  readonly operator: '+' | '-' | '*' | '/';
  readonly left: ValueNode;
  readonly right: ValueNode;
}
