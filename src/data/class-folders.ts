import { type Dirent, existsSync, readdirSync, statSync } from 'node:fs';
import { extname, isAbsolute, join, resolve } from 'node:path';
import { fail } from '../diagnostics/report.js';
import { systemReason } from '../diagnostics/system-errors.js';
import { inOrder } from './columns/texts.js';
import type { InputFile } from './files.js';
import { dataFolders } from './folders.js';
import type { Field, SourceParts, SourcePlace, Table } from './source.js';

/** The files of one class in one part. */
export interface ClassFolder {
  /** In messages and in the data lock: the path as the spec has it. */
  readonly name: string;
  /** The class's number. */
  readonly label: number;
  readonly files: readonly InputFile[];
}

/** A folder with one sub-folder a class, or with such a folder for every part. */
export interface ClassFolders {
  /** Names of the classes, in the order of their numbers. */
  readonly labels: readonly string[];
  readonly train: readonly ClassFolder[];
  readonly validation?: readonly ClassFolder[];
  readonly test?: readonly ClassFolder[];
}

/** Reads every part that there is. */
export function readParts(
  { train, validation, test }: ClassFolders,
  read: (folders: readonly ClassFolder[]) => Table,
): SourceParts {
  return {
    train: read(train),
    ...(validation && { validation: read(validation) }),
    ...(test && { test: read(test) }),
  };
}

/** The field of the classes' numbers, one for each row. */
export function classField({ labels }: ClassFolders, data: Int32Array): Field {
  return { name: 'label', shape: [], form: 'classes', classes: labels.length, labels, data };
}

/** Which files count. */
export interface Endings {
  readonly taken: readonly string[];
  /** What is refused, since it would be missed: pictures of other kinds. */
  readonly refused: readonly string[];
  /** What the files are, in a few words. */
  readonly role: string;
}

const PARTS = ['train', 'validation', 'test'] as const;
/** Other names that the folder of the validation part has. */
const VALIDATION = ['validation', 'val', 'valid'];
/** Folders within a class's folder are gone into, this deep. */
const DEEPEST = 8;
/** Files in one folder of classes. */
const MOST_FILES = 2 ** 22;

/**
 * Finds the files of a folder whose sub-folders are classes; where it has a folder `train`, this has them, and `validation` (or `val`, `valid`) and `test` may stand
 * beside it with the same classes. Names that begin with a dot and files with other endings are passed over. Classes are numbered in the order of their names
 * (by their size where all are numbers), files come class by class, each class in the order of the paths within it.
 *
 * @param only the classes that are read; all where absent
 * @throws Failure file-missing, folder-layout, image-damaged for a picture of another kind, file-unreadable
 */
export function findClassFolders(
  path: string,
  endings: Endings,
  place: SourcePlace,
  only?: readonly string[],
): ClassFolders {
  const root = findFolder(path, place);
  const inside = foldersIn(root, path, place);
  const parts = inside.includes('train')
    ? PARTS.flatMap((part) => {
        const name = (part === 'validation' ? VALIDATION : [part]).find((one) => inside.includes(one));
        return name === undefined ? [] : [{ part, name }];
      })
    : [{ part: 'train' as const, name: undefined }];
  const odd = inside.filter((name) => parts.every((part) => part.name !== undefined && part.name !== name));
  if (odd.length > 0) {
    const problem = `it has the folder ${odd[0]} beside train, which is no part`;
    fail('folder-layout', { folder: path, problem }, { at: place.at });
  }
  let labels: readonly string[] = [];
  const found: Partial<Record<(typeof PARTS)[number], readonly ClassFolder[]>> = {};
  for (const { part, name } of parts) {
    const [folder, called] = name === undefined ? [root, path] : [join(root, name), `${path}/${name}`];
    const classes = inOrder(foldersIn(folder, called, place).filter((label) => !only || only.includes(label)));
    if (classes.length === 0) {
      const problem = 'it has no sub-folders, and each of them is a class';
      fail('folder-layout', { folder: called, problem }, { at: place.at });
    }
    if (part === 'train') labels = classes;
    const lacking = part === 'train' ? only?.find((label) => !labels.includes(label)) : undefined;
    if (lacking !== undefined) {
      const problem = `it has no sub-folder ${lacking}, which \`classes\` names`;
      fail('folder-layout', { folder: called, problem }, { at: place.at });
    }
    const strange = classes.find((one) => !labels.includes(one));
    if (strange !== undefined) {
      const problem = `no training row has the class ${strange}: ${path}/train holds ${labels.join(', ')}`;
      fail('folder-layout', { folder: called, problem }, { at: place.at });
    }
    found[part] = classes.map((label) => {
      const files = filesIn(join(folder, label), `${called}/${label}`, endings, place);
      if (files.length === 0 && part === 'train')
        fail(
          'folder-layout',
          { folder: `${called}/${label}`, problem: `it holds no ${endings.role}` },
          { at: place.at },
        );
      return { name: `${called}/${label}`, label: labels.indexOf(label), files };
    });
  }
  return { labels, train: found.train!, ...found };
}

