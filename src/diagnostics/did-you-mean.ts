/**
 * The known name nearest to a word that nothing knows, or nothing if none is near. Counts insertions, deletions,
 * replacements and swaps of neighbours (optimal string alignment); case and `_`, `-` weigh little, so that `batchSize`
 * finds `batch_size`. A third of the longer word's letters may be wrong, at least one. Where none is near, the only name with these initials
 * is meant, as people shorten them: `lr` for `learning_rate`. A word of several parts that are all in a name, in their order, is that name with parts left out,
 * whatever is near by its letters: `sparse_crossentropy` for `sparse_categorical_crossentropy`.
 */
export function nearest(word: string, known: Iterable<string>): string | undefined {
  const names = [...known];
  const longer = longerName(word, names);
  if (longer !== undefined) return longer;
  let best: string | undefined;
  let least = Number.POSITIVE_INFINITY;
  for (const name of names) {
    const bound = Math.max(1, Math.floor(Math.max(word.length, name.length) / 3));
    // A bound on the work: lengths that differ by more than the bound cannot be near.
    if (name === word || Math.abs(name.length - word.length) > bound + 2) continue;
    const away = distance(word, name, Math.min(least, bound + 0.4));
    if (away < least && away <= bound + 0.4) {
      least = away;
      best = name;
    }
  }
  if (best !== undefined) return best;
  const shortened = names.filter((name) => word.length > 1 && initials(name) === word.toLowerCase());
  return shortened.length === 1 ? shortened[0] : undefined;
}

/** The shortest name of which a word of several parts leaves some out. */
function longerName(word: string, names: readonly string[]): string | undefined {
  const parts = word.includes('_') && word.length < LONGEST ? word.toLowerCase().split('_') : [];
  if (parts.length < 2) return undefined;
  let best: string | undefined;
  for (const name of names) {
    if (name.length <= word.length || (best !== undefined && name.length >= best.length)) continue;
    let at = 0;
    for (const part of name.toLowerCase().split('_')) if (part === parts[at]) at++;
    if (at === parts.length) best = name;
  }
  return best;
}

function initials(name: string): string {
  return name
    .split('_')
    .map((part) => part.charAt(0).toLowerCase())
    .join('');
}

/** A help line for an unknown word: "did you mean `units`?", or none. Spread it into a report's `help`. */
export function didYouMean(word: string, known: Iterable<string>): string[] {
  const name = nearest(word, known);
  return name === undefined ? [] : [`did you mean \`${name}\`?`];
}

/** The same, with all that is known behind it when nothing is near. `what` is a plural: "layers", "options of Dense". */
export function didYouMeanOr(word: string, known: Iterable<string>, what: string): string[] {
  const names = [...known];
  const near = didYouMean(word, names);
  if (near.length > 0 || names.length === 0) return near;
  const shown = names.slice(0, 12).join(', ');
  return [`${what}: ${shown}${names.length > 12 ? ', …' : ''}`];
}

/** No name is as long. */
const LONGEST = 1000;

/** Small enough that a difference in case or separators never outweighs a letter. */
const LITTLE = 0.1;

/** The distance, or infinity as soon as it is known to go beyond `most`. */
function distance(from: string, to: string, most: number): number {
  const columns = to.length + 1;
  let before = new Float64Array(columns);
  let above = new Float64Array(columns);
  let row = new Float64Array(columns);
  for (let j = 1; j < columns; j++) above[j] = above[j - 1]! + weight(to[j - 1]!);
  for (let i = 1; i <= from.length; i++) {
    const a = from[i - 1]!;
    row[0] = above[0]! + weight(a);
    let nearestInRow = row[0];
    for (let j = 1; j < columns; j++) {
      const b = to[j - 1]!;
      let least = Math.min(above[j]! + weight(a), row[j - 1]! + weight(b), above[j - 1]! + replacement(a, b));
      // A swap is the commonest slip of the fingers: it wins over a replacement elsewhere.
      if (i > 1 && j > 1 && a !== b && a === to[j - 2] && b === from[i - 2]) {
        least = Math.min(least, before[j - 2]! + 0.9);
      }
      row[j] = least;
      nearestInRow = Math.min(nearestInRow, least);
    }
    // A swap reaches over one row, so one letter of slack stays.
    if (nearestInRow > most + 1) return Number.POSITIVE_INFINITY;
    [before, above, row] = [above, row, before];
  }
  return above[to.length]!;
}

function weight(letter: string): number {
  return letter === '_' || letter === '-' ? LITTLE : 1;
}

function replacement(a: string, b: string): number {
  if (a === b) return 0;
  if (a.toLowerCase() === b.toLowerCase()) return LITTLE;
  return weight(a) === LITTLE && weight(b) === LITTLE ? LITTLE : 1;
}
