import type { PhaseSpec } from '../compiler/spec.js';
import { learningRateAt } from '../runtime/training/learning-rate.js';
import type { HistoryRow } from '../runtime/training/progress.js';

interface Point {
  readonly x: number;
  readonly y: number;
}

/** Steps of an epoch that are looked at, and points that are drawn at most. */
const MOST = { stepsOfEpoch: 1000, points: 400 };

/**
 * The learning rate over the epochs, step by step: x is how many epochs were done behind the step. The history has the rate of the last step of every epoch; those before it are the schedule's, as long as it gives
 * what the history has. A schedule that waits for standstills had as many as fit to that. Points on a straight line between others are left out.
 */
export function learningRates(history: readonly HistoryRow[], phases: readonly PhaseSpec[]): readonly Point[] {
  const all: Point[] = [];
  let begin = 0;
  while (begin < history.length) {
    const { phase: name } = history[begin]!;
    let end = begin;
    while (end < history.length && history[end]!.phase === name) end++;
    const phase = phases.find((one) => one.name === name);
    all.push(...ofPhase(history.slice(begin, end), phase));
    begin = end;
  }
  const height = all.reduce((most, { y }) => Math.max(most, Math.abs(y)), 0);
  let tolerance = 1e-3 * height;
  let few = withoutStraight(all, tolerance);
  while (few.length > MOST.points && tolerance < height) {
    tolerance *= 2;
    few = withoutStraight(all, tolerance);
  }
  return few;
}

function ofPhase(rows: readonly HistoryRow[], phase: PhaseSpec | undefined): Point[] {
  const stepsPerEpoch = rows[0]!.step;
  const length = phase?.length;
  const steps = length?.unit === 'epochs' ? length.amount * stepsPerEpoch : (length?.amount ?? 0);
  let standstills = 0;
  return rows.flatMap((row, k) => {
    const last: Point = { x: row.epoch, y: row.learning_rate };
    const from = rows[k - 1]?.step ?? 0;
    const count = row.step - from;
    if (!phase || count < 1) return [last];
    const rateAt = (step: number, stills: number) =>
      learningRateAt(phase, { step, steps, stepsPerEpoch, standstills: stills });
    const known = [standstills, standstills + 1].find((stills) => isSame(rateAt(row.step - 1, stills), last.y));
    if (known === undefined) return [last];
    standstills = known;
    const looks = Math.min(count, MOST.stepsOfEpoch);
    return Array.from({ length: looks }, (_, look) => {
      const step = from + Math.ceil(((look + 1) * count) / looks) - 1;
      // An epoch that the first step begins has it, too, however many steps there are.
      const at = look === 0 ? from : step;
      return { x: row.epoch - 1 + (at + 1 - from) / count, y: rateAt(at, known) };
    });
  });
}

/** The history holds the very number; a run of another version may differ in its last bits. */
function isSame(one: number, other: number): boolean {
  return Math.abs(one - other) <= 1e-9 * Math.max(Math.abs(one), Math.abs(other));
}

/** Leaves out points that lie, up to `tolerance`, on the line between points that stay (Ramer 1972; Douglas and Peucker 1973). */
function withoutStraight(points: readonly Point[], tolerance: number): readonly Point[] {
  if (points.length <= 2) return points;
  const keep = new Uint8Array(points.length);
  keep[0] = keep[points.length - 1] = 1;
  const open: [number, number][] = [[0, points.length - 1]];
  for (let next = open.pop(); next; next = open.pop()) {
    const [from, to] = next;
    const [a, b] = [points[from]!, points[to]!];
    let [farthest, most] = [-1, tolerance];
    for (let k = from + 1; k < to; k++) {
      const { x, y } = points[k]!;
      const off = Math.abs(y - (a.y + ((b.y - a.y) * (x - a.x)) / (b.x - a.x)));
      if (off > most) [farthest, most] = [k, off];
    }
    if (farthest < 0) continue;
    keep[farthest] = 1;
    open.push([from, farthest], [farthest, to]);
  }
  return points.filter((_, k) => keep[k] === 1);
}
