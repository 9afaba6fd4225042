import { didYouMeanOr } from '../diagnostics/did-you-mean.js';
import { fail, Reports } from '../diagnostics/report.js';
import type { Span } from '../diagnostics/source.js';
import type { Call } from '../ir/kind.js';
import { sizeOf } from '../program/program.js';
import { numberIn } from './csv/layout.js';
import { keyText } from './csv/table.js';
import type { ColumnType, ColumnTypes, Description, Field, Table } from './source.js';
import { select } from './splits.js';

/** What happens to missing numbers. */
export type MissingNumbers = 'error' | 'drop' | 'mean' | 'median' | number;

/** What the data section says about columns. */
export interface ColumnChoices {
  /** `number`, `one_hot`, `classes` or `skip`, by the column's name. */
  readonly columns?: Readonly<Record<string, Call>> | undefined;
  readonly missing?: MissingNumbers | undefined;
  /** Numbers that inputs read get mean 0 and standard deviation 1 over the training rows. */
  readonly standardize?: boolean | undefined;
  readonly target?: string | undefined;
  readonly span?: Span | undefined;
}

/**
 * What was learned from the training rows, one entry for every field in the order of the table. It is kept with the weights, so that other rows are
 * read as the training rows were.
 */
export interface Fitted {
  readonly format: 1;
  readonly columns: readonly FittedColumn[];
  readonly target?: string;
  /** Columns of the file, read or not: a file without a header has as many, or one less where the target is left out. */
  readonly width?: number;
}

export type FittedColumn = {
  readonly name: string;
  /** Where the column stands in its file, from 1. */
  readonly position?: number;
} & (
  | {
      readonly kind: 'number';
      readonly shape: readonly number[];
      /** Whether it is a column of a table, so that its feature has its name. */
      readonly named: boolean;
      /** Takes the place of a missing number. Absent: one is an error. */
      readonly fill?: number;
      /** Subtracted, one number for every number of a row; absent: not standardised. */
      readonly mean?: readonly number[];
      /** Divided by. */
      readonly deviation?: readonly number[];
    }
  | {
      readonly kind: 'one_hot';
      readonly categories: readonly string[];
      readonly unknown: 'zeros' | 'error';
      /** What a missing cell is: all zeros, or this category. Absent: an error. */
      readonly missing?: { readonly zeros: true } | { readonly category: string };
    }
  | { readonly kind: 'classes'; readonly classes?: number; readonly labels?: readonly string[] }
);

/** Categories of a column that nobody declared to be one. More are most likely names. */
const MOST_CATEGORIES = 1000;

/** How a source is to read the columns that the data section speaks of. */
export function columnTypes(choices: ColumnChoices): ColumnTypes {
  const types: Record<string, ColumnType> = Object.create(null);
  for (const [name, { word }] of Object.entries(choices.columns ?? {}))
    types[name] = word === 'number' || word === 'skip' ? word : 'text';
  return { types };
}

/** How a source is to read the columns that were fitted, and no others. */
export function fittedTypes({ columns }: Fitted): ColumnTypes {
  const types: Record<string, ColumnType> = Object.create(null);
  for (const { name, kind } of columns) types[name] = kind === 'number' ? 'number' : 'text';
  return { types, only: true };
}

/** Whether the data section asks for anything that is learned from the rows, or the rows are those of a table of columns. */
export function needsFit(table: Table, choices: ColumnChoices): boolean {
  return (
    table.columns !== undefined ||
    choices.columns !== undefined ||
    choices.missing !== undefined ||
    choices.standardize === true
  );
}

/** The entry of a column, by its name or by its position (`column_7`). */
export function ofColumn<V>(
  entries: Readonly<Record<string, V>> | undefined,
  field: Omit<Field, 'data'>,
): V | undefined {
  if (!entries) return undefined;
  if (Object.hasOwn(entries, field.name)) return entries[field.name];
  const byPosition = `column_${field.position}`;
  return field.position !== undefined && Object.hasOwn(entries, byPosition) ? entries[byPosition] : undefined;
}

/** The field of a name, or at a position (`column_7`). */
export function findField<F extends { readonly name: string; readonly position?: number }>(
  fields: readonly F[],
  name: string,
): F | undefined {
  return (
    fields.find((field) => field.name === name) ??
    fields.find((field) => field.position !== undefined && name === `column_${field.position}`)
  );
}

function callOf(field: Omit<Field, 'data'>, choices: ColumnChoices): Call | undefined {
  return ofColumn(choices.columns, field);
}

