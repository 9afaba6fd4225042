import { constants, type Gunzip, gunzipSync } from 'node:zlib';
import { fail } from '../diagnostics/report.js';
import { bytesText, type InputFile } from './files.js';

/** Deflate packs at most 1,032 bytes into one; data that come near it are empty, or a bomb. */
export const LARGEST_RATIO = 1000;
/** Below this size nothing is a bomb. */
export const HARMLESS = 2 ** 20;
/** Packed bytes that are enough to unpack a short header. */
const HEAD = 2 ** 14;

export function isGzip(bytes: Uint8Array): boolean {
  return bytes[0] === 0x1f && bytes[1] === 0x8b;
}

/**
 * The first bytes of what a gzip file holds: as many as the first 16 KiB unpack to. Damage that lies further on is not seen.
 *
 * @throws Failure gzip-damaged
 */
export function gunzipHead(bytes: Uint8Array, file: InputFile): Uint8Array {
  return unpack(bytes.subarray(0, HEAD), file, { finishFlush: constants.Z_SYNC_FLUSH }).data;
}

/**
 * Unpacks a gzip file that must hold `expected` bytes, no more and no less; memory is taken for that many only.
 *
 * @throws Failure file-too-large (more than packed bytes can honestly hold), file-truncated, file-trailing, gzip-damaged
 */
export function gunzipExactly(bytes: Uint8Array, expected: number, file: InputFile): Uint8Array {
  const where = { at: file.at };
  if (expected > HARMLESS && expected > bytes.length * LARGEST_RATIO) {
    fail(
      'file-too-large',
      {
        file: file.name,
        found: `${bytesText(expected)} in ${bytesText(bytes.length)} by its own account`,
        limit: `${LARGEST_RATIO.toLocaleString('en-US')} times the packed size`,
      },
      where,
    );
  }
  const { data, used } = unpack(bytes, file, { maxOutputLength: Math.max(1, expected), expected });
  if (data.length < expected)
    fail(
      'file-truncated',
      { file: file.name, expected, found: data.length, offset: bytes.length, packed: true },
      where,
    );
  if (used < bytes.length)
    fail(
      'gzip-damaged',
      { file: file.name, problem: `${bytes.length - used} bytes follow its end at byte ${used}` },
      where,
    );
  return data;
}

/**
 * Unpacks a gzip file of any size up to a limit.
 *
 * @throws Failure file-too-large (more than the limit, or than packed bytes can honestly hold), gzip-damaged
 */
export function gunzipAtMost(bytes: Uint8Array, most: number, file: InputFile): Uint8Array {
  const limit = Math.min(most, Math.max(HARMLESS, bytes.length * LARGEST_RATIO));
  try {
    return unpack(bytes, file, { maxOutputLength: limit }).data;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== 'ERR_BUFFER_TOO_LARGE') throw error;
    const found = `more than ${bytesText(limit)} in ${bytesText(bytes.length)}`;
    return fail('file-too-large', { file: file.name, found, limit: bytesText(limit) }, { at: file.at });
  }
}

function unpack(
  bytes: Uint8Array,
  file: InputFile,
  options: { readonly finishFlush?: number; readonly maxOutputLength?: number; readonly expected?: number },
): { readonly data: Uint8Array; readonly used: number } {
  const { expected, ...rest } = options;
  try {
    // With `info` zlib also returns its engine, which knows how many packed bytes it used; the published types leave that out.
    const result = gunzipSync(bytes, { ...rest, chunkSize: 2 ** 18, info: true }) as unknown as {
      readonly buffer: Buffer;
      readonly engine: Gunzip;
    };
    return { data: result.buffer, used: result.engine.bytesWritten };
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    const where = { at: file.at };
    if (code === 'ERR_BUFFER_TOO_LARGE' && expected !== undefined)
      fail('file-trailing', { file: file.name, expected, found: undefined, packed: true }, where);
    if (code === 'Z_BUF_ERROR' && expected !== undefined) {
      const { data } = unpack(bytes, file, { finishFlush: constants.Z_SYNC_FLUSH, maxOutputLength: expected + 1 });
      if (data.length === expected)
        fail('gzip-damaged', { file: file.name, problem: `its checksum is cut off at byte ${bytes.length}` }, where);
      fail(
        'file-truncated',
        { file: file.name, expected, found: data.length, offset: bytes.length, packed: true },
        where,
      );
    }
    if (code?.startsWith('Z_')) fail('gzip-damaged', { file: file.name, problem: message }, where);
    throw error;
  }
}
