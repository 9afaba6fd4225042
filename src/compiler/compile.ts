import { sources } from '../data/index.js';
import type { SourceKind } from '../data/source.js';
import { Reports } from '../diagnostics/report.js';
import type { Diagnostic } from '../diagnostics/diagnostic.js';
import type { Source } from '../diagnostics/source.js';
import type { Document } from '../dsl/document.js';
import { read } from '../dsl/read.js';
import { type Network, nodeOf } from '../ir/graph.js';
import { lowerSpec } from './1-spec/index.js';
import { printResolved } from './1-spec/print.js';
import { lowerGraph } from './2-graph/index.js';
import { lowerDims, type Originals } from './3-dims/index.js';
import { checks } from './checks/index.js';
import type { FileReference, Spec } from './spec.js';

/** What a text compiles to. Programs are made from it on demand: stage 4 (`forwardProgram`, `stepProgram`, `evaluationProgram`). */
export interface Compiled {
  readonly document: Document;
  readonly spec: Spec;
  readonly network: Network;
  readonly warnings: readonly Diagnostic[];
}

export interface CompileOptions {
  /** `--set` values, as given. */
  readonly sets?: readonly string[];
  /** What the weights file that the spec names knows of the original units; called when there is one. */
  readonly originals?: (weights: FileReference) => Originals;
}

/**
 * The compiler's table of contents.
 *
 *     text ─read→ document ─1→ spec ─2→ graph ─3→ network ─checks→ network ─4→ programs
 *                                                     └─5 shrink→ network ─6 print→ text
 *
 * Every stage is total: it reports what is wrong and goes on, and the compilation ends after a stage that reported an error.
 * Throws a `Failure` with all reports.
 */
export function compile(source: Source, options: CompileOptions = {}): Compiled {
  const reports = new Reports();

  // Text to document: spans, no meaning.
  const document = read(source, reports);
  reports.throwIfFailed();

  // 1 Words resolved, defaults filled in, every value checked by its schema.
  const spec = lowerSpec(document, { source, sets: options.sets ?? [] }, reports);
  reports.throwIfFailed();
  if (!spec) throw new Error('stage 1 gave no spec and reported no error');

  // 2 Layers wired.
  const graph = lowerGraph(spec, reports);
  reports.throwIfFailed();

  // 3 Shapes with units, parameters with the axes that read and write them.
  const network = lowerDims(
    graph,
    {
      shapeOfData: (input) => shapeOfData(spec, input),
      source: spec.data.source.word,
      ...(spec.weights && options.originals && { originals: options.originals(spec.weights) }),
    },
    reports,
  );
  reports.throwIfFailed();

  // What must hold beyond shapes.
  for (const check of checks) check({ spec, network }, reports);
  reports.throwIfFailed();

  return { document, spec, network, warnings: reports.all };
}

/** The shape of the field that an input will read, where the source tells it without reading. */
function shapeOfData(spec: Spec, input: string): readonly number[] | undefined {
  const kind = (sources as Readonly<Record<string, SourceKind>>)[spec.data.source.word];
  const described = kind?.describe?.(spec.data.source.arguments as never);
  if (!described) return undefined;
  const features = described.fields.filter((field) => field.name !== (spec.data.target ?? described.target));
  const wanted = spec.data.inputs?.[input];
  const named = wanted ? (wanted.length === 1 ? wanted[0] : undefined) : input;
  const field =
    features.find((one) => one.name === named) ?? (!wanted && features.length === 1 ? features[0] : undefined);
  return field?.shape;
}

/** The resolved spec as text, with the shapes that Inputs took from their data. */
export function resolvedText({ spec, network }: Pick<Compiled, 'spec' | 'network'>): string {
  return printResolved(spec, (input) => nodeOf(network.graph, input).arguments.shape as readonly number[]);
}
