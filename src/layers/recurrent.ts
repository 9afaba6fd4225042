import { type Dim, extents, type Shape } from '../ir/dims.js';
import { type Call, callOf, Type } from '../ir/kind.js';
import { constantOf, type Mode, type UnitFact } from '../ir/units.js';
import type { Builder, Value } from '../program/builder.js';
import { type RandomSpec, sizeOf } from '../program/program.js';
import { activationOf, applyActivation } from './apply-activation.js';
import { inFloat64, lastAxisFacts, linearFacts, noisyFacts, spreadFacts } from './facts.js';
import {
  type AxisFacts,
  defineLayer,
  type FactsStep,
  type LayerKind,
  type ParamDecl,
  plain,
  reads,
  type ShapeStep,
  writes,
} from './layer.js';

/** What SimpleRNN, LSTM and GRU share: their arguments, how they go over time, and what is known of their units. */

/** Arguments that all three have. */
export interface RecurrentArguments {
  readonly units: number;
  readonly activation: Call;
  readonly recurrent_activation?: Call;
  readonly use_bias: boolean;
  readonly kernel_initializer: Call;
  readonly recurrent_initializer: Call;
  readonly bias_initializer: Call;
  readonly unit_forget_bias?: boolean;
  readonly dropout: number;
  readonly recurrent_dropout: number;
  readonly return_sequences: boolean;
  readonly return_state: boolean;
  readonly go_backwards: boolean;
  readonly stateful: boolean;
  readonly reset_after?: boolean;
  readonly trainable?: boolean;
}

/** One step's numbers and functions, as a cell reads them. Matrices have all gates side by side: [.., gates · units]. */
export interface CellStep {
  readonly units: number;
  /** What the inputs contribute, with the input's bias: [batch, gates · units]. */
  readonly projected: Value;
  /** The states before the step. */
  readonly states: readonly Value[];
  /** The last output, for some gates: through dropout where there is any. */
  readonly before: (gate: number) => Value;
  /** The last output times the recurrent kernel of gates `from` (included) to `to`: [batch, (to − from) · units]. */
  readonly recurrent: (from: number, to: number) => Value;
  /** A value times the recurrent kernel of one gate. */
  readonly through: (value: Value, gate: number) => Value;
  /** The recurrent bias [gates · units], where the cell has one. */
  readonly recurrentBias: Value | undefined;
  /** [batch, n · units] cut into parts of so many gates. */
  readonly split: (value: Value, gates: readonly number[]) => readonly Value[];
  readonly activate: (value: Value) => Value;
  readonly gate: (value: Value) => Value;
}

/** What is known before a cell's units are judged. */
export interface CellFacts {
  /** What the inputs contribute to a unit's gate: a fact. */
  readonly projected: (gate: number, unit: number) => UnitFact;
  /** Whether only zero units reach a unit's gate over time. */
  readonly quiet: (gate: number, unit: number) => boolean;
  readonly recurrentBias: (gate: number, unit: number) => number;
  /** activation(x), in float64. */
  readonly activate: (x: number) => number;
}

/** One kind of recurrence. */
export interface Cell {
  readonly keyword: string;
  /** In the order of the kernels. One: the kernels have no axis of gates. */
  readonly gates: readonly string[];
  /** How many states it has; the first is the output. */
  readonly states: number;
  /** The gate whose bias starts at 1 by `unit_forget_bias`. */
  readonly forget?: number;
  /** In which order a step has its gates side by side. Absent: that of the kernels. Gates are numbered by it in a step. */
  readonly order?: readonly number[];
  hasRecurrentBias(args: RecurrentArguments): boolean;
  /** Its own arguments for TensorFlow.js; undefined: that does not compute the same. */
  spelled(args: RecurrentArguments): readonly string[] | undefined;
  /** The next states, the first of which is the output. */
  step(b: Builder, args: RecurrentArguments, at: CellStep): readonly Value[];
  /** What is known of a unit that nobody but zero units reaches over time, beside its inputs: `zero` if it always is, a constant, or that it varies. */
  fact(args: RecurrentArguments, at: CellFacts, unit: number): UnitFact;
}

