// What a row is held to: a goal is a number that was measured, at most (or at least) so much.
import { median } from './rounds.mjs';

/**
 * A ratio of what two contestants took: of the first one to the fastest of those whose names match.
 * @returns undefined where one of them was not measured
 */
export function timeGoal({ measured }, name, of, pattern, atMost) {
  const one = measured.find((each) => each.name === name);
  const others = measured.filter((each) => each !== one && pattern.test(each.name));
  if (!one || others.length === 0) return undefined;
  const other = others.reduce((best, each) => (each.median < best.median ? each : best));
  const rounds = one.times.map((time, round) => time / other.times[round]);
  const against = others.length > 1 ? `${of} (${other.name})` : of;
  const value = one.median / other.median;
  return {
    ...goal(`time, of that of ${against}`, value, { atMost }),
    low: Math.min(...rounds),
    high: Math.max(...rounds),
  };
}

/** A ratio of peak memories: of the first one to the least of those whose names match. */
export function memoryGoal({ measured }, name, of, pattern, atMost) {
  const one = measured.find((each) => each.name === name);
  const others = measured.filter((each) => each !== one && pattern.test(each.name) && each.peakBytes);
  if (!one?.peakBytes || others.length === 0) return undefined;
  const least = Math.min(...others.map((each) => each.peakBytes));
  return goal(`peak memory, of that of ${of}`, one.peakBytes / least, { atMost });
}

/** A goal and whether it is met: `atMost` or `atLeast`. */
export function goal(what, value, { atMost, atLeast, unit = '' }) {
  const met = atMost === undefined ? value >= atLeast : value <= atMost;
  return { what, value, unit, ...(atMost === undefined ? { atLeast } : { atMost }), met };
}

/** "at most 0.60" */
export function boundText({ atMost, atLeast, unit }) {
  return atMost === undefined ? `at least ${number(atLeast)}${unit}` : `at most ${number(atMost)}${unit}`;
}

/** "0.53 (0.50 – 0.61)" */
export function valueText({ value, low, high, unit }) {
  const rounds = low === undefined ? '' : ` (${number(low)} – ${number(high)})`;
  return `${number(value)}${unit}${rounds}`;
}

const number = (x) => x.toFixed(2);

/** The median of ratios round by round: the machine was the same in each. */
export function medianRatio(times, others) {
  return median(times.map((time, round) => time / others[round]));
}
