import { basename } from 'node:path';
import type { Diagnostic } from '../diagnostics/diagnostic.js';
import { diagnostic, fail } from '../diagnostics/report.js';
import type { Span } from '../diagnostics/source.js';
import type { Call } from '../ir/kind.js';
import { type BindChoices, type Ends, fittedTarget, targetFields, targetOf } from './bind.js';
import {
  applyFitted,
  type ColumnChoices,
  columnTypes,
  dropMissing,
  findField,
  type Fitted,
  fitColumns,
  fittedTypes,
  needsFit,
  ofColumn,
  type PictureChoices,
  pictureChoices,
  refuseSkippedTargets,
  type Unknown,
} from './columns.js';
import { hasDecimalComma, keyText, shown } from './csv/table.js';
import { sources } from './index.js';
import type { Field, SourceKind, SourceParts, SourcePlace, Table } from './source.js';
import { readPictureColumns } from './picture-columns.js';
import { heldNumbers } from './row-memory.js';
import { type Parts, type SplitChoices, split } from './splits.js';
import { windowTable } from './windows.js';

/** What the data section says. */
export interface DataChoices extends BindChoices, ColumnChoices, SplitChoices {
  readonly source: Call;
  readonly span?: Span;
  readonly sourceSpan?: Span;
}

/** The rows of a data section, split and read as they were learned to be. */
export interface DataRows extends Parts {
  /** Files read, for the data lock. */
  readonly files: Table['files'];
  /** What was learned from the training rows, or what was given; undefined where the rows are read as they are. */
  readonly fitted: Fitted | undefined;
  /** Missing cells of the source's rows that something fills, by field. */
  readonly missing: readonly { readonly field: string; readonly count: number }[];
  /** Rows that were left out because a cell of theirs is missing. */
  readonly dropped: number;
  /** What is worth a word: categories that no training row has. */
  readonly notes: readonly string[];
  /** Columns that most likely are not what they are read as. */
  readonly warnings: readonly Diagnostic[];
}

/** The source of a word; undefined for a choice of rows. */
export function sourceOf(word: string): SourceKind | undefined {
  return Object.hasOwn(sources, word) ? (sources as Readonly<Record<string, SourceKind>>)[word] : undefined;
}

/**
 * Reads the rows of a data section: source, rows that are left out, split, and what is learned from the training rows, unless it is given. `ends` names
 * the network's Inputs and outputs: of a table, columns that neither the ones nor the targets of the others read are left out.
 *
 * @throws Failure of the source, of `split` and of `fitColumns`
 */
export async function readData(
  data: DataChoices,
  place: Pick<SourcePlace, 'dataFolder' | 'specFolder' | 'lock'>,
  options: {
    readonly ends: Ends;
    readonly fitted?: Fitted | undefined;
    /** Whether the loss of an output tells classes apart, so that whole numbers in its target are their numbers. Left out: it has none. */
    readonly classes?: Readonly<Record<string, boolean>>;
  },
): Promise<DataRows> {
  const at = data.sourceSpan ?? data.span;
  const { outputs } = options.ends;
  /** The fields to predict, with whether their losses tell classes apart. */
  const targetsIn = (table: Pick<Table, 'target'>): Wanted[] =>
    outputs.flatMap((output) => {
      const name = targetOf(output, outputs, data, table);
      return name === undefined ? [] : [{ output, name, classes: options.classes?.[output] }];
    });
  const choicesOf = (table: Pick<Table, 'target'>) => ({
    ...data,
    ...namedTargets(targetsIn(table), outputs),
    span: at,
  });
  const { fitted: stored } = options;
  refuseSkippedTargets(choicesOf({}));
  const columns = stored ? fittedTypes(stored) : columnTypes(data);
  let dropped = 0;
  const read = async (call: Call): Promise<SourceParts> => {
    const kind = sourceOf(call.word);
    if (!kind) throw new Error(`no data source ${call.word}`);
    const from = { ...place, at, columns };
    const { train, validation, test } = await kind.read(call.arguments as never, from);
    const prepare = (table: Table): Table => {
      const targets = targetsIn(table);
      const left = dropMissing(stored ? table : usedOnly(table, data, options.ends, targets), choicesOf(table));
      dropped += table.rows - left.rows;
      const whole = wholeAsClasses(left, data, targets);
      return readPictureColumns(whole, (field) => picturesOf(field, data, stored), from);
    };
    return {
      train: prepare(train),
      ...(validation && { validation: prepare(validation) }),
      ...(test && { test: prepare(test) }),
    };
  };
  const own = async (part: 'validation' | 'test') => {
    const call = data[part];
    return call && sourceOf(call.word) ? (await read(call)).train : undefined;
  };
  const whole = await read(data.source);
  const missing = whole.train.fields.flatMap(({ name, missing }) =>
    missing ? [{ field: name, count: missing.count }] : [],
  );
  const [validation, test] = [await own('validation'), await own('test')];
  const { validation: validationSplit, test: testSplit, ...rest } = data;
  const parts = split(
    { ...whole, ...(test && { test }) },
    {
      ...rest,
      ...(validationSplit && !validation && { validation: validationSplit }),
      ...(testSplit && !test && { test: testSplit }),
    },
  );
  const all: Parts = validation ? { ...parts, validation } : parts;
  const files = [whole.train, whole.validation, whole.test, validation, test].flatMap((table) => table?.files ?? []);
  const isLearned = needsFit(all.train, data) || sourceOf(data.source.word)?.shapesFromRows === true;
  if (!stored && !isLearned) return { ...all, files, fitted: undefined, missing, dropped, notes: [], warnings: [] };

  const warnings = stored ? [] : warningsOn(all.train, data, targetsIn(all.train));
  const fitted = stored ?? fitColumns(all.train, whole.train, choicesOf(all.train));
  const unknown: Unknown[] = [];
  // Parts of a split share their fields; each is read once.
  const done = new Map<readonly Field[], readonly Field[]>();
  const apply = (table: Table, part: string): Table => {
    const fields = done.get(table.fields) ?? applyFitted(table, fitted, { at, unknown });
    done.set(table.fields, fields);
    const read = { ...table, fields, ...(fitted.target !== undefined && { target: fitted.target }) };
    return fitted.window ? windowTable(read, fitted.window, { part, ahead: true, at }) : read;
  };
  return {
    train: apply(all.train, 'training'),
    ...(all.validation && { validation: apply(all.validation, 'validation') }),
    ...(all.test && { test: apply(all.test, 'test') }),
    ...(all.unused !== undefined && { unused: all.unused }),
    files,
    fitted,
    missing,
    dropped,
    notes: notesOn(unknown),
    warnings,
  };
}

