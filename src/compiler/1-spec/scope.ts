import type { Span } from '../../diagnostics/source.js';
import type { BlockNode } from '../../dsl/document.js';
import type { Endpoint, Environment, Use } from '../spec.js';
import type { WrittenAnnotation } from './annotations.js';
import type { Context } from './context.js';
import type { Override } from './overrides.js';

/** What a name, or the place below a statement, gives to who reads it. */
export type Wire =
  | { readonly kind: 'one'; readonly endpoint: Endpoint }
  | { readonly kind: 'several'; readonly of: string; readonly outputs: readonly string[] }
  /** There is nothing above. */
  | { readonly kind: 'nothing' }
  /** What should be here was reported. */
  | { readonly kind: 'broken' };

export const NOTHING: Wire = { kind: 'nothing' };
export const BROKEN: Wire = { kind: 'broken' };

/** Something that has a name. */
export interface Named {
  readonly wire: Wire;
  /** Where the name is written, or the word that it was made from. */
  readonly span: Span;
  readonly automatic: boolean;
  /** A layer, a block use, or one of several outputs. */
  readonly what:
    | { readonly kind: 'layer' }
    | { readonly kind: 'use'; readonly use: Expandable }
    | { readonly kind: 'output' };
}

/** All of a block use but its name and what it reads. */
export interface Expandable {
  readonly name: string;
  readonly block: BlockNode;
  readonly context: Context;
  readonly environment: Environment;
  readonly annotations: readonly (readonly WrittenAnnotation[])[];
  readonly overrides: readonly Override[];
}

/** Where a statement stands: what it may read, what its words stand for, and what is said of it from outside. */
export interface Scope {
  /** Of the full names of what is in it: `residual_2.`, empty in the model. */
  readonly prefix: string;
  readonly context: Context;
  readonly environment: Environment;
  readonly uses: readonly Use[];
  readonly annotations: readonly (readonly WrittenAnnotation[])[];
  /** `--set` and the `with`s around it, the outermost first, each at this scope. */
  readonly overrides: readonly Override[];
  /** The block's inputs. */
  readonly inputs: ReadonlyMap<string, Wire>;
  /** The rounds of `repeat`s around it, the innermost first: plain names to full ones. */
  readonly rounds: readonly Map<string, string>[];
  /** In a block use that is there once more: the prefix of its layers, and of those whose parameters they use. */
  readonly sharing?: { readonly from: string; readonly to: string };
}
