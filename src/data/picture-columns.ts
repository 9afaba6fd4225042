import { existsSync } from 'node:fs';
import { isAbsolute, join, resolve } from 'node:path';
import { fail } from '../diagnostics/report.js';
import { mismatch } from './columns/texts.js';
import type { PictureChoices } from './columns/fitted.js';
import { keyText } from './csv/table.js';
import { FileSet } from './file-sets.js';
import type { InputFile } from './files.js';
import { pictureMemory, pictureShape, readPicture } from './pictures/read.js';
import type { Field, SourcePlace, Table } from './source.js';
import { heldNumbers } from './row-memory.js';

/**
 * Reads the pictures that columns of a table name: such a field then holds them. A file that several rows name is read once. Names are relative to the folder
 * of the table's first file, or to `folder` there. The data lock has one entry for all pictures of a column.
 *
 * @param choicesOf how the pictures of a field are read; undefined for any other field
 * @throws Failure of the files, image-damaged, missing-cells, field-mismatch, table-too-large
 */
export function readPictureColumns(
  table: Table,
  choicesOf: (field: Field) => PictureChoices | undefined,
  place: SourcePlace,
): Table {
  const files = [...table.files];
  const fields = table.fields.map((field): Field => {
    const choices = choicesOf(field);
    if (!choices) return field;
    if (field.form !== 'texts') return mismatch(field, 'names of files', { span: place.at });
    if (field.missing) fail('missing-cells', { column: field.name, ...field.missing }, { at: place.at });
    // Rows that were left out may name what is not there.
    const used = new Set<number>();
    const texts = heldNumbers(field, 'a column of names', place.at);
    for (let row = 0; row < table.rows; row++) used.add(texts[table.selection ? table.selection[row]! : row]!);
    const names = [...used].sort((a, b) => a - b);
    const data = pictureMemory(
      texts.length,
      choices,
      `${field.name} of ${table.files[0]?.name ?? 'the table'}`,
      place.at,
    );
    const read = pictureMemory(names.length, choices, field.name, place.at);
    const size = names.length === 0 ? 0 : read.length / names.length;
    const named = names.map((text): InputFile => pictureFile(field.texts![text]!, field, choices, table, place));
    refuseMissing(field, named, choices, place);
    const set = `${table.files[0]?.name ?? 'the table'}: ${field.name}`;
    files.push(
      FileSet.read(set, named, place, (file, k) => readPicture(file, choices, read.subarray(k * size, (k + 1) * size))),
    );
    const placeOf = new Map(names.map((text, k) => [text, k]));
    for (let row = 0; row < texts.length; row++) {
      const k = placeOf.get(texts[row]!);
      if (k !== undefined) data.set(read.subarray(k * size, (k + 1) * size), row * size);
    }
    const position = field.position !== undefined && { position: field.position };
    return { name: field.name, ...position, shape: pictureShape(choices), form: 'values', data };
  });
  return { ...table, fields, files };
}

/**
 * Looks for all pictures before the first is read: a wrong folder is told at once, with how many it lacks.
 *
 * @throws Failure file-missing
 */
function refuseMissing(
  { name }: Field,
  files: readonly InputFile[],
  { folder }: PictureChoices,
  { at }: SourcePlace,
): void {
  const missing = files.filter(({ path }) => !existsSync(path));
  const [first] = missing;
  if (!first) return;
  const names = `${missing
    .slice(0, 4)
    .map((file) => file.name)
    .join(', ')}${missing.length > 4 ? ', …' : ''}`;
  const count = (value: number) => value.toLocaleString('en-US');
  const key = keyText(name);
  const help = [
    ...(missing.length > 1
      ? [`${count(missing.length)} of ${count(files.length)} pictures are not there: ${names}`]
      : []),
    `looked for ${resolve(first.path)}`,
    folder === undefined
      ? `names start from the folder of the table; \`columns { ${key}: image_file(…, folder: "…") }\` names one beside it`
      : `names start from the folder ${folder} beside the table`,
  ];
  fail('file-missing', { file: first.name, role: first.role }, { at, help });
}

function pictureFile(
  text: string,
  field: Field,
  { folder }: PictureChoices,
  table: Table,
  { at }: SourcePlace,
): InputFile {
  const from = isAbsolute(folder ?? '') ? folder! : join(table.folder ?? '.', folder ?? '.');
  return {
    path: isAbsolute(text) ? text : join(from, text),
    name: folder === undefined ? text : `${folder}/${text}`,
    role: `a picture of the column ${field.name}`,
    at,
  };
}
