import { describe, expect, it } from 'vitest';
import { dependsOnInputs, shrinkLiving } from '../../../src/compiler/5-shrink/shrink.js';
import { seed as chosen } from '../../program/support.js';
import { randomShapes } from './random-shapes.js';

/** How many networks: `DNC_TEST_GRAPHS=20000` for a larger run. */
const GRAPHS = Number(process.env.DNC_TEST_GRAPHS ?? 300);
const PART = 100;

/** Networks of which every output depends on an input: the others are refused. */
let shrunk = 0;

describe(`shrinking networks that move axes about (seed ${chosen})`, () => {
  for (let part = 0; part < GRAPHS; part += PART)
    it(`keeps the function and is at rest afterwards, networks ${part} to ${Math.min(part + PART, GRAPHS) - 1}`, () => {
      for (let k = part; k < Math.min(part + PART, GRAPHS); k++) {
        const seed = (chosen + k) % 2 ** 31;
        const { text, plant } = randomShapes(seed);
        try {
          // A quick look says no more than shrinking does.
          const lives = shrinkLiving(plant.network, plant.values) !== undefined;
          if (lives) expect(dependsOnInputs(plant.network, plant.values)).toBe(true);
          if (!lives) continue;
          plant.shrink();
        } catch (error) {
          throw new Error(`DNC_TEST_SEED=${seed}, network 0:\n${text}`, { cause: error });
        }
        shrunk += 1;
      }
    }, 600_000);

  it('of which many have a function', () => {
    expect(shrunk).toBeGreaterThan(GRAPHS / 5);
  });
});
