import type { Draws } from './initializer.js';

/** Further attempts of one element draw at counters this far apart: no tensor has that many elements. */
const ATTEMPT = 2 ** 40;

/** A standard normal within [−2, 2], by drawing again (one in 22 needs it), as TensorFlow's truncated normal. */
export function truncatedNormal(draws: Draws, counter: number): number {
  for (let at = counter; ; at += ATTEMPT) {
    const value = draws.normal(at);
    if (Math.abs(value) <= 2) return value;
  }
}
