import { type Catalogue, type Code, catalogue, type Details } from './catalogue/index.js';
import type { CodeEntry, Diagnostic } from './diagnostic.js';
import type { Span } from './source.js';

/** Where a report points, beside the details that its message needs. */
export interface Where {
  readonly at?: Span | undefined;
  readonly label?: string;
  readonly also?: readonly { readonly at: Span; readonly note: string }[];
  readonly help?: readonly string[];
}

/** Makes one diagnostic; the details are checked against the catalogue's entry. */
export function diagnostic<C extends Code>(code: C, details: Details<C>, where: Where = {}): Diagnostic {
  const entry = catalogue[code] as CodeEntry<Details<C>>;
  return {
    code,
    severity: entry.severity,
    message: entry.message(details),
    ...(where.at && { at: where.at }),
    ...(where.label !== undefined && { label: where.label }),
    also: where.also ?? [],
    help: where.help ?? [],
  };
}

/** Collects what the stages of one compilation report. Stages are total: they report and go on. */
export class Reports {
  readonly all: Diagnostic[] = [];

  report<C extends Code>(code: C, details: Details<C>, where: Where = {}): void {
    this.all.push(diagnostic(code, details, where));
  }

  get failed(): boolean {
    return this.all.some((one) => one.severity === 'error');
  }

  /** Ends the command when an error was reported. */
  throwIfFailed(): void {
    if (this.failed) throw new Failure(this.all);
  }
}

/** An error for a person. The command line prints its diagnostics and ends with its exit code; nothing else is thrown on purpose. */
export class Failure extends Error {
  constructor(readonly diagnostics: readonly Diagnostic[]) {
    super(diagnostics.map((one) => one.message).join('; '));
    this.name = 'Failure';
  }

  /** The exit code of the first error (docs/run-folder.md, section 7). */
  get exit(): number {
    const first = this.diagnostics.find((one) => one.severity === 'error');
    return first ? ((catalogue[first.code as keyof Catalogue] as CodeEntry<never>)?.exit ?? 3) : 70;
  }
}

/** Throws one error at once: for the runtime, where there is nothing to go on with. */
export function fail<C extends Code>(code: C, details: Details<C>, where: Where = {}): never {
  throw new Failure([diagnostic(code, details, where)]);
}
