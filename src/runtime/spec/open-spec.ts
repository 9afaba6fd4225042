import { type Compiled, type CompileOptions, compile, type Front, readFront } from '../../compiler/compile.js';
import type { Spec } from '../../compiler/spec.js';
import type { Fitted } from '../../data/columns.js';
import { sourceOf } from '../../data/read.js';
import type { DataLock } from '../../data/source.js';
import type { Diagnostic } from '../../diagnostics/diagnostic.js';
import { Failure } from '../../diagnostics/report.js';
import type { Source } from '../../diagnostics/source.js';
import { lockBeside } from '../run/data-lock.js';
import { fittedOf, originalsOf } from '../weights/load.js';
import { bindRows, dataPathsFolder, type Rows, readRows } from './rows.js';
import { refuseStrangeClasses, refuseUnfitTargets, unusedClasses } from './targets.js';

/** Which spec, with what changed, and where its data are. */
export interface SpecToOpen {
  readonly source: Source;
  readonly specFile: string;
  readonly sets: readonly string[];
  readonly dataFolder?: string | undefined;
  /** Weights that the spec names are not read. */
  readonly fromScratch?: boolean;
  /** What the data files must hold. Absent: what the run found in them that the spec lies in, where it names weights. */
  readonly lock?: DataLock | undefined;
  /** Data files may have changed since that run. */
  readonly acceptChangedData?: boolean;
  /** What was learned from the training rows, where that is known from elsewhere than the weights that the spec names. */
  readonly fitted?: Fitted | undefined;
}

/** Compiles a spec, and reads its rows. Those of a table are read first: they tell what its features are. */
export async function openWithRows(at: SpecToOpen): Promise<{ readonly compiled: Compiled; readonly rows: Rows }> {
  const front = readFront(at.source, at.sets);
  const { spec } = front;
  const stored = spec && storedOf(at, spec);
  if (!spec || (stored === undefined && isDescribed(spec))) {
    const compiled = compile(at.source, { ...optionsOf(at), front });
    return { compiled, rows: await rowsOf(at, compiled.spec) };
  }
  const rows = await rowsOf(at, spec, stored);
  const options = { ...optionsOf(at), front, ...(rows.fitted && { fitted: rows.fitted }) };
  return { compiled: compile(at.source, options), rows };
}

/**
 * What `compile` is to be given beside the text. The rows of a table are read where nothing else tells what an Input reads: it has no shape, or names
 * what it keeps, and no weights are there that know.
 */
export function compileOptions(at: SpecToOpen): Promise<CompileOptions> {
  return compileOptionsOf(at, readFront(at.source, at.sets));
}

async function compileOptionsOf(at: SpecToOpen, front: Front): Promise<CompileOptions> {
  const options = { ...optionsOf(at), front };
  const { spec } = front;
  if (!spec || isDescribed(spec) || isClosed(spec) || storedOf(at, spec)) return options;
  const { fitted } = await rowsOf(at, spec);
  return { ...options, ...(fitted && { fitted }) };
}

/**
 * Compiles a spec that is yet to be trained, and holds what its files alone tell of the rows against it, as training does at its beginning: what the
 * Inputs take and what is to be predicted. Where the files are not there, and the spec does without, nothing is said of them. Of a source that tells in advance
 * what its rows hold none is read.
 */
export async function compileWithData(at: SpecToOpen): Promise<Compiled> {
  const front = readFront(at.source, at.sets);
  const { spec } = front;
  const isTrained = spec?.weights !== undefined && !at.fromScratch;
  const rows =
    spec && !isTrained && !sourceOf(spec.data.source.word)?.describe ? await rowsIfThere(at, spec) : undefined;
  if (!rows) {
    const compiled = compile(at.source, await compileOptionsOf(at, front));
    return { ...compiled, warnings: [...compiled.warnings, ...judgeFields(compiled, isTrained)] };
  }
  const options = { ...optionsOf(at), front, ...(rows.fitted && { fitted: rows.fitted }) };
  const compiled = withWarnings(rows.warnings, () => compile(at.source, options));
  return { ...compiled, warnings: [...compiled.warnings, ...judgeRows(compiled, rows)] };
}

