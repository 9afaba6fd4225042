import { sizeOf } from '../../program/program.js';
import { pixelRange } from '../images.js';
import type { ColumnTypes, ColumnType, Description, Field } from '../source.js';
import { pastName, type WindowChoices, windowed } from '../windows.js';
import { cellsOf } from './choices.js';

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
  /** Rows become windows over them, and what is to be predicted lies ahead. */
  readonly window?: FittedWindow;
}

export interface FittedWindow extends WindowChoices {
  /** The columns that are to be predicted. */
  readonly targets: readonly string[];
}

export type FittedColumn = {
  readonly name: string;
  /** Where the column stands in its file, from 1. */
  readonly position?: number;
} & (FittedNumbers | FittedCategories | FittedClasses | FittedTokens | FittedPictures);

export interface FittedNumbers {
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

export interface FittedCategories {
  readonly kind: 'one_hot';
  readonly categories: readonly string[];
  readonly unknown: 'zeros' | 'error';
  /** What a missing cell is: all zeros, or this category. Absent: an error. */
  readonly missing?: { readonly zeros: true } | { readonly category: string };
}

export interface FittedClasses {
  readonly kind: 'classes';
  readonly classes?: number;
  readonly labels?: readonly string[];
}

export interface FittedTokens {
  readonly kind: 'tokens';
  /** Words from token 2 on: 0 is padding, 1 a word that is not among them. */
  readonly vocabulary: readonly string[];
  /** Tokens in a row. */
  readonly length: number;
  /** Whether a missing text is one without words. Absent: an error. */
  readonly missing?: true;
}

export interface FittedPictures extends PictureChoices {
  readonly kind: 'image_file';
}

/** How the pictures that a column names are read. */
export interface PictureChoices {
  readonly size: readonly number[];
  readonly channels: number;
  readonly fit: string;
  readonly range: readonly number[];
  /** Where names start that are no whole paths, from the folder of the table. Absent: there. */
  readonly folder?: string;
}

/** How a source is to read the columns that were fitted, and no others. */
export function fittedTypes({ columns }: Fitted): ColumnTypes {
  const types: Record<string, ColumnType> = Object.create(null);
  for (const { name, kind } of columns) types[name] = cellsOf(kind);
  return { types, only: true };
}

/** What the rows hold once they are read as `fitted` says. */
export function describeFitted({ columns, target, window }: Fitted): Description {
  const fields = columns.map(describeColumn);
  return { fields: window ? windowed(fields, window) : fields, ...(target !== undefined && { target }) };
}

export function describeColumn(column: FittedColumn): Omit<Field, 'data'> {
  const own = { name: column.name, ...(column.position !== undefined && { position: column.position }) };
  switch (column.kind) {
    case 'number':
      return { ...own, shape: column.shape, form: 'values', ...(column.named && { units: [column.name] }) };
    case 'one_hot': {
      const units = column.categories.map((category) => `${column.name}.${category}`);
      return { ...own, shape: [units.length], form: 'values', range: [0, 1], units };
    }
    case 'classes': {
      const { classes, labels } = column;
      const known = { ...(classes !== undefined && { classes }), ...(labels && { labels }) };
      return { ...own, shape: [], form: 'classes', ...known };
    }
    case 'tokens':
      // 0 is padding, 1 a word that is not among them.
      return { ...own, shape: [column.length], form: 'values', range: [0, column.vocabulary.length + 1] };
    case 'image_file':
      return {
        ...own,
        shape: [...column.size, column.channels],
        form: 'values',
        range: pixelRange(column.range),
      };
  }
}

/** The column that a field is of: of the past of a target, the target. */
export function columnOfField({ columns }: Pick<Fitted, 'columns'>, field: string): FittedColumn {
  return columns.find(({ name }) => name === field) ?? columns.find(({ name }) => pastName(name) === field)!;
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
  const known =
    value.columns.every(isFittedColumn) &&
    (value.target === undefined || typeof value.target === 'string') &&
    (value.window === undefined || isWindow(value.window));
  return known ? (value as unknown as Fitted) : undefined;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isList(list: unknown, type: 'number' | 'string', length?: number): boolean {
  return (
    Array.isArray(list) && list.every((one) => typeof one === type) && (length === undefined || list.length === length)
  );
}

function isWindow(value: unknown): boolean {
  if (!isObject(value)) return false;
  const { length, horizon, stride, targets } = value;
  return (
    [length, horizon, stride].every((number) => Number.isInteger(number) && (number as number) >= 0) &&
    isList(targets, 'string')
  );
}

function isFittedColumn(value: unknown): boolean {
  if (!isObject(value) || typeof value.name !== 'string') return false;
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
    case 'tokens':
      return isList(value.vocabulary, 'string') && Number.isInteger(value.length) && (value.length as number) > 0;
    case 'image_file':
      return (
        isList(value.size, 'number', 2) &&
        (value.channels === 1 || value.channels === 3) &&
        (value.fit === 'stretch' || value.fit === 'crop') &&
        isList(value.range, 'number', 2) &&
        (value.folder === undefined || typeof value.folder === 'string')
      );
    default:
      return false;
  }
}