function isTarget(field: Omit<Field, 'data'>, table: Pick<Description, 'fields' | 'target'>, choices: ColumnChoices) {
  const name = choices.target ?? table.target;
  return name !== undefined && findField(table.fields, name)?.name === field.name;
}

/** How a field is read: a column that nobody spoke of by its form, texts as classes where they are the target. */
function roleOf(field: Field, table: Table, choices: ColumnChoices): 'number' | 'one_hot' | 'classes' | 'skip' {
  const call = callOf(field, choices);
  if (call) return call.word as 'number';
  if (field.form === 'values') return 'number';
  return field.form === 'classes' || isTarget(field, table, choices) ? 'classes' : 'one_hot';
}

function missingRule(field: Field, table: Table, choices: ColumnChoices): MissingNumbers | 'zeros' | 'frequent' {
  const role = roleOf(field, table, choices);
  const own = callOf(field, choices)?.arguments.missing as MissingNumbers | 'zeros' | 'frequent' | undefined;
  if (own !== undefined) return own;
  const { missing = 'error' } = choices;
  // A target is never made up, and a category has no mean.
  if (missing === 'drop' || (role === 'number' && !isTarget(field, table, choices))) return missing;
  return 'error';
}

/** Leaves out the fields that are skipped, and the rows with a missing cell in a column that drops them. */
export function dropMissing(table: Table, choices: ColumnChoices): Table {
  refuseUnknownColumns(table, choices);
  const kept = table.fields.filter((field) => roleOf(field, table, choices) !== 'skip');
  const dropping = kept.filter((field) => field.missing && missingRule(field, table, choices) === 'drop');
  const left = kept.length === table.fields.length ? table : { ...table, fields: kept };
  if (dropping.length === 0) return left;
  const rows: number[] = [];
  for (let row = 0; row < table.rows; row++) {
    const stored = table.selection ? table.selection[row]! : row;
    if (dropping.every((field) => !isMissing(field, stored))) rows.push(row);
  }
  if (rows.length === 0)
    fail('no-rows-left', { columns: dropping.map((field) => field.name).join(', ') }, { at: choices.span });
  const fields = kept.map((field) => (dropping.includes(field) ? withoutMissing(field) : field));
  return select({ ...left, fields }, Int32Array.from(rows));
}

function withoutMissing({ missing: _, ...field }: Field): Field {
  return field;
}

function isMissing(field: Field, stored: number): boolean {
  return field.form === 'texts' ? field.data[stored]! < 0 : Number.isNaN(field.data[stored]!);
}

function refuseUnknownColumns(table: Table, choices: ColumnChoices): void {
  // A table of columns refuses them itself, since it knows those that are skipped.
  if (table.columns !== undefined) return;
  for (const name of Object.keys(choices.columns ?? {})) {
    if (findField(table.fields, name)) continue;
    const names = table.fields.map((field) => field.name);
    const details = { field: name, reader: 'the data section', source: 'the data source' };
    fail('unknown-field', details, { at: choices.span, help: didYouMeanOr(name, names, 'fields') });
  }
}

/**
 * Learns what the data section asks for: fills for missing numbers, means and standard deviations, and categories from the training rows alone; the
 * names of classes from all rows, since the output has one unit for each whatever the split is. `missing` fills first, `standardize` then counts the
 * fills (as in a pipeline of scikit-learn); deviations are those of the rows themselves, divided by n, as in StandardScaler and in Keras'
 * Normalization. A column without any deviation is divided by 1.
 *
 * @throws Failure missing-cells, nothing-to-fill-with, too-many-categories, field-mismatch, unknown-class
 */
export function fitColumns(train: Table, all: Table, choices: ColumnChoices): Fitted {
  const reports = new Reports();
  for (const field of all.fields) reportMissing(field, all, choices, reports);
  reports.throwIfFailed();
  const columns = train.fields.map((field): FittedColumn => {
    const own = { name: field.name, ...(field.position !== undefined && { position: field.position }) };
    switch (roleOf(field, train, choices)) {
      case 'classes':
        return { ...own, kind: 'classes', ...classesOf(field, all, choices) };
      case 'one_hot':
        return { ...own, kind: 'one_hot', ...categoriesOf(field, train, choices) };
      default:
        return { ...own, kind: 'number', ...numbersOf(field, train, choices) };
    }
  });
  refuseClashes(columns, choices);
  const target = choices.target ?? train.target;
  const named = target === undefined ? undefined : (findField(train.fields, target)?.name ?? target);
  return {
    format: 1,
    columns,
    ...(named !== undefined && { target: named }),
    ...(train.columns !== undefined && { width: train.columns }),
  };
}

