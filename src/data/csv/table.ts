import { didYouMeanOr } from '../../diagnostics/did-you-mean.js';
import { fail } from '../../diagnostics/report.js';
import type { Span } from '../../diagnostics/source.js';
import type { DataFile, InputFile } from '../files.js';
import type { ColumnType, ColumnTypes, Field, Mixed, KnownColumns, SourcePlace, Table } from '../source.js';
import { NumberCells, TextCells } from './cells.js';
import { findHeader, findSeparator, type HeaderForm, numberIn } from './layout.js';
import { readRecords } from './records.js';

export interface CsvOptions {
  /** What the first line of every file is; `auto` finds out. */
  readonly header: HeaderForm | 'auto';
  /** Undefined: found. */
  readonly separator?: string | undefined;
  readonly decimal: '.' | ',';
  /** Names of the columns of a file without a header. Undefined: `column_1` and so on. */
  readonly names?: readonly string[] | undefined;
  /** What a missing number is written as, beside the empty cell. */
  readonly missing: readonly string[];
  /** How columns are read that are not read as their cells suggest. */
  readonly columns?: ColumnTypes | undefined;
  readonly known?: SourcePlace['known'];
  readonly at?: Span | undefined;
}

/** Rows and cells that the types of columns are found from. */
const SAMPLE_ROWS = 1000;
const SAMPLE_CELLS = 1_000_000;
/** Different texts of one column; names and numbers of things are more, categories are not. */
const MOST_TEXTS = 100_000;
/** Texts of a column of prose, or of file names, and letters in all of them. */
const MOST_PROSE = 2 ** 21;
const MOST_LETTERS = 2 ** 29;
/** Numbers in one table: 1 GiB. */
const MOST_NUMBERS = 2 ** 28;

/**
 * Reads one table from CSV files, row after row, file after file, into a typed array a column. The type of a column is found from its first 1,000
 * cells: a number if all of them are numbers or missing, else a text. A later cell that does not fit is an error at its line and column.
 *
 * @throws Failure of `readRecords`, csv-header, csv-header-unclear, csv-ragged, csv-cell, csv-empty, csv-counts, csv-too-many-texts, table-too-large, unknown-field
 */
export async function readCsv(files: readonly InputFile[], options: CsvOptions): Promise<Table> {
  const table = new TableReader(options);
  const read: DataFile[] = [];
  for (const file of files) read.push(await table.read(file));
  return table.finish(read);
}

interface Row {
  readonly cells: readonly string[];
  readonly line: number;
}

type Cells = NumberCells | TextCells;

class TableReader {
  private readonly missing: ReadonlySet<string>;
  /** Those that are numbers, which stand for it however they are written: `-999` and `-999.0`. */
  private readonly missingNumbers: ReadonlySet<number>;
  private separator = ',';
  private header: HeaderForm | undefined;
  /** Classes of the last column, from a first line with counts. */
  private labels: readonly string[] | undefined;
  private names: readonly string[] | undefined;
  /** The first file with a first line of its own. */
  private firstFile = '';
  /** One for every column, undefined where it is skipped. Undefined before the types are known. */
  private columns: (Cells | undefined)[] | undefined;
  private sample: Row[] = [];
  private sampleCells = 0;
  private rows = 0;
  private read_ = 0;
  private file!: InputFile;
  private expectedRows: number | undefined;
  private firstLine: Row | undefined;
  private begun = false;

  constructor(private readonly options: CsvOptions) {
    this.missing = new Set(options.missing);
    this.missingNumbers = new Set(options.missing.map((text) => this.number(text)).filter((one) => !Number.isNaN(one)));
  }

  async read(file: InputFile): Promise<DataFile> {
    this.file = file;
    this.begun = false;
    this.firstLine = undefined;
    this.expectedRows = undefined;
    const before = this.rows;
    const own = await readRecords(file, {
      begin: (head) => {
        this.separator = this.options.separator ?? findSeparator(head);
        return this.separator;
      },
      record: (cells, line) => this.record({ cells, line }),
    });
    if (!this.begun && this.firstLine) this.begin(this.firstLine, undefined);
    // Types must not be found from the rows of one file alone where they are few; but lines are told by file.
    this.settle();
    const found = this.rows - before;
    if (found === 0) {
      const holds = this.firstLine ? 'nothing but a first line with names' : 'nothing';
      fail('csv-empty', { file: file.name, holds }, { at: file.at });
    }
    if (this.expectedRows !== undefined && this.expectedRows !== found)
      fail('csv-counts', { file: file.name, expected: this.expectedRows, found }, { at: file.at });
    return { name: file.name, ...own, rows: found };
  }

