import { createReadStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';

const BLOCK = 512;

/**
 * Goes through a tar archive packed with gzip (POSIX.1-1988, ustar) and gives the bytes of its files, piece by piece, to what `member` returns for their path and size; files for which that
 * is undefined are passed over. The archive's hash was checked before: what it holds is known.
 */
export async function readTar(
  file: string,
  member: (path: string, size: number) => ((bytes: Uint8Array) => void) | undefined,
): Promise<void> {
  let header = Buffer.alloc(0);
  let left = 0;
  let padding = 0;
  let sink: ((bytes: Uint8Array) => void) | undefined;
  const take = (chunk: Buffer): void => {
    let rest = chunk;
    while (rest.length > 0) {
      if (left > 0) {
        const part = rest.subarray(0, left);
        sink?.(part);
        left -= part.length;
        rest = rest.subarray(part.length);
      } else if (padding > 0) {
        const skipped = Math.min(padding, rest.length);
        padding -= skipped;
        rest = rest.subarray(skipped);
      } else {
        const part = rest.subarray(0, BLOCK - header.length);
        header = Buffer.concat([header, part]);
        rest = rest.subarray(part.length);
        if (header.length < BLOCK) return;
        const text = (from: number, length: number) =>
          header.toString('latin1', from, from + length).replace(/\0.*$/s, '');
        const size = Number.parseInt(text(124, 12).trim() || '0', 8);
        if (!Number.isSafeInteger(size)) throw new Error(`a header in ${file} claims no size`);
        const prefix = text(257, 5) === 'ustar' ? text(345, 155) : '';
        const path = prefix === '' ? text(0, 100) : `${prefix}/${text(0, 100)}`;
        left = size;
        padding = (BLOCK - (size % BLOCK)) % BLOCK;
        const isFile = header[156] === 0 || header[156] === 0x30;
        sink = isFile ? member(path, size) : undefined;
        header = Buffer.alloc(0);
      }
    }
  };
  await pipeline(createReadStream(file), createGunzip(), async (chunks: AsyncIterable<Buffer>) => {
    for await (const chunk of chunks) take(chunk);
  });
}
