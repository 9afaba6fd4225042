import type { Shape } from '../ir/dims.js';
import { type Call, callOf, Type } from '../ir/kind.js';
import { Builder, type Value } from '../program/builder.js';
import { spreadFacts, unknownUnits } from './facts.js';
import { layerKind } from './index.js';
import {
  type AxisFacts,
  defineLayer,
  type ForwardStep,
  type LayerKind,
  paramsOfInner,
  type TfjsLayer,
} from './layer.js';

interface Arguments {
  readonly layer: Call;
}

function innerOf({ layer }: Arguments): { readonly kind: LayerKind; readonly args: never } {
  return { kind: layerKind(layer.word), args: layer.arguments as never };
}

/** One step of each. */
function stepsOf(shapes: readonly Shape[]): Shape[] {
  return shapes.map((shape) => shape.slice(1));
}

const stepFacts = (inputs: readonly AxisFacts[]) => inputs.map((axes) => axes.slice(1));

type Draw = Parameters<ForwardStep<never>['random']>;

export const timeDistributed: LayerKind = defineLayer({
  keyword: 'TimeDistributed',
  summary: 'One layer, with the same weights, at every step of a sequence.',
  cite: 'Keras, keras.layers.TimeDistributed',
  inputs: [1, 1],
  notByStep: 'TimeDistributed once for the outer axis',
  schema: Type.Object({
    layer: callOf('layer', {
      examples: ['Dense'],
      description: 'What is done at every step: `TimeDistributed(Conv2D(8, 3))`.',
    }),
  }),
  shape: (args, at) => {
    const { kind } = innerOf(args);
    const [x = []] = at.inputs;
    if (x.length < 2) at.misfit('a sequence [steps, ..]', x.length === 0 ? 'a scalar per row' : 'one axis');
    if (kind.notByStep !== undefined) at.misfit('a layer that treats steps apart', kind.keyword, kind.notByStep);
    if (kind.inputs[0] > 1 || (kind.outputs?.(innerOf(args).args) ?? 1) > 1)
      at.misfit('a layer with one input and one output', kind.keyword);
    const [y = []] = kind.shape(innerOf(args).args, { ...at, inputs: stepsOf(at.inputs) });
    return [[...x.slice(0, 1), ...y]];
  },
  params: (args, inputs, outputs, at) => {
    const { kind, args: own } = innerOf(args);
    return paramsOfInner(kind.params?.(own, stepsOf(inputs), stepsOf(outputs), at) ?? {}, own);
  },
  learns: (args, inputs) => {
    const { kind, args: own } = innerOf(args);
    const rule = kind.learns?.(own, stepsOf(inputs));
    return rule && { ...rule, places: rule.places.map((place) => place + 1) };
  },
  indices: (args) => innerOf(args).kind.indices?.(innerOf(args).args),
  handsOn: (args) => innerOf(args).kind.handsOn?.(innerOf(args).args) ?? false,
  forward: (b, at) => {
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
  unitwise: (args, inputs, outputs) => {
    const { kind, args: own } = innerOf(args);
    return [...inputs[0]!.slice(0, 1), ...(kind.unitwise?.(own, stepsOf(inputs), stepsOf(outputs)) ?? [])];
  },
  pinReason: (args) => {
    const { kind, args: own } = innerOf(args);
    return kind.pinReason?.(own) ?? `${kind.keyword} mixes units`;
  },
  facts: (args, at) => {
    const { kind, args: own } = innerOf(args);
    const inner = kind.facts?.(own, {
      ...at,
      inputs: stepFacts(at.inputs),
      inputShapes: stepsOf(at.inputShapes),
      outputShapes: stepsOf(at.outputShapes),
    });
    return at.outputShapes.map((shape, k) => {
      const [steps, ...rest] = shape.map((dim) => unknownUnits(dim.units.length));
      return spreadFacts([steps!, ...(inner?.[k] ?? rest)]);
    });
  },
  inside: (args, at) => {
    const { kind, args: own } = innerOf(args);
    return (
      kind.inside?.(own, {
        ...at,
        inputs: stepFacts(at.inputs),
        inputShapes: stepsOf(at.inputShapes),
        outputShapes: stepsOf(at.outputShapes),
      }) ?? {}
    );
  },
  folds: (args) => innerOf(args).kind.folds?.(innerOf(args).args) ?? false,
  gathers: (args) => innerOf(args).kind.gathers?.(innerOf(args).args) ?? false,
  mixesBlocks: (args, inputs, outputs) =>
    innerOf(args).kind.mixesBlocks?.(innerOf(args).args, stepsOf(inputs), stepsOf(outputs)) ?? [],
  resize: (args, at) => {
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
    const resized = Object.entries({ ...args.layer.arguments, ...changes }).filter(([, value]) => value !== undefined);
    return { layer: { word: args.layer.word, arguments: Object.fromEntries(resized) } };
  },
  multiplyAdds: (args, inputs, outputs) => {
    const { kind, args: own } = innerOf(args);
    const steps = inputs[0]?.[0]?.units.length ?? 1;
    return steps * (kind.multiplyAdds?.(own, stepsOf(inputs), stepsOf(outputs)) ?? 0);
  },
  spelling: {
    tfjs: (args, { name, inputs, outputs }) => {
      const { kind, args: own } = innerOf(args);
      const inner = `${name}_${kind.keyword.toLowerCase()}`;
      const spelled = kind.spelling.tfjs?.(own, { name: inner, inputs: stepsOf(inputs), outputs: stepsOf(outputs) });
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
});

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