/** What is wrong with columns that are not what they are read as comes of that: it is told behind it. */
function withWarnings<T>(warnings: readonly Diagnostic[], judge: () => T): T {
  try {
    return judge();
  } catch (error) {
    throw error instanceof Failure && warnings.length > 0 ? new Failure([...warnings, ...error.diagnostics]) : error;
  }
}

/** Refuses what the source says in advance of its rows, where the network cannot read them. Gives what is worth a warning. */
function judgeFields({ spec, network }: Compiled, isTrained: boolean): Diagnostic[] {
  const { source } = spec.data;
  const description =
    isTrained || !isDescribed(spec) ? undefined : sourceOf(source.word)?.describe?.(source.arguments as never);
  if (!description) return [];
  const fields = description.fields.map((field) => ({
    ...field,
    data: field.form === 'values' ? new Float32Array() : new Int32Array(),
  }));
  const table = { ...description, fields, rows: 0, files: [] };
  bindRows(network, spec, spec.train.phases[0], table);
  return unusedClasses(spec, network, [table]);
}

/** Refuses rows that the network, its loss or its metrics cannot read. Gives what is worth a warning, what reading them came upon included. */
export function judgeRows(compiled: Compiled, rows: Rows): Diagnostic[] {
  return [...rows.warnings, ...withWarnings(rows.warnings, () => judgeTables(compiled, rows))];
}

function judgeTables({ spec, network }: Compiled, { train, validation, test }: Rows): Diagnostic[] {
  const tables = [train, validation, test].flatMap((table) => table ?? []);
  for (const table of tables) {
    const bound = bindRows(network, spec, spec.train.phases[0], table);
    refuseUnfitTargets(spec, table, bound);
    if (table === train) refuseStrangeClasses(spec, network, bound);
  }
  return unusedClasses(spec, network, tables);
}

async function rowsIfThere(at: SpecToOpen, spec: Spec): Promise<Rows | undefined> {
  try {
    return await rowsOf(at, spec);
  } catch (error) {
    if (error instanceof Failure && error.diagnostics.every(({ code }) => code === 'file-missing')) return undefined;
    throw error;
  }
}

function optionsOf(at: SpecToOpen): CompileOptions {
  const fitted = at.fitted ?? (at.fromScratch ? undefined : fittedOf(at.specFile));
  return { sets: at.sets, originals: originalsOf(at.specFile), ...(fitted && { fitted }) };
}

function storedOf({ specFile, fromScratch, fitted }: SpecToOpen, { weights }: Spec): Fitted | undefined {
  if (fitted) return fitted;
  return weights && !fromScratch ? fittedOf(specFile)(weights) : undefined;
}

/** Whether the source tells what its rows hold without reading them. */
function isDescribed({ data }: Spec): boolean {
  return (
    sourceOf(data.source.word)?.describe !== undefined &&
    !data.columns &&
    !data.window &&
    data.missing === undefined &&
    !data.standardize
  );
}

/** Whether every Input says how wide it is, and by indices what it keeps. */
function isClosed({ model }: Spec): boolean {
  return model.layers.every(({ kind, arguments: { shape, keep } }) => {
    if (kind !== 'Input') return true;
    const named = (keep as readonly unknown[] | undefined)?.some((feature) => typeof feature === 'string');
    return (shape as readonly number[]).length > 0 && !named;
  });
}

function rowsOf(at: SpecToOpen, spec: Spec, stored?: Fitted): Promise<Rows> {
  const { dataFolder, specFile } = at;
  const isTrained = spec.weights !== undefined && !at.fromScratch;
  const lock = at.acceptChangedData ? undefined : (at.lock ?? (isTrained ? lockBeside(specFile) : undefined));
  return readRows(spec, { dataFolder, specFolder: dataPathsFolder(spec, specFile), lock }, stored);
}
