import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';

/** The bytes of an IDX file of unsigned bytes. */
export function idxBytes(extents: readonly number[], elements: readonly number[], type = 8): Uint8Array {
  const header = new Uint8Array(4 + 4 * extents.length);
  header[2] = type;
  header[3] = extents.length;
  const view = new DataView(header.buffer);
  extents.forEach((extent, axis) => void view.setUint32(4 + 4 * axis, extent));
  return Uint8Array.from([...header, ...elements]);
}

/** A folder that goes when the test ends. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'dnc-test-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}
