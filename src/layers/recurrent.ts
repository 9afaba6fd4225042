import { extents, type Shape } from '../ir/dims.js';
import { callOf, Type } from '../ir/kind.js';
import { constantOf, type UnitFact } from '../ir/units.js';
import { sizeOf } from '../program/program.js';
import { lastAxisFacts, spreadFacts } from './facts.js';
import { type AxisFacts, defineLayer, type LayerKind, type ShapeStep } from './layer.js';
import {
  type Cell,
  cellFacts,
  cellMultiplyAdds,
  cellParams,
  type RecurrentArguments,
  recurrentReason,
  spelledCell,
  treatsUnitsApart,
} from './recurrent-cell.js';
import { flipped, runCell } from './recurrent-scan.js';

/** The arguments of SimpleRNN, LSTM and GRU, and what makes some of them. */
export const recurrentSchema = {
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

const gatesOf = (cell: Cell) => (cell.gates.length > 1 ? `${cell.gates.length} gates, ` : '');

/** What all have before and behind what is their own. */
export function recurrentArguments(cell: Cell) {
  const p = recurrentSchema;
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
    pinReason: (args) => recurrentReason(keyword, treatsUnitsApart(of(args))),
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