function refuseClashes(columns: readonly FittedColumn[], choices: ColumnChoices): void {
  const seen = new Set<string>();
  for (const feature of describeFitted({ format: 1, columns }).fields.flatMap((field) => field.units ?? [])) {
    if (seen.has(feature)) fail('columns-clash', { feature }, { at: choices.span });
    seen.add(feature);
  }
}

function reportMissing(field: Field, table: Table, choices: ColumnChoices, reports: Reports): void {
  if (!field.missing || missingRule(field, table, choices) !== 'error') return;
  const role = roleOf(field, table, choices);
  const key = keyText(field.name);
  const help =
    role === 'number' && !isTarget(field, table, choices)
      ? [
          `fill them: \`columns { ${key}: number(missing: median) }\`, or mean, or a number; \`drop\` leaves out their rows`,
          '`missing: median` in the data section holds for all columns of numbers',
        ]
      : role === 'one_hot'
        ? [`\`columns { ${key}: one_hot(missing: zeros) }\`, or frequent; \`drop\` leaves out their rows`]
        : ['`missing: drop` in the data section leaves out their rows'];
  const { count, first } = field.missing;
  reports.report('missing-cells', { column: field.name, count, first }, { at: choices.span, help });
}

function numbersOf(field: Field, train: Table, choices: ColumnChoices) {
  if (field.form !== 'values') return mismatch(field, 'numbers', choices);
  const width = sizeOf(field.shape);
  const rule = missingRule(field, train, choices);
  const { data } = field;
  if ((rule === 'mean' || rule === 'median') && field.missing && known(field, train).length === 0)
    refuseEmpty(field, rule, choices);
  const fill =
    rule === 'mean'
      ? meanOf(known(field, train))
      : rule === 'median'
        ? medianOf(known(field, train))
        : typeof rule === 'number'
          ? rule
          : undefined;
  const named = field.units !== undefined;
  const own = callOf(field, choices)?.arguments.standardize as boolean | undefined;
  const standardized = own ?? (choices.standardize === true && !isTarget(field, train, choices));
  const result = { shape: field.shape, named, ...(fill !== undefined && { fill }) };
  if (!standardized) return result;
  const mean: number[] = [];
  const deviation: number[] = [];
  for (let place = 0; place < width; place++) {
    const at = (row: number) => {
      const value = data[(train.selection ? train.selection[row]! : row) * width + place]!;
      return Number.isNaN(value) ? (fill ?? 0) : value;
    };
    let sum = 0;
    for (let row = 0; row < train.rows; row++) sum += at(row);
    const middle = sum / train.rows;
    let squares = 0;
    for (let row = 0; row < train.rows; row++) squares += (at(row) - middle) ** 2;
    const spread = Math.sqrt(squares / train.rows);
    mean.push(middle);
    // What is constant but for rounding has no deviation.
    deviation.push(spread > Math.abs(middle) * 1e-7 ? spread : 1);
  }
  return { ...result, mean, deviation };
}

/** The numbers of a column that are there, in the training rows. */
function known(field: Field, train: Table): Float64Array {
  const values: number[] = [];
  for (let row = 0; row < train.rows; row++) {
    const value = field.data[train.selection ? train.selection[row]! : row]!;
    if (!Number.isNaN(value)) values.push(value);
  }
  return Float64Array.from(values);
}

/** The column is all missing where a fill for it is to be learned. */
function refuseEmpty(field: Field, fill: string, choices: ColumnChoices): never {
  const help = [`leave it out: \`columns { ${keyText(field.name)}: skip }\``];
  return fail('nothing-to-fill-with', { column: field.name, fill }, { at: choices.span, help });
}

/** 0 where there is none: no cell of the column is missing then, in any part, or this was refused. */
function meanOf(values: Float64Array): number {
  return values.length === 0 ? 0 : values.reduce((sum, value) => sum + value, 0) / values.length;
}

