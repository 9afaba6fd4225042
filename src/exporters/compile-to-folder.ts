import { readFileSync } from 'node:fs';
import path from 'node:path';
import { type Compiled, compile } from '../compiler/compile.js';
import type { Diagnostic } from '../diagnostics/diagnostic.js';
import type { Source } from '../diagnostics/source.js';
import { artifactFolder, isUpToDate, lastCompiledFile, sourceHash, writeArtifact } from './artifact.js';
import { removeHalfWritten, writeAtomically } from '../files.js';
import type { RunFolder } from '../runtime/run/run-folder.js';
import { startingValues } from '../runtime/weights/load.js';
import { compileOptions, compileWithData } from '../runtime/spec/open-spec.js';
import { readSpecFile } from '../runtime/spec/spec-file.js';

export interface ToFolder {
  /** The weights that the spec names are left aside. Default: false. */
  readonly fromScratch?: boolean;
  /** Where tables are looked for, of which the shapes are taken. */
  readonly dataFolder?: string | undefined;
  /** Whether the folder's spec counts as compiled last, which `train` takes when none is named. Default: true. */
  readonly isLast?: boolean;
  /** Whether a table is held against the spec, as `train` does itself. Default: false. */
  readonly withData?: boolean;
}

/**
 * What `dnc compile` does: compiles, writes the artifact folder, and notes that this spec was the last. The models hold the weights that the spec
 * names, or with `fromScratch`, as where it names none, initial ones.
 */
export async function compileToFolder(
  source: Source,
  file: string,
  sets: readonly string[],
  { fromScratch = false, dataFolder, isLast = true, withData = false }: ToFolder = {},
): Promise<{ readonly compiled: Compiled; readonly folder: string; readonly warnings: readonly Diagnostic[] }> {
  const toOpen = { source, specFile: file, sets, dataFolder, fromScratch };
  const compiled = withData ? await compileWithData(toOpen) : compile(source, await compileOptions(toOpen));
  const folder = artifactFolder(file);
  const values = startingValues(compiled, file, { fromScratch });
  const missing = writeArtifact(folder, compiled, values, sourceHash(source.text, sets, fromScratch));
  if (isLast)
    writeAtomically(lastCompiledFile(path.dirname(file)), `${JSON.stringify({ spec: path.basename(file), sets })}\n`);
  return { compiled, folder, warnings: [...compiled.warnings, ...missing] };
}

/** Warnings of what a model could not hold. */
export const aboutModels: readonly string[] = ['no-tfjs-spelling', 'tfjs-without-method'];

/**
 * Writes the models of a simplified spec, with its weights, when it has been made, so that none of an earlier result stays beside it. The warnings
 * are those of the models; the spec's own were shown when it was made. `told` says in a line what was written.
 */
export async function exportResult(
  source: Source,
  file: string,
  dataFolder: string | undefined,
): Promise<{ readonly folder: string; readonly warnings: readonly Diagnostic[]; readonly told: string }> {
  const { folder, warnings } = await compileToFolder(source, file, [], { dataFolder, isLast: false });
  const lacking = warnings.filter(({ code }) => aboutModels.includes(code));
  const models = lacking.some(({ code }) => code === 'no-tfjs-spelling')
    ? 'its ONNX model'
    : 'its ONNX and TensorFlow.js models';
  return { folder, warnings: lacking, told: `${models}, with these weights: ${folder}` };
}

/**
 * Writes the models of a run that has come to its end, where they are not whole: it was killed, or its disk was full, behind its result. Nothing is
 * touched where they are. Gives their folder where they were written.
 *
 * @throws Failure run-locked, cannot-write, and what is wrong with the simplified spec or its weights
 */
export async function completeExport(run: RunFolder): Promise<string | undefined> {
  const file = run.simplifiedText(run.readRecord());
  const source = readSpecFile(file);
  const folder = artifactFolder(file);
  if (isUpToDate(folder, sourceHash(source.text, []))) return undefined;
  run.lock();
  try {
    for (const half of [folder, path.join(folder, 'tfjs')]) removeHalfWritten(half);
    return (await exportResult(source, file, undefined)).folder;
  } finally {
    run.unlock();
  }
}

/** Compiles where the artifact folder is missing or was made from another text; gives the warnings of that. */
export async function compileIfNeeded(
  source: Source,
  file: string,
  sets: readonly string[],
  options: ToFolder & { readonly fromScratch: boolean },
): Promise<readonly Diagnostic[]> {
  if (isUpToDate(artifactFolder(file), sourceHash(source.text, sets, options.fromScratch))) return [];
  return (await compileToFolder(source, file, sets, options)).warnings;
}

/** What was compiled last in a folder, with its `--set` values. */
export function lastCompiled(folder: string): { readonly file: string; readonly sets: readonly string[] } | undefined {
  try {
    const { spec, sets } = JSON.parse(readFileSync(lastCompiledFile(folder), 'utf8')) as {
      spec: unknown;
      sets: unknown;
    };
    if (typeof spec !== 'string' || !Array.isArray(sets)) return undefined;
    return { file: folder === '.' ? spec : path.join(folder, spec), sets: sets.map(String) };
  } catch {
    return undefined;
  }
}
