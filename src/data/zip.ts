import { Readable } from 'node:stream';
import { crc32, createInflateRaw } from 'node:zlib';
import { fail } from '../diagnostics/report.js';
import { bytesText, type InputFile, type OpenInput } from './files.js';
import { HARMLESS, LARGEST_RATIO } from './gzip.js';

/** One member of a ZIP archive (PKWARE, APPNOTE.TXT 6.3.9, sections 4.3 and 4.5). */
export interface ZipMember {
  readonly name: string;
  readonly isPacked: boolean;
  /** Bytes in the archive, and unpacked. */
  readonly packed: number;
  readonly size: number;
  readonly crc: number;
  /** Where its bytes begin. */
  readonly at: number;
}

const END = 0x06054b50;
const END_64 = 0x06064b50;
const END_64_LOCATOR = 0x07064b50;
const ENTRY = 0x02014b50;
const LOCAL = 0x04034b50;

/** Bytes of the end of an archive, without and with the longest comment. */
const END_SIZE = 22;
const LONGEST_END = END_SIZE + 0xffff;
const MOST_MEMBERS = 10_000;
const LARGEST_DIRECTORY = 2 ** 24;

function damaged(file: InputFile, problem: string, help: readonly string[] = []): never {
  fail('zip-damaged', { file: file.name, problem }, { at: file.at, help });
}

/**
 * The members of an archive, by name: stored or deflated ones, with 32- or 64-bit sizes. Every number is checked against the size of the file before it is used;
 * members that lie over each other are refused, and so are those that claim to unpack to more than packed bytes can honestly hold.
 *
 * @throws Failure zip-damaged, file-too-large
 */
