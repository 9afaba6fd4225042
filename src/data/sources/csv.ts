import { existsSync } from 'node:fs';
import { isAbsolute, join, resolve } from 'node:path';
import { fail } from '../../diagnostics/report.js';
import { type Static, Type } from '../../ir/kind.js';
import { readCsv } from '../csv/table.js';
import type { InputFile } from '../files.js';
import { dataFolders } from '../folders.js';
import { defineSource, type SourcePlace } from '../source.js';

const schema = Type.Object({
  files: Type.Array(Type.String({ minLength: 1 }), {
    minItems: 1,
    oneOrList: true,
    description:
      'The file, or several files with the same columns, one behind the other. Looked for beside the spec, then in the data folders.',
  }),
  header: Type.Union(
    ['auto', 'names', 'none', 'counts'].map((word) => Type.Literal(word)),
    {
      default: 'auto',
      description:
        'What the first line is: names of columns, a row like all others, or counts (rows, features, names of the classes), as in the files of scikit-learn.',
    },
  ),
  separator: Type.Optional(
    Type.String({
      minLength: 1,
      maxLength: 1,
      description: 'What separates the cells. Absent: a tab, `;` or `,`, whichever the lines agree on.',
    }),
  ),
  names: Type.Optional(
    Type.Array(Type.String({ minLength: 1 }), {
      minItems: 1,
      description: 'Names of the columns, for a file without. Absent: the first line, else column_1, column_2, …',
    }),
  ),
  decimal: Type.Union([Type.Literal('.'), Type.Literal(',')], {
    default: '.',
    description: 'The decimal sign of numbers.',
  }),
  missing: Type.Array(Type.String({ minLength: 1 }), {
    default: ['NA', 'N/A', 'NaN', 'nan', 'null', 'NULL', '?'],
    description:
      'What stands for a missing number, beside an empty cell. In a column of texts only the empty cell is missing.',
  }),
});

export const csv = defineSource({
  keyword: 'csv',
  summary: 'A table from CSV files, plain or packed with gzip: every column is a field of its name.',
  cite: 'Y. Shafranovich, RFC 4180, "Common Format and MIME Type for Comma-Separated Values (CSV) Files"',
  schema,
  read: async (args: Static<typeof schema>, place) => ({
    train: await readCsv(
      args.files.map((name) => findTable(name, place)),
      {
        header: args.header as 'auto',
        separator: args.separator,
        decimal: args.decimal,
        names: args.names,
        missing: args.missing,
        columns: place.columns,
        mayLack: place.mayLack,
        at: place.at,
      },
    ),
  }),
});

/** The file of a table: beside the spec, else in a data folder or a folder `tabular` in it, packed or not. */
function findTable(name: string, place: SourcePlace): InputFile {
  const file = (path: string): InputFile => ({ path, name, role: 'a table', at: place.at });
  const own = resolve(place.specFolder, name);
  const folders = isAbsolute(name) ? [] : dataFolders(place);
  const paths = [own, ...folders.flatMap(({ folder }) => [join(folder, name), join(folder, 'tabular', name)])];
  for (const path of paths) if (existsSync(path)) return file(path);
  for (const path of paths) if (existsSync(`${path}.gz`)) return file(`${path}.gz`);
  if (folders.length === 0) return file(own);
  return fail(
    'file-missing',
    { file: name, role: 'a table' },
    {
      at: place.at,
      help: [
        `looked in ${place.specFolder} (beside the spec)`,
        ...folders.map(({ folder, called }) => `looked in ${folder} (${called})`),
        'name the folder that holds it: --data-dir FOLDER',
      ],
    },
  );
}
