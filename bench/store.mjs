// What was measured, part by part: a part is a row, and says when it was measured and how busy the machine was with other work. The page is written from all parts.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';

/** Fewer rounds are a look, no measurement. */
export const ENOUGH_ROUNDS = 9;
/** Processors that other work may keep busy: above it, it takes the time that is measured. */
export const BUSY = 0.25;

const EMPTY = { format: 1, parts: {} };

/** The parts of a file, by "group/row"; none where the file is not there. */
export function readParts(file) {
  if (!existsSync(file)) return EMPTY;
  const store = JSON.parse(readFileSync(file, 'utf8'));
  if (store.format !== 1) throw new Error(`${file}: format ${store.format} is not one that this bench reads`);
  return store;
}

/** The store with these parts in the place of those of the same names. */
export function merged(store, parts) {
  const all = { ...store.parts, ...parts };
  return { format: 1, parts: Object.fromEntries(Object.keys(all).sort().map((key) => [key, all[key]])) };
}

export function writeParts(file, store) {
  mkdirSync(path.dirname(file), { recursive: true });
  writeFileSync(file, `${JSON.stringify(store, rounded, 1)}\n`);
}

/** Six digits are more than a clock knows. */
function rounded(_, value) {
  return typeof value === 'number' && !Number.isInteger(value) ? Number(value.toPrecision(6)) : value;
}

/** Why a part is a look and no measurement; undefined where it may stand on the page. */
export function unfit(part, group) {
  if (group.peers && !part.peers) return 'without --peers';
  if (part.who) return 'not all contestants';
  if (part.look) return 'a look';
  const enough = group.rounds ?? ENOUGH_ROUNDS;
  if (part.rounds < enough) return `${part.rounds} rounds, not ${enough}`;
  const busiest = Math.max(...part.busy);
  if (busiest > BUSY) return `other work kept ${busiest.toFixed(2)} processors busy`;
  return undefined;
}

/** How many processors are busy while the bench itself does nothing. */
export async function busyness(milliseconds = 2000) {
  const before = os.cpus();
  await pause(milliseconds);
  return busyBetween(before, os.cpus());
}

/** From the processors' clocks at two moments. */
export function busyBetween(before, after) {
  let busy = 0;
  for (const [k, { times }] of after.entries()) {
    const spent = Object.entries(times).map(([what, time]) => [what, time - before[k].times[what]]);
    const all = spent.reduce((sum, [, time]) => sum + time, 0);
    const idle = spent.find(([what]) => what === 'idle')?.[1] ?? 0;
    if (all > 0) busy += 1 - idle / all;
  }
  return busy;
}
