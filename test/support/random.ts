import { Stream } from '../../src/random/streams.js';

/**
 * Seeded numbers in [0, 1) for a test, which prints the seed, so that `DNC_TEST_SEED=…` replays it. Without one every call of the tests draws another.
 */
export function seeded(name: string): { readonly next: () => number; readonly whole: (below: number) => number } {
  const seed = Number(process.env.DNC_TEST_SEED ?? Math.floor(Math.random() * 2 ** 31));
  console.log(`${name}: replay with DNC_TEST_SEED=${seed}`);
  const stream = Stream.named(name, { seed });
  let drawn = 0;
  const next = () => stream.uniform(drawn++);
  return { next, whole: (below) => Math.floor(next() * below) };
}
