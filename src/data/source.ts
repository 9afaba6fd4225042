import type { Span } from '../diagnostics/source.js';
import type { Kind, Static, TObject } from '../ir/kind.js';
import type { DataFile, Locked } from './files.js';
import type { StoredRows } from './stored-rows.js';

/** One column of a data set: row-major, rows first. */
export interface Field {
  readonly name: string;
  /** Extents of one row: [28, 28, 1], [20], [] for a class number. */
  readonly shape: readonly number[];
  /**
   * `values`: real numbers as the network reads them; `classes`: whole numbers from 0; `texts`: a column of a table before it was fitted
   * (`columns.ts`), as places in `texts`.
   */
  readonly form: 'values' | 'classes' | 'texts';
  /** One whole number a row: a class number where the loss tells classes apart, for the form `values`. */
  readonly whole?: true;
  /**
   * What every number of every row is proven to lie in, because of how the source makes it, and not because the rows that it read do: rows to predict do, too.
   * Absent: nothing is.
   */
  readonly range?: readonly [low: number, high: number];
  /** Number of classes, where known from the source. */
  readonly classes?: number;
  /** What the classes are called, where they have names. */
  readonly labels?: readonly string[];
  /** What the numbers of a row are called, for columns of a table: `area`, or `region.north` and so on. */
  readonly units?: readonly string[];
  /** The different texts of a column, for the form `texts`; -1 in the data is a missing cell. */
  readonly texts?: readonly string[];
  /** Of texts: whether they are prose, which nothing but words is to be read from. */
  readonly prose?: true;
  /** Of what lies ahead of a window: the field that holds its past, which is what an input of its name reads. */
  readonly past?: string;
  /** Where the column stands in its file, from 1. */
  readonly position?: number;
  /** Missing cells, which are NaN in `values` and -1 in `texts`: how many, and where the first is, in words. */
  readonly missing?: { readonly count: number; readonly first: string };
  /** Of a column that is read as texts because of its cells, and not because anybody said so: what is among them. */
  readonly mixed?: Mixed;
  /** The numbers, or where they are in files that are larger than what is to be held in memory. */
  readonly data: Float32Array | Int32Array | StoredRows;
}

/** Numbers among the cells of a column of texts. Missing cells do not count, however they are written. */
export interface Mixed {
  readonly cells: number;
  readonly numbers: number;
  /** Cells that are numbers only with the other decimal sign. */
  readonly commas: number;
  /** Different cells, and those of them that are numbers with neither sign. */
  readonly different: number;
  readonly words: number;
  /** The first cell that is no number, and where it is, in words. */
  readonly text: string;
  readonly place: string;
}

/** Rows with named fields. `target` names the field that is the source's own target. */
export interface Table {
  readonly rows: number;
  /**
   * Which rows of the fields' data are the rows of this table, in its order. Absent: all, in the order of the data. A part of a split shares the
   * data with the whole.
   */
  readonly selection?: Int32Array;
  readonly fields: readonly Field[];
  /** Undefined: the data section must name one. */
  readonly target?: string;
  /** Columns of the file that the table comes from, read or not; absent for what is no table of columns. */
  readonly columns?: number;
  /** The folder that file names in its cells are relative to. */
  readonly folder?: string;
  /** Files read: the run's data lock. Generators have an empty list. */
  readonly files: readonly DataFile[];
}

/** The data files of a run, by their names. */
export interface DataLock {
  readonly files: ReadonlyMap<string, Pick<Locked, 'sha256' | 'bytes'>>;
  /** What a person can do where a file is not as it was. */
  readonly help: readonly string[];
}

/** What a source may use to find its files. */
export interface SourcePlace {
  /** `--data-dir`, if given. */
  readonly dataFolder: string | undefined;
  /** The folder that relative paths of the spec are relative to. */
  readonly specFolder: string;
  /** Where the spec names the source, for messages. */
  readonly at?: Span | undefined;
  /** What an earlier run found in files of these names: other contents are refused. */
  readonly lock?: DataLock | undefined;
  /** Bytes that the numbers of one field may take in memory; what takes more stays in its files where the source can. Default: `memoryForRows`. */
  readonly memory?: number | undefined;
  /** How columns of a table are read; those that it does not name as their cells suggest. */
  readonly columns?: ColumnTypes | undefined;
  /** What is known of the columns of a file without a header: those of the training rows, in their order. */
  readonly known?: KnownColumns | undefined;
}

/** The columns of a table that was read before, for rows to predict that come without a line of names. Positions count from 1. */
export interface KnownColumns {
  /** How many there are. */
  readonly columns: number;
  /** What those are called that something reads. */
  readonly names: ReadonlyMap<number, string>;
  /** Those that rows may come without, all or none: what is to be predicted. */
  readonly mayLack: readonly number[];
  /** Told where columns get names that the file does not have. */
  readonly named?: () => void;
}

/** How the cells of a column are read: `text` for words of which there are few different ones, `prose` for texts that may all differ. */
export type ColumnType = 'number' | 'text' | 'prose' | 'skip';

export interface ColumnTypes {
  /** By a column's name, or by its position (`column_7`). */
  readonly types: Readonly<Record<string, ColumnType>>;
  /** Whether all other columns are skipped; then the file need not have those that are named. */
  readonly only?: boolean;
}

/** What a source holds, without its rows. */
export interface Description {
  readonly fields: readonly Omit<Field, 'data'>[];
  readonly target?: string;
}

/** A data source. One file, one registry line. */
export interface SourceKind<S extends TObject = TObject, A = Static<S>> extends Kind<S> {
  /** What one row holds, without reading it: the compiler checks shapes against it. Undefined where only reading tells. */
  describe?(args: A): Description;
  /** What the rows hold is kept with the weights once it was read, so that an Input needs no shape: for arrays, whose files alone tell it. */
  readonly shapesFromRows?: true;
  /** Reads the training rows and, where the source has its own, the validation and test rows. Throws `Failure` with exit 4. */
  read(args: A, place: SourcePlace): Promise<SourceParts>;
  /** Reads a file or folder of rows to predict as the training rows were read. What is to be predicted may be lacking. Throws `Failure` with exit 4. */
  readRows?(args: A, file: string, place: SourcePlace): Promise<Table>;
}

/** What a source gives. */
export interface SourceParts {
  readonly train: Table;
  readonly validation?: Table;
  readonly test?: Table;
}

export function defineSource<S extends TObject>(kind: SourceKind<S, Static<S>>): SourceKind {
  return kind as unknown as SourceKind;
}
