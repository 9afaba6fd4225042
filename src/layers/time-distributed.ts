import type { Shape } from '../ir/dims.js';
import { callOf, type Static, Type } from '../ir/kind.js';
import { unbounded } from '../ir/ranges.js';
import { Builder, type Value } from '../program/builder.js';
import { spreadFacts, unknownUnits } from './facts.js';
import {
  type FactsStep,
  type ForwardStep,
  type LayerKind,
  paramsOfInner,
  type TfjsLayer,
  looksAtAll,
} from './layer.js';
import { defineWrapper, type FindKind, type Members } from './wrapper.js';

const schema = Type.Object({
  layer: callOf('layer', {
    examples: ['Dense'],
    description: 'What is done at every step: `TimeDistributed(Conv2D(8, 3))`.',
  }),
});

type Arguments = Static<typeof schema>;

/** One step of each. */
function stepsOf(shapes: readonly Shape[]): Shape[] {
  return shapes.map((shape) => shape.slice(1));
}

/** Shapes of one step among what a rule is given. */
function shapesOfStep<S extends { readonly inputShapes: readonly Shape[]; readonly outputShapes: readonly Shape[] }>(
  at: S,
): S {
  return { ...at, inputShapes: stepsOf(at.inputShapes), outputShapes: stepsOf(at.outputShapes) };
}

/** What is known of one step, for rules that are given facts. */
function factsOfStep<S extends FactsStep>(at: S): S {
  return { ...shapesOfStep(at), inputs: at.inputs.map((axes) => axes.slice(1)) };
}

type Draw = Parameters<ForwardStep<never>['random']>;

