import type { Dim, Shape } from '../ir/dims.js';
import { type Call, callOf, type Static, Type } from '../ir/kind.js';
import { constantOf, type UnitFact } from '../ir/units.js';
import type { Builder, Value } from '../program/builder.js';
import { computedFact, lastAxisFacts, spreadFacts } from './facts.js';
import { type AxisFacts, type FactsStep, type Inside, type LayerKind, paramsOfInner } from './layer.js';
import { type RecurrentLayer, sequenceOf } from './recurrent.js';
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
import { simpleRnn } from './simple-rnn.js';
import { defineWrapper, type FindKind, type Members } from './wrapper.js';

type MergeMode = 'concat' | 'sum' | 'mul' | 'ave';

const schema = Type.Object({
  layer: callOf('layer', {
    examples: ['LSTM'],
    description: 'SimpleRNN, LSTM or GRU, for both directions: `Bidirectional(LSTM(32))`.',
  }),
  merge_mode: Type.Union(
    (['concat', 'sum', 'mul', 'ave'] as const).map((mode) => Type.Literal(mode)),
    { default: 'concat', description: 'How the outputs of both directions become one.' },
  ),
  backward_layer: Type.Optional(
    callOf('layer', {
      description: 'The layer of the other direction, with `go_backwards: true`; by it directions may differ in units.',
      absent: 'as `layer`',
    }),
  ),
});

type Arguments = Static<typeof schema>;

/** One of the two directions. */
interface Direction {
  readonly called: 'forward' | 'backward';
  readonly cell: Cell;
  readonly args: RecurrentArguments;
  readonly prefix: string;
  /** Whether it starts at the last step. */
  readonly reverse: boolean;
}

/** How two numbers, or two facts, become one. */
const merges: Readonly<Record<Exclude<MergeMode, 'concat'>, (x: number, y: number) => number>> = {
  sum: (x, y) => x + y,
  mul: (x, y) => x * y,
  ave: (x, y) => (x + y) / 2,
};

function mergedValue(b: Builder, mode: MergeMode, x: Value, y: Value): Value {
  if (mode === 'concat') return b.concat([x, y], -1);
  if (mode === 'mul') return b.multiply(x, y);
  const sum = b.add(x, y);
  return mode === 'ave' ? b.multiply(sum, 0.5) : sum;
}

function mergedFacts(mode: MergeMode, x: readonly UnitFact[], y: readonly UnitFact[]): readonly UnitFact[] {
  if (mode === 'concat') return [...x, ...y];
  return x.map((fact, unit): UnitFact => {
    const [a, c] = [constantOf(fact), constantOf(y[unit]!)];
    if (mode === 'mul' && (a === 0 || c === 0)) return 'zero';
    return a === undefined || c === undefined ? 'varies' : computedFact(merges[mode](a, c));
  });
}

