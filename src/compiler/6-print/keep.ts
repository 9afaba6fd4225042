/** Lines of a list are filled up to this column (docs/language.md, section 8). */
export const WIDTH = 100;

/** Whole numbers in rising order as runs: `98..101`, `104`. Two neighbours stay two numbers, as everywhere in dnc. */
export function runsOf(numbers: readonly number[]): string[] {
  const runs: string[] = [];
  for (let first = 0, next: number; first < numbers.length; first = next) {
    next = first + 1;
    while (next < numbers.length && numbers[next] === numbers[next - 1]! + 1) next++;
    if (next - first >= 3) runs.push(`${numbers[first]}..${numbers[next - 1]}`);
    else for (let k = first; k < next; k++) runs.push(String(numbers[k]));
  }
  return runs;
}

/** A list on one line: `[98..101, 104]`. */
export function keepInline(items: readonly string[]): string {
  return `[${items.join(', ')}]`;
}

/** Fills lines of at most 100 columns with items, two blanks in. */
export function filled(items: readonly string[]): string[] {
  const lines: string[] = [];
  items.forEach((item, k) => {
    const text = k === items.length - 1 ? item : `${item},`;
    const last = lines.at(-1);
    if (last !== undefined && last.length + 1 + text.length <= WIDTH) lines[lines.length - 1] = `${last} ${text}`;
    else lines.push(`  ${text}`);
  });
  return lines;
}

/** A list on lines of its own, with how many of how many are kept beside its bracket. */
export function keepLines(items: readonly string[], kept: number, of: number): string {
  return `[          # ${kept} of ${of}\n${filled(items).join('\n')}\n]`;
}

/** Indices for people: `1, 16, 20..30, …`, with at most so many runs. */
export function runsText(indices: readonly number[], most: number): string {
  const runs = runsOf(indices);
  return (runs.length > most ? [...runs.slice(0, most), '…'] : runs).join(', ');
}
