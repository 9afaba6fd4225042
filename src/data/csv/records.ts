import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { Transform, type TransformCallback, Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { Failure, fail } from '../../diagnostics/report.js';
import { bytesText, type DataFile, failToRead, type InputFile, OpenInput } from '../files.js';
import { HARMLESS, isGzip, LARGEST_RATIO } from '../gzip.js';

/** Bytes that are read from a file at a time. */
const CHUNK = 2 ** 18;
/** Characters of one line, more or less: an open quote must not swallow the memory. */
const LONGEST_RECORD = 2 ** 24;
/** Columns of a table. */
const MOST_COLUMNS = 100_000;

export interface RecordReader {
  /** Is given the beginning of the file, unpacked: its first 256 KiB or all of it. Returns what separates the cells. */
  begin(head: string): string;
  /** Is given the cells of every record with the line that it begins on, from 1. Lines without a character are left out. */
  record(cells: readonly string[], line: number): void;
}

/**
 * Reads a CSV file (RFC 4180: quoted cells, doubled quotes, line breaks in quotes; any of the three line endings; UTF-8 with or without a byte order
 * mark; plain or packed with gzip) as a stream. What is held of it at a time is one chunk and one record. Returns the size of the file and its
 * SHA-256.
 *
 * @throws Failure file-missing, file-unreadable, data-changed, file-too-large, gzip-damaged, csv-encoding, csv-quotes, csv-too-wide
 */
export async function readRecords(file: InputFile, reader: RecordReader): Promise<Pick<DataFile, 'bytes' | 'sha256'>> {
  const { parse } = await import('csv-parse');
  const where = { at: file.at };
  OpenInput.open(file).close();
  const hash = createHash('sha256');
  let packedBytes = 0;
  let bytes = 0;
  let isPacked: boolean | undefined;
  let lineOfParser = () => 1;

  const packed = async function* (): AsyncGenerator<Buffer> {
    for await (const chunk of createReadStream(file.path, { highWaterMark: CHUNK })) {
      hash.update(chunk as Buffer);
      packedBytes += (chunk as Buffer).length;
      yield chunk as Buffer;
    }
  };
  const unpacked = async function* (): AsyncGenerator<Buffer> {
    const chunks = packed();
    const first = await chunks.next();
    if (first.done) return;
    isPacked = isGzip(first.value);
    const all = async function* () {
      yield first.value;
      yield* chunks;
    };
    if (!isPacked) {
      yield* all();
      return;
    }
    const gunzip = createGunzip({ chunkSize: CHUNK });
    const feeding = pipeline(all, gunzip).catch((error: unknown) => void gunzip.destroy(error as Error));
    yield* gunzip as AsyncIterable<Buffer>;
    await feeding;
  };
  const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
  const checked = (chunk: Buffer): Buffer => {
    bytes += chunk.length;
    if (isPacked && bytes > HARMLESS && bytes > packedBytes * LARGEST_RATIO) {
      const found = `${bytesText(bytes)} or more in ${bytesText(packedBytes)}`;
      const limit = `${LARGEST_RATIO.toLocaleString('en-US')} times the packed size`;
      fail('file-too-large', { file: file.name, found, limit }, where);
    }
    const zero = chunk.indexOf(0);
    if (zero >= 0) {
      const line = lineOfParser() + countLines(chunk, zero);
      fail('csv-encoding', { file: file.name, line, problem: 'a byte that is 0: it is no text, or UTF-16' }, where);
    }
    try {
      decoder.decode(chunk, { stream: true });
    } catch {
      const line = lineOfParser() + countLines(chunk, firstBadByte(chunk));
      fail('csv-encoding', { file: file.name, line, problem: 'bytes that are not UTF-8' }, where);
    }
    return chunk;
  };

  try {
    // The beginning is held back until there is enough of it to see how the file is written.
    const source = unpacked();
    const held: Buffer[] = [];
    let size = 0;
    for (let next = await source.next(); !next.done; next = await source.next()) {
      held.push(next.value);
      size += next.value.length;
      if (size >= CHUNK) break;
    }
    const head = Buffer.concat(held);
    if (head[0] === 0xff && head[1] === 0xfe) {
      fail('csv-encoding', { file: file.name, line: 1, problem: 'the mark of UTF-16' }, where);
    }
    const separator = reader.begin(head.toString('utf8').replace(/^\uFEFF/, ''));
    let line = 1;
    let emptyLines = 0;
    let linesBefore = 0;
    const parser = parse({
      bom: true,
      delimiter: separator,
      max_record_size: LONGEST_RECORD,
      record_delimiter: ['\r\n', '\n', '\r'],
      relax_column_count: true,
      skip_empty_lines: true,
      on_record: (cells: string[]) => {
        const { info } = parser;
        line += info.empty_lines - emptyLines;
        emptyLines = info.empty_lines;
        if (cells.length > MOST_COLUMNS) {
          const [columns, most] = [cells.length, MOST_COLUMNS];
          fail('csv-too-wide', { file: file.name, line, columns, most }, where);
        }
        reader.record(cells, line);
        // Where the parser counted more than one line there is a break in quotes; it counts a CRLF there twice.
        line += info.lines - linesBefore > 1 ? 1 + breaksIn(cells) : 1;
        linesBefore = info.lines;
        return null;
      },
    });
    lineOfParser = () => line;
    const check = new Transform({
      transform(chunk: Buffer, _: BufferEncoding, done: TransformCallback) {
        try {
          done(null, checked(chunk));
        } catch (error) {
          done(error as Error);
        }
      },
    });
    const rest = async function* () {
      if (head.length > 0) yield head;
      yield* source;
    };
    const nowhere = new Writable({ objectMode: true, write: (_, __, done) => done() });
    await pipeline(rest, check, parser, nowhere);
    return { bytes: packedBytes, sha256: hash.digest('hex') };
  } catch (error) {
    if (error instanceof Failure) throw error;
    const { code, message } = error as NodeJS.ErrnoException;
    if (code?.startsWith('Z_')) fail('gzip-damaged', { file: file.name, problem: message }, where);
    const problem = code === undefined ? undefined : PROBLEMS[code];
    // The line that the record begins on: an open quote is on it, however far the parser went on.
    if (problem !== undefined) fail('csv-quotes', { file: file.name, line: lineOfParser(), problem }, where);
    return failToRead(error, file);
  }
}

/** What csv-parse's codes mean to a person. */
const PROBLEMS: Readonly<Record<string, string>> = {
  INVALID_OPENING_QUOTE: 'a quote within a cell that does not begin with one',
  CSV_INVALID_CLOSING_QUOTE: 'a quoted cell that goes on behind its closing quote',
  CSV_QUOTE_NOT_CLOSED: 'a quoted cell that is not closed before the end of the file',
  CSV_MAX_RECORD_SIZE: `more than ${bytesText(LONGEST_RECORD)} without an end of the line: is a quote left open?`,
};

function breaksIn(cells: readonly string[]): number {
  return cells.reduce((sum, cell) => sum + (cell.match(/\r\n|\n|\r/g)?.length ?? 0), 0);
}

/** Ends of lines before a place. */
function countLines(bytes: Buffer, end: number): number {
  let count = 0;
  for (let at = bytes.indexOf(10); at >= 0 && at < end; at = bytes.indexOf(10, at + 1)) count += 1;
  return count;
}

/** Where a chunk stops being UTF-8, by halving. */
function firstBadByte(bytes: Buffer): number {
  const isGood = (end: number) => {
    try {
      new TextDecoder('utf-8', { fatal: true }).decode(bytes.subarray(0, end), { stream: true });
      return true;
    } catch {
      return false;
    }
  };
  let [good, bad] = [0, bytes.length];
  while (bad - good > 1) {
    const middle = (good + bad) >> 1;
    if (isGood(middle)) good = middle;
    else bad = middle;
  }
  return good;
}
