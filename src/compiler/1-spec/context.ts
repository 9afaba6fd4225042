import type { Code, Details } from '../../diagnostics/catalogue/index.js';
import type { Reports, Where } from '../../diagnostics/report.js';
import type { Source, Span } from '../../diagnostics/source.js';
import type { Call } from '../../ir/kind.js';
import type { Limits } from '../limits.js';
import type { Bound, Lets } from './evaluate.js';
import type { ArgumentSchema } from './expected.js';

/** Where a block is used, for messages about what it holds. */
export interface UseNote {
  readonly at: Span;
  readonly note: string;
}

/** So many uses around a place are named with it. */
const NOTES = 4;

/** What the parts of stage 1 share. */
export class Context {
  /** A block is resolved for every use, a model's annotation for every layer: each of their mistakes is reported once. */
  private readonly seen: Set<string>;
  private readonly sources: Source[];
  /** Defaults that are calls, resolved once. */
  readonly defaults: Map<ArgumentSchema, Call>;
  /** What words stand for here. */
  readonly lets: Lets;

  constructor(
    private readonly reports: Reports,
    lets: Lets,
    readonly limits: Limits,
    private readonly outer?: Context,
    parameters?: ReadonlyMap<string, Bound>,
    /** The block uses around this place, the innermost first. */
    readonly uses: readonly UseNote[] = [],
  ) {
    this.seen = outer?.seen ?? new Set();
    this.sources = outer?.sources ?? [];
    this.defaults = outer?.defaults ?? new Map();
    this.lets = parameters ? lets.within(parameters, this) : lets;
  }

  /** What is outside of all blocks. */
  get top(): Context {
    return this.outer?.top ?? this;
  }

  /** The inside of a block in one of its uses: its parameters stand before the file's `let`s, and messages name the use. */
  within(parameters: ReadonlyMap<string, Bound>, use: UseNote): Context {
    return new Context(this.reports, this.lets, this.limits, this, parameters, [use, ...this.uses]);
  }

  report<C extends Code>(code: C, details: Details<C>, where: Where = {}): void {
    if (where.at) {
      const { source, start, end } = where.at;
      if (!this.sources.includes(source)) this.sources.push(source);
      const key = [code, this.sources.indexOf(source), start, end, JSON.stringify(details)].join(' ');
      if (this.seen.has(key)) return;
      this.seen.add(key);
    }
    const also = [...(where.also ?? []), ...this.uses.slice(0, NOTES)];
    this.reports.report(code, details, also.length > 0 ? { ...where, also } : where);
  }
}

/** A list of words for a message, cut where it would be a page. */
export function listWords(words: readonly string[], most = 40): string {
  const shown = words.slice(0, most).map((word) => `\`${word}\``);
  return words.length > most ? `${shown.join(', ')} and ${words.length - most} more` : shown.join(', ');
}
