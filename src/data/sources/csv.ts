import { basename, dirname, extname } from 'node:path';
import { fail } from '../../diagnostics/report.js';
import { type Static, Type } from '../../ir/kind.js';
import { readCsv } from '../csv/table.js';
import { findFile } from '../folders.js';
import { OTHER_PICTURES, PICTURE_ENDINGS } from '../pictures/read.js';
import { defineSource, type SourcePlace, type Table } from '../source.js';

const schema = Type.Object({
  files: Type.Array(Type.String({ minLength: 1 }), {
    minItems: 1,
    oneOrList: true,
    examples: ['houses.csv'],
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
  missing: Type.Array(Type.Union([Type.String({ minLength: 1 }), Type.Number()]), {
    oneOrList: true,
    default: ['NA', 'N/A', 'NaN', 'nan', 'null', 'NULL', '?'],
    description:
      'What stands for a missing number, beside an empty cell: texts or numbers (`-999`), which take the place of these. In a column of texts only the empty cell is missing.',
  }),
});

export const csv = defineSource({
  keyword: 'csv',
  summary: 'A table from CSV files, plain or packed with gzip: every column is a field of its name.',
  cite: 'Y. Shafranovich, RFC 4180, "Common Format and MIME Type for Comma-Separated Values (CSV) Files"',
  schema,
  read: async (args, place) => ({ train: await readTable(args, place) }),
  readRows: async (args, file, place) => {
    refusePicture(file);
    return readTable({ ...args, files: [file] }, place);
  },
});

/** A picture is one cell of a row: what the row is, only a table says. */
function refusePicture(file: string): void {
  const ending = extname(file).toLowerCase();
  if (![...PICTURE_ENDINGS, ...OTHER_PICTURES].includes(ending)) return;
  const help = [
    '`--input rows.csv`, a table with the columns of the training rows; a column of pictures holds their file names',
  ];
  fail('predict-file', { file: basename(file), source: 'csv', takes: 'a table' }, { help });
}

async function readTable(args: Static<typeof schema>, place: SourcePlace): Promise<Table> {
  if (args.separator !== undefined && /[\r\n"]/.test(args.separator)) {
    const help = ['separators: `","`, `";"`, a tab `"\\t"`, `"|"`; every line is a row'];
    fail('csv-separator', { separator: JSON.stringify(args.separator) }, { at: place.at, help });
  }
  const files = args.files.map((name) => findFile(name, 'a table', place, { packed: true, folder: 'tabular' }));
  const table = await readCsv(files, {
    header: args.header as 'auto',
    separator: args.separator,
    decimal: args.decimal,
    names: args.names,
    missing: args.missing.map(String),
    columns: place.columns,
    known: place.known,
    at: place.at,
  });
  return { ...table, folder: dirname(files[0]!.path) };
}
