import { didYouMeanOr } from '../../diagnostics/did-you-mean.js';
import { fail } from '../../diagnostics/report.js';
import type { Span } from '../../diagnostics/source.js';
import { sizeOf } from '../../program/program.js';
import { scaleRow } from '../scale.js';
import type { Field, Table } from '../source.js';
import { StoredRows } from '../stored-rows.js';
import {
  describeColumn,
  type Fitted,
  type FittedCategories,
  type FittedColumn,
  type FittedNumbers,
  type FittedTokens,
} from './fitted.js';
import { mismatch, type Texts, textsOf } from './texts.js';
import { FIRST_WORD, PADDING, UNKNOWN, wordsIn } from './vocabulary.js';

/** What reading rows by what was learned from others came upon. */
export interface Unknown {
  readonly column: string;
  readonly category: string;
  rows: number;
}

interface Options {
  readonly at?: Span | undefined;
  readonly unknown?: Unknown[];
}

/**
 * Reads rows as `fitted` says. Columns are found by name; a field that `fitted` does not know is left out. Numbers change in their place. What is to be
 * predicted is left out where `mayLack` has its name and it is not there.
 *
 * @throws Failure unknown-field, missing-cells, unknown-category, unknown-class, field-mismatch
 */
export function applyFitted(
  table: Pick<Table, 'fields'>,
  fitted: Fitted,
  options: Options & { readonly mayLack?: readonly string[] },
): readonly Field[] {
  const fields: Field[] = [];
  for (const column of fitted.columns) {
    const field = table.fields.find((one) => one.name === column.name);
    if (field) {
      fields.push(applyColumn(field, column, options));
      continue;
    }
    if (options.mayLack?.includes(column.name)) continue;
    // What another column is read as is none that this one could be.
    const names = table.fields
      .map(({ name }) => name)
      .filter((name) => fitted.columns.every((one) => one.name !== name));
    const details = { field: column.name, reader: 'the network', source: 'the table' };
    fail('unknown-field', details, {
      at: options.at,
      help: names.length > 0 ? didYouMeanOr(column.name, names, 'columns') : [],
    });
  }
  return fields;
}

function applyColumn(field: Field, column: FittedColumn, options: Options): Field {
  const own = describeColumn(column);
  const choices = { span: options.at };
  switch (column.kind) {
    case 'number':
      if (field.form !== 'values') return mismatch(field, 'numbers', choices);
      refuseMissing(field, column.fill !== undefined, options.at);
      if (field.data instanceof StoredRows) return { ...own, data: field.data.scaled(column) };
      scaleRows(field.data as Float32Array, column);
      return { ...own, data: field.data };
    case 'one_hot':
      refuseMissing(field, column.missing !== undefined, options.at);
      return { ...own, data: oneHot(textsOf(field, choices), column.name, column, options) };
    case 'classes':
      if (field.form === 'classes' || !column.labels) return { ...own, data: field.data };
      refuseMissing(field, false, options.at);
      return { ...own, data: classNumbers(textsOf(field, choices), column.name, column.labels, options.at) };
    case 'tokens':
      refuseMissing(field, column.missing === true, options.at);
      return { ...own, data: tokens(textsOf(field, choices), column) };
    case 'image_file':
      // `readPictures` has read them already.
      if (field.form !== 'values') return mismatch(field, 'pictures', choices);
      return { ...own, data: field.data };
  }
}

function refuseMissing({ name, missing }: Field, isFilled: boolean, at: Span | undefined): void {
  if (missing && !isFilled) fail('missing-cells', { column: name, ...missing }, { at });
}

function scaleRows(data: Float32Array, column: FittedNumbers): void {
  const width = sizeOf(column.shape);
  for (let at = 0; at < data.length; at += width) scaleRow(data, at, width, column);
}

function oneHot({ texts, data }: Texts, name: string, column: FittedCategories, options: Options): Float32Array {
  const { categories } = column;
  const width = categories.length;
  const order = new Map(categories.map((category, k) => [category, k]));
  const places = texts.map((text) => order.get(text) ?? -1);
  const fill = column.missing && 'category' in column.missing ? (order.get(column.missing.category) ?? -1) : -1;
  const counts = new Map<number, number>();
  const result = new Float32Array(data.length * width);
  for (let row = 0; row < data.length; row++) {
    const text = data[row]!;
    const place = text < 0 ? fill : places[text]!;
    if (place >= 0) result[row * width + place] = 1;
    else if (text >= 0) counts.set(text, (counts.get(text) ?? 0) + 1);
  }
  for (const [text, rows] of counts) {
    const category = texts[text]!;
    if (column.unknown === 'error')
      fail(
        'unknown-category',
        { column: name, category, rows },
        { at: options.at, help: didYouMeanOr(category, categories, 'categories') },
      );
    options.unknown?.push({ column: name, category, rows });
  }
  return result;
}

/** Whole numbers as floats, which hold them exactly: the first words of every text, the rest of the row padding. */
function tokens({ texts, data }: Texts, { vocabulary, length }: FittedTokens): Float32Array {
  const order = new Map(vocabulary.map((word, k) => [word, k + FIRST_WORD]));
  const rows = texts.map((text) =>
    Float32Array.from(wordsIn(text).slice(0, length), (word) => order.get(word) ?? UNKNOWN),
  );
  const result = new Float32Array(data.length * length).fill(PADDING);
  for (let row = 0; row < data.length; row++) if (data[row]! >= 0) result.set(rows[data[row]!]!, row * length);
  return result;
}

function classNumbers(
  { texts, data }: Texts,
  column: string,
  labels: readonly string[],
  at: Span | undefined,
): Int32Array {
  const order = new Map(labels.map((label, k) => [label, k]));
  const places = texts.map((text) => order.get(text) ?? -1);
  const result = new Int32Array(data.length);
  for (let row = 0; row < data.length; row++) {
    const place = data[row]! < 0 ? -1 : places[data[row]!]!;
    // A missing class was refused, or its row was dropped; what the row holds is not read.
    if (place < 0 && data[row]! >= 0)
      fail('unknown-class', { column, label: texts[data[row]!]!, known: labels.join(', ') }, { at });
    result[row] = Math.max(0, place);
  }
  return result;
}
