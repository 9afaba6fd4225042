import { Type } from '../ir/kind.js';
import type { Builder, Value } from '../program/builder.js';
import { axesArgument, axesOf, axesThere, stretchedTo } from './axes.js';
import { elementwiseFacts, perUnitFacts, unknownFacts } from './facts.js';
import { defineLayer, plain } from './layer.js';

/** The least that is divided by: Keras' backend.epsilon(). */
const LEAST_DEVIATION = 1e-7;

type Numbers = number | readonly number[];

const numbers = (description: string) =>
  Type.Optional(
    Type.Unsafe<Numbers>({
      anyOf: [{ type: 'number' }, { type: 'array', items: { type: 'number' }, minItems: 1 }],
      description,
      absent: 'learned from the training rows before training',
    }),
  );

export const normalization = defineLayer({
  keyword: 'Normalization',
  summary:
    'Subtracts the mean and divides by the standard deviation, both learned from the training rows before training.',
  cite: 'Keras, keras.layers.Normalization',
  inputs: [1, 1],
  schema: Type.Object({
    axis: axesArgument({ default: -1, description: 'The axes whose places have a mean each; [] is one mean for all.' }),
    mean: numbers('The mean, or one for each place of the axis. With `variance`.'),
    variance: numbers('The variance, or one for each place of the axis. With `mean`.'),
    invert: Type.Boolean({ default: false, description: 'Whether it multiplies and adds instead, which undoes it.' }),
  }),
  shape: (args, { inputs: [x = []], misfit }) => {
    const places = axesOf(args.axis, x);
    if (!places) misfit(axesThere(x), `axis: ${JSON.stringify(args.axis)}`, 'the batch is axis 0');
    if ((args.mean === undefined) !== (args.variance === undefined))
      misfit(
        'both `mean` and `variance`, or none of them',
        `\`${args.mean === undefined ? 'variance' : 'mean'}\` alone`,
      );
    for (const [name, given] of Object.entries({ mean: args.mean, variance: args.variance })) {
      if (typeof given !== 'object' || !places) continue;
      const wanted = places.length === 1 ? x[places[0]!]!.units.length : undefined;
      if (given.length !== wanted)
        misfit(
          wanted === undefined ? `one number as \`${name}\`` : `${wanted} numbers, or one, as \`${name}\``,
          String(given.length),
        );
    }
    return [x];
  },
  params: ({ axis, mean }, [x = []]) => {
    if (mean !== undefined) return {};
    const axes = (axesOf(axis, x) ?? []).map((place) => plain(x[place]!));
    const starting = (word: string) => ({ axes, initializer: { word, arguments: {} }, trained: false });
    return { mean: starting('zeros'), variance: starting('ones') };
  },
  learns: ({ axis, mean }, [x = []]) =>
    mean === undefined ? { mean: 'mean', variance: 'variance', places: axesOf(axis, x)! } : undefined,
  forward: (b, { arguments: args, inputs: [x], inputShapes: [shape = []], params }) => {
    const places = axesOf(args.axis, shape)!;
    const mean = params.mean ? stretchedTo(b, x!, params.mean, places) : given(b, x!, args.mean!, places);
    const variance = params.variance
      ? stretchedTo(b, x!, params.variance, places)
      : given(b, x!, args.variance!, places);
    const deviation = b.maximum(b.sqrt(variance), LEAST_DEVIATION);
    return [args.invert ? b.add(mean, b.multiply(x!, deviation)) : b.divide(b.subtract(x!, mean), deviation)];
  },
  unitwise: (_, [x = []]) => x,
  facts: (args, { inputs: [x = []], inputShapes: [shape = []], values }) => {
    const [mean, variance] = [args.mean ?? values('mean'), args.variance ?? values('variance')];
    const at = (of: Numbers | ArrayLike<number>, unit: number) => (typeof of === 'number' ? of : of[unit]!);
    const of = (value: number, unit: number) => {
      const deviation = Math.max(Math.sqrt(at(variance, unit)), LEAST_DEVIATION);
      return args.invert ? at(mean, unit) + value * deviation : (value - at(mean, unit)) / deviation;
    };
    const places = axesOf(args.axis, shape)!;
    if (places.length === 0 || (typeof mean === 'number' && typeof variance === 'number'))
      return [elementwiseFacts(x, (constants) => constants.map((value) => of(value, 0)))];
    return [places.length === 1 && places[0] === shape.length - 1 ? perUnitFacts(x, of) : unknownFacts(shape)];
  },
  resize: (args, { inputPositions, inputExtents: [extents = []] }) => {
    const places = axesOf(args.axis, extents)!;
    const left = (given: Numbers | undefined) =>
      typeof given === 'object' ? inputPositions(0, places[0]!).map((position) => given[position]!) : given;
    return { mean: left(args.mean), variance: left(args.variance) };
  },
  spelling: {},
});

/** Numbers of a spec, 1 long on all axes but their own. */
function given(b: Builder, x: Value, of: Numbers, places: readonly number[]): Value {
  return typeof of === 'number' ? b.constant(of) : stretchedTo(b, x, b.constant(of, [of.length]), places);
}
