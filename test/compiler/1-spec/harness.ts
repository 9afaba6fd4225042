import { lowerSpec } from '../../../src/compiler/1-spec/index.js';
import { defaultLimits, type Limits } from '../../../src/compiler/limits.js';
import type { Spec } from '../../../src/compiler/spec.js';
import type { Diagnostic } from '../../../src/diagnostics/diagnostic.js';
import { Reports } from '../../../src/diagnostics/report.js';
import { Source } from '../../../src/diagnostics/source.js';
import { read } from '../../../src/dsl/read.js';

export interface Lowered {
  readonly spec: Spec | undefined;
  readonly found: readonly Diagnostic[];
  /** `code @marked text: message [label] (help; help)` */
  readonly lines: readonly string[];
}

/** Reads a text and lowers it to a spec. */
export function lower(text: string, sets: readonly string[] = [], limits: Limits = defaultLimits): Lowered {
  const reports = new Reports();
  const source = new Source('net.dn', text);
  const document = read(source, reports);
  const spec = lowerSpec(document, { source, sets, limits }, reports);
  return { spec, found: reports.all, lines: reports.all.map(line) };
}

export function line(one: Diagnostic): string {
  const at = one.at
    ? ` @${one.at.source.name === 'net.dn' ? '' : `${one.at.source.name} `}${one.at.source.text.slice(one.at.start, one.at.end)}`
    : '';
  return `${one.code}${at}: ${one.message}${one.label ? ` [${one.label}]` : ''}${one.help.length ? ` (${one.help.join('; ')})` : ''}`;
}

/** The codes and marked texts only: `unknown-layer Dens`. */
export function marks({ found }: Lowered): string[] {
  return found.map((one) => `${one.code} ${one.at ? one.at.source.text.slice(one.at.start, one.at.end) : ''}`.trim());
}

/** A whole spec around a model body. */
export function spec(body: string, rest = ''): string {
  return `model Net {\n${body}\n}\ndata { source: mnist }\ntrain { loss: mean_squared_error; epochs: 3 }\n${rest}`;
}
