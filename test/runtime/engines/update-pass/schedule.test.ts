import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { schedule, type Task } from '../../../../src/runtime/engines/onnxruntime/update-pass/schedule.js';

const seed = Number(process.env.DNC_TEST_SEED ?? 1 + Math.floor(Math.random() * 1e6));

const task = fc
  .record({
    shared: fc.boolean(),
    cost: fc.nat(100),
    reads: fc.uniqueArray(fc.nat(5), { maxLength: 3 }),
    writes: fc.uniqueArray(fc.nat(5), { maxLength: 2 }),
  })
  .map(
    ({ shared, cost, reads, writes }): Task => ({
      shared,
      cost,
      reads: new Set(reads.map(String)),
      writes: new Set(writes.map(String)),
    }),
  );

describe('who does what of an update', () => {
  test(`nobody reads what another thread writes at the same time, seed ${seed}`, () => {
    fc.assert(
      fc.property(fc.array(task, { maxLength: 14 }), (tasks) => {
        const phases = schedule(tasks, 2);
        // When, and where, each task is done: on one thread, or on both.
        const done = tasks.map((_, index) =>
          phases.flatMap((phase, at) =>
            phase.flatMap((list, thread) => (list.includes(index) ? [{ at, thread, place: list.indexOf(index) }] : [])),
          ),
        );
        for (const [index, { shared }] of tasks.entries()) expect(done[index]!.length).toBe(shared ? 2 : 1);
        for (const [second, later] of tasks.entries()) {
          for (const [first, earlier] of tasks.slice(0, second).entries()) {
            const touches = (a: ReadonlySet<string>, b: ReadonlySet<string>) => [...a].some((one) => b.has(one));
            if (
              !touches(later.writes, earlier.writes) &&
              !touches(later.reads, earlier.writes) &&
              !touches(later.writes, earlier.reads)
            )
              continue;
            for (const a of done[first]!)
              for (const b of done[second]!)
                expect(
                  a.at < b.at ||
                    (a.at === b.at && a.thread === b.thread && a.place < b.place && !earlier.shared && !later.shared),
                ).toBe(true);
          }
        }
      }),
      { seed, numRuns: 400 },
    );
  });

  test('small tasks that follow each other stay on a thread, without waiting', () => {
    const chain = (reads: string, writes: string): Task => ({
      shared: false,
      cost: 1,
      reads: new Set([reads]),
      writes: new Set([writes]),
    });
    expect(schedule([chain('a', 'b'), chain('c', 'd'), chain('b', 'e'), chain('d', 'f')], 2)).toEqual([
      [
        [0, 2],
        [1, 3],
      ],
    ]);
  });
});
