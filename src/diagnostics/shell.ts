/** A word of a command line as a POSIX shell takes it: in quotes where it needs some. */
export function inShell(word: string): string {
  return /^[\w./:=,@%+-]+$/.test(word) ? word : `'${word.replaceAll("'", String.raw`'\''`)}'`;
}