function medianOf(values: Float64Array): number {
  if (values.length === 0) return 0;
  const sorted = values.sort();
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

function categoriesOf(field: Field, train: Table, choices: ColumnChoices) {
  const call = callOf(field, choices);
  const texts = textsOf(field, choices);
  const counts = new Int32Array(texts.texts.length);
  for (let row = 0; row < train.rows; row++) {
    const place = texts.data[train.selection ? train.selection[row]! : row]!;
    if (place >= 0) counts[place]! += 1;
  }
  const categories = inOrder(texts.texts.filter((_, k) => counts[k]! > 0));
  if (!call && categories.length > MOST_CATEGORIES) {
    const key = keyText(field.name);
    fail(
      'too-many-categories',
      { column: field.name, found: categories.length, most: MOST_CATEGORIES },
      {
        at: choices.span,
        help: [
          `\`columns { ${key}: skip }\` leaves it out; \`columns { ${key}: one_hot }\` reads it as categories all the same`,
        ],
      },
    );
  }
  const rule = missingRule(field, train, choices);
  if (rule === 'frequent' && field.missing && categories.length === 0)
    refuseEmpty(field, 'most frequent category', choices);
  let frequent = 0;
  counts.forEach((count, k) => {
    if (count > counts[frequent]!) frequent = k;
  });
  const missing =
    rule === 'zeros'
      ? ({ zeros: true } as const)
      : rule === 'frequent'
        ? { category: texts.texts[frequent] ?? '' }
        : undefined;
  return {
    categories,
    unknown: (call?.arguments.unknown as 'zeros' | 'error' | undefined) ?? 'zeros',
    ...(missing && { missing }),
  } as const;
}

function classesOf(field: Field, all: Table, choices: ColumnChoices) {
  if (field.form === 'classes')
    return {
      ...(field.classes !== undefined && { classes: field.classes }),
      ...(field.labels && { labels: field.labels }),
    };
  const texts = textsOf(field, choices);
  const present = new Set<number>();
  for (let row = 0; row < all.rows; row++) present.add(texts.data[all.selection ? all.selection[row]! : row]!);
  const found = inOrder(texts.texts.filter((_, k) => present.has(k)));
  const given = callOf(field, choices)?.arguments.names as readonly string[] | undefined;
  for (const label of given ? found : [])
    if (!given!.includes(label))
      fail('unknown-class', { column: field.name, label, known: given!.join(', ') }, { at: choices.span });
  const labels = given ?? found;
  return { classes: labels.length, labels };
}

/** Numbers by their size where all are numbers, else texts by their letters' codes. */
function inOrder(texts: readonly string[]): readonly string[] {
  const numbers = texts.map(numberIn);
  if (numbers.some(Number.isNaN)) return [...texts].sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));
  return texts
    .map((text, k) => ({ text, number: numbers[k]! }))
    .sort((a, b) => a.number - b.number)
    .map(({ text }) => text);
}

/** A field as texts: numbers count as their shortest decimal form. */
function textsOf(
  field: Field,
  choices: ColumnChoices,
): { readonly texts: readonly string[]; readonly data: ArrayLike<number> } {
  if (field.form === 'texts') return { texts: field.texts!, data: field.data };
  if (sizeOf(field.shape) !== 1) return mismatch(field, 'one cell a row', choices);
  const places = new Map<number, number>();
  const data = new Int32Array(field.data.length);
  for (let row = 0; row < data.length; row++) {
    const value = field.data[row]!;
    const place = Number.isNaN(value) ? -1 : (places.get(value) ?? places.size);
    if (place === places.size) places.set(value, place);
    data[row] = place;
  }
  return { texts: [...places.keys()].map(String), data };
}

function mismatch(field: Field, expected: string, choices: ColumnChoices): never {
  const found = field.form === 'values' ? `${field.shape.join('×')} numbers a row` : field.form;
  return fail(
    'field-mismatch',
    { reader: 'the data section', expected, field: field.name, found },
    { at: choices.span },
  );
}

/** What the rows hold once they are read as `fitted` says. */
export function describeFitted({ columns, target }: Fitted): Description {
  return { fields: columns.map(describeColumn), ...(target !== undefined && { target }) };
}

function describeColumn(column: FittedColumn): Omit<Field, 'data'> {
  const own = { name: column.name, ...(column.position !== undefined && { position: column.position }) };
  switch (column.kind) {
    case 'number':
      return { ...own, shape: column.shape, form: 'values', ...(column.named && { units: [column.name] }) };
    case 'one_hot': {
      const units = column.categories.map((category) => `${column.name}.${category}`);
      return { ...own, shape: [units.length], form: 'values', units };
    }
    case 'classes': {
      const { classes, labels } = column;
      const known = { ...(classes !== undefined && { classes }), ...(labels && { labels }) };
      return { ...own, shape: [], form: 'classes', ...known };
    }
  }
}

/**
 * Reads what `fitColumns` learned from text again.
 *
 * @returns undefined where the text is none that `fitColumns` could have led to
 */
