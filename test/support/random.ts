import { Stream } from '../../src/random/streams.js';

/**
 * Seeded numbers in [0, 1) for a test, which prints the seed, so that `SEED=…` replays it. Without one every call of the tests draws another.
 */
export function seeded(name: string): { readonly next: () => number; readonly whole: (below: number) => number } {
  const seed = process.env.SEED === undefined ? Math.floor(Math.random() * 2 ** 31) : Number(process.env.SEED);
  console.log(`${name}: replay with SEED=${seed}`);
  const stream = Stream.named(name, { seed });
  let drawn = 0;
  const next = () => stream.uniform(drawn++);
  return { next, whole: (below) => Math.floor(next() * below) };
}
