import { lowerSpec } from '../../src/compiler/1-spec/index.js';
import { lowerGraph } from '../../src/compiler/2-graph/index.js';
import { type DimsOptions, lowerDims } from '../../src/compiler/3-dims/index.js';
import type { Spec } from '../../src/compiler/spec.js';
import type { Diagnostic } from '../../src/diagnostics/diagnostic.js';
import { Reports } from '../../src/diagnostics/report.js';
import { Source } from '../../src/diagnostics/source.js';
import { read } from '../../src/dsl/read.js';
import type { Graph, Network } from '../../src/ir/graph.js';

/** A spec around the body of a model; `head` is what stands between `model` and the brace. */
export function specText(body: string, { head = 'Net', rest = '' } = {}): string {
  return `model ${head} {\n${body}\n}\ndata { source: sparse_regression }\ntrain { loss: mse; epochs: 1 }\n${rest}`;
}

/** The spec of a text, which must be without mistakes as far as stage 1 sees. */
export function specOf(text: string): Spec {
  const source = new Source('net.dn', text);
  const reports = new Reports();
  const spec = lowerSpec(read(source, reports), { source, sets: [] }, reports);
  reports.throwIfFailed();
  return spec!;
}

/** `code @marked text: message (help)` */
export function shown(one: Diagnostic): string {
  const at = one.at ? ` @${one.at.source.text.slice(one.at.start, one.at.end)}` : '';
  const label = one.label ? ` [${one.label}]` : '';
  return `${one.code}${at}: ${one.message}${label}${one.help.length > 0 ? ` (${one.help.join('; ')})` : ''}`;
}

/** Stages 1 and 2 of a text, with what they report. */
export function graphOf(text: string): { readonly graph: Graph; readonly lines: readonly string[] } {
  const source = new Source('net.dn', text);
  const reports = new Reports();
  const spec = lowerSpec(read(source, reports), { source, sets: [] }, reports)!;
  // As the compiler does: what stage 1 refuses is not wired.
  if (reports.failed) return { graph: { name: '', nodes: [], inputs: [], outputs: [] }, lines: reports.all.map(shown) };
  const graph = lowerGraph(spec, reports);
  return { graph, lines: reports.all.map(shown) };
}

/** Stage 3 of a text, with what it reports. */
export function dimsOf(
  text: string,
  options: DimsOptions = {},
): { readonly network: Network; readonly lines: readonly string[] } {
  const { graph, lines } = graphOf(text);
  if (lines.length > 0) throw new Error(`stage 2 reports ${lines.join('\n')}`);
  const reports = new Reports();
  const network = lowerDims(graph, options, reports);
  return { network, lines: reports.all.map(shown) };
}
