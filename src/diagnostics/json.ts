import type { Diagnostic } from './diagnostic.js';
import type { Span } from './source.js';

/** Diagnostics as the `--json` output of commands has them. */
export function diagnosticsJson(diagnostics: readonly Diagnostic[]): object[] {
  return diagnostics.map(({ code, severity, message, at, label, also, help }) => ({
    code,
    severity,
    message,
    ...(at && { at: place(at) }),
    ...(label !== undefined && { label }),
    also: also.map((one) => ({ at: place(one.at), note: one.note })),
    help,
  }));
}

function place(span: Span): object {
  const start = span.source.position(span.start);
  const end = span.source.position(span.end);
  return { file: span.source.name, line: start.line, column: start.column, end_line: end.line, end_column: end.column };
}
