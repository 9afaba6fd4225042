import { fail } from '../diagnostics/report.js';
import { failToRead } from './files.js';
import { copyRow } from './picked-rows.js';
import { ChangedFile, RowReader, type StoredPart } from './row-reader.js';
import type { Scale } from './scale.js';

/** Rows that stay in their files, whose `read` says what is wrong with a file. @throws Failure of the file: file-missing, file-unreadable */
export class StoredRows extends RowReader {
  /** The same rows of the same open files, with every number filled in and standardized as it is read. */
  scaled(scale: Scale): StoredRows {
    return new StoredRows({ ...this.plan, scale }, this.parts);
  }

  protected override refuse(error: unknown, file: StoredPart['file']): never {
    if (error instanceof ChangedFile)
      fail('file-unreadable', { file: file.name, reason: 'it changed while it was read from' });
    return failToRead(error, file);
  }
}

type Numbers = Float32Array | Int32Array;

/** Goes through the rows of a tensor, wherever they are: row `seek(row)` has its numbers in `numbers` from `from` on, until the next one is asked for. */
export class RowCursor {
  numbers: Numbers;
  from = 0;
  private readonly raw: Float32Array | undefined;

  constructor(
    private readonly of: {
      readonly data: Numbers | StoredRows;
      readonly width: number;
      /** Which row of the data a row of the tensor is. Absent: itself. */
      readonly rows?: Int32Array | undefined;
      /** Of stored rows: which of their numbers are read. */
      readonly places?: Int32Array | undefined;
    },
  ) {
    const { data, width, places } = of;
    this.numbers = data instanceof StoredRows ? new Float32Array(width) : data;
    if (places && data instanceof StoredRows) this.raw = new Float32Array(data.width);
  }

  seek(row: number): this {
    const { data, rows, width, places } = this.of;
    const place = rows ? rows[row]! : row;
    if (!(data instanceof StoredRows)) this.from = place * width;
    else if (places && this.raw) {
      data.read(place, this.raw, 0);
      copyRow(this.raw, 0, { width, places }, this.numbers, 0);
    } else data.read(place, this.numbers as Float32Array, 0);
    return this;
  }
}
