import type { Code, Details } from '../../diagnostics/catalogue/index.js';
import type { Reports, Where } from '../../diagnostics/report.js';
import type { Source } from '../../diagnostics/source.js';
import type { Call } from '../../ir/kind.js';
import type { Limits } from '../limits.js';
import type { Lets } from './evaluate.js';
import type { ArgumentSchema } from './expected.js';

/** What the parts of stage 1 share. */
export class Context {
  /** A model's annotation is resolved once for every layer: each of its mistakes is reported once. */
  private readonly seen = new Set<string>();
  private readonly sources: Source[] = [];
  /** Defaults that are calls, resolved once. */
  readonly defaults = new Map<ArgumentSchema, Call>();

  constructor(
    private readonly reports: Reports,
    readonly lets: Lets,
    readonly limits: Limits,
  ) {}

  report<C extends Code>(code: C, details: Details<C>, where: Where = {}): void {
    if (where.at) {
      const { source, start, end } = where.at;
      if (!this.sources.includes(source)) this.sources.push(source);
      const key = [code, this.sources.indexOf(source), start, end, JSON.stringify(details)].join(' ');
      if (this.seen.has(key)) return;
      this.seen.add(key);
    }
    this.reports.report(code, details, where);
  }
}

/** A list of words for a message, cut where it would be a page. */
export function listWords(words: readonly string[], most = 40): string {
  const shown = words.slice(0, most).map((word) => `\`${word}\``);
  return words.length > most ? `${shown.join(', ')} and ${words.length - most} more` : shown.join(', ');
}
