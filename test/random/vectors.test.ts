import { expect, test } from 'vitest';
import type { RandomSpec } from '../../src/program/program.js';
import { drawBlocks, drawRandom, Stream, streamKey } from '../../src/random/streams.js';
import { PIECE, vectors } from '../../src/random/vectors.js';

const seed = Number(process.env.DNC_TEST_SEED ?? Math.floor(Math.random() * 2 ** 31));
const kinds = ['bernoulli', 'uniform', 'normal'] as const;

/** The bits, which tell 0 from −0. */
const bits = (numbers: Float32Array) => [...new Uint32Array(numbers.buffer, numbers.byteOffset, numbers.length)];

test.each(kinds)(`vectors give the bits that one number at a time gives: %s, seed ${seed}`, (kind) => {
  const fast = vectors()!;
  for (const [round, blocks] of [PIECE, PIECE, PIECE, PIECE, 1, 2, 3, 5, 1023].entries()) {
    const key = streamKey('vectors', { seed, epoch: round });
    const low = round % 2 === 0 ? 0 : (2 ** 32 - blocks) | 0;
    const at = { high: round, low };
    const threshold = Math.floor((round / 8) * 2 ** 24);
    const wanted = drawBlocks(kind, key, at, blocks, threshold).slice(0, 2 * blocks);
    expect(bits(fast.draw(kind, key, at, blocks, threshold).slice(0, 2 * blocks))).toEqual(bits(wanted));
    const from = 2 * (round * 2 ** 32 + (low >>> 0));
    const stream = new Stream(key);
    const single = Float32Array.from({ length: Math.min(64, 2 * blocks) }, (_, k) => {
      if (kind === 'bernoulli') return stream.bernoulli(from + k, threshold / 2 ** 24) ? 1 : 0;
      return kind === 'uniform' ? stream.uniform(from + k) : stream.normal(from + k);
    });
    expect(bits(wanted.subarray(0, single.length).slice())).toEqual(bits(single));
  }
});

test.each(kinds)('of some units of a row the numbers are those of the whole row: %s', (kind) => {
  const distribution: RandomSpec['distribution'] = kind === 'bernoulli' ? { kind, keep: 0.4 } : { kind };
  const draw = (units: readonly number[], rows: number) =>
    drawRandom({ stream: 'x', units, width: 9, distribution }, { seed, step: 2 }, rows);
  const all = draw([0, 1, 2, 3, 4, 5, 6, 7, 8], 700);
  for (const units of [[0, 2, 3, 5, 6, 8], [1, 8], [4]]) {
    const wanted = Array.from({ length: 700 }, (_, row) => units.map((unit) => all[9 * row + unit]!)).flat();
    expect([...draw(units, 700)]).toEqual(wanted);
  }
});