/**
 * Columns that nobody spoke of and that a few cells make texts although most of them are numbers: a word each for categories. As what a regression is
 * to predict such a column is refused, since the classes that it would be are what nobody meant.
 *
 * @throws Failure target-with-texts
 */
function warningsOn({ fields }: Table, data: DataChoices, targets: readonly Wanted[]): Diagnostic[] {
  const at = data.sourceSpan ?? data.span;
  return fields.flatMap((field) => {
    const { mixed } = field;
    if (!mixed || ofColumn(data.columns, field)) return [];
    const { cells, numbers, commas, different, words, text, place } = mixed;
    if ((numbers + commas) * 2 < cells || words * 2 > different) return [];
    const key = keyText(field.name);
    const comma = hasDecimalComma(text) ? ['for numbers with a decimal comma: `decimal: ","` in csv(…)'] : [];
    const missing = `\`missing: [${shown(text)}]\` in csv(…)`;
    const details = { column: field.name, numbers, cells, place, text: shown(text) };
    const wanted = targets.find(({ name }) => findField(fields, name) === field);
    if (!wanted) {
      const help = [
        ...comma,
        `\`columns { ${key}: number }\` takes numbers alone; where the cell means a missing one: ${missing}`,
        `\`columns { ${key}: one_hot }\` means categories`,
      ];
      return [diagnostic('numbers-with-texts', details, { at, help })];
    }
    if (wanted.classes !== false) return [];
    const help = [
      ...comma,
      `correct the cell; \`columns { ${key}: number }\` finds all of its kind`,
      `where it means a missing number: ${missing}, and \`missing: drop\` leaves out the row`,
      `\`columns { ${key}: classes }\` means classes`,
    ];
    return fail('target-with-texts', details, { at, help });
  });
}

/** A field that an output is to predict. */
interface Wanted {
  readonly output: string;
  readonly name: string;
  /** Whether the output's loss tells classes apart; undefined: it has none. */
  readonly classes: boolean | undefined;
}

/** The same as a data section says it: `target` of a lone output, `targets` of several, whether they are written or found by name. */
function namedTargets(
  targets: readonly Pick<Wanted, 'output' | 'name'>[],
  outputs: readonly string[],
): Pick<ColumnChoices, 'target' | 'targets'> {
  if (outputs.length === 1) return { target: targets[0]?.name, targets: undefined };
  return { target: undefined, targets: Object.fromEntries(targets.map(({ output, name }) => [output, name])) };
}

/** How the pictures that a field names are read, as the data section says or, where it is known, as they were read before. */
function picturesOf(
  field: Field,
  { columns }: Pick<ColumnChoices, 'columns'>,
  fitted: Fitted | undefined,
): PictureChoices | undefined {
  if (fitted) {
    const column = fitted.columns.find(({ name }) => name === field.name);
    return column?.kind === 'image_file' ? column : undefined;
  }
  const call = ofColumn(columns, field);
  return call?.word === 'image_file' ? pictureChoices(call.arguments) : undefined;
}

/**
 * Of a table of columns, those that something reads. A lone input without a word on it reads all.
 *
 * @throws Failure of `targetFields`, while all columns are there to be told
 */
