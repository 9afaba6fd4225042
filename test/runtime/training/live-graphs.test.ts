import { describe, expect, it } from 'vitest';
import { randomGraph } from '../../compiler/5-shrink/random-graphs.js';
import { seed as chosen } from '../../program/support.js';
import { holdLiveLaw, OPTIMIZERS } from './live-law.js';

/** How many graphs: `DNC_TEST_GRAPHS=2000` for a larger run. */
const GRAPHS = Number(process.env.DNC_TEST_GRAPHS ?? 500);
const PART = 50;

describe(`random graphs that shrink while they train (seed ${chosen})`, () => {
  let shrunk = 0;

  for (let part = 0; part < GRAPHS; part += PART)
    it(`graphs ${part} to ${Math.min(part + PART, GRAPHS) - 1} go on as the whole with the rest held at 0`, () => {
      for (let k = part; k < Math.min(part + PART, GRAPHS); k++) {
        const seed = (chosen + k) % 2 ** 31;
        const { plant, whole, planted, text } = randomGraph(seed);
        try {
          if (holdLiveLaw(plant, { optimizer: OPTIMIZERS[seed % 2]!, whole, twice: seed % 3 === 0 })) shrunk += 1;
        } catch (error) {
          const fates = [...planted].map(([maker, units]) => `${maker}: ${units.map(({ fate }) => fate).join(', ')}`);
          throw new Error(
            `DNC_TEST_SEED=${seed}, graph 0:\n${text}\n${fates.join('\n')}\n${(error as Error).message}`,
            { cause: error },
          );
        }
      }
    }, 600_000);

  it('most of them became smaller', () => {
    expect(shrunk).toBeGreaterThan(GRAPHS / 2);
  });
});
