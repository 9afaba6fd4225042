import type { Builder, Value } from '../../src/program/builder.js';
import type { Extent } from '../../src/program/program.js';

/** What a random recurrence is drawn with. */
export interface ScanDraw {
  whole(low: number, high: number): number;
  /** A float input with numbers of size 1. */
  float(shape: readonly Extent[]): Value;
}

/**
 * A random recurrence: one or two states [rows, units], a sequence or two, and captures of every sort: kernels, a vector, a number, numbers for each
 * row. The body is a few smooth ops over them, so that gradients through time agree with central differences.
 */
export function randomScan(b: Builder, { whole, float }: ScanDraw): readonly Value[] {
  const pick = <T>(from: readonly T[]): T => from[whole(0, from.length - 1)]!;
  const rows: Extent = pick(['batch', 'batch', 2]);
  const [units, features, steps] = [whole(1, 3), whole(1, 3), whole(1, 4)];
  const states = Array.from({ length: whole(0, 2) }, () => float([rows, units]));
  const sequences = [float([steps, rows, features]), ...(whole(0, 1) ? [float([steps, rows, units])] : [])];
  const captures = [float([features, units]), float([units, units]), float([units]), float([]), float([rows, 1])];
  const made = b.scan({ states, sequences, captures, reverse: whole(0, 1) === 1 }, (c, step) => {
    const [kernel, recurrent, vector, number, column] = step.captures as [Value, Value, Value, Value, Value];
    const pool = [
      c.matmul(step.slices[0]!, kernel),
      ...step.states.flatMap((state) => [state, c.matmul(state, recurrent, false, whole(0, 1) === 1)]),
      ...step.slices.slice(1),
    ];
    const one = () => pick(pool);
    for (let more = whole(2, 6); more > 0; more--) {
      const write = pick<() => Value>([
        () => c.tanh(one()),
        () => c.sigmoid(one()),
        () => c.add(one(), one()),
        () => c.add(one(), vector),
        () => c.multiply(c.tanh(one()), one()),
        () => c.multiply(one(), column),
        () => c.subtract(number, one()),
        () => c.multiply(c.broadcastTo(c.sum(c.tanh(one()), [1], true), [rows, units]), 0.5),
        () => c.matmul(c.tanh(one()), recurrent),
        () => c.concat([...c.split(c.tanh(one()), 1, units > 1 ? [units - 1, 1] : [1])].reverse(), 1),
        () => c.concat([c.slice(one(), 1, 0, 1), c.slice(one(), 1, 1, units)], 1),
      ]);
      pool.push(write());
    }
    return {
      states: step.states.map(() => c.tanh(one())),
      outputs: Array.from({ length: whole(1, 2) }, () => c.multiply(one(), pick([1, 0.5]))),
    };
  });
  return [...made.states, ...made.outputs];
}
