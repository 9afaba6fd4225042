import path from 'node:path';
import { type Compiled, compile } from '../compiler/compile.js';
import type { Diagnostic } from '../diagnostics/diagnostic.js';
import type { Source } from '../diagnostics/source.js';
import { artifactFolder, lastCompiledFile, sourceHash, writeArtifact } from './artifact.js';
import { writeAtomically } from '../runtime/files.js';
import { originalsOf, startingValues } from '../runtime/load.js';

/** What `dnc compile` does: compiles, writes the artifact folder, and notes that this spec was the last. */
export function compileToFolder(
  source: Source,
  file: string,
  sets: readonly string[],
): { readonly compiled: Compiled; readonly folder: string; readonly warnings: readonly Diagnostic[] } {
  const compiled = compile(source, { sets, originals: originalsOf(file) });
  const folder = artifactFolder(file);
  const values = startingValues(compiled, file, { fromScratch: false });
  const missing = writeArtifact(folder, compiled, values, sourceHash(source.text, sets));
  writeAtomically(lastCompiledFile(path.dirname(file)), `${JSON.stringify({ spec: path.basename(file), sets })}\n`);
  return { compiled, folder, warnings: [...compiled.warnings, ...missing] };
}
