import { createHash } from 'node:crypto';
import { type DataFile, failAsChanged, type InputFile, OpenInput } from './files.js';
import type { SourcePlace } from './source.js';

/**
 * Files that a data lock holds as one: a folder of pictures has one entry and not one for each. Its hash is the SHA-256 of a line for every file, in their
 * order: name, bytes, and SHA-256 of the contents.
 */
export class FileSet {
  private readonly hash = createHash('sha256');
  private bytes = 0;
  private count = 0;

  private constructor(private readonly name: string) {}

  /**
   * Reads every file by `read`, in their order. Where the set is locked, all of it is looked at first, so that what was cut off or exchanged is named as
   * that, and not by what it leads to.
   *
   * @param name of the set, in messages and in the data lock
   * @throws Failure data-changed, and those of `read`
   */
  static read(
    name: string,
    files: readonly InputFile[],
    place: SourcePlace,
    read: (file: InputFile, index: number) => { readonly bytes: number; readonly sha256: string },
  ): DataFile {
    const locked = place.lock?.files.get(name);
    if (locked) {
      const before = new FileSet(name);
      for (const file of files) before.add(file.name, summaryOf(file));
      const found = before.summary();
      const expected = { ...locked, help: place.lock!.help };
      if (found.sha256 !== locked.sha256) failAsChanged({ name, at: place.at }, expected, found);
    }
    const set = new FileSet(name);
    files.forEach((file, k) => void set.add(file.name, read(file, k)));
    return set.summary();
  }

  private add(name: string, { bytes, sha256 }: { readonly bytes: number; readonly sha256: string }): void {
    this.hash.update(`${name}\0${bytes}\0${sha256}\n`);
    this.bytes += bytes;
    this.count += 1;
  }

  private summary(): DataFile {
    return { name: this.name, sha256: this.hash.digest('hex'), bytes: this.bytes, rows: this.count };
  }
}

function summaryOf(file: InputFile): { readonly bytes: number; readonly sha256: string } {
  const open = OpenInput.open(file);
  try {
    return { bytes: open.size, sha256: open.sha256() };
  } finally {
    open.close();
  }
}
