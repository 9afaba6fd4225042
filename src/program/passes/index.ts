import { inBodies } from './bodies.js';
import type { Program } from '../program.js';
import { verify } from '../verify.js';
import { broadcasts } from './broadcasts.js';
import { common } from './common.js';
import { dead } from './dead.js';
import { fold } from './fold.js';
import { layout } from './layout.js';
import type { Pass } from './pass.js';
import { simplify } from './simplify.js';

/** Run in this order, again and again until a round changes nothing. Adding a pass is one file and one line. */
export const passes: readonly Pass[] = [simplify, broadcasts, fold, common, dead].map(inBodies);

/** Run once, after them. */
export const finish: readonly Pass[] = [layout].map(inBodies);

/** Rules may feed each other; each makes the program smaller in a measure of its own, so this is far above what programs need. */
const ROUNDS = 100;

/**
 * The program that engines run: computes the same with less. The passes keep every bit, `fold` apart (see there). The result depends on
 * the program only, and optimizing it again changes nothing. The program is verified before and after.
 */
export function optimize(program: Program): Program {
  let now = verify(program);
  for (let round = 0; ; round++) {
    const before = now;
    for (const pass of passes) now = pass.run(now);
    if (now === before) break;
    if (round === ROUNDS) throw new Error(`${program.name}: the passes do not come to rest`);
  }
  for (const pass of finish) now = pass.run(now);
  return verify(now);
}
