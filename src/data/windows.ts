import { fail } from '../diagnostics/report.js';
import type { Span } from '../diagnostics/source.js';
import { sizeOf } from '../program/program.js';
import type { FittedWindow } from './columns/fitted.js';
import { MOST_NUMBERS } from './npy.js';
import type { Field, Table } from './source.js';
import { heldNumbers } from './row-memory.js';

/** What the data section says about windows. */
export interface WindowChoices {
  /** Rows in a window. */
  readonly length: number;
  /** How many rows behind the last of the window the one is that is to be predicted; 0: the last itself. */
  readonly horizon: number;
  /** Rows from one window's first to that of the next. */
  readonly stride: number;
}

/** The name of the field that holds the past of what is to be predicted. */
export function pastName(target: string): string {
  return `${target}.past`;
}

/**
 * What the rows of a time-ordered table hold once they are windows. A field of numbers becomes `length` rows of itself, [length, …shape]. A field that is to be
 * predicted stays as it is, for the row that lies `horizon` ahead, and names the field with its past, [length, …shape], which there is unless the horizon is 0: then
 * the window would hold the answer. Class numbers that are not to be predicted are left out, since no input reads them.
 */
export function windowed(
  fields: readonly Omit<Field, 'data'>[],
  { length, horizon, targets }: Pick<FittedWindow, 'length' | 'horizon' | 'targets'>,
): readonly Omit<Field, 'data'>[] {
  return fields.flatMap((field): Omit<Field, 'data'>[] => {
    const isTarget = targets.includes(field.name);
    const name = isTarget ? pastName(field.name) : field.name;
    const rows = {
      name,
      shape: [length, ...field.shape],
      form: 'values',
      ...(field.range && { range: field.range }),
    } as const;
    const hasRows = field.form === 'values' && (!isTarget || horizon > 0);
    const ahead = isTarget ? [{ ...field, ...(hasRows && { past: name }) }] : [];
    return hasRows ? [rows, ...ahead] : ahead;
  });
}

/**
 * Makes windows of the rows of a part. They lie within rows that follow each other in the source, so that none reaches over the border of a part or over
 * rows that were left out. Without `ahead` what is to be predicted is not read, and the last window ends with the last row: rows to predict.
 *
 * @throws Failure window-too-long, table-too-large
 */
export function windowTable(
  table: Table,
  window: FittedWindow,
  options: { readonly part: string; readonly ahead: boolean; readonly at: Span | undefined },
): Table {
  const { length, horizon, stride } = window;
  const reach = options.ahead ? length + horizon : length;
  const starts = startsOf(table, reach, stride);
  const where = { at: options.at };
  if (starts.length === 0)
    fail('window-too-long', { part: options.part, rows: table.rows, longest: longestRun(table), reach, length }, where);
  const described = windowed(table.fields, window);
  const width = described.reduce((sum, { shape }) => sum + sizeOf(shape), 0);
  if (starts.length * width > MOST_NUMBERS)
    fail(
      'table-too-large',
      { source: 'the windows', rows: starts.length, width, limit: MOST_NUMBERS },
      { ...where, help: [`fewer windows: \`window { length: ${length}; stride: ${Math.max(2, stride * 2)} }\``] },
    );
  const source = new Map(table.fields.map((field) => [field.name, field]));
  const fields = described.flatMap((field): Field[] => {
    const isAhead = window.targets.includes(field.name);
    if (isAhead && !options.ahead) return [];
    const from = source.get(field.name) ?? source.get(window.targets.find((name) => pastName(name) === field.name)!)!;
    const size = sizeOf(from.shape);
    const rows = isAhead ? 1 : length;
    const offset = isAhead ? length - 1 + horizon : 0;
    const stored = heldNumbers(from, '`window`', options.at);
    const data =
      stored instanceof Float32Array
        ? new Float32Array(starts.length * rows * size)
        : new Int32Array(starts.length * rows * size);
    for (let k = 0; k < starts.length; k++) {
      // The rows of a window follow each other in the data, too.
      const first = (storedRow(table, starts[k]!) + offset) * size;
      data.set(stored.subarray(first, first + rows * size), k * rows * size);
    }
    return [{ ...field, data }];
  });
  const { selection: _, ...rest } = table;
  return { ...rest, rows: starts.length, fields };
}

function storedRow({ selection }: Table, row: number): number {
  return selection ? selection[row]! : row;
}

/** The rows of the part, by their positions, that windows begin with. */
function startsOf(table: Table, reach: number, stride: number): readonly number[] {
  const starts: number[] = [];
  for (const { first, count } of runsOf(table))
    for (let start = first; start + reach <= first + count; start += stride) starts.push(start);
  return starts;
}

function longestRun(table: Table): number {
  return runsOf(table).reduce((longest, { count }) => Math.max(longest, count), 0);
}

/** Stretches of rows that follow each other in the source. */
function runsOf(table: Table): readonly { readonly first: number; readonly count: number }[] {
  const runs: { first: number; count: number }[] = [];
  for (let row = 0; row < table.rows; row++) {
    const last = runs.at(-1);
    if (last && storedRow(table, row) === storedRow(table, row - 1) + 1) last.count += 1;
    else runs.push({ first: row, count: 1 });
  }
  return runs;
}
