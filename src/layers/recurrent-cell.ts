import { type Dim, extents, type Shape } from '../ir/dims.js';
import type { Call } from '../ir/kind.js';
import { constantOf, type UnitFact } from '../ir/units.js';
import type { Builder, Value } from '../program/builder.js';
import { activationOf, applyActivation } from './apply-activation.js';
import { inFloat64, linearFacts, noisyFacts } from './facts.js';
import { type FactsStep, looksAtAll, type ParamDecl, plain, reads, writes } from './layer.js';

/** Arguments that SimpleRNN, LSTM and GRU have. */
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

/** Why units stay at a recurrent layer; `apart`: whether its activations treat units so. */
export function recurrentReason(keyword: string, apart: boolean): string {
  return apart
    ? `${keyword} goes through all steps of a sequence, and steps are never removed`
    : looksAtAll(`an activation of ${keyword}`);
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
