import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { isAbsolute, join, resolve } from 'node:path';
import { fail } from '../diagnostics/report.js';
import type { InputFile } from './files.js';
import type { SourcePlace } from './source.js';

/** One file of a data set, with the names under which it is found, each with or without `.gz`. */
export interface DatasetFile {
  readonly names: readonly string[];
  readonly role: string;
}

/** dnc's own data folder: `dnc` in the operating system's folder for data of applications. Undefined where the user has no home folder. */
export function ownDataFolder(
  environment: NodeJS.ProcessEnv = process.env,
  platform = process.platform,
): string | undefined {
  const home = (): string | undefined => {
    try {
      return homedir();
    } catch {
      // A user id that the system has no entry for, as in some containers.
      return undefined;
    }
  };
  const below = (...path: string[]) => {
    const base = home();
    return base === undefined ? undefined : join(base, ...path);
  };
  const system =
    platform === 'win32'
      ? (environment.LOCALAPPDATA ?? below('AppData', 'Local'))
      : platform === 'darwin'
        ? below('Library', 'Application Support')
        : environment.XDG_DATA_HOME || below('.local', 'share');
  return system === undefined ? undefined : join(system, 'dnc');
}

/** The folders that may hold data sets, in the order in which they are looked through, with the words that name them in messages. */
export function dataFolders(
  place: Pick<SourcePlace, 'dataFolder' | 'specFolder'>,
  environment: NodeJS.ProcessEnv = process.env,
): readonly { readonly folder: string; readonly called: string }[] {
  const own = ownDataFolder(environment);
  return [
    ...(place.dataFolder ? [{ folder: place.dataFolder, called: '--data-dir' }] : []),
    ...(environment.DNC_DATA ? [{ folder: environment.DNC_DATA, called: 'DNC_DATA' }] : []),
    { folder: place.specFolder, called: 'beside the spec' },
    { folder: join(place.specFolder, 'data'), called: 'in data/ beside the spec' },
    ...(own ? [{ folder: own, called: "dnc's data folder" }] : []),
  ];
}

/** A file of a source, held to what an earlier run found in it. `name` is what it is called in messages and in the data lock. */
function inputFile(path: string, name: string, role: string, { at, lock }: SourcePlace): InputFile {
  const locked = lock?.files.get(name);
  return { path, name, role, at, ...(locked && { locked: { ...locked, help: lock!.help } }) };
}

/**
 * Finds a file that the spec names: beside the spec, else in a data folder, where `folder` says also in the folder of that name there; as it is named, or
 * packed (`.gz`) where `packed`. In messages and in the data lock it has the name that the spec gives it.
 *
 * @throws Failure file-missing with the places that were looked at
 */
export function findFile(
  name: string,
  role: string,
  place: SourcePlace,
  options: { readonly packed: boolean; readonly folder?: string },
): InputFile {
  const own = resolve(place.specFolder, name);
  const folders = isAbsolute(name) ? [] : dataFolders(place);
  const paths = [
    own,
    ...folders.flatMap(({ folder }) => [
      join(folder, name),
      ...(options.folder === undefined ? [] : [join(folder, options.folder, name)]),
    ]),
  ];
  for (const path of paths) if (existsSync(path)) return inputFile(path, name, role, place);
  if (options.packed)
    for (const path of paths) if (existsSync(`${path}.gz`)) return inputFile(`${path}.gz`, name, role, place);
  if (folders.length === 0) return inputFile(own, name, role, place);
  return fail(
    'file-missing',
    { file: name, role },
    {
      at: place.at,
      help: [
        ...folders.map(({ folder, called }) => `looked in ${folder} (${called})`),
        'name the folder that holds it: --data-dir FOLDER',
      ],
    },
  );
}

/**
 * Finds the files of a data set: in the first folder that has any of them, so that a set is never put together from two places. `folders` are the
 * names that the set's own folder may have. In messages and in the data lock a file is called by that folder and its name.
 *
 * @throws Failure data-missing with the places that were looked at, file-missing where the set is not complete
 */
export function findDataset(
  source: string,
  folders: readonly string[],
  files: readonly DatasetFile[],
  place: SourcePlace,
  environment: NodeJS.ProcessEnv = process.env,
): readonly InputFile[] {
  const where = dataFolders(place, environment);
  const find = (folder: string, file: DatasetFile) =>
    file.names.flatMap((name) => [`${name}.gz`, name]).find((name) => existsSync(join(folder, name)));
  for (const { folder } of where) {
    for (const own of folders) {
      const found = files.map((file) => find(join(folder, own), file));
      if (found.every((name) => name === undefined)) continue;
      return files.map((file, k): InputFile => {
        const name = found[k];
        if (name === undefined) {
          const missing = `${own}/${file.names[0]}.gz`;
          fail(
            'file-missing',
            { file: missing, role: file.role },
            { at: place.at, help: [`the other files are in ${join(folder, own)}`] },
          );
        }
        return inputFile(join(folder, own, name), `${own}/${name}`, file.role, place);
      });
    }
  }
  const above = where.find(({ folder }) => files.every((file) => find(folder, file)));
  fail(
    'data-missing',
    { source, files: files.map((file) => `${file.names[0]}.gz`).join(', ') },
    {
      at: place.at,
      help: [
        ...where.map(({ folder, called }) => `looked in ${join(folder, folders[0]!)} (${called})`),
        ...(above
          ? [`${above.called} itself has these files: name the folder above it, and call this one ${folders[0]}`]
          : [
              `download them: dnc data fetch ${source}`,
              `or put the files into a folder ${folders[0]}, and name the folder above it: --data-dir FOLDER`,
            ]),
      ],
    },
  );
}
