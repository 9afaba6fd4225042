import type { Dim, Shape } from '../ir/dims.js';
import type { Mode } from '../ir/units.js';
import type { Builder, Value } from '../program/builder.js';
import type { RandomSpec } from '../program/program.js';
import { applyActivation } from './apply-activation.js';
import type { Cell, RecurrentArguments } from './recurrent-cell.js';

/** What one direction reads. */
export interface CellRun {
  /** [batch, steps, features]. */
  readonly x: Value;
  readonly units: Dim;
  readonly params: Readonly<Record<string, Value>>;
  readonly prefix?: string;
  readonly mode: Mode;
  readonly random: (
    tensor: string,
    distribution: RandomSpec['distribution'],
    axes?: readonly number[] | Shape,
  ) => Value;
  /** Whether it starts at the last step. */
  readonly reverse: boolean;
}

/** One direction: the output of every step, in the order of time, and the last states. */
export function runCell(
  b: Builder,
  cell: Cell,
  args: RecurrentArguments,
  { x, units: dim, params, prefix = '', mode, random, reverse }: CellRun,
): { readonly sequence: Value; readonly states: readonly Value[] } {
  const [batch, , features] = x.type.shape as ['batch', number, number];
  const units = dim.units.length;
  const count = cell.gates.length;
  const [kernel, recurrent, bias, recurrentBias] = ['kernel', 'recurrent_kernel', 'bias', 'recurrent_bias'].map(
    (tensor) => inOrder(b, params[`${prefix}${tensor}`], cell),
  );
  const flat = (bias: Value | undefined) => bias && b.reshape(bias, [count * units]);
  // One mask for all gates, or with recurrent dropout one for each (Keras, implementation 2 and 1). The same at every step.
  const training = mode === 'training';
  const masks = (tensor: string, rate: number, along: readonly number[] | Shape) =>
    training && rate > 0
      ? Array.from({ length: args.recurrent_dropout > 0 ? count : 1 }, (_, gate) => {
          const name = `${prefix}${tensor}${gate === 0 ? '' : `_${gate + 1}`}`;
          return b.multiply(random(name, { kind: 'bernoulli', keep: 1 - rate }, along), 1 / (1 - rate));
        })
      : [];
  const inputMasks = masks('dropout', args.dropout, [1]).map((mask) => b.transpose(mask, [1, 0, 2]));
  const stateMasks = masks('recurrent_dropout', args.recurrent_dropout, [dim]);

  // What the inputs contribute, for all steps at once: [steps, batch, gates · units].
  const series = b.transpose(x, [1, 0, 2]);
  const ofGate = (matrix: Value, rows: number, gate: number) =>
    count === 1 ? matrix : b.reshape(b.slice(matrix, 1, gate, gate + 1), [rows, units]);
  const product =
    inputMasks.length > 1
      ? b.concat(
          inputMasks.map((mask, gate) => b.matmul(b.multiply(series, mask), ofGate(kernel!, features, gate))),
          2,
        )
      : b.matmul(
          inputMasks[0] ? b.multiply(series, inputMasks[0]) : series,
          b.reshape(kernel!, [features, count * units]),
        );
  const projected = bias ? b.add(product, flat(bias)!) : product;
  const zeros = b.broadcastTo(b.constant(0), [batch, units]);
  const whole = b.reshape(recurrent!, [units, count * units]);
  const given = flat(recurrentBias);
  const result = b.scan(
    {
      states: Array.from({ length: cell.states }, () => zeros),
      sequences: [projected],
      captures: [whole, ...(given ? [given] : []), ...stateMasks],
      reverse,
    },
    (c, { states, slices, captures }) => {
      const [matrix, ...rest] = captures as [Value, ...Value[]];
      const addend = given ? rest.shift() : undefined;
      const split = (value: Value, gates: readonly number[]) =>
        c.split(
          value,
          1,
          gates.map((gate) => gate * units),
        );
      const weights = (from: number, to: number) =>
        to - from === count ? matrix : c.slice(matrix, 1, from * units, to * units);
      const before = (gate: number) => {
        const mask = rest[Math.min(gate, rest.length - 1)];
        return mask ? c.multiply(states[0]!, mask) : states[0]!;
      };
      const next = cell.step(c, args, {
        units,
        projected: slices[0]!,
        states,
        before,
        recurrent: (from, to) =>
          rest.length > 1
            ? c.concat(
                Array.from({ length: to - from }, (_, k) =>
                  c.matmul(before(from + k), weights(from + k, from + k + 1)),
                ),
                1,
              )
            : c.matmul(before(from), weights(from, to)),
        through: (value, gate) => c.matmul(value, weights(gate, gate + 1)),
        recurrentBias: addend,
        split,
        activate: (value) => applyActivation(c, value, args.activation),
        gate: (value) => applyActivation(c, value, args.recurrent_activation!),
      });
      return { states: next, outputs: [next[0]!] };
    },
  );
  return { sequence: b.transpose(result.outputs[0]!, [1, 0, 2]), states: result.states };
}

/** A parameter [.., gates, units] with the gates in the order of a step. */
function inOrder(b: Builder, tensor: Value | undefined, { order, gates }: Cell): Value | undefined {
  if (!tensor || !order) return tensor;
  const axis = tensor.type.shape.length - 2;
  const each = b.split(tensor, axis, new Array<number>(gates.length).fill(1));
  return b.concat(
    order.map((gate) => each[gate]!),
    axis,
  );
}

/** A sequence in the reverse order of time. */
export function flipped(b: Builder, sequence: Value): Value {
  const steps = sequence.type.shape[1] as number;
  const last = Array.from({ length: steps }, (_, step) => steps - 1 - step);
  return steps === 1 ? sequence : b.gather(sequence, b.constant(last, [steps], 'int'), 1);
}