function usedOnly(table: Table, data: DataChoices, ends: Ends, targets: readonly Wanted[]): Table {
  const { inputs } = ends;
  if (table.columns === undefined || inputs.length === 0) return table;
  const span = data.sourceSpan ?? data.span;
  // The past of a target has no column of its own.
  if (!data.window)
    targetFields({ data: { ...data, span }, ends, trained: targets.map(({ output }) => output) }, table);
  const given = data.inputs ?? {};
  const readers = inputs.map((input) => (Object.hasOwn(given, input) ? given[input]! : [input]));
  const [only] = inputs;
  const readsAll = inputs.length === 1 && !Object.hasOwn(given, only!) && !findField(table.fields, only!);
  if (readsAll || targets.length === 0) return table;
  const used = new Set(
    [...readers.flat(), ...targets.map(({ name }) => name)].map((name) => findField(table.fields, name)),
  );
  return { ...table, fields: table.fields.filter((field) => used.has(field)) };
}

/** The table with the whole numbers of targets of classes as class numbers, unless the data section says how such a column is read. */
function wholeAsClasses(table: Table, data: DataChoices, targets: readonly Wanted[]): Table {
  const asClasses = new Map<Field, Field>();
  for (const { name, classes } of targets) {
    const target = classes ? findField(table.fields, name) : undefined;
    if (!target?.whole || ofColumn(data.columns, target)) continue;
    const { whole: _, ...field } = target;
    asClasses.set(target, {
      ...field,
      shape: [],
      form: 'classes',
      data: Int32Array.from(heldNumbers(target, 'what is to be predicted')),
    });
  }
  return { ...table, fields: table.fields.map((field) => asClasses.get(field) ?? field) };
}

/** A note for every column: a column of numbers that are read as texts may have thousands that no training row has. */
function notesOn(unknown: readonly Unknown[]): string[] {
  const columns = new Map<string, Map<string, number>>();
  for (const { column, category, rows } of unknown) {
    const own = columns.get(column) ?? new Map<string, number>();
    columns.set(column, own.set(category, (own.get(category) ?? 0) + rows));
  }
  return [...columns].map(([column, categories]) => {
    const rows = [...categories.values()].reduce((sum, count) => sum + count, 0);
    const zeros = `${rows.toLocaleString('en-US')} ${rows === 1 ? 'row has' : 'rows have'} all zeros for`;
    const [first] = categories.keys();
    return categories.size === 1
      ? `${column}: ${JSON.stringify(first)} is in none of the training rows; ${zeros} it`
      : `${column}: ${categories.size.toLocaleString('en-US')} values are in none of the training rows, such as ${shown(first!)}; ${zeros} them`;
  });
}

/**
 * Reads rows to predict from a file, as the rows of the source were read: what is to be predicted may be left out. A table without a header has the columns of
 * the source in their order, with or without all that is to be predicted; where those of the source have names, a note says so. Of windows, the last ends with the last row.
 *
 * @throws Failure of the source, predict-source, and of `applyFitted`
 */
export async function readRowsToPredict(
  data: DataChoices,
  file: string,
  place: Pick<SourcePlace, 'dataFolder' | 'specFolder'>,
  fitted: Fitted,
  { outputs }: Pick<Ends, 'outputs'>,
): Promise<{ readonly table: Table; readonly notes: readonly string[] }> {
  const at = data.sourceSpan ?? data.span;
  const kind = sourceOf(data.source.word);
  if (!kind?.readRows) return fail('predict-source', { source: data.source.word }, { at });
  const { window } = fitted;
  const wanted = outputs.flatMap((output) => fittedTarget(output, outputs, data, fitted)?.name ?? []);
  // The past of what is to be predicted is read by the windows.
  const mayLack = window && window.horizon > 0 ? [] : wanted;
  const unnamed: string[] = [];
  const known = fitted.width !== undefined && {
    known: {
      columns: fitted.width,
      names: new Map(
        fitted.columns.flatMap(({ name, position }): [number, string][] =>
          position === undefined ? [] : [[position, name]],
        ),
      ),
      mayLack: fitted.columns.flatMap(({ name, position }) =>
        position !== undefined && mayLack.includes(name) ? [position] : [],
      ),
      named: () =>
        void unnamed.push(
          `${basename(file)} has no line of names: its columns are taken to be those of the training rows, in their order`,
        ),
    },
  };
  // The file is not named by the spec: what is wrong in it has no place there.
  const from: SourcePlace = {
    ...place,
    columns: fittedTypes(fitted),
    ...known,
  };
  const rows = await kind.readRows(data.source.arguments as never, file, from);
  const read = readPictureColumns(rows, (field) => picturesOf(field, {}, fitted), from);
  const unknown: Unknown[] = [];
  const fields = applyFitted(read, fitted, { at: undefined, mayLack, unknown });
  const table = { ...read, fields, ...(fitted.target !== undefined && { target: fitted.target }) };
  return {
    table: window ? windowTable(table, window, { part: 'given', ahead: false, at: undefined }) : table,
    notes: [...unnamed, ...notesOn(unknown)],
  };
}