/** What TimeDistributed has of every member of a layer's definition. */
export function timeDistributedMembers(kindOf: FindKind): Members<typeof schema> {
  const innerOf = ({ layer }: Arguments): { readonly kind: LayerKind; readonly args: never } => ({
    kind: kindOf(layer.word),
    args: layer.arguments as never,
  });
  const asked =
    <R>(ask: (kind: LayerKind, args: never) => R) =>
    (args: Arguments): R => {
      const inner = innerOf(args);
      return ask(inner.kind, inner.args);
    };
  return {
    keyword: { own: 'TimeDistributed' },
    aliases: { none: 'one word is enough' },
    summary: { own: 'One layer, with the same weights, at every step of a sequence.' },
    cite: { own: 'Keras, keras.layers.TimeDistributed' },
    schema: { own: schema },
    inputs: { own: [1, 1] },
    inputNames: { none: 'one input needs no name' },
    outputs: { none: 'it refuses layers of several outputs' },
    notByStep: { own: 'TimeDistributed once for the outer axis' },
    everywhere: { none: 'TimeDistributed alone asks, and takes no TimeDistributed' },
    laysOut: { none: 'its layer lays out one step alone' },
    flatInput: { none: 'who writes it means every step by itself' },
    shape: {
      handedOn: (args, at) => {
        const { kind } = innerOf(args);
        const [x = []] = at.inputs;
        if (x.length < 2) at.misfit('a sequence [steps, ..]', x.length === 0 ? 'a scalar per row' : 'one axis');
        if (kind.notByStep !== undefined) at.misfit('a layer that treats steps apart', kind.keyword, kind.notByStep);
        if (kind.inputs[0] > 1 || (kind.outputs?.(innerOf(args).args) ?? 1) > 1)
          at.misfit('a layer with one input and one output', kind.keyword);
        const [y = []] = kind.shape(innerOf(args).args, { ...at, inputs: stepsOf(at.inputs) });
        return [[...x.slice(0, 1), ...y]];
      },
    },
    params: {
      handedOn: (args, inputs, outputs, at) => {
        const { kind, args: own } = innerOf(args);
        return paramsOfInner(kind.params?.(own, stepsOf(inputs), stepsOf(outputs), at) ?? {}, own);
      },
    },
    learns: {
      handedOn: (args, inputs) => {
        const { kind, args: own } = innerOf(args);
        const rule = kind.learns?.(own, stepsOf(inputs));
        return rule && { ...rule, places: rule.places.map((place) => place + 1) };
      },
    },
    indices: {
      handedOn: asked((kind, own) => kind.indices?.(own)),
    },
    handsOn: {
      handedOn: asked((kind, own) => kind.handsOn?.(own) ?? false),
    },
    shapeOnly: {
      handedOn: asked((kind, own) => kind.shapeOnly?.(own) ?? false),
    },
    // What is known of the last axis of a step is known of that of the sequence.
    probabilities: {
      handedOn: asked((kind, own) => kind.probabilities?.(own)),
    },
    activationInside: { none: 'it has no argument `activation`' },
    forward: {
      handedOn: (b, at) => {
        const { kind, args } = innerOf(at.arguments);
        const [x] = at.inputs;
        const { inputShapes, outputShapes } = at;
        // All steps at once.
        if (kind.everywhere) return kind.forward(b, { ...at, arguments: args });
        const shapes = { inputShapes: stepsOf(inputShapes), outputShapes: stepsOf(outputShapes) };
        const [batch, ...extents] = x!.type.shape;
        const names = Object.keys(at.params);
        const write = (c: Builder, slice: Value, params: readonly Value[], random: ForwardStep<never>['random']) => {
          const [y] = kind.forward(c, {
            ...at,
            ...shapes,
            arguments: args,
            inputs: [slice],
            params: Object.fromEntries(names.map((name, k) => [name, params[k]!])),
            random,
            update: () => {
              throw new Error(`${kind.keyword} keeps a state of all steps together`);
            },
          });
          return y!;
        };

        // Once for what it draws, which is drawn for all steps before the first.
        const draws: Draw[] = [];
        const trial = new Builder();
        const there = (value: Value) => trial.batch(`${value.id}`, value.type.dtype, value.type.shape);
        const slice = trial.batch('slice', 'float', [batch!, ...extents.slice(1)]);
        write(
          trial,
          slice,
          names.map((name) => there(at.params[name]!)),
          (tensor, distribution, axes) => {
            draws.push(axes ? [tensor, distribution, axes] : [tensor, distribution]);
            return trial.batch(`draw ${draws.length}`, 'float', drawnStep(slice, axes));
          },
        );
        const drawn = draws.map(([tensor, distribution, axes]) => {
          const along = axes && [
            inputShapes[0]![0]!,
            ...axes.map((one) => (typeof one === 'number' ? inputShapes[0]![one + 1]! : one)),
          ];
          const values = at.random(tensor, distribution, along);
          return b.reshape(values, [batch!, extents[0]!, ...drawnStep(slice, axes).slice(1)]);
        });
        const stepFirst = (value: Value) => b.transpose(value, turned(value.type.shape.length));
        const { outputs } = b.scan(
          {
            states: [],
            sequences: [stepFirst(x!), ...drawn.map(stepFirst)],
            captures: names.map((name) => at.params[name]!),
          },
          (c, { slices, captures }) => {
            let next = 0;
            return { states: [], outputs: [write(c, slices[0]!, captures, () => slices[++next]!)] };
          },
        );
        return [stepFirst(outputs[0]!)];
      },
    },
    unitwise: {
      handedOn: (args, inputs, outputs) => {
        const { kind, args: own } = innerOf(args);
        return [...inputs[0]!.slice(0, 1), ...(kind.unitwise?.(own, stepsOf(inputs), stepsOf(outputs)) ?? [])];
      },
    },
    pinReason: {
      handedOn: asked((kind, own) => kind.pinReason?.(own) ?? looksAtAll(kind.keyword)),
    },
    facts: {
      handedOn: (args, at) => {
        const { kind, args: own } = innerOf(args);
        const inner = kind.facts?.(own, factsOfStep(at));
        return at.outputShapes.map((shape, k) => {
          const [steps, ...rest] = shape.map((dim) => unknownUnits(dim.units.length));
          return spreadFacts([steps!, ...(inner?.[k] ?? rest)]);
        });
      },
    },
    ranges: {
      handedOn: (args, at) => {
        const { kind, args: own } = innerOf(args);
        const { outputShapes } = at;
        return kind.ranges?.(own, shapesOfStep(at)) ?? outputShapes.map((y) => unbounded(y.at(-1)?.units.length ?? 1));
      },
    },
    inside: {
      handedOn: (args, at) => {
        const { kind, args: own } = innerOf(args);
        return kind.inside?.(own, factsOfStep(at)) ?? {};
      },
    },
    foldsInside: {
      handedOn: (args, at) => {
        const { kind, args: own } = innerOf(args);
        return kind.foldsInside?.(own, factsOfStep(at));
      },
    },
    folds: {
      handedOn: asked((kind, own) => kind.folds?.(own) ?? false),
    },
    gathers: {
      handedOn: asked((kind, own) => kind.gathers?.(own) ?? false),
    },
    pads: {
      handedOn: asked((kind, own) => kind.pads?.(own) ?? false),
    },
    elementwise: { none: 'what says so stands at no step by itself' },
    subtracts: {
      handedOn: asked((kind, own) => kind.subtracts?.(own)),
    },
    mixesBlocks: {
      handedOn: (args, inputs, outputs) => {
        const { kind, args: own } = innerOf(args);
        return kind.mixesBlocks?.(own, stepsOf(inputs), stepsOf(outputs)) ?? [];
      },
    },
    spares: { none: 'it cannot do without its one input' },
    resize: {
      handedOn: (args, at) => {
        const { kind, args: own } = innerOf(args);
        const changes = kind.resize?.(own, {
          ...at,
          inputPositions: (input, axis) => at.inputPositions(input, axis + 1),
          inputSize: (input, axis) => at.inputSize(input, axis + 1),
          features: (keep) => at.features(keep, 1),
          inputExtents: at.inputExtents.map((extents) => extents.slice(1)),
          outputExtents: at.outputExtents.map((extents) => extents.slice(1)),
        });
        if (!changes) return {};
        const resized = Object.entries({ ...args.layer.arguments, ...changes }).filter(
          ([, value]) => value !== undefined,
        );
        return { layer: { word: args.layer.word, arguments: Object.fromEntries(resized) } };
      },
    },
    multiplyAdds: {
      handedOn: (args, inputs, outputs) => {
        const { kind, args: own } = innerOf(args);
        const steps = inputs[0]?.[0]?.units.length ?? 1;
        return steps * (kind.multiplyAdds?.(own, stepsOf(inputs), stepsOf(outputs)) ?? 0);
      },
    },
    spelling: {
      handedOn: {
        tfjs: (args, { name, inputs, outputs }) => {
          const { kind, args: own } = innerOf(args);
          const inner = `${name}_${kind.keyword.toLowerCase()}`;
          const spelled = kind.spelling.tfjs?.(own, {
            name: inner,
            inputs: stepsOf(inputs),
            outputs: stepsOf(outputs),
          });
          const [layer] = spelled ?? [];
          if (!layer || spelled!.length > 1) return undefined;
          const { className, config, weights = {} } = layer;
          const tensors = Object.keys(
            kind.params?.(own, stepsOf(inputs), stepsOf(outputs), {
              name,
              dims: undefined as never,
              fresh: (size) => ({ units: new Array<number>(size).fill(0) }),
            }) ?? {},
          );
          return [
            {
              className: 'TimeDistributed',
              config: { layer: { class_name: className, config: spelledInner(config, own) }, name },
              unpenalized: true as const,
              ...(layer.joinsLastAxes && { joinsLastAxes: true as const }),
              weights: Object.fromEntries(tensors.map((tensor) => [tensor, `${inner}/${weights[tensor] ?? tensor}`])),
            },
          ];
        },
      },
    },
  };
}

export const timeDistributed = (kindOf: FindKind): LayerKind => defineWrapper(timeDistributedMembers(kindOf));

/** The configuration of a layer that may say by itself that it is not trained. */
function spelledInner(
  config: TfjsLayer['config'],
  { trainable }: { readonly trainable?: boolean },
): TfjsLayer['config'] {
  return trainable === false ? { ...config, trainable } : config;
}

/** Steps and rows change places. */
function turned(rank: number): number[] {
  return Array.from({ length: rank }, (_, axis) => (axis < 2 ? 1 - axis : axis));
}

/** The extents of what a layer draws for one step. */
function drawnStep(slice: Value, axes: readonly number[] | Shape | undefined): Value['type']['shape'] {
  const { shape } = slice.type;
  if (!axes) return shape;
  if (typeof axes[0] === 'object') return [shape[0]!, ...(axes as Shape).map((dim) => dim.units.length)];
  return shape.map((extent, k) => (k === 0 || (axes as readonly number[]).includes(k - 1) ? extent : 1));
}
