/** What the operating system's error codes mean to a person, by what was tried where that makes a difference. */
const REASONS: Readonly<Record<string, string | { readonly reading: string; readonly writing: string }>> = {
  EACCES: 'no permission',
  EPERM: 'no permission',
  EROFS: 'the file system is read-only',
  ENOSPC: 'the disk is full',
  EDQUOT: 'the disk quota is used up',
  EMFILE: 'too many files are open',
  ENFILE: 'too many files are open',
  ENAMETOOLONG: 'its name is too long',
  ELOOP: 'its links go in a circle',
  ENOTDIR: 'a part of the path is a file',
  EEXIST: 'it exists already',
  ENOENT: { reading: 'there is no such file', writing: 'its folder does not exist' },
  EISDIR: { reading: 'it is a folder', writing: 'a folder of this name is there' },
  EIO: { reading: 'the disk failed to read it', writing: 'the disk failed to write it' },
};

/**
 * Why a file could not be read or written; the bare code where it is a rare one. An error that is none of the operating system's is thrown as it is.
 */
export function systemReason(error: unknown, doing: 'reading' | 'writing'): string {
  const { code } = error as NodeJS.ErrnoException;
  if (typeof code !== 'string') throw error;
  const found = REASONS[code] ?? code;
  return typeof found === 'string' ? found : found[doing];
}
