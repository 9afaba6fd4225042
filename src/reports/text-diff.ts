import { readFileSync } from 'node:fs';

/** Lines around a change that are shown with it. */
const CONTEXT = 2;

/** The lines that differ between two text files, as a unified diff without a header; empty where none does. Longest common subsequence; specs are short. */
export function textDiff(beforeFile: string, afterFile: string): string {
  const lines = marked(linesOf(beforeFile), linesOf(afterFile));
  const near = lines.map((_, k) =>
    lines.slice(Math.max(0, k - CONTEXT), k + CONTEXT + 1).some((line) => line[0] !== ' '),
  );
  const shown: string[] = [];
  lines.forEach((line, k) => {
    if (near[k]) shown.push(line);
    else if (k > 0 && near[k - 1]) shown.push('@@');
  });
  if (shown.at(-1) === '@@') shown.pop();
  return shown.map((line) => `${line}\n`).join('');
}

/** The lines of a file; what ends the last one is not a line of its own. */
function linesOf(file: string): string[] {
  const text = readFileSync(file, 'utf8');
  return text === '' ? [] : text.replace(/\n$/, '').split('\n');
}

/** All lines, each marked ` `, `-` or `+`. What is the same at both ends is told apart first: the rest takes memory by its square. */
function marked(before: readonly string[], after: readonly string[]): string[] {
  const shorter = Math.min(before.length, after.length);
  let head = 0;
  while (head < shorter && before[head] === after[head]) head++;
  let tail = 0;
  while (tail < shorter - head && before.at(-1 - tail) === after.at(-1 - tail)) tail++;
  return [
    ...before.slice(0, head).map((line) => ` ${line}`),
    ...markedBetween(before.slice(head, before.length - tail), after.slice(head, after.length - tail)),
    ...before.slice(before.length - tail).map((line) => ` ${line}`),
  ];
}

function markedBetween(before: readonly string[], after: readonly string[]): string[] {
  // common[i][j]: length of the longest common subsequence of before[i..] and after[j..].
  const common = Array.from({ length: before.length + 1 }, () => new Uint32Array(after.length + 1));
  for (let i = before.length - 1; i >= 0; i--)
    for (let j = after.length - 1; j >= 0; j--)
      common[i]![j] =
        before[i] === after[j] ? common[i + 1]![j + 1]! + 1 : Math.max(common[i + 1]![j]!, common[i]![j + 1]!);
  const lines: string[] = [];
  let i = 0;
  let j = 0;
  while (i < before.length || j < after.length) {
    if (i < before.length && j < after.length && before[i] === after[j]) {
      lines.push(` ${before[i++]}`);
      j += 1;
    } else if (j >= after.length || (i < before.length && common[i + 1]![j]! >= common[i]![j + 1]!))
      lines.push(`-${before[i++]}`);
    else lines.push(`+${after[j++]}`);
  }
  return lines;
}
