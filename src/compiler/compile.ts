import { fieldsOfInput, labelsOf } from '../data/bind.js';
import { describeFitted, type Fitted } from '../data/columns.js';
import { sources } from '../data/index.js';
import { joinedShape } from '../data/joined.js';
import type { Description, SourceKind } from '../data/source.js';
import { Failure, Reports } from '../diagnostics/report.js';
import type { Diagnostic } from '../diagnostics/diagnostic.js';
import type { Source } from '../diagnostics/source.js';
import type { Document } from '../dsl/document.js';
import { type Network, nodeOf } from '../ir/graph.js';
import { lowerSpec } from './1-spec/index.js';
import { printResolved } from './1-spec/print.js';
import { endsOf } from './objectives.js';
import { lowerGraph } from './2-graph/index.js';
import { lowerDims, type Originals } from './3-dims/index.js';
import { withActingAnnotations } from './4-program/index.js';
import { checks } from './checks/index.js';
import { readDocument } from './document.js';
import type { FileReference, Spec } from './spec.js';

/** What a text compiles to. Programs are made from it on demand: stage 4 (`forwardProgram`, `stepProgram`, `evaluationProgram`). */
export interface Compiled {
  readonly document: Document;
  readonly spec: Spec;
  readonly network: Network;
  /** What was learned from the training rows: it goes with the weights. */
  readonly fitted?: Fitted;
  /** What the features of a row are called that an Input reads; undefined where they have no names. */
  readonly featuresOf: (input: string) => readonly string[] | undefined;
  /** What the classes are called that an output tells apart; undefined where they have no names, or only rows tell. */
  readonly labelsOf: (output: string) => readonly string[] | undefined;
  readonly warnings: readonly Diagnostic[];
}

export interface CompileOptions {
  /** `--set` values, as given. */
  readonly sets?: readonly string[];
  /** What the weights file that the spec names knows of the original units; called when there is one. */
  readonly originals?: (weights: FileReference) => Originals;
  /** What was learned from the training rows, where they were read; or what the weights file that the spec names holds of it. */
  readonly fitted?: Fitted | ((weights: FileReference | undefined) => Fitted | undefined);
  /** The first stages, where they were gone through with the same `sets`: their work is not done twice. */
  readonly front?: Front;
}

/** What the text alone says, before anything beside it is looked at. */
export interface Front {
  readonly document: Document;
  /** Absent where there are errors among the reports. */
  readonly spec?: Spec;
  readonly reports: readonly Diagnostic[];
}

/** Text to spec. */
export function readFront(source: Source, sets: readonly string[] = []): Front {
  const reports = new Reports();

  // Text to document: spans, no meaning.
  const document = readDocument(source, reports);
  if (reports.failed) return { document, reports: reports.all };

  // 1 Words resolved, defaults filled in, every value checked by its schema.
  const spec = lowerSpec(document, { source, sets }, reports);
  if (!spec && !reports.failed) throw new Error('stage 1 gave no spec and reported no error');
  return { document, reports: reports.all, ...(spec && !reports.failed && { spec }) };
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
  const front = options.front ?? readFront(source, options.sets);
  const { document, spec } = front;
  if (!spec) throw new Failure(front.reports);
  const reports = new Reports();
  reports.all.push(...front.reports);

  // 2 Layers wired.
  const graph = lowerGraph(spec, reports);
  reports.throwIfFailed();

  // 3 Shapes with units, parameters with the axes that read and write them.
  const given = options.fitted;
  const fitted = typeof given === 'function' ? given(spec.weights) : given;
  const description = describeData(spec, fitted);
  const read = (input: string) => description && fieldsRead(spec, input, description);
  const shaped = lowerDims(
    graph,
    {
      shapeOfData: (input) => shapeOf(read(input)),
      featuresOfData: (input) => namesOf(read(input)),
      source: spec.data.source.word,
      ...(spec.weights && options.originals && { originals: options.originals(spec.weights) }),
    },
    reports,
  );
  reports.throwIfFailed();

  // Annotations before a brace land where there are weights for them.
  const network = withActingAnnotations(shaped);

  // What must hold beyond shapes.
  for (const check of checks) check({ spec, network, description }, reports);
  reports.throwIfFailed();

  const featuresOf = (input: string) => namesOf(read(input));
  const labels = (output: string) =>
    description && labelsOf(output, endsOf(spec.model).outputs, spec.data, description);
  return { document, spec, network, ...(fitted && { fitted }), featuresOf, labelsOf: labels, warnings: reports.all };
}

/** What the rows hold: as they were learned to be read, else what the source tells without reading. */
function describeData({ data }: Spec, fitted: Fitted | undefined): Description | undefined {
  if (fitted) return describeFitted(fitted);
  const kind = (sources as Readonly<Record<string, SourceKind>>)[data.source.word];
  // What is said of columns changes what a row holds.
  return data.columns || data.window ? undefined : kind?.describe?.(data.source.arguments as never);
}

type FieldRead = Description['fields'][number];

function fieldsRead({ data, model }: Spec, input: string, description: Description): readonly FieldRead[] {
  return fieldsOfInput(input, endsOf(model), data, description);
}

/** The shape of what an input reads. */
function shapeOf(fields: readonly FieldRead[] | undefined): readonly number[] | undefined {
  if (!fields || fields.length === 0 || fields.some((field) => field.form !== 'values')) return undefined;
  return joinedShape(fields.map((field) => field.shape));
}

/** The names of all features that an input reads, if each of them has one. */
function namesOf(fields: readonly FieldRead[] | undefined): readonly string[] | undefined {
  if (!fields || fields.length === 0 || fields.some((field) => !field.units)) return undefined;
  return fields.flatMap((field) => field.units!);
}

/** The resolved spec as text, with the shapes that Inputs took from their data. */
export function resolvedText({ spec, network }: Pick<Compiled, 'spec' | 'network'>): string {
  const { graph } = network;
  const acting = new Map(graph.nodes.map(({ name, annotations }) => [name, annotations]));
  const layers = spec.model.layers.map((layer) => ({
    ...layer,
    annotations: acting.get(layer.name) ?? layer.annotations,
  }));
  return printResolved(
    { ...spec, model: { ...spec.model, layers } },
    (input) => nodeOf(graph, input).arguments.shape as readonly number[],
  );
}