  finish(files: Table['files']): Table {
    const columns = this.columns ?? [];
    const fields = columns.flatMap((cells, k): Field[] => {
      if (!cells) return [];
      const own = {
        name: this.names![k]!,
        position: k + 1,
        ...(cells.missing.count > 0 && { missing: { ...cells.missing } }),
      };
      if (cells.kind === 'text') {
        const mixed = this.mixed(cells);
        const { texts } = cells;
        const prose = cells.prose && { prose: true as const };
        return [{ ...own, ...(mixed && { mixed }), ...prose, shape: [], form: 'texts', texts, data: cells.take() }];
      }
      if (this.labels && k === columns.length - 1) return [{ ...own, ...this.classes(cells.take()) }];
      return [{ ...own, shape: [1], form: 'values', units: [own.name], data: cells.take() }];
    });
    const target = this.labels && this.names!.at(-1);
    return { rows: this.rows, fields, columns: columns.length, files, ...(target !== undefined && { target }) };
  }

  private mixed(column: TextCells): Mixed | undefined {
    if (!column.odd) return undefined;
    const counts = column.counts();
    let [cells, numbers, commas, different, words] = [0, 0, 0, 0, 0];
    for (const [k, text] of column.texts.entries()) {
      if (this.isMissing(text)) continue;
      const count = counts[k]!;
      cells += count;
      different += 1;
      if (!Number.isNaN(this.number(text))) numbers += count;
      else if (hasDecimalComma(text)) commas += count;
      else words += 1;
    }
    return { cells, numbers, commas, different, words, ...column.odd };
  }

  /** The last column of a file whose first line names the classes: their numbers, in that order. */
  private classes(numbers: Float32Array): Pick<Field, 'shape' | 'form' | 'classes' | 'labels' | 'data'> {
    const labels = this.labels!;
    const wrong = numbers.findIndex((label) => !Number.isInteger(label) || label < 0 || label >= labels.length);
    if (wrong >= 0) {
      const details = { row: wrong, label: numbers[wrong]!, classes: labels.length, because: 'its first line names' };
      fail('label-out-of-range', { where: this.file.name, ...details }, { at: this.file.at });
    }
    return { shape: [], form: 'classes', classes: labels.length, labels, data: Int32Array.from(numbers) };
  }

  private record(row: Row): void {
    if (this.begun) {
      this.row(row);
    } else if (!this.firstLine) {
      this.firstLine = row;
    } else {
      this.begin(this.firstLine, row);
      this.row(row);
    }
  }

  /** Makes out what the first line is. The line behind it helps. */
  private begin(first: Row, second: Row | undefined): void {
    this.begun = true;
    const { file, options } = this;
    const where = { at: file.at };
    const form =
      this.header ??
      (options.header === 'auto'
        ? (findHeader(
            first.cells,
            second?.cells,
            (cell) => this.isMissing(cell),
            (cell) => this.number(cell),
          ) ??
          fail(
            'csv-header-unclear',
            { file: file.name, line: shown(first.cells.join(this.separator)) },
            {
              ...where,
              help: ['write `header: names` if the first line names the columns, `header: none` if it is a row'],
            },
          ))
        : options.header);
    this.header = form;
    const width = form === 'counts' ? (second?.cells.length ?? 0) : first.cells.length;
    if (form === 'counts') {
      const [rows = '', , ...labels] = first.cells;
      this.expectedRows = /^\d+$/.test(rows) ? Number(rows) : undefined;
      this.labels ??= labels.map((label) => label.trim());
      if (this.labels.join() !== labels.map((label) => label.trim()).join())
        fail('csv-header', { file: file.name, problem: `its classes are not those of ${this.firstFile}` }, where);
    }
    const found = form === 'names' ? first.cells.map((cell, k) => cell.trim() || `column_${k + 1}`) : undefined;
    if (!this.names) {
      this.firstFile = file.name;
      this.names = found && !options.names ? found : this.givenNames(width, form);
      this.checkNames();
    } else {
      const other = found && !options.names ? found.findIndex((name, k) => name !== this.names![k]) : -1;
      if (other >= 0) {
        const problem = `its column ${other + 1} is called ${found![other]}, that of ${this.firstFile} ${this.names[other] ?? 'nothing: it has fewer'}`;
        fail('csv-header', { file: file.name, problem }, where);
      }
      if (width !== this.names.length) this.ragged(first, width);
    }
    if (form === 'none') this.row(first);
  }