export function readZip(open: OpenInput): ReadonlyMap<string, ZipMember> {
  const { file, size } = open;
  const end = findEnd(open);
  const directory = open.read(end.at, end.length);
  const view = viewOf(directory);
  const members = new Map<string, ZipMember>();
  const spans: { from: number; to: number; name: string }[] = [];
  let at = 0;
  for (let k = 0; k < end.count; k++) {
    if (at + 46 > directory.length || view.getUint32(at, true) !== ENTRY)
      damaged(file, `entry ${k + 1} of its directory is broken (byte ${end.at + at})`);
    const flags = view.getUint16(at + 8, true);
    const method = view.getUint16(at + 10, true);
    const [nameLength, extraLength, commentLength] = [28, 30, 32].map((offset) => view.getUint16(at + offset, true));
    const next = at + 46 + nameLength! + extraLength! + commentLength!;
    if (next > directory.length) damaged(file, `entry ${k + 1} of its directory is cut off (byte ${end.at + at})`);
    const name = new TextDecoder().decode(directory.subarray(at + 46, at + 46 + nameLength!));
    const wide = wideSizes(view, at, at + 46 + nameLength!, extraLength!, (problem) =>
      damaged(file, `${JSON.stringify(name)}: ${problem}`),
    );
    if (flags & 1) damaged(file, `${JSON.stringify(name)} is encrypted`);
    if (method !== 0 && method !== 8)
      damaged(file, `${JSON.stringify(name)} is packed by method ${method}; dnc reads stored and deflated members`, [
        'write the archive by `numpy.savez` or `numpy.savez_compressed`',
      ]);
    if (method === 0 && wide.packed !== wide.size)
      damaged(file, `${JSON.stringify(name)} is stored as ${wide.packed} bytes of ${wide.size}`);
    if (wide.size > HARMLESS && wide.size > wide.packed * LARGEST_RATIO) {
      const found = `${JSON.stringify(name)} with ${bytesText(wide.size)} in ${bytesText(wide.packed)} by its own account`;
      const limit = `${LARGEST_RATIO.toLocaleString('en-US')} times the packed size`;
      fail('file-too-large', { file: file.name, found, limit }, { at: file.at });
    }
    if (members.has(name)) damaged(file, `it has two members called ${JSON.stringify(name)}`);
    const data = dataOf(open, wide.offset, name);
    if (data + wide.packed > size) damaged(file, `${JSON.stringify(name)} ends behind the end of the file`);
    spans.push({ from: wide.offset, to: data + wide.packed, name });
    const crc = view.getUint32(at + 16, true);
    members.set(name, { name, isPacked: method === 8, packed: wide.packed, size: wide.size, crc, at: data });
    at = next;
  }
  spans.sort((one, other) => one.from - other.from);
  spans.forEach(({ from, name }, k) => {
    const before = spans[k - 1];
    if (before && before.to > from)
      damaged(file, `${JSON.stringify(before.name)} and ${JSON.stringify(name)} lie over each other`);
  });
  return members;
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** A 64-bit number that a file of today can have; undefined for larger ones. */
function wideNumber(view: DataView, at: number): number | undefined {
  const value = view.getUint32(at + 4, true) * 2 ** 32 + view.getUint32(at, true);
  return Number.isSafeInteger(value) ? value : undefined;
}

/** The end of an archive, which says where its directory is. */
function findEnd(open: OpenInput): { readonly at: number; readonly length: number; readonly count: number } {
  const { file, size } = open;
  const start = Math.max(0, size - LONGEST_END);
  const tail = open.read(start, size - start);
  const view = viewOf(tail);
  let at = tail.length - END_SIZE;
  while (
    at >= 0 &&
    !(view.getUint32(at, true) === END && at + END_SIZE + view.getUint16(at + 20, true) === tail.length)
  )
    at -= 1;
  if (at < 0)
    damaged(file, 'it has no end of an archive: it is no ZIP file, or was cut off', [
      'a file for this source is written by `numpy.savez("data.npz", x=x, y=y)`',
    ]);
  let count = view.getUint16(at + 10, true);
  let length = view.getUint32(at + 12, true);
  let from = view.getUint32(at + 16, true);
  const isWide = count === 0xffff || length === 0xffffffff || from === 0xffffffff;
  if (view.getUint16(at + 4, true) !== 0 && view.getUint16(at + 4, true) !== 0xffff)
    damaged(file, 'it is a part of several');
  let limit = start + at;
  if (isWide) {
    const locator = start + at - 20;
    const pointer = locator < 0 ? new Uint8Array() : open.read(locator, 20);
    if (pointer.length < 20 || viewOf(pointer).getUint32(0, true) !== END_64_LOCATOR)
      damaged(file, 'the place of its directory is missing (ZIP64)');
    const place = wideNumber(viewOf(pointer), 8) ?? size;
    const record = place + 56 > size ? new Uint8Array() : open.read(place, 56);
    if (record.length < 56 || viewOf(record).getUint32(0, true) !== END_64)
      damaged(file, 'the end of its directory is broken (ZIP64)');
    count = wideNumber(viewOf(record), 32) ?? size;
    length = wideNumber(viewOf(record), 40) ?? size;
    from = wideNumber(viewOf(record), 48) ?? size;
    limit = place;
  }
  if (from + length > limit) damaged(file, `its directory ends behind the end of the file (byte ${from})`);
  if (count > MOST_MEMBERS || length > LARGEST_DIRECTORY)
    damaged(
      file,
      `it claims ${count.toLocaleString('en-US')} members; dnc reads at most ${MOST_MEMBERS.toLocaleString('en-US')}`,
    );
  return { at: from, length, count };
}

/** Sizes and place of a member: from its entry, or, where a number does not fit there, from its field for 64-bit numbers. */
function wideSizes(
  view: DataView,
  entry: number,
  extra: number,
  extraLength: number,
  wrong: (problem: string) => never,
): { readonly packed: number; readonly size: number; readonly offset: number } {
  const narrow = [24, 20, 42].map((offset) => view.getUint32(entry + offset, true));
  const values = [...narrow];
  for (let at = extra; at + 4 <= extra + extraLength; ) {
    const [id, length] = [view.getUint16(at, true), view.getUint16(at + 2, true)];
    let from = at + 4;
    const to = Math.min(from + length, extra + extraLength);
    if (id === 1)
      narrow.forEach((value, k) => {
        if (value !== 0xffffffff) return;
        if (from + 8 > to) wrong('its 64-bit size is missing');
        values[k] = wideNumber(view, from) ?? wrong('its size is no size');
        from += 8;
      });
    at = to;
  }
  const [size, packed, offset] = values as [number, number, number];
  return { size, packed, offset };
}

/** Where the bytes of a member begin: behind its own header, which must have the name of the entry. */
function dataOf(open: OpenInput, offset: number, name: string): number {
  const { file } = open;
  const header = offset + 30 > open.size ? new Uint8Array() : open.read(offset, 30);
  if (header.length < 30 || viewOf(header).getUint32(0, true) !== LOCAL)
    damaged(file, `${JSON.stringify(name)} does not begin where the directory says (byte ${offset})`);
  const [nameLength, extraLength] = [viewOf(header).getUint16(26, true), viewOf(header).getUint16(28, true)];
  const own = new TextDecoder().decode(open.read(offset + 30, nameLength));
  if (own !== name) damaged(file, `the directory says ${JSON.stringify(name)} where ${JSON.stringify(own)} lies`);
  return offset + 30 + nameLength + extraLength;
}

/**
 * The bytes of a member, unpacked piece by piece. At their end, size and checksum are those that the directory says, or it fails.
 *
 * @throws Failure zip-damaged
 */
export async function* memberBytes(open: OpenInput, member: ZipMember): AsyncGenerator<Uint8Array, void, undefined> {
  const { file } = open;
  const called = JSON.stringify(member.name);
  const stored = open.pieces(member.at, member.at + member.packed);
  let crc = 0;
  let size = 0;
  try {
    const pieces: AsyncIterable<Uint8Array> | Iterable<Uint8Array> = member.isPacked ? inflated(stored) : stored;
    for await (const piece of pieces) {
      size += piece.length;
      if (size > member.size) damaged(file, `${called} unpacks to more than the ${member.size} bytes that it claims`);
      crc = crc32(piece, crc);
      yield piece;
    }
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code?.startsWith('Z_')) damaged(file, `${called}: ${message}`);
    throw error;
  }
  if (size !== member.size) damaged(file, `${called} unpacks to ${size} of ${member.size} bytes`);
  if (crc !== member.crc) damaged(file, `the checksum of ${called} is not that of its contents`);
}

async function* inflated(pieces: Iterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const source = Readable.from(pieces, { objectMode: true, highWaterMark: 1 });
  const inflate = createInflateRaw({ chunkSize: 2 ** 18 });
  source.on('error', (error) => inflate.destroy(error));
  source.pipe(inflate);
  try {
    yield* inflate as AsyncIterable<Uint8Array>;
  } finally {
    source.destroy();
    inflate.destroy();
  }
}
