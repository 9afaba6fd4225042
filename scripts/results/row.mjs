/**
 * A row of docs/results.md is `{ title, spec, runs, write }` and, where it needs them, `data` (what the folder given by --data-dir has to hold),
 * `edit` ([before, after] in the spec's text; a run has `edits`, too), `counted` (fully connected layers whose weights and neurons are counted as the DropNeuron
 * scripts do), `measure` (more to note of a run that is done; it gets `simplify(name, sets)`, the result of `dnc simplify` with values of the spec changed,
 * which stand in `simplified`, one list of `sets` for each) and `compare` (other tools on the same rows).
 * `write({ runs, command, compared })` gives its text.
 */

/** One run a seed. What the source draws, if anything, is drawn anew with `source`. */
export function seeds(count, sets = [], source = false) {
  return Array.from({ length: count }, (_, k) => ({
    name: `seed-${k + 1}`,
    sets: [`train.seed=${k + 1}`, ...(source ? [`data.source.seed=${k + 1}`] : []), ...sets],
  }));
}
