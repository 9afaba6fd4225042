import { expect, test } from 'vitest';
import { type Contestant, measureInTurns } from '../../../src/runtime/measure/rounds.js';

/** Contestants on a clock that moves by what their steps take, and a list of what they were asked for. */
function stage(speeds: Readonly<Record<string, (call: number) => number>>) {
  let now = 0;
  const asked: string[] = [];
  const closed: string[] = [];
  const contestants = Object.entries(speeds).map(([name, milliseconds]): Contestant => {
    let call = 0;
    return {
      name,
      open: async () => `${name} 1.0`,
      run: async (steps) => {
        asked.push(`${name} ${steps}`);
        const taken = milliseconds(call++) * steps;
        now += taken;
        return taken;
      },
      close: async () => {
        closed.push(name);
      },
    };
  });
  return { contestants, asked, closed, clock: () => now };
}

const status = () => {};

test('the fastest comes first, with medians and ratios; turns go round', async () => {
  const { contestants, asked, closed, clock } = stage({ slow: () => 6, fast: (call) => (call % 3 === 0 ? 9 : 2) });
  const { measured, failed } = await measureInTurns(contestants, { seconds: 10, clock, status });
  expect(failed).toEqual([]);
  expect(measured.map(({ name, milliseconds, ratio }) => [name, milliseconds, ratio])).toEqual([
    ['fast', 2, 1],
    ['slow', 6, 3],
  ]);
  expect(measured[0]).toMatchObject({ describe: 'fast 1.0', fastest: 2, slowest: 9 });
  expect(measured[0]!.rounds).toBeGreaterThanOrEqual(3);
  // Behind two warm-ups each.
  expect(asked.slice(4, 10).map((one) => one.split(' ')[0])).toEqual(['slow', 'fast', 'fast', 'slow', 'slow', 'fast']);
  expect(clock()).toBeLessThan(20_000);
  expect(closed.sort()).toEqual(['fast', 'slow']);
});

test('steps in a round fill the share of it: fast ones are many, slow ones one', async () => {
  const { contestants, clock } = stage({ tiny: () => 0.1, huge: () => 2000 });
  const { measured } = await measureInTurns(contestants, { seconds: 10, clock, status });
  expect(measured[0]!.steps).toBeGreaterThan(1000);
  expect(measured[1]).toMatchObject({ name: 'huge', steps: 1 });
  expect(measured[1]!.rounds).toBeLessThan(9);
  expect(clock()).toBeLessThan(25_000);
});

test('who cannot start, or breaks down on the way, is left out with the reason', async () => {
  const { contestants, closed, clock } = stage({ good: () => 1, breaks: () => 1 });
  const [good, breaks] = contestants;
  const broken: Contestant = {
    ...breaks!,
    run: async (steps) => {
      if (clock() > 3000) throw new Error('out of memory\n  at a place');
      return breaks!.run(steps);
    },
  };
  const never: Contestant = {
    ...good!,
    name: 'never',
    open: async () => {
      throw new Error('no such library');
    },
  };
  const { measured, failed } = await measureInTurns([never, broken, good!], { seconds: 10, clock, status });
  expect(measured.map(({ name }) => name)).toEqual(['good']);
  expect(measured[0]!.rounds).toBe(9);
  expect(failed).toEqual([
    { name: 'never', because: 'no such library' },
    { name: 'breaks', because: 'out of memory' },
  ]);
  expect(closed.sort()).toEqual(['breaks', 'good', 'good']);
});

test.each([2, 3, 4, 5])('who breaks down in round %i takes no turn from others, and gives none', async (last) => {
  const { contestants, clock } = stage({ a: () => 1, b: () => 1, c: () => 1 });
  const ran: string[] = [];
  const noted = contestants.map((one): Contestant => {
    let calls = 0;
    return {
      ...one,
      run: (steps) => {
        // Behind two warm-ups.
        const round = ++calls - 2;
        if (one.name === 'b' && round === last) throw new Error('out of memory');
        if (round > 0) ran.push(`${one.name} ${round}`);
        return one.run(steps);
      },
    };
  });
  const { measured } = await measureInTurns(noted, { seconds: 9, clock, status });
  expect(measured.map(({ name, rounds }) => [name, rounds])).toEqual([
    ['a', 9],
    ['c', 9],
  ]);
  // Nobody is a round ahead before all others have had theirs.
  const rounds = ran.filter((one) => !one.startsWith('b')).map((one) => Number(one.split(' ')[1]));
  expect(rounds).toEqual([...rounds].sort((one, other) => one - other));
});

test('who is not ready in time is ended', async () => {
  const { contestants, closed, clock } = stage({ hangs: () => 1 });
  const hanging: Contestant = { ...contestants[0]!, open: () => new Promise(() => {}) };
  const { measured, failed } = await measureInTurns([hanging], { seconds: 1, toOpen: 20, clock, status });
  expect(measured).toEqual([]);
  expect(failed[0]!.because).toBe('it had not made a step after 0.02 s');
  expect(closed).toEqual(['hangs']);
});

test('what is left of the time is told', async () => {
  const { contestants, clock } = stage({ one: () => 1 });
  const told: string[] = [];
  await measureInTurns(contestants, { seconds: 5, clock, status: (text) => told.push(text) });
  expect(told[0]).toBe('one get ready (5 s left)');
  expect(told).toContain('round 1 of 9 (5 s left)');
  expect(told.at(-1)).toBe('');
});