export function readFitted(text: string): Fitted | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (!isObject(value) || value.format !== 1 || !Array.isArray(value.columns)) return undefined;
  const known = value.columns.every(isFittedColumn) && (value.target === undefined || typeof value.target === 'string');
  return known ? (value as unknown as Fitted) : undefined;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isFittedColumn(value: unknown): boolean {
  if (!isObject(value) || typeof value.name !== 'string') return false;
  const isList = (list: unknown, type: 'number' | 'string', length?: number) =>
    Array.isArray(list) && list.every((one) => typeof one === type) && (length === undefined || list.length === length);
  switch (value.kind) {
    case 'number': {
      const { shape, fill, mean, deviation } = value;
      if (!isList(shape, 'number') || (fill !== undefined && typeof fill !== 'number')) return false;
      const width = sizeOf(shape as readonly number[]);
      if (mean === undefined && deviation === undefined) return true;
      return isList(mean, 'number', width) && isList(deviation, 'number', width);
    }
    case 'one_hot':
      return isList(value.categories, 'string') && (value.unknown === 'zeros' || value.unknown === 'error');
    case 'classes':
      return value.labels === undefined || isList(value.labels, 'string');
    default:
      return false;
  }
}

/** What reading rows by what was learned from others came upon. */
export interface Unknown {
  readonly column: string;
  readonly category: string;
  rows: number;
}

/**
 * Reads rows as `fitted` says. Columns are found by name; a field that `fitted` does not know is left out. Numbers change in their place. A target
 * that is not there is left out where `mayLackTarget`.
 *
 * @throws Failure unknown-field, missing-cells, unknown-category, unknown-class, field-mismatch
 */
export function applyFitted(
  table: Pick<Table, 'fields'>,
  fitted: Fitted,
  options: { readonly at?: Span | undefined; readonly mayLackTarget?: boolean; readonly unknown?: Unknown[] },
): readonly Field[] {
  const fields: Field[] = [];
  for (const column of fitted.columns) {
    const field = table.fields.find((one) => one.name === column.name);
    if (field) {
      fields.push(applyColumn(field, column, options));
      continue;
    }
    if (options.mayLackTarget && column.name === fitted.target) continue;
    const names = table.fields.map((one) => one.name);
    const details = { field: column.name, reader: 'the network', source: 'the table' };
    fail('unknown-field', details, { at: options.at, help: didYouMeanOr(column.name, names, 'columns') });
  }
  return fields;
}

function applyColumn(
  field: Field,
  column: FittedColumn,
  options: { readonly at?: Span | undefined; readonly unknown?: Unknown[] },
): Field {
  const own = describeColumn(column);
  const choices: ColumnChoices = { span: options.at };
  switch (column.kind) {
    case 'number':
      if (field.form !== 'values') return mismatch(field, 'numbers', choices);
      refuseMissing(field, column.fill !== undefined, options.at);
      scale(field.data as Float32Array, column);
      return { ...own, data: field.data };
    case 'one_hot':
      refuseMissing(field, column.missing !== undefined, options.at);
      return { ...own, data: oneHot(textsOf(field, choices), column, options) };
    case 'classes':
      if (field.form === 'classes' || !column.labels) return { ...own, data: field.data };
      refuseMissing(field, false, options.at);
      return { ...own, data: classNumbers(textsOf(field, choices), column.name, column.labels, options.at) };
  }
}

function refuseMissing({ name, missing }: Field, isFilled: boolean, at: Span | undefined): void {
  if (missing && !isFilled) fail('missing-cells', { column: name, ...missing }, { at });
}

function scale(data: Float32Array, { fill, mean, deviation }: FittedColumn & { readonly kind: 'number' }): void {
  if (fill !== undefined) for (let k = 0; k < data.length; k++) if (Number.isNaN(data[k]!)) data[k] = fill;
  if (!mean || !deviation) return;
  const width = mean.length;
  for (let place = 0; place < width; place++) {
    const [middle, spread] = [mean[place]!, deviation[place]!];
    for (let k = place; k < data.length; k += width) data[k] = (data[k]! - middle) / spread;
  }
}

function oneHot(
  { texts, data }: { readonly texts: readonly string[]; readonly data: ArrayLike<number> },
  column: FittedColumn & { readonly kind: 'one_hot' },
  options: { readonly at?: Span | undefined; readonly unknown?: Unknown[] },
): Float32Array {
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
        { column: column.name, category, rows },
        { at: options.at, help: didYouMeanOr(category, categories, 'categories') },
      );
    options.unknown?.push({ column: column.name, category, rows });
  }
  return result;
}

function classNumbers(
  { texts, data }: { readonly texts: readonly string[]; readonly data: ArrayLike<number> },
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