const schemaParts = {
  units: Type.Integer({
    minimum: 1,
    maximum: 10_000_000,
    width: true,
    description: 'Number of units: of its state, and of its output.',
  }),
  activation: callOf('activation', { default: 'tanh', description: 'Applied to the candidate, or to the sum.' }),
  recurrent_activation: callOf('activation', { default: 'sigmoid', description: 'Applied to the gates.' }),
  use_bias: Type.Boolean({ default: true, description: 'Whether units have a bias.' }),
  initializer: (what: string, word: string) =>
    callOf('initializer', { default: word, description: `How the ${what} starts.` }),
  unit_forget_bias: Type.Boolean({ default: true, description: 'Whether the bias of the forget gate starts at 1.' }),
  rate: (what: string) =>
    Type.Number({
      default: 0,
      minimum: 0,
      exclusiveMaximum: 1,
      description: `Share of ${what} that is dropped in training, the same at every step.`,
    }),
  return_sequences: Type.Boolean({
    default: false,
    description: 'Whether it gives the output of every step, instead of the last one.',
  }),
  return_state: Type.Boolean({ default: false, description: 'Whether it gives its last states as further outputs.' }),
  go_backwards: Type.Boolean({
    default: false,
    description: 'Whether it starts at the last step; sequences then come out reversed.',
  }),
  stateful: Type.Boolean({
    default: false,
    description: 'Keras keeps states from batch to batch by it; rows are shuffled here, so only false is taken.',
  }),
  reset_after: Type.Boolean({
    default: true,
    description: 'Whether the reset gate is applied after the recurrent kernel, or to the state before it.',
  }),
};

/** The schema's parts, for the layers' own files. */
export const recurrentSchema = schemaParts;

const gatesOf = (cell: Cell) => (cell.gates.length > 1 ? `${cell.gates.length} gates, ` : '');

/** What all have before and behind what is their own. */
export function recurrentArguments(cell: Cell) {
  const p = schemaParts;
  return {
    first: { units: p.units, activation: p.activation },
    weights: {
      use_bias: p.use_bias,
      kernel_initializer: p.initializer(`kernel [features, ${gatesOf(cell)}units]`, 'glorot_uniform'),
      recurrent_initializer: p.initializer(`recurrent kernel [units, ${gatesOf(cell)}units]`, 'orthogonal'),
      bias_initializer: p.initializer(`bias [${gatesOf(cell)}units]`, 'zeros'),
    },
    last: {
      dropout: p.rate('inputs'),
      recurrent_dropout: p.rate('states'),
      return_sequences: p.return_sequences,
      return_state: p.return_state,
      go_backwards: p.go_backwards,
      stateful: p.stateful,
    },
  };
}

/** Parameters of one direction, with `prefix` before their names. */
export function cellParams(
  cell: Cell,
  args: RecurrentArguments,
  {
    into,
    units,
    gates,
    prefix = '',
  }: { readonly into: Dim; readonly units: Dim; readonly gates: () => Dim; readonly prefix?: string },
): Record<string, ParamDecl> {
  const across = cell.gates.length > 1 ? [plain(gates())] : [];
  const several = across.length > 0;
  const bias: ParamDecl = {
    axes: [...across, writes(units)],
    initializer: args.bias_initializer,
    ...(several && { start: { joinedFrom: 0 } }),
  };
  const forget = args.unit_forget_bias === true && cell.forget !== undefined;
  return {
    [`${prefix}kernel`]: {
      axes: [reads(into), ...across, writes(units)],
      initializer: args.kernel_initializer,
      ...(several && { start: { joinedFrom: 1 } }),
    },
    [`${prefix}recurrent_kernel`]: {
      axes: [reads(units), ...across, writes(units)],
      initializer: args.recurrent_initializer,
      ...(several && { start: { joinedFrom: 1 } }),
    },
    ...(args.use_bias && {
      [`${prefix}bias`]: forget ? { ...bias, start: { ...bias.start, rows: { [cell.forget!]: 1 } } } : bias,
    }),
    ...(args.use_bias && cell.hasRecurrentBias(args) && { [`${prefix}recurrent_bias`]: bias }),
  };
}

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

