import { threefryBlocks } from './threefry.js';
import { type StreamPlace, streamKey } from './streams.js';

/**
 * Rounds of the Feistel network. Four make it indistinguishable from random where the halves are wide (Luby and Rackoff, 1988); the halves of a small
 * data set are a few bits, so there are more. They cost a table look-up each.
 */
const ROUNDS = 12;

/**
 * A permutation of 0 … n − 1 that is fixed by a stream's key, with random access: an epoch's order of rows needs no list to be kept, and a resumed
 * run finds the rest of it again. A Feistel network on the next power of two, walked along its cycle until it falls below n (Black and Rogaway,
 * "Ciphers with arbitrary finite domains", 2002). The round functions are tabulated from Threefry: round r maps x to the first word of block (r, x).
 */
export class Permutation {
  private readonly tables: readonly Uint32Array[];
  private readonly lowBits: number;
  private readonly lowMask: number;

  constructor(
    readonly size: number,
    name: string,
    place: StreamPlace,
  ) {
    if (!Number.isInteger(size) || size < 0 || size > 2 ** 30) throw new Error(`a permutation of ${size} elements`);
    const bits = Math.max(2, 32 - Math.clz32(Math.max(0, size - 1)));
    this.lowBits = bits >> 1;
    this.lowMask = 2 ** this.lowBits - 1;
    const highBits = bits - this.lowBits;
    const key = streamKey(name, place);
    // Even rounds change the high half by the low one, odd rounds the low half by the high one.
    this.tables = Array.from({ length: ROUNDS }, (_, round) => {
      const even = round % 2 === 0;
      const entries = 2 ** (even ? this.lowBits : highBits);
      const mask = even ? 2 ** highBits - 1 : this.lowMask;
      const words = new Int32Array(2 * entries);
      threefryBlocks(key, round, 0, entries, words);
      return Uint32Array.from({ length: entries }, (_, x) => words[2 * x]! & mask);
    });
  }

  /** Where `index` goes. */
  at(index: number): number {
    const { tables, lowBits, lowMask, size } = this;
    let x = index;
    do {
      let high = x >>> lowBits;
      let low = x & lowMask;
      for (let round = 0; round < ROUNDS; round += 2) {
        high ^= tables[round]![low]!;
        low ^= tables[round + 1]![high]!;
      }
      x = (high << lowBits) | low;
    } while (x >= size);
    return x;
  }

  /** The whole permutation; `into` is filled and returned where given. */
  fill(into: Int32Array = new Int32Array(this.size)): Int32Array {
    for (let k = 0; k < this.size; k++) into[k] = this.at(k);
    return into;
  }
}

/** The order of rows in an epoch: entry k is the row that is read k-th. */
export function shuffle(size: number, seed: number, epoch: number): Permutation {
  return new Permutation(size, 'shuffle', { seed, epoch });
}
