import type { Span } from '../diagnostics/source.js';
import type { Kind, Static, TObject } from '../ir/kind.js';

/** One column of a data set: row-major, rows first. */
export interface Field {
  readonly name: string;
  /** Extents of one row: [28, 28, 1], [20], [] for a class number. */
  readonly shape: readonly number[];
  /** `values`: real numbers as the network reads them; `classes`: whole numbers from 0. */
  readonly form: 'values' | 'classes';
  /** Number of classes, where known from the source. */
  readonly classes?: number;
  readonly data: Float32Array | Int32Array;
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
  readonly target: string;
  /** Files read, with their SHA-256: the run's data lock. Generators have an empty list. */
  readonly files: readonly { readonly name: string; readonly sha256: string }[];
}

/** What a source may use to find its files. */
export interface SourcePlace {
  /** `--data-dir`, if given. */
  readonly dataFolder: string | undefined;
  /** The folder that relative paths of the spec are relative to. */
  readonly specFolder: string;
  /** Where the spec names the source, for messages. */
  readonly at?: Span | undefined;
}

/** A data source. One file, one registry line. */
export interface SourceKind<S extends TObject = TObject, A = Static<S>> extends Kind<S> {
  /** What one row holds, without reading it: the compiler checks shapes against it. Undefined where only reading tells. */
  describe?(args: A): { readonly fields: readonly Omit<Field, 'data'>[]; readonly target: string };
  /** Reads the training rows and, where the source has its own, the test rows. Throws `Failure` with exit 4. */
  read(args: A, place: SourcePlace): Promise<{ readonly train: Table; readonly test?: Table }>;
}

export function defineSource<S extends TObject>(kind: SourceKind<S, Static<S>>): SourceKind {
  return kind as unknown as SourceKind;
}
