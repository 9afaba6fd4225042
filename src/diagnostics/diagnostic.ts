import type { Span } from './source.js';

export type Severity = 'error' | 'warning';

/** One message to a person: what is wrong, where, and what to do next. Plain data; `render.ts` prints it. */
export interface Diagnostic {
  readonly code: string;
  readonly severity: Severity;
  readonly message: string;
  /** The place in the user's file. Absent where there is no file to point into. */
  readonly at?: Span;
  /** A few words under the marked place: what was expected, what was found. */
  readonly label?: string;
  /** Every other place involved. */
  readonly also: readonly { readonly at: Span; readonly note: string }[];
  /** What to do next, one line each. */
  readonly help: readonly string[];
}

/** One entry of the catalogue. `Details` are the values that its message needs. */
export interface CodeEntry<Details> {
  readonly severity: Severity;
  /** One sentence; no full stop at its end. */
  readonly message: (details: Details) => string;
  /** Markdown that `dnc explain <code>` prints: why this is an error, with a repaired example. */
  readonly explain: string;
  /** The exit code of a command that ends with this error (docs/run-folder.md, section 7). Default 3. */
  readonly exit?: number;
}

/** Writes an entry with its details typed: `code<{ name: string }>({ ... })`. */
export function code<Details = Record<never, never>>(entry: CodeEntry<Details>): CodeEntry<Details> {
  return entry;
}
