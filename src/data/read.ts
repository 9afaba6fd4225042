import type { Diagnostic } from '../diagnostics/diagnostic.js';
import { diagnostic, fail } from '../diagnostics/report.js';
import type { Span } from '../diagnostics/source.js';
import type { Call } from '../ir/kind.js';
import type { BindChoices } from './bind.js';
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
  type Unknown,
} from './columns.js';
import { hasDecimalComma, keyText, shown } from './csv/table.js';
import { sources } from './index.js';
import type { Field, SourceKind, SourcePlace, Table } from './source.js';
import { type Parts, type SplitChoices, split } from './splits.js';

/** What the data section says. */
export interface DataChoices extends BindChoices, ColumnChoices, SplitChoices {
  readonly source: Call;
  readonly target?: string;
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

/** The source of a word; undefined for a way to hold out rows. */
export function sourceOf(word: string): SourceKind | undefined {
  return Object.hasOwn(sources, word) ? (sources as Readonly<Record<string, SourceKind>>)[word] : undefined;
}

/**
 * Reads the rows of a data section: source, rows that are left out, split, and what is learned from the training rows, unless it is given. `inputs`
 * are the names of the network's Inputs: of a table, columns that neither they nor the target read are left out.
 *
 * @throws Failure of the source, of `split` and of `fitColumns`
 */
export async function readData(
  data: DataChoices,
  place: Pick<SourcePlace, 'dataFolder' | 'specFolder' | 'lock'>,
  options: {
    readonly inputs: readonly string[];
    readonly fitted?: Fitted | undefined;
    /** Whether the loss tells classes apart, so that whole numbers in the target are their numbers. Undefined: there is none. */
    readonly classes?: boolean | undefined;
  },
): Promise<DataRows> {
  const at = data.sourceSpan ?? data.span;
  const choices: ColumnChoices = { ...data, span: at };
  const columns = options.fitted ? fittedTypes(options.fitted) : columnTypes(data);
  let dropped = 0;
  const read = async (call: Call) => {
    const kind = sourceOf(call.word);
    if (!kind) throw new Error(`no data source ${call.word}`);
    const { train, test } = await kind.read(call.arguments as never, { ...place, at, columns });
    const prepare = (table: Table): Table => {
      const left = dropMissing(options.fitted ? table : usedOnly(table, data, options.inputs), choices);
      dropped += table.rows - left.rows;
      return options.classes ? wholeAsClasses(left, data) : left;
    };
    return { train: prepare(train), ...(test && { test: prepare(test) }) };
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
  const files = [whole.train, whole.test, validation, test].flatMap((table) => table?.files ?? []);
  const isLearned = needsFit(all.train, data) || sourceOf(data.source.word)?.shapesFromRows === true;
  if (!options.fitted && !isLearned)
    return { ...all, files, fitted: undefined, missing, dropped, notes: [], warnings: [] };

  const warnings = options.fitted ? [] : warningsOn(all.train, data, options.classes);
  const fitted = options.fitted ?? fitColumns(all.train, whole.train, choices);
  const unknown: Unknown[] = [];
  // Parts of a split share their fields; each is read once.
  const done = new Map<readonly Field[], readonly Field[]>();
  const apply = (table: Table): Table => {
    const fields = done.get(table.fields) ?? applyFitted(table, fitted, { at, unknown });
    done.set(table.fields, fields);
    return { ...table, fields, ...(fitted.target !== undefined && { target: fitted.target }) };
  };
  return {
    train: apply(all.train),
    ...(all.validation && { validation: apply(all.validation) }),
    ...(all.test && { test: apply(all.test) }),
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
function warningsOn({ fields, target }: Table, data: DataChoices, classes: boolean | undefined): Diagnostic[] {
  const at = data.sourceSpan ?? data.span;
  const wanted = data.target ?? target;
  const targetField = wanted === undefined ? undefined : findField(fields, wanted);
  return fields.flatMap((field) => {
    const { mixed } = field;
    if (!mixed || ofColumn(data.columns, field)) return [];
    const { cells, numbers, commas, different, words, text, place } = mixed;
    if ((numbers + commas) * 2 < cells || words * 2 > different) return [];
    const key = keyText(field.name);
    const comma = hasDecimalComma(text) ? ['for numbers with a decimal comma: `decimal: ","` in csv(…)'] : [];
    const missing = `\`missing: [${shown(text)}]\` in csv(…)`;
    const details = { column: field.name, numbers, cells, place, text: shown(text) };
    if (field !== targetField) {
      const help = [
        ...comma,
        `\`columns { ${key}: number }\` takes numbers alone; where the cell means a missing one: ${missing}`,
        `\`columns { ${key}: one_hot }\` means categories`,
      ];
      return [diagnostic('numbers-with-texts', details, { at, help })];
    }
    if (classes !== false) return [];
    const help = [
      ...comma,
      `correct the cell; \`columns { ${key}: number }\` finds all of its kind`,
      `where it means a missing number: ${missing}, and \`missing: drop\` leaves out the row`,
      `\`columns { ${key}: classes }\` means classes`,
    ];
    return fail('target-with-texts', details, { at, help });
  });
}

/** Of a table of columns, those that something reads. A lone input without a word on it reads all. */
function usedOnly(table: Table, data: DataChoices, inputs: readonly string[]): Table {
  if (table.columns === undefined || inputs.length === 0) return table;
  const given = data.inputs ?? {};
  const readers = inputs.map((input) => (Object.hasOwn(given, input) ? given[input]! : [input]));
  const [only] = inputs;
  const readsAll = inputs.length === 1 && !Object.hasOwn(given, only!) && !findField(table.fields, only!);
  const target = data.target ?? table.target;
  if (readsAll || target === undefined) return table;
  const used = new Set([...readers.flat(), target].map((name) => findField(table.fields, name)));
  return { ...table, fields: table.fields.filter((field) => used.has(field)) };
}

/** The table with the whole numbers of its target as class numbers, unless the data section says how that column is read. */
function wholeAsClasses(table: Table, data: DataChoices): Table {
  const name = data.target ?? table.target;
  const target = name === undefined ? undefined : findField(table.fields, name);
  if (!target?.whole || ofColumn(data.columns, target)) return table;
  const { whole: _, ...field } = target;
  const classes: Field = { ...field, shape: [], form: 'classes', data: Int32Array.from(target.data) };
  return { ...table, fields: table.fields.map((one) => (one === target ? classes : one)) };
}

export function notesOn(unknown: readonly Unknown[]): string[] {
  const rows = new Map<string, number>();
  for (const { column, category, rows: count } of unknown) {
    const name = `${column}: ${JSON.stringify(category)}`;
    rows.set(name, (rows.get(name) ?? 0) + count);
  }
  return [...rows].map(
    ([name, count]) =>
      `${name} is in none of the training rows; ${count.toLocaleString('en-US')} ${count === 1 ? 'row has' : 'rows have'} all zeros for it`,
  );
}

/**
 * Reads rows to predict from a file, as the rows of the source were read: the target may be left out. A file without a header has the columns of the
 * source in their order, with or without the target.
 *
 * @throws Failure of the source, predict-source, and of `applyFitted`
 */
export async function readRowsToPredict(
  data: DataChoices,
  file: string,
  place: Pick<SourcePlace, 'dataFolder' | 'specFolder'>,
  fitted: Fitted,
): Promise<{ readonly table: Table; readonly notes: readonly string[] }> {
  const at = data.sourceSpan ?? data.span;
  if (data.source.word !== 'csv') fail('predict-source', { source: data.source.word }, { at });
  const target = fitted.columns.find((column) => column.name === fitted.target);
  const { train } = await sources.csv.read({ ...data.source.arguments, files: [file] } as never, {
    ...place,
    at,
    columns: fittedTypes(fitted),
    ...(fitted.width !== undefined &&
      target?.position !== undefined && { mayLack: { columns: fitted.width, position: target.position } }),
  });
  const unknown: Unknown[] = [];
  const fields = applyFitted(train, fitted, { at, mayLackTarget: true, unknown });
  return {
    table: { ...train, fields, ...(fitted.target !== undefined && { target: fitted.target }) },
    notes: notesOn(unknown),
  };
}
