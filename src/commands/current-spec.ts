import { existsSync } from 'node:fs';
import { type Io, listOption, type Options } from './command.js';
import { specFile, specFiles } from './spec-file.js';

/**
 * The spec that a command works on, with its `--set` values: the one that was named, or what was compiled last in the current folder, as it was compiled
 * there, or the only one. Of several that are there, the one that is taken is told, and values that go on being set. `dnc compile` itself asks for a name where there are several.
 */
export async function currentSpec(
  given: string | undefined,
  options: Options,
  io: Io,
  command: string,
): Promise<{ readonly file: string; readonly sets: readonly string[] }> {
  const sets = listOption(options, 'set');
  if (given !== undefined) return { file: specFile(given, command), sets };
  const { lastCompiled } = await import('../exporters/compile-to-folder.js');
  const last = lastCompiled('.');
  if (!last || !existsSync(last.file)) return { file: specFile(undefined, command), sets };
  const as = last.sets.map((set) => ` --set ${set}`).join('');
  if (as !== '') io.note(`${last.file} is taken as it was compiled last here, with${as}\n`);
  else if (specFiles([]).length > 1) io.note(`${last.file} is taken, which was compiled last here\n`);
  return { file: last.file, sets: [...last.sets, ...sets] };
}
