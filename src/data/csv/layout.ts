/** Separators that are recognised, the surest first: a comma is in many texts, and in numbers of many languages. */
const SEPARATORS = ['\t', ';', ','] as const;
/** Lines that are looked at. */
const LINES = 50;

/**
 * What separates the cells of a file: a tab, a semicolon or a comma, the first of which every line has equally many outside quotes. The first line
 * may differ, since it may hold counts. Without any: a comma, the file then has one column.
 */
export function findSeparator(head: string): string {
  const counts = SEPARATORS.map((): number[] => []);
  let own = SEPARATORS.map(() => 0);
  let quoted = false;
  let isEmpty = true;
  const endLine = () => {
    if (!isEmpty) own.forEach((count, k) => void counts[k]!.push(count));
    own = SEPARATORS.map(() => 0);
    isEmpty = true;
  };
  let complete = 0;
  for (let at = 0; at < head.length && complete < LINES; at++) {
    const sign = head[at]!;
    if (sign === '"') quoted = !quoted;
    if (!quoted && (sign === '\n' || sign === '\r')) {
      if (!isEmpty) complete += 1;
      endLine();
      continue;
    }
    isEmpty = false;
    if (quoted) continue;
    const which = SEPARATORS.indexOf(sign as (typeof SEPARATORS)[number]);
    if (which >= 0) own[which]! += 1;
  }
  // A line that the head cuts off tells nothing.
  if (complete === 0) endLine();
  for (const [k, separator] of SEPARATORS.entries()) {
    const found = counts[k]!.length > 1 ? counts[k]!.slice(1) : counts[k]!;
    if (found.length > 0 && found[0]! > 0 && found.every((count) => count === found[0])) return separator;
  }
  const [first] = SEPARATORS.map((separator, k) => ({ separator, least: Math.min(...counts[k]!.slice(0, 2)) }))
    .filter(({ least }) => least > 0 && Number.isFinite(least))
    .sort((a, b) => b.least - a.least);
  return first?.separator ?? ',';
}

/** A decimal number as dnc takes it; nothing else counts as one: no hexadecimal, no `inf`, no thousands. */
const NUMBER = /^[ \t]*[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?[ \t]*$/;
/** The largest number that float32 holds. */
const LARGEST = 3.4028234663852886e38;

/** The number in a cell; NaN for anything else. */
export function numberIn(cell: string): number {
  const value = +cell;
  // `+` also takes the empty text, hexadecimal, octal, binary, and Infinity.
  if ((value === 0 || cell.charCodeAt(1) > 57) && !NUMBER.test(cell)) return Number.NaN;
  return value >= -LARGEST && value <= LARGEST ? value : Number.NaN;
}

export type HeaderForm = 'names' | 'none' | 'counts';

/**
 * What the first line of a file is: names where none of its cells is a number; counts where it says how many rows and features there are and how the
 * classes are called, as in the files of scikit-learn; else a row. Undefined where that is not clear: some of its cells are numbers, but a text
 * stands where the next line has a number. `read` gives the number in a cell, NaN for anything else.
 */
export function findHeader(
  first: readonly string[],
  second: readonly string[] | undefined,
  isMissing: (cell: string) => boolean,
  read: (cell: string) => number = numberIn,
): HeaderForm | undefined {
  const isNumber = (cell: string | undefined) => cell !== undefined && !Number.isNaN(read(cell));
  const isText = (cell: string) => !isNumber(cell) && !isMissing(cell);
  const differs = first.some((cell, k) => isText(cell) && isNumber(second?.[k]));
  if (second && isCounts(first, second) && (differs || first.length !== second.length)) return 'counts';
  // The first cell may be empty above row numbers, as pandas writes them.
  const stands = first.some((cell, k) => !isNumber(cell) && isNumber(second?.[k]));
  if (!first.some(isNumber)) return first.every(isText) || stands || !second ? 'names' : 'none';
  return differs ? undefined : 'none';
}

/** `569,30,malignant,benign`: rows, features, the names of the classes. */
function isCounts([rows = '', features = '', ...names]: readonly string[], second: readonly string[]): boolean {
  return (
    /^\d+$/.test(rows) &&
    /^\d+$/.test(features) &&
    Number(features) === second.length - 1 &&
    names.length > 1 &&
    names.every((name) => Number.isNaN(numberIn(name)))
  );
}
