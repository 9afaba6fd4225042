/**
 * Threefry-2x32 with 20 rounds: a block cipher used as a counter-based generator. It is JAX's generator, so that an emitted JAX program draws the
 * same numbers, and it needs 32-bit additions, rotations and exclusive-ors only, so that every engine gives the same bits.
 *
 * Source: Salmon, Moraes, Dror, Shaw, "Parallel random numbers: as easy as 1, 2, 3", SC 2011; constants as in Random123.
 */

/** A key of two 32-bit words, held as signed integers. */
export interface Key {
  readonly high: number;
  readonly low: number;
}

/** Skein's key-schedule parity. */
export const PARITY = 0x1bd11bda;

/**
 * Encrypts `count` consecutive counters (high, low), (high, low + 1), … under the key; `low` wraps within its 32 bits, so that a caller that
 * crosses a multiple of 2³² makes two calls. Block b is written to `out[2 b]` and `out[2 b + 1]`, as signed integers.
 */
export function threefryBlocks(key: Key, high: number, low: number, count: number, out: Int32Array): void {
  const k0 = key.high | 0;
  const k1 = key.low | 0;
  const k2 = PARITY ^ k0 ^ k1;
  for (let block = 0; block < count; block++) {
    let a = (high + k0) | 0;
    let b = (low + block + k1) | 0;
    // Rounds 1 to 4, rotations 13, 15, 26, 6.
    a = (a + b) | 0;
    b = ((b << 13) | (b >>> 19)) ^ a;
    a = (a + b) | 0;
    b = ((b << 15) | (b >>> 17)) ^ a;
    a = (a + b) | 0;
    b = ((b << 26) | (b >>> 6)) ^ a;
    a = (a + b) | 0;
    b = ((b << 6) | (b >>> 26)) ^ a;
    a = (a + k1) | 0;
    b = (b + k2 + 1) | 0;
    // Rounds 5 to 8, rotations 17, 29, 16, 24.
    a = (a + b) | 0;
    b = ((b << 17) | (b >>> 15)) ^ a;
    a = (a + b) | 0;
    b = ((b << 29) | (b >>> 3)) ^ a;
    a = (a + b) | 0;
    b = ((b << 16) | (b >>> 16)) ^ a;
    a = (a + b) | 0;
    b = ((b << 24) | (b >>> 8)) ^ a;
    a = (a + k2) | 0;
    b = (b + k0 + 2) | 0;
    // Rounds 9 to 12.
    a = (a + b) | 0;
    b = ((b << 13) | (b >>> 19)) ^ a;
    a = (a + b) | 0;
    b = ((b << 15) | (b >>> 17)) ^ a;
    a = (a + b) | 0;
    b = ((b << 26) | (b >>> 6)) ^ a;
    a = (a + b) | 0;
    b = ((b << 6) | (b >>> 26)) ^ a;
    a = (a + k0) | 0;
    b = (b + k1 + 3) | 0;
    // Rounds 13 to 16.
    a = (a + b) | 0;
    b = ((b << 17) | (b >>> 15)) ^ a;
    a = (a + b) | 0;
    b = ((b << 29) | (b >>> 3)) ^ a;
    a = (a + b) | 0;
    b = ((b << 16) | (b >>> 16)) ^ a;
    a = (a + b) | 0;
    b = ((b << 24) | (b >>> 8)) ^ a;
    a = (a + k1) | 0;
    b = (b + k2 + 4) | 0;
    // Rounds 17 to 20.
    a = (a + b) | 0;
    b = ((b << 13) | (b >>> 19)) ^ a;
    a = (a + b) | 0;
    b = ((b << 15) | (b >>> 17)) ^ a;
    a = (a + b) | 0;
    b = ((b << 26) | (b >>> 6)) ^ a;
    a = (a + b) | 0;
    b = ((b << 6) | (b >>> 26)) ^ a;
    out[2 * block] = (a + k2) | 0;
    out[2 * block + 1] = (b + k0 + 5) | 0;
  }
}

/** A new key from a key and one 32-bit word: the encrypted counter (0, word), which is JAX's `jax.random.fold_in`. */
export function foldIn(key: Key, word: number): Key {
  const out = new Int32Array(2);
  threefryBlocks(key, 0, word, 1, out);
  return { high: out[0]!, low: out[1]! };
}

/** The key of a seed: its upper and lower 32 bits, as `jax.random.key` has it with 64-bit integers. */
export function keyOf(seed: number): Key {
  if (!Number.isSafeInteger(seed) || seed < 0)
    throw new Error(`a seed is a whole number from 0 to 2^53 - 1, got ${seed}`);
  return { high: Math.floor(seed / 2 ** 32) | 0, low: seed | 0 };
}