  private givenNames(width: number, form: HeaderForm): readonly string[] {
    const { known } = this.options;
    return known && form === 'none' ? this.knownNames(width, known) : this.namesFor(width, form);
  }

  /** Columns without names have those of the training rows, in their order. */
  private knownNames(width: number, { columns, names, mayLack, named }: KnownColumns): readonly string[] {
    const all = Array.from({ length: columns }, (_, k) => k + 1);
    const positions = width === columns ? all : all.filter((position) => !mayLack.includes(position));
    if (width !== positions.length) {
      const without = mayLack.length === 0 ? '' : `, or ${columns - mayLack.length} without what is to be predicted`;
      const problem = `it has ${width} ${width === 1 ? 'column' : 'columns'} and no line of names; the training rows have ${columns}${without}`;
      const help = ['with a line of names on top, columns may stand in any order, and further ones may be there'];
      fail('csv-header', { file: this.file.name, problem }, { at: this.file.at, help });
    }
    const found = positions.map((position) => names.get(position) ?? `column_${position}`);
    if (found.some((name, k) => name !== `column_${positions[k]}`)) named?.();
    return found;
  }

  private namesFor(width: number, form: HeaderForm): readonly string[] {
    const { names } = this.options;
    if (names && names.length !== width) {
      const problem = `it has ${width} columns, \`names\` gives ${names.length}`;
      fail('csv-header', { file: this.file.name, problem }, { at: this.file.at });
    }
    return (
      names ??
      Array.from({ length: width }, (_, k) => (form === 'counts' && k === width - 1 ? 'class' : `column_${k + 1}`))
    );
  }

  private checkNames(): void {
    const names = this.names!;
    const where = { at: this.file.at };
    const seen = new Map<string, number>();
    for (const [k, name] of names.entries()) {
      const before = seen.get(name);
      if (before !== undefined) {
        const problem = `columns ${before + 1} and ${k + 1} are both called ${name}`;
        fail('csv-header', { file: this.file.name, problem }, where);
      }
      seen.set(name, k);
    }
    const { columns } = this.options;
    const known = places(names);
    for (const name of columns && !columns.only ? Object.keys(columns.types) : []) {
      if (known.has(name)) continue;
      fail(
        'unknown-field',
        { field: name, reader: 'the data section', source: this.file.name },
        { ...where, help: didYouMeanOr(name, names, 'columns') },
      );
    }
  }

  private row(row: Row): void {
    const width = this.names!.length;
    if (row.cells.length !== width) this.ragged(row, row.cells.length);
    if (this.columns) {
      this.store(row, this.columns);
      return;
    }
    this.sample.push(row);
    this.sampleCells += width;
    if (this.sample.length >= SAMPLE_ROWS || this.sampleCells >= SAMPLE_CELLS) this.settle();
  }

  /** Decides how every column is read, and reads the rows that were held back for that. */
  private settle(): void {
    if (!this.names) return;
    this.columns ??= this.names.map((name, k, { length }) => {
      // Where the first line names the classes the cells are their numbers, whatever is said of the column.
      const isNumbered = this.labels !== undefined && k === length - 1 && !this.isText(k);
      const given = typeOf(this.options.columns, name, k + 1);
      if (given === 'skip') return undefined;
      const type = isNumbered ? 'number' : (given ?? (this.isText(k) ? 'text' : 'number'));
      return type === 'number' ? new NumberCells() : new TextCells(type === 'prose');
    });
    const held = this.sample;
    this.sample = [];
    for (const row of held) this.store(row, this.columns);
  }

  private isText(k: number): boolean {
    return this.sample.some(({ cells }) => !this.isMissing(cells[k]!) && Number.isNaN(this.number(cells[k]!)));
  }