/** What is known of each unit of one direction: its output, and its second state where it has one. */
export function cellFacts(
  cell: Cell,
  args: RecurrentArguments,
  { inputs: [x = []], values, shapeOf, mode }: Pick<FactsStep, 'inputs' | 'values' | 'shapeOf' | 'mode'>,
  prefix = '',
): readonly UnitFact[] {
  const [features, ...rest] = shapeOf(`${prefix}kernel`)! as [number, ...number[]];
  const units = rest.at(-1)!;
  const count = cell.gates.length;
  if (!treatsUnitsApart(args)) return new Array<UnitFact>(units).fill('varies');
  const input = (mode === 'training' && args.dropout > 0 ? noisyFacts(x) : x).at(-1)!;
  const [kernel, recurrent] = [values(`${prefix}kernel`), values(`${prefix}recurrent_kernel`)];
  const bias = args.use_bias ? values(`${prefix}bias`) : undefined;
  const recurrentBias = args.use_bias && cell.hasRecurrentBias(args) ? values(`${prefix}recurrent_bias`) : undefined;
  const projected = linearFacts(input, {
    kernel,
    shape: [features, count * units],
    reads: 0,
    writes: 1,
    bias,
  });
  const activate = inFloat64((b, value) => applyActivation(b, value, args.activation));
  // Optimistic: all units are zero until one of them is not, or is reached by one that is not.
  const zero = new Array<boolean>(units).fill(true);
  const at: CellFacts = {
    projected: (gate, unit) => projected[gate * units + unit]!,
    quiet: (gate, unit) => zero.every((quiet, from) => quiet || recurrent[(from * count + gate) * units + unit] === 0),
    recurrentBias: (gate, unit) => recurrentBias?.[gate * units + unit] ?? 0,
    activate: (value) => activate([value])[0]!,
  };
  let facts: UnitFact[] = [];
  for (let changed = true; changed; ) {
    changed = false;
    facts = zero.map((_, unit) => cell.fact(args, at, unit));
    facts.forEach((fact, unit) => {
      if (!zero[unit] || constantOf(fact) === 0) return;
      zero[unit] = false;
      changed = true;
    });
  }
  return facts;
}

/** Whether the activations treat units apart; a softmax does not. */
export function treatsUnitsApart({ activation, recurrent_activation }: RecurrentArguments): boolean {
  return [activation, recurrent_activation].every((call) => !call || activationOf(call).unitwise);
}

const RECURRENT: readonly string[] = ['SimpleRNN', 'LSTM', 'GRU'];

/** The sequence's shape: [steps, features], or what comes nearest. */
export function sequenceOf(
  { inputs: [x = []], from: [from = ''], made: [kind = ''], misfit }: ShapeStep,
  args: Pick<RecurrentArguments, 'stateful'>,
): Shape {
  if (x.length !== 2)
    misfit(
      'a sequence [steps, features]',
      x.length === 0 ? 'a scalar per row' : `[${extents(x).join(', ')}]`,
      howToBecomeSequence(extents(x), from, kind),
    );
  if (args.stateful)
    misfit('stateful: false', 'stateful: true', 'rows are shuffled, so no row goes on in the next batch');
  return x;
}

/** What makes a sequence of another shape, by the kind of the layer `from` that it comes from. */
function howToBecomeSequence(shape: readonly number[], from: string, kind: string): string {
  const [first = 1, ...others] = shape;
  if (shape.length === 0) return '`Reshape(1, 1)` before it makes a sequence of one step';
  if (shape.length > 2)
    return `\`Reshape(${first}, ${sizeOf(others)})\` before it makes a sequence of ${first} steps, or \`TimeDistributed\` does the same at every step`;
  if (kind === 'Bidirectional')
    return `give the layer in ${from} \`return_sequences: true\`: now it gives its last states alone`;
  if (RECURRENT.includes(kind)) return `give ${from} \`return_sequences: true\`: now it gives its last state alone`;
  const numbers = `\`Reshape(${first}, 1)\` where they are ${first} steps of one number`;
  return kind === 'Input'
    ? `put \`Embedding\` before it where the numbers of ${from} are words, or ${numbers}`
    : `put \`RepeatVector\` before it where every step reads the same, or ${numbers}`;
}

/** Multiply-adds of one direction: the kernels of all gates, at every step. */
export function cellMultiplyAdds(cell: Cell, [x = []]: readonly Shape[], units: number): number {
  const [steps = 1, features = 0] = extents(x);
  return steps * cell.gates.length * units * (features + units);
}

