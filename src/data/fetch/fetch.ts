import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { fail } from '../../diagnostics/report.js';
import { bytesText } from '../files.js';
import type { Dataset, Download, Member } from './datasets.js';
import { makeFolder, syncFolder } from '../../files.js';
import { PartialFile, sha256OfFile, sizeOfFile } from './files.js';
import { type Answer, ask, NotDelivered } from './http.js';
import { readTar } from './tar.js';

export interface FetchOptions {
  /** The data folder; the set gets a folder of its own in it. */
  readonly into: string;
  /** An address in the place of the mirrors. */
  readonly from?: string | undefined;
  /** Seconds without a byte after which a server is given up. */
  readonly silentSeconds: number;
  /** Stops it; what has come is kept. */
  readonly signal: AbortSignal;
  /** What is worth a line. */
  note(text: string): void;
  /** Where it stands, often. */
  progress(text: string): void;
}

export interface Fetched {
  readonly file: string;
  readonly bytes: number;
  readonly sha256: string;
  /** Whether it was there before. */
  readonly present: boolean;
}

/** A connection that is cut is taken up again this often in a row without a byte more. */
const FRUITLESS = 2;

/**
 * Downloads the files of a data set that are not there, from the first mirror that has them as they should be. A file appears whole and checked, or not at all; what came before the
 * connection was cut, or before Ctrl-C, is kept and gone on with, now or by the next call. Files that are there are checked, and never written over.
 *
 * @throws Failure fetch-failed, fetch-other-file, cannot-write; the reason of `signal`
 */
export async function fetchDataset(name: string, dataset: Dataset, options: FetchOptions): Promise<readonly Fetched[]> {
  const folder = join(options.into, dataset.folder);
  makeFolder(folder);
  const fetched: Fetched[] = [];
  for (const download of dataset.downloads) {
    const wanted: readonly (Download | Member)[] = download.members ?? [download];
    const missing = wanted.filter((one) => !isPresent(folder, one));
    if (missing.length > 0) {
      const mirrors = options.from === undefined ? dataset.mirrors : [options.from];
      // An archive that is there was to be unpacked when the call before ended.
      if (!download.members || !isPresent(folder, download))
        await downloadFile(name, folder, download, mirrors, options);
      if (download.members) await unpack(folder, download, missing as readonly Member[], options);
      syncFolder(folder);
    }
    for (const one of wanted) {
      const present = !missing.includes(one);
      if (present) options.note(`${one.file}: there already\n`);
      fetched.push({ file: one.file, bytes: one.bytes, sha256: one.sha256, present });
    }
  }
  return fetched;
}

/** Whether a file is there, as it should be. @throws Failure fetch-other-file where something else has its name */
function isPresent(folder: string, { file, bytes, sha256 }: Member | Download): boolean {
  const path = join(folder, file);
  const size = sizeOfFile(path);
  if (size === undefined) return false;
  const found = size === bytes ? sha256OfFile(path) : undefined;
  if (found === sha256) return true;
  const shown = found === undefined ? `${size.toLocaleString('en-US')} bytes` : `SHA-256 ${found.slice(0, 12)}…`;
  const expected = found === undefined ? `${bytes.toLocaleString('en-US')} bytes` : `${sha256.slice(0, 12)}…`;
  return fail(
    'fetch-other-file',
    { file: path, expected, found: shown },
    { help: [`remove it, or choose another folder: --data-dir FOLDER`] },
  );
}

/** Downloads one file from the first mirror that delivers it. */
async function downloadFile(
  name: string,
  folder: string,
  download: Download,
  mirrors: readonly string[],
  options: FetchOptions,
): Promise<void> {
  const part = new PartialFile(join(folder, download.file));
  part.open();
  const reasons: string[] = [];
  try {
    if (part.size > 0)
      options.note(`${download.file}: ${bytesText(part.size)} of ${bytesText(download.bytes)} are there\n`);
    // What is there may be damaged: then it is no reason to give up a mirror.
    if (part.size >= download.bytes && part.sha256 !== download.sha256) part.restart();
    for (const mirror of mirrors) {
      if (part.size === download.bytes) break;
      const url = new URL(download.file, mirror.endsWith('/') ? mirror : `${mirror}/`).href;
      const reason = await fromMirror(url, part, download, options);
      if (reason === undefined) break;
      reasons.push(`${url}: ${reason}`);
      options.note(`${url}: ${reason}\n`);
    }
    if (part.size !== download.bytes) {
      const kept = part.size > 0;
      if (!kept) part.remove();
      fail(
        'fetch-failed',
        { dataset: name, file: download.file },
        {
          help: [
            ...reasons,
            ...(kept ? [`the ${bytesText(part.size)} that came are kept: the same call goes on with them`] : []),
            `or put the file into ${folder} by other means`,
          ],
        },
      );
    }
    part.finish();
    options.note(`${download.file}: ${bytesText(download.bytes)}, checked\n`);
  } finally {
    part.close();
  }
}