/** What Bidirectional has of every member of a layer's definition. */
export function bidirectionalMembers(kindOf: FindKind): Members<typeof schema> {
  function cellOf(call: Call): Cell | undefined {
    return (kindOf(call.word) as Partial<RecurrentLayer>).cell;
  }

  /** Both directions; a `layer` that goes backwards itself has the other one go forwards, as in Keras. */
  function directionsOf({ layer, backward_layer }: Arguments): readonly [Direction, Direction] {
    const direction = (called: Direction['called'], call: Call, reverse: boolean): Direction => ({
      called,
      cell: cellOf(call) ?? simpleRnn.cell,
      args: call.arguments as unknown as RecurrentArguments,
      prefix: `${called}_`,
      reverse,
    });
    const first = direction('forward', layer, layer.arguments.go_backwards === true);
    return [first, direction('backward', backward_layer ?? layer, !first.reverse)];
  }

  /** Units of each direction: two Dims that are joined, or one for both. */
  function unitsOf({ merge_mode, ...args }: Arguments, [y = []]: readonly Shape[]): readonly [Dim, Dim] {
    const last = y.at(-1)!;
    if (merge_mode !== 'concat') return [last, last];
    const { units } = directionsOf({ merge_mode, ...args })[0].args;
    return [{ units: last.units.slice(0, units) }, { units: last.units.slice(units) }];
  }

  function factsOf(args: Arguments, at: Pick<FactsStep, 'inputs' | 'values' | 'shapeOf' | 'mode'>) {
    return directionsOf(args).map((one) => cellFacts(one.cell, one.args, at, one.prefix));
  }

  return {
    keyword: { own: 'Bidirectional' },
    aliases: { none: 'one word is enough' },
    summary: {
      own: 'A recurrent layer twice, from the first step on and from the last one back, with weights for each.',
    },
    cite: {
      own: 'Schuster and Paliwal 1997, Bidirectional recurrent neural networks; Keras, keras.layers.Bidirectional',
    },
    schema: { own: schema },
    inputs: { own: [1, 1] },
    inputNames: { none: 'one input needs no name' },
    outputs: {
      handedOn: ({ layer }) => (layer.arguments.return_state === true ? 1 + 2 * (cellOf(layer)?.states ?? 1) : 1),
    },
    notByStep: { none: 'it can be done at every step' },
    everywhere: { none: 'it goes over the axis of steps' },
    laysOut: { none: 'it reads the features of each step' },
    flatInput: { none: 'it refuses all inputs but sequences' },
    shape: {
      own: (args, at) => {
        const { fresh, misfit } = at;
        const { layer, merge_mode, backward_layer } = args;
        for (const call of [layer, ...(backward_layer ? [backward_layer] : [])])
          if (!cellOf(call)) misfit('SimpleRNN, LSTM or GRU', call.word, 'TimeDistributed takes layers without steps');
        const [first, second] = directionsOf(args);
        if (!backward_layer && first.reverse)
          misfit('a layer that goes forwards', 'go_backwards: true', 'the other direction is added by Bidirectional');
        if (backward_layer) {
          const [x, y] = [layer.arguments, backward_layer.arguments];
          if (x.go_backwards === y.go_backwards)
            misfit('a backward_layer with `go_backwards: true`', `go_backwards: ${y.go_backwards}`);
          for (const shared of ['return_sequences', 'return_state'] as const)
            if (x[shared] !== y[shared]) misfit(`${shared}: ${x[shared]} in both`, `${shared}: ${y[shared]}`);
          if (first.cell.states !== second.cell.states && x.return_state === true)
            misfit('two layers with as many states', `${layer.word} and ${backward_layer.word}`);
          if (merge_mode !== 'concat' && first.args.units !== second.args.units)
            misfit(`${first.args.units} units in both directions`, `${second.args.units}`, 'or merge_mode: concat');
        }
        const x = sequenceOf(at, first.args);
        const { units, return_sequences, return_state } = first.args;
        const [own, other] =
          merge_mode === 'concat'
            ? [fresh(units ?? 1, 'forward'), fresh(second.args.units ?? 1, 'backward')]
            : [fresh(units ?? 1)];
        const made = other ? { units: [...own!.units, ...other.units] } : own!;
        const states = return_state
          ? [first, second].flatMap(({ cell }, k) =>
              Array.from({ length: cell.states }, () => [(k === 1 && other) || own!]),
            )
          : [];
        return [return_sequences ? [...x.slice(0, 1), made] : [made], ...states];
      },
    },
    params: {
      handedOn: (args, [x = []], outputs, at) => {
        const into = x.at(-1) ?? at.fresh(1, 'features');
        const units = unitsOf(args, outputs);
        const gates = new Map<number, Dim>();
        return Object.assign(
          {},
          ...directionsOf(args).map(({ cell, args, prefix, called }, k) =>
            paramsOfInner(
              cellParams(cell, args, {
                into,
                units: units[k]!,
                prefix,
                gates: () => {
                  const count = cell.gates.length;
                  if (!gates.has(count))
                    gates.set(count, at.fresh(count, gates.size === 0 ? 'gates' : `${called} gates`));
                  return gates.get(count)!;
                },
              }),
              args,
            ),
          ),
        );
      },
    },
    learns: { none: 'no recurrent layer learns of rows before training' },
    indices: { none: 'no recurrent layer looks vectors up' },
    handsOn: { none: 'it computes' },
    shapeOnly: { none: 'it reads numbers' },
    probabilities: { none: 'it is no activation' },
    activationInside: { none: 'it has no argument `activation`' },
    forward: {
      handedOn: (b, { arguments: args, inputs: [x], outputShapes, params, mode, random }) => {
        const units = unitsOf(args, outputShapes);
        const directions = directionsOf(args);
        const runs = directions.map((one, k) =>
          runCell(b, one.cell, one.args, { ...one, x: x!, units: units[k]!, params, mode, random }),
        );
        const { return_sequences, return_state } = directions[0].args;
        const outputs = runs.map(({ sequence, states }) => (return_sequences ? sequence : states[0]!));
        const merged = mergedValue(b, args.merge_mode, outputs[0]!, outputs[1]!);
        // Keras turns the second direction round, whichever that is.
        const first = return_sequences && directions[0].reverse ? flipped(b, merged) : merged;
        return [first, ...(return_state ? runs.flatMap(({ states }) => states) : [])];
      },
    },
    unitwise: {
      handedOn: (args, _, [y = []]) => {
        const units = unitsOf(args, [y]);
        const apart = directionsOf(args).map((one) => treatsUnitsApart(one.args));
        if (args.merge_mode !== 'concat') return apart.every((one) => one) ? y.slice(-1) : [];
        return units.filter((_, k) => apart[k]);
      },
    },
    pinReason: {
      handedOn: (args) =>
        recurrentReason(
          'Bidirectional',
          directionsOf(args).every((one) => treatsUnitsApart(one.args)),
        ),
    },
    facts: {
      handedOn: (args, at) => {
        const directions = directionsOf(args);
        const facts = factsOf(args, at);
        const states = directions.flatMap(({ cell }, k) =>
          Array.from({ length: cell.states }, (_, state) =>
            // A second state is known where the unit is zero: nothing flows into it.
            facts[k]!.map((fact): UnitFact => (state === 0 || constantOf(fact) === 0 ? fact : 'varies')),
          ),
        );
        const last = [mergedFacts(args.merge_mode, facts[0]!, facts[1]!), ...states];
        return at.outputShapes.map((shape, k): AxisFacts => spreadFacts(lastAxisFacts(shape, last[k]!)));
      },
    },
    ranges: { none: 'no recurrent layer knows any' },
    inside: {
      handedOn: (args, at): Inside => {
        const [forward, backward] = factsOf(args, at) as [readonly UnitFact[], readonly UnitFact[]];
        return { reads: { forward_recurrent_kernel: forward, backward_recurrent_kernel: backward } };
      },
    },
    foldsInside: { none: 'no recurrent layer folds inside' },
    folds: { handedOn: () => ({ forward_kernel: 'forward_bias', backward_kernel: 'backward_bias' }) },
    gathers: { none: 'its sums have no zeros beside them' },
    pads: { none: 'it hands nothing on' },
    elementwise: { none: 'it mixes steps' },
    subtracts: { none: 'no recurrent layer subtracts from its input' },
    mixesBlocks: { none: 'no recurrent layer has groups' },
    spares: { none: 'it cannot do without its one input' },
    resize: {
      handedOn: (args, { part, outputs: [kept = []], needsBias }) => {
        const counts =
          args.merge_mode === 'concat' ? [part('forward').length, part('backward').length] : [kept.length, kept.length];
        const resized = directionsOf(args).map(({ called, args: own }, k) => {
          const { word, arguments: before } =
            called === 'backward' && args.backward_layer ? args.backward_layer : args.layer;
          return {
            word,
            arguments: { ...before, units: counts[k]!, ...(needsBias && !own.use_bias && { use_bias: true }) },
          };
        });
        const [layer, backward] = resized as readonly Call[] as readonly [Call, Call];
        if (!args.backward_layer && counts[0] === counts[1]) return { layer };
        const go_backwards = !directionsOf(args)[0].reverse;
        return { layer, backward_layer: { ...backward, arguments: { ...backward.arguments, go_backwards } } };
      },
    },
    multiplyAdds: {
      handedOn: (args, inputs) =>
        directionsOf(args).reduce((sum, { cell, args }) => sum + cellMultiplyAdds(cell, inputs, args.units), 0),
    },
    spelling: {
      handedOn: {
        tfjs: (args, { name }) => {
          const { layer, merge_mode, backward_layer } = args;
          const [{ cell, args: own, reverse }] = directionsOf(args);
          const config = spelledCell(cell, own);
          // TensorFlow.js makes the second layer from the first.
          if (!config || backward_layer || reverse) return undefined;
          const tensors = Object.keys(
            cellParams(cell, own, { into: { units: [] }, units: { units: [] }, gates: () => ({ units: [] }) }),
          );
          const inner = `${name}_${layer.word.toLowerCase()}`;
          return [
            {
              className: 'Bidirectional',
              config: {
                layer: {
                  class_name: layer.word,
                  config: { ...config, trainable: own.trainable !== false, name: inner },
                },
                merge_mode,
                name,
              },
              unpenalized: true as const,
              ...(cell.gates.length > 1 && { joinsLastAxes: true as const }),
              weights: Object.fromEntries(
                ['forward', 'backward'].flatMap((called) =>
                  tensors.map((tensor) => [`${called}_${tensor}`, `${called}_${inner}/${tensor}`]),
                ),
              ),
            },
          ];
        },
      },
    },
  };
}

export const bidirectional = (kindOf: FindKind): LayerKind => defineWrapper(bidirectionalMembers(kindOf));