/** The files of a folder, gone through in the order of their paths, or the one file that the path is. */
export function findFiles(path: string, endings: Endings, place: SourcePlace): readonly InputFile[] {
  const whole = resolve(place.specFolder, path);
  if (existsSync(whole) && statSync(whole).isFile())
    return [{ path: whole, name: path, role: endings.role, at: place.at }];
  const folder = findFolder(path, place);
  const files = filesIn(folder, path, endings, place);
  if (files.length === 0)
    fail('folder-layout', { folder: path, problem: `it holds no ${endings.role}` }, { at: place.at });
  return files;
}

/** Finds a folder that the spec names: beside the spec, else in a data folder. @throws Failure file-missing, folder-layout */
function findFolder(path: string, place: SourcePlace): string {
  const folders = isAbsolute(path) ? [] : dataFolders(place);
  const places = [resolve(place.specFolder, path), ...folders.map(({ folder }) => join(folder, path))];
  const found = places.find((one) => existsSync(one));
  if (found === undefined)
    return fail(
      'file-missing',
      { file: path, role: 'a folder' },
      {
        at: place.at,
        help: [
          ...folders.map(({ folder, called }) => `looked in ${folder} (${called})`),
          ...(folders.length > 0 ? ['name the folder that holds it: --data-dir FOLDER'] : []),
        ],
      },
    );
  if (!statSync(found).isDirectory())
    fail('folder-layout', { folder: path, problem: 'it is a file and no folder' }, { at: place.at });
  return found;
}

function entriesOf(folder: string, called: string, place: SourcePlace): readonly Dirent[] {
  try {
    return readdirSync(folder, { withFileTypes: true }).filter(({ name }) => !name.startsWith('.'));
  } catch (error) {
    return fail('file-unreadable', { file: called, reason: systemReason(error, 'reading') }, { at: place.at });
  }
}

/** Links count as what they lead to; those that lead nowhere are files that cannot be read. */
function isFolder(entry: Dirent, folder: string): boolean {
  if (!entry.isSymbolicLink()) return entry.isDirectory();
  return statSync(join(folder, entry.name), { throwIfNoEntry: false })?.isDirectory() ?? false;
}

function foldersIn(folder: string, called: string, place: SourcePlace): readonly string[] {
  return entriesOf(folder, called, place).flatMap((entry) => (isFolder(entry, folder) ? [entry.name] : []));
}

function filesIn(folder: string, called: string, endings: Endings, place: SourcePlace): readonly InputFile[] {
  const files: InputFile[] = [];
  const walk = (path: string, name: string, depth: number) => {
    if (depth > DEEPEST) {
      const problem = `its folders lie more than ${DEEPEST} deep in each other`;
      fail('folder-layout', { folder: called, problem }, { at: place.at });
    }
    const entries = [...entriesOf(path, name, place)].sort((a, b) => (a.name < b.name ? -1 : 1));
    for (const entry of entries) {
      const [inner, innerName] = [join(path, entry.name), `${name}/${entry.name}`];
      if (isFolder(entry, path)) {
        walk(inner, innerName, depth + 1);
        continue;
      }
      const ending = extname(entry.name).toLowerCase();
      if (endings.refused.includes(ending)) {
        const problem = 'is of a kind that is not read; PNG and JPEG are';
        fail('image-damaged', { file: innerName, problem }, { at: place.at });
      }
      if (!endings.taken.includes(ending)) continue;
      files.push({ path: inner, name: innerName, role: endings.role, at: place.at });
      if (files.length > MOST_FILES) {
        const problem = `it holds more than ${MOST_FILES.toLocaleString('en-US')} files`;
        fail('folder-layout', { folder: called, problem }, { at: place.at });
      }
    }
  };
  walk(folder, called, 0);
  return files;
}