/** Goes on with a file from one address until it is whole. @returns why it is not */
async function fromMirror(
  url: string,
  part: PartialFile,
  download: Download,
  options: FetchOptions,
): Promise<string | undefined> {
  const { file, bytes, sha256 } = download;
  let fruitless = 0;
  /** Bytes that came from elsewhere, or before. */
  let inherited = part.size;
  for (;;) {
    const before = part.size;
    let answer: Answer | undefined;
    try {
      answer = await ask(url, { from: part.size, silentSeconds: options.silentSeconds, signal: options.signal });
      const { status, headers } = answer;
      if (status === 416 && part.size > 0) {
        part.restart();
        inherited = 0;
        continue;
      }
      if (status !== 200 && status !== 206) return `the server says ${status}${status === 404 ? ', not found' : ''}`;
      const range = /^bytes (\d+)-\d+\/(\d+|\*)$/.exec(headers['content-range'] ?? '');
      if (status === 206 && Number(range?.[1]) !== part.size) return 'the server sends another part than was asked for';
      // A server that knows no parts of files sends all of it.
      if (status === 200 && part.size > 0) {
        part.restart();
        inherited = 0;
      }
      const length = headers['content-length'];
      const total =
        range && range[2] !== '*' ? Number(range[2]) : length === undefined ? bytes : part.size + Number(length);
      if (total !== bytes)
        return `it is another file: ${total.toLocaleString('en-US')} bytes, expected ${bytes.toLocaleString('en-US')}`;
      for await (const chunk of answer.body()) {
        if (part.size + chunk.length > bytes) {
          part.restart();
          return `it is another file: more than ${bytes.toLocaleString('en-US')} bytes`;
        }
        part.write(chunk);
        options.progress(`${file}: ${bytesText(part.size)} of ${bytesText(bytes)}`);
      }
      if (part.size < bytes) throw new NotDelivered('the connection was cut');
      const found = part.sha256;
      if (found === sha256) return undefined;
      part.restart();
      if (inherited === 0)
        return `wrong checksum: expected SHA-256 ${sha256.slice(0, 12)}…, found ${found.slice(0, 12)}…`;
      // What was there before may be what is wrong.
      inherited = 0;
      options.note(`${file}: wrong checksum; again from its beginning\n`);
    } catch (error) {
      if (!(error instanceof NotDelivered)) throw error;
      fruitless = part.size > before ? 0 : fruitless + 1;
      if (fruitless >= FRUITLESS) return error.message;
      if (part.size > before) options.note(`${file}: ${error.message} at ${bytesText(part.size)}; going on there\n`);
    } finally {
      answer?.close();
    }
  }
}

/** Takes files out of an archive that was checked, and removes it. */
async function unpack(
  folder: string,
  download: Download,
  missing: readonly Member[],
  { note, signal }: FetchOptions,
): Promise<void> {
  const archive = join(folder, download.file);
  const parts = new Map(
    missing.map((member) => [member.path, { member, part: new PartialFile(join(folder, member.file)) }]),
  );
  try {
    await readTar(archive, (path, size) => {
      signal.throwIfAborted();
      const found = parts.get(path);
      if (!found || size !== found.member.bytes) return undefined;
      found.part.open();
      found.part.restart();
      return (bytes) => found.part.write(bytes);
    });
    for (const { member, part } of parts.values()) {
      if (part.size !== member.bytes || part.sha256 !== member.sha256)
        throw new Error(`${download.file} has the hash that it should have, and ${member.path} in it has not`);
      part.finish();
      note(`${member.file}: ${bytesText(member.bytes)}, checked\n`);
    }
  } catch (error) {
    for (const { part } of parts.values()) part.remove();
    throw error;
  }
  rmSync(archive, { force: true });
}
