import { didYouMeanOr } from '../../diagnostics/did-you-mean.js';
import { fail } from '../../diagnostics/report.js';
import type { Span } from '../../diagnostics/source.js';
import type { Call } from '../../ir/kind.js';
import type { ColumnType, ColumnTypes, Description, Field, Table } from '../source.js';
import { select } from '../splits.js';
import { heldNumbers } from '../row-memory.js';

/** What happens to missing numbers. */
export type MissingNumbers = 'error' | 'drop' | 'mean' | 'median' | number;

/** The words that say how a column is read, but for `skip`. */
export type Role = 'number' | 'one_hot' | 'classes' | 'tokens' | 'image_file';

/** What the data section says about columns. */
export interface ColumnChoices {
  /** A word of `Role` or `skip`, with its arguments, by the column's name. */
  readonly columns?: Readonly<Record<string, Call>> | undefined;
  readonly missing?: MissingNumbers | undefined;
  /** Numbers that inputs read get mean 0 and standard deviation 1 over the training rows. */
  readonly standardize?: boolean | undefined;
  readonly target?: string | undefined;
  /** The fields that several outputs are to predict, by the output. */
  readonly targets?: Readonly<Record<string, string>> | undefined;
  readonly span?: Span | undefined;
}

/** How the cells of a column are read for each of the words. */
const CELLS: Readonly<Record<Role | 'skip', ColumnType>> = {
  number: 'number',
  one_hot: 'text',
  classes: 'text',
  tokens: 'prose',
  image_file: 'prose',
  skip: 'skip',
};

/** How the cells of a column with this word are read. */
export function cellsOf(word: string): ColumnType {
  return CELLS[word as Role];
}

/** How a source is to read the columns that the data section speaks of. */
export function columnTypes(choices: ColumnChoices): ColumnTypes {
  const types: Record<string, ColumnType> = Object.create(null);
  for (const [name, { word }] of Object.entries(choices.columns ?? {})) types[name] = cellsOf(word);
  return { types };
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

export function callOf(field: Omit<Field, 'data'>, choices: ColumnChoices): Call | undefined {
  return ofColumn(choices.columns, field);
}

/** The names of what is to be predicted: the data section's, else the source's own. */
export function targetNames(table: Pick<Description, 'target'>, choices: ColumnChoices): readonly string[] {
  const several = Object.values(choices.targets ?? {});
  const one = choices.target ?? (several.length > 0 ? undefined : table.target);
  return one === undefined ? several : [one, ...several];
}

export function isTarget(
  field: Omit<Field, 'data'>,
  table: Pick<Description, 'fields' | 'target'>,
  choices: ColumnChoices,
): boolean {
  return targetNames(table, choices).some((name) => findField(table.fields, name)?.name === field.name);
}

/** How a field is read: a column that nobody spoke of by its form, texts as classes where they are the target. */
export function roleOf(field: Field, table: Table, choices: ColumnChoices): Role | 'skip' {
  const call = callOf(field, choices);
  if (call) return call.word as Role;
  if (field.form === 'values') return 'number';
  return field.form === 'classes' || isTarget(field, table, choices) ? 'classes' : 'one_hot';
}

/** What happens to missing cells. */
export type MissingRule = MissingNumbers | 'zeros' | 'frequent' | 'empty';

export function missingRule(field: Field, table: Table, choices: ColumnChoices): MissingRule {
  const role = roleOf(field, table, choices);
  const own = callOf(field, choices)?.arguments.missing as MissingRule | undefined;
  if (own !== undefined) return own;
  const { missing = 'error' } = choices;
  // A target is never made up, and a category has no mean.
  if (missing === 'drop' || (role === 'number' && !isTarget(field, table, choices))) return missing;
  return 'error';
}

/**
 * Leaves out the fields that are skipped, and the rows with a missing cell in a column that drops them.
 *
 * @throws Failure unknown-field, no-rows-left, skipped-target
 */
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
  const numbers = heldNumbers(field, 'leaving out rows with missing cells');
  return field.form === 'texts' ? numbers[stored]! < 0 : Number.isNaN(numbers[stored]!);
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
 * Refuses a column that is to be predicted and is left out.
 *
 * @throws Failure skipped-target
 */
export function refuseSkippedTargets(choices: ColumnChoices): void {
  for (const name of targetNames({}, choices)) {
    if (choices.columns && Object.hasOwn(choices.columns, name) && choices.columns[name]!.word === 'skip')
      fail('skipped-target', { column: name }, { at: choices.span });
  }
}