/** The configuration in TensorFlow.js, but for the name; undefined where that does not compute the same, or has no single output. */
export function spelledCell(cell: Cell, args: RecurrentArguments): Readonly<Record<string, unknown>> | undefined {
  const own = cell.spelled(args);
  if (!own || args.return_state) return undefined;
  const spelled = (call: Call) => activationOf(call).spelling.tfjs?.(call.arguments);
  const activation = spelled(args.activation);
  const gate = args.recurrent_activation && spelled(args.recurrent_activation);
  if (!activation || (args.recurrent_activation && !gate)) return undefined;
  const { units, use_bias, dropout, recurrent_dropout, return_sequences, return_state, go_backwards } = args;
  return {
    units,
    activation,
    ...(gate && { recurrent_activation: gate }),
    use_bias,
    ...Object.fromEntries(own.map((name) => [name, args[name as keyof RecurrentArguments]])),
    dropout,
    recurrent_dropout,
    return_sequences,
    return_state,
    go_backwards,
    stateful: false,
    unroll: false,
    trainable: true,
    dtype: 'float32',
  };
}

/** A recurrent layer; what goes over time in both directions makes its own of the cell. */
export interface RecurrentLayer extends LayerKind {
  readonly cell: Cell;
}

/** The layer of a cell. */
export function recurrentLayer(
  cell: Cell,
  options: {
    readonly summary: string;
    readonly cite: string;
    readonly schema: ReturnType<typeof Type.Object>;
  },
): RecurrentLayer {
  const { keyword } = cell;
  const of = (args: unknown) => args as RecurrentArguments;
  const kind = defineLayer({
    keyword,
    summary: options.summary,
    cite: options.cite,
    inputs: [1, 1],
    outputs: (args) => (of(args).return_state ? 1 + cell.states : 1),
    schema: options.schema,
    activationInside: true,
    shape: (args, at) => {
      const { fresh } = at;
      const { units, return_sequences, return_state } = of(args);
      const x = sequenceOf(at, of(args));
      const made = fresh(units);
      const first = return_sequences ? [...x.slice(0, 1), made] : [made];
      return [first, ...(return_state ? Array.from({ length: cell.states }, () => [made]) : [])];
    },
    params: (args, [x = []], [y = []], at) =>
      cellParams(cell, of(args), {
        into: x.at(-1) ?? at.fresh(1, 'features'),
        units: y.at(-1)!,
        gates: () => at.fresh(cell.gates.length, 'gates'),
      }),
    forward: (b, { arguments: args, inputs: [x], outputShapes: [y = []], params, mode, random }) => {
      const { return_sequences, return_state, go_backwards } = of(args);
      const { sequence, states } = runCell(b, cell, of(args), {
        x: x!,
        units: y.at(-1)!,
        params,
        mode,
        random,
        reverse: go_backwards,
      });
      const first = !return_sequences ? states[0]! : go_backwards ? flipped(b, sequence) : sequence;
      return [first, ...(return_state ? states : [])];
    },
    unitwise: (args, _, [y = []]) => (treatsUnitsApart(of(args)) ? y.slice(-1) : []),
    pinReason: (args) =>
      treatsUnitsApart(of(args)) ? `${keyword} goes through all steps` : `an activation of ${keyword} mixes units`,
    facts: (args, at) => {
      const facts = cellFacts(cell, of(args), at);
      return at.outputShapes.map((shape, k): AxisFacts => {
        // A second state is known where the unit is zero: nothing flows into it.
        const own = k < 2 ? facts : facts.map((fact): UnitFact => (constantOf(fact) === 0 ? fact : 'varies'));
        return spreadFacts(lastAxisFacts(shape, own));
      });
    },
    inside: (args, at) => ({ reads: { recurrent_kernel: cellFacts(cell, of(args), at) } }),
    folds: () => ({ kernel: 'bias' }),
    resize: (args, { outputs: [kept = []], needsBias }) => ({
      units: kept.length,
      ...(needsBias && !of(args).use_bias && { use_bias: true }),
    }),
    multiplyAdds: (args, inputs) => cellMultiplyAdds(cell, inputs, of(args).units),
    spelling: {
      tfjs: (args, { name }) => {
        const config = spelledCell(cell, of(args));
        return (
          config && [
            {
              className: keyword,
              config: { ...config, name },
              unpenalized: true,
              ...(cell.gates.length > 1 && { joinsLastAxes: true }),
            },
          ]
        );
      },
    },
  });
  return { ...kind, cell };
}
