import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Builder, type Value } from '../../../../src/program/builder.js';
import type { Program } from '../../../../src/program/program.js';
import { broadcastsTo, sameShape } from '../../../../src/program/shapes.js';
import { seed } from '../../../program/support.js';
import { compiled, expectRunAgrees, fill, isSteady, numbers, snapshot, inTwo } from './against-evaluate.js';

/** One line of a random program: an operation and what it chooses from what is there. */
interface Line {
  readonly op: number;
  readonly operands: readonly number[];
  readonly choice: number;
}

/** Everything that the program has; results stay of moderate size, and nothing is near a pole. */
const operations: ((b: Builder, pick: (index: number) => Value, choice: number) => Value)[] = [
  (b, pick) => b.add(pick(0), pick(1)),
  (b, pick) => b.subtract(pick(0), b.multiply(pick(1), 0.3)),
  (b, pick) => b.multiply(pick(0), pick(1)),
  (b, pick) => b.divide(pick(0), b.add(b.abs(pick(1)), 0.5)),
  (b, pick) => b.divide(pick(0), b.sqrt(b.add(b.square(pick(1)), 0.2))),
  (b, pick) => b.maximum(pick(0), pick(1)),
  (b, pick) => b.minimum(pick(0), pick(1)),
  (b, pick) => b.select(b.greater(pick(0), pick(1)), pick(2), b.multiply(pick(0), 0.5)),
  (b, pick) => b.select(b.and(b.less(pick(0), 0.4), b.not(b.lessEqual(pick(1), -0.3))), pick(0), pick(2)),
  (b, pick) => b.negate(pick(0)),
  (b, pick) => b.abs(pick(0)),
  (b, pick) => b.add(b.sign(pick(0)), pick(1)),
  (b, pick) => b.sqrt(b.add(b.abs(pick(0)), 0.1)),
  (b, pick) => b.square(pick(0)),
  (b, pick) => b.reciprocal(b.add(b.square(pick(0)), 0.3)),
  (b, pick) => b.tanh(pick(0)),
  (b, pick) => b.relu(pick(0)),
  // Where two numbers are equal up to rounding, either answer is right: what follows from it is next to 0 there.
  (b, pick) => {
    const apart = b.subtract(pick(0), pick(1));
    return b.multiply(b.multiply(b.cast(b.greaterEqual(pick(0), pick(1)), 'float'), apart), pick(2));
  },
  (b, pick) => {
    const x = pick(0);
    return b.multiply(x, b.broadcastTo(b.add(pick(1), 1), x.type.shape));
  },
  (b, pick, choice) => {
    const x = pick(0);
    const shape = x.type.shape as readonly number[];
    const size = shape.reduce((product, one) => product * one, 1);
    const others = [
      [size],
      [size, 1],
      [1, size],
      [...shape, 1],
      [...shape].reverse(),
      shape.filter((one) => one !== 1),
    ];
    return b.reshape(x, others[choice % others.length]!);
  },
  ...(['sum', 'mean', 'max', 'min', 'norm'] as const).map(
    (op) => (b: Builder, pick: (index: number) => Value, choice: number) => {
      const x = pick(0);
      const axes = x.type.shape.map((_, axis) => axis).filter((axis) => (choice >> (axis + 1)) & 1);
      const scaled = op === 'sum' ? b.multiply(x, 0.2) : x;
      return b[op](scaled, axes, choice % 2 === 0);
    },
  ),
];

const shapes = [[7], [1, 9], [9, 1], [6, 8], [5, 7], [3, 41], [30, 2], [1, 1], [2, 3, 5], [4, 1, 6], [2, 2, 3, 4]];

/** A program in which the lines read what there is, several states of one shape, and vectors and numbers beside them. */
function write(shape: readonly number[], lines: readonly Line[]): Program {
  const b = new Builder();
  const states = ['a', 'b', 'c'].map((name) => b.state(name, shape));
  const values: Value[] = [...states, b.batch('value:1', 'float', shape), b.scalar('s')];
  for (const axis of shape.keys()) {
    const along = shape.map((extent, other) => (other === axis ? extent : 1));
    values.push(b.batch(`value:along ${axis}`, 'float', along));
  }
  const vector = b.state('v', shape.slice(-1));
  const number = b.state('n', []);
  values.push(vector, number);
  b.inRegion('update', () => {
    for (const { op, operands, choice } of lines) {
      const first = values[values.length - 1 - (operands[0]! % values.length)]!;
      const pick = (index: number): Value => {
        if (index === 0) return first;
        // The next value that stretches to the first one's shape.
        for (let step = 0; step < values.length; step++) {
          const one = values[(operands[index]! + step) % values.length]!;
          if (broadcastsTo(one.type.shape, first.type.shape)) return one;
        }
        return first;
      };
      values.push(operations[op % operations.length]!(b, pick, choice));
    }
  });
  for (const [index, state] of [...states, vector, number].entries()) {
    const fitting = values.filter((one) => sameShape(one.type.shape, state.type.shape));
    const back = lines[index % lines.length]!.choice % Math.min(fitting.length, 6);
    b.next(['a', 'b', 'c', 'v', 'n'][index]!, fitting[fitting.length - 1 - back]!);
  }
  for (const [index, value] of values.slice(-5).entries()) b.result(index === 0 ? 'a' : `r${index}`, value);
  return b.build('random');
}

describe('random updates', () => {
  it(`agree with the evaluation in float64, seed ${seed}`, async () => {
    const line = fc.record({
      op: fc.nat({ max: operations.length - 1 }),
      operands: fc.tuple(fc.nat({ max: 12 }), fc.nat({ max: 40 }), fc.nat({ max: 40 })),
      choice: fc.nat({ max: 63 }),
    });
    let steady = 0;
    let all = 0;
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...shapes),
        fc.array(line, { minLength: 3, maxLength: 24 }),
        fc.nat(),
        async (shape, lines, start) => {
          const program = write(shape, lines);
          const pass = await compiled(program, start % 2 === 0 ? undefined : inTwo);
          const next = numbers(start);
          fill(program, pass, () => next());
          for (let run = 0; run < 2; run++) {
            all++;
            if (!isSteady(program, snapshot(program, pass))) break;
            steady++;
            expectRunAgrees(program, pass);
          }
        },
      ),
      { seed, numRuns: 500 },
    );
    // Few programs tell nothing.
    expect(steady / all).toBeGreaterThan(0.6);
  });
});
