import { callOf, Type } from '../ir/kind.js';
import { constantOf, factOf } from '../ir/units.js';
import type { Builder, Value } from '../program/builder.js';
import { axesThere, axisArgument, axisOf, stretchedTo } from './axes.js';
import { computedFact, spreadFacts, unknownUnits } from './facts.js';
import { defineLayer, plain, trainable } from './layer.js';
import { normalizeArguments, scaledBy } from './normalize.js';
import { scaledRanges, unitedRanges } from './ranges.js';

export const batchNormalization = defineLayer({
  keyword: 'BatchNormalization',
  summary:
    'Gives every unit mean beta and standard deviation gamma: over the batch in training, by moving statistics else.',
  cite: 'Ioffe and Szegedy 2015, Batch Normalization, algorithms 1 and 2; Keras, keras.layers.BatchNormalization',
  inputs: [1, 1],
  elementwise: true,
  notByStep: 'BatchNormalization by itself averages over all steps, too',
  schema: Type.Object({
    axis: axisArgument({ default: -1, description: 'The axis of the units; all others are averaged over.' }),
    momentum: Type.Number({
      default: 0.99,
      minimum: 0,
      maximum: 1,
      description: 'Share of a moving statistic that stays at every step.',
    }),
    ...normalizeArguments,
    moving_mean_initializer: callOf('initializer', { default: 'zeros', description: 'How the moving mean starts.' }),
    moving_variance_initializer: callOf('initializer', {
      default: 'ones',
      description: 'How the moving variance starts.',
    }),
    trainable: trainable({
      description: 'false: nothing of it changes, and it uses its moving statistics in training, too.',
    }),
  }),
  shape: ({ axis }, { inputs: [x = []], misfit }) => {
    if (axisOf(axis, x) === undefined) misfit(axesThere(x), `axis: ${axis}`, 'the batch is axis 0');
    return [x];
  },
  params: (args, [x = []]) => {
    const along = axisOf(args.axis, x);
    if (along === undefined) return {};
    const axes = [plain(x[along]!)];
    return {
      ...(args.scale && { gamma: { axes, initializer: args.gamma_initializer } }),
      ...(args.center && { beta: { axes, initializer: args.beta_initializer } }),
      moving_mean: { axes, initializer: args.moving_mean_initializer, trained: false },
      moving_variance: { axes, initializer: args.moving_variance_initializer, trained: false },
    };
  },
  forward: (b, { arguments: args, mode, inputs: [x], inputShapes: [shape = []], params, update }) => {
    const { momentum, epsilon } = args;
    const place = axisOf(args.axis, shape)!;
    const stretch = (tensor: Value) => stretchedTo(b, x!, tensor, [place]);
    const gamma = params.gamma && stretch(params.gamma);
    const beta = params.beta && stretch(params.beta);
    const { moving_mean: movingMean, moving_variance: movingVariance } = params;
    const scaled = (centered: Value, variance: Value) => scaledBy(b, centered, { variance, epsilon, gamma, beta });
    if (mode === 'inference' || args.trainable === false)
      return [scaled(b.subtract(x!, stretch(movingMean!)), stretch(movingVariance!))];
    const mean = meanBut(b, x!, place + 1);
    const centered = b.subtract(x!, mean);
    // The biased variance, in the moving statistic, too, as Keras: divided by the count itself.
    const variance = meanBut(b, b.square(centered), place + 1);
    const next = (tensor: string, moving: Value, now: Value) =>
      update(tensor, b.add(b.multiply(moving, momentum), b.multiply(b.reshape(now, moving.type.shape), 1 - momentum)));
    next('moving_mean', movingMean!, mean);
    next('moving_variance', movingVariance!, variance);
    return [scaled(centered, variance)];
  },
  unitwise: ({ axis }, [x = []]) => [x[axisOf(axis, x)!]!],
  pinReason: () => 'BatchNormalization averages over this axis, and units of the axis that it normalises alone can go',
  facts: (args, { inputs: [x = []], inputShapes: [shape = []], values, mode }) => {
    const along = axisOf(args.axis, shape)!;
    const gamma = args.scale ? values('gamma') : undefined;
    const beta = args.center ? values('beta') : undefined;
    const [means, variances] = [values('moving_mean'), values('moving_variance')];
    const ofBatch = mode === 'training' && args.trainable !== false;
    const own = x[along]!.map((fact, j) => {
      const offset = beta?.[j] ?? 0;
      if (gamma?.[j] === 0) return factOf(offset);
      const constant = constantOf(fact);
      if (constant === undefined) return fact;
      // A constant is its own mean.
      if (ofBatch) return factOf(offset);
      const scale = (gamma?.[j] ?? 1) / Math.sqrt(variances[j]! + args.epsilon);
      return computedFact((constant - means[j]!) * scale + offset);
    });
    return [spreadFacts(x.map((units, axis) => (axis === along ? own : unknownUnits(units.length))))];
  },
  // Along another axis than the last one every unit of that has all scales: any of them may be its own.
  ranges: (args, { inputs: [x], inputShapes: [shape = []], values }) => {
    const gamma = args.scale ? values('gamma') : undefined;
    const beta = args.center ? values('beta') : undefined;
    const [means, variances] = [values('moving_mean'), values('moving_variance')];
    const of = (place: number) => ({
      scale: (gamma?.[place] ?? 1) / Math.sqrt(variances[place]! + args.epsilon),
      offset: beta?.[place] ?? 0,
      shift: means[place]!,
    });
    if (axisOf(args.axis, shape) === shape.length - 1) return [scaledRanges(x!, of)];
    return [unitedRanges(Array.from(means, (_, place) => scaledRanges(x!, () => of(place))))];
  },
  subtracts: () => 'moving_mean',
  spelling: {
    // TensorFlow.js computes something else along another axis than the last.
    tfjs: ({ axis, momentum, epsilon, center, scale }, { name, inputs: [x = []] }) =>
      axis === -1 || axis === x.length
        ? [{ className: 'BatchNormalization', config: { axis: -1, momentum, epsilon, center, scale, name } }]
        : undefined,
  },
});

/** The mean over rows and all axes but one; the axes stay, 1 long. */
function meanBut(b: Builder, x: Value, along: number): Value {
  const over = x.type.shape.flatMap((_, axis) => (axis === along ? [] : [axis]));
  const positions = over.slice(1).reduce((product, axis) => product * (x.type.shape[axis] as number), 1);
  return b.multiply(b.sum(x, over, true), b.multiply(b.scalar('inverse_rows'), 1 / positions));
}