  private store({ cells, line }: Row, columns: readonly (Cells | undefined)[]): void {
    for (let k = 0; k < columns.length; k++) {
      const column = columns[k];
      if (!column) continue;
      const cell = cells[k]!;
      if (column.kind === 'number') {
        const value = this.number(cell);
        const isMissing = Number.isNaN(value) || (this.missingNumbers.size > 0 && this.missingNumbers.has(value));
        if (isMissing) {
          if (Number.isNaN(value) && !this.isMissing(cell)) this.notANumber(cell, k, line);
          this.note(column, line);
        }
        column.add(isMissing ? Number.NaN : value);
      } else {
        const text = cell.trim();
        if (text === '') this.note(column, line);
        const { size } = column;
        column.add(text === '' ? undefined : text);
        if (!column.odd && column.size > size && !this.isTyped(k) && !this.isMissing(text)) {
          if (Number.isNaN(this.number(text))) column.odd = { text, place: this.place(line) };
        }
        const most = column.prose ? MOST_PROSE : MOST_TEXTS;
        if (column.size > most || column.letters > MOST_LETTERS) this.tooManyTexts(k, column, most);
      }
    }
    this.rows += 1;
    this.read_ += columns.length;
    if (this.read_ > MOST_NUMBERS) {
      const details = { rows: this.rows, width: columns.length, limit: MOST_NUMBERS };
      fail('table-too-large', { source: this.file.name, ...details }, { at: this.file.at });
    }
  }

  private tooManyTexts(k: number, column: TextCells, most: number): never {
    const key = keyText(this.names![k]!);
    const found =
      column.size > most
        ? `${most.toLocaleString('en-US')} different texts`
        : `${MOST_LETTERS.toLocaleString('en-US')} letters`;
    return fail(
      'csv-too-many-texts',
      { file: this.file.name, column: this.names![k]!, found },
      {
        at: this.file.at,
        help: [
          `leave it out: \`columns { ${key}: skip }\``,
          ...(column.prose ? [] : [`texts of words: \`columns { ${key}: tokens(10k, length: 200) }\``]),
        ],
      },
    );
  }

  private note(column: Cells, line: number): void {
    if (column.missing.count === 0) column.missing.first = this.place(line);
    column.missing.count += 1;
  }

  private place(line: number): string {
    return `line ${line.toLocaleString('en-US')} of ${this.file.name}`;
  }

  private isTyped(k: number): boolean {
    return typeOf(this.options.columns, this.names![k]!, k + 1) !== undefined;
  }

  private number(cell: string): number {
    return numberIn(this.options.decimal === ',' ? cell.replace(',', '.') : cell);
  }

  /** Missing where a number is expected. In a column of texts only the empty cell is: `NA` may be a country. */
  private isMissing(cell: string): boolean {
    const text = cell.trim();
    return text === '' || this.missing.has(text);
  }

  private notANumber(cell: string, k: number, line: number): never {
    const name = this.names![k]!;
    const help = hasDecimalComma(cell)
      ? ['for numbers with a decimal comma: `decimal: ","` in csv(…)']
      : [
          `if the column holds texts: \`columns { ${keyText(name)}: one_hot }\`, or \`skip\` to leave it out`,
          `if it means a missing number: \`missing: [${JSON.stringify(cell.trim())}]\` in csv(…)`,
        ];
    return fail(
      'csv-cell',
      { file: this.file.name, line, column: name, expected: 'a number', found: shown(cell) },
      { at: this.file.at, help },
    );
  }

  private ragged({ line }: Row, found: number): never {
    const expected = this.names!.length;
    const name = found < expected ? this.names![found] : undefined;
    return fail(
      'csv-ragged',
      { file: this.file.name, line, expected, found, ...(name !== undefined && { first: name }) },
      { at: this.file.at },
    );
  }
}

/** The columns by their names and by their positions (`column_7`), a name before a position. */
export function places(names: readonly string[]): ReadonlyMap<string, number> {
  return new Map([
    ...names.map((_, k): [string, number] => [`column_${k + 1}`, k]),
    ...names.map((name, k): [string, number] => [name, k]),
  ]);
}

function typeOf(columns: ColumnTypes | undefined, name: string, position: number): ColumnType | undefined {
  if (!columns) return undefined;
  const { types, only } = columns;
  if (Object.hasOwn(types, name)) return types[name];
  const byPosition = `column_${position}`;
  return Object.hasOwn(types, byPosition) ? types[byPosition] : only ? 'skip' : undefined;
}

/** A name as a key of the data section. */
export function keyText(name: string): string {
  return /^[A-Za-z_]\w*$/.test(name) ? name : JSON.stringify(name);
}

/** Whether a cell is a number but for its decimal comma. */
export function hasDecimalComma(cell: string): boolean {
  return /^\s*[+-]?\d+,\d+\s*$/.test(cell);
}

/** A text of the file in a message: on one line, and short. */
export function shown(text: string): string {
  const line = JSON.stringify(text);
  return line.length <= 60 ? line : `${line.slice(0, 57)}…"`;
}
