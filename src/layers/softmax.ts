import { Type } from '../ir/kind.js';
import { axesThere, axisArgument, axisOf } from './axes.js';
import { defineLayer, looksAtAll } from './layer.js';
import { activationRanges } from './ranges.js';

export const softmax = defineLayer({
  keyword: 'Softmax',
  summary: 'exp(x) / Σ exp(x) along one axis.',
  cite: 'Keras, keras.layers.Softmax',
  inputs: [1, 1],
  schema: Type.Object({ axis: axisArgument({ default: -1, description: 'The axis that adds up to 1.' }) }),
  shape: ({ axis }, { inputs: [x = []], misfit }) => {
    if (axisOf(axis, x) === undefined) misfit(axesThere(x), `axis: ${axis}`, 'the batch is axis 0');
    return [x];
  },
  forward: (b, { arguments: { axis }, inputs: [x], inputShapes: [shape = []] }) => {
    const place = axisOf(axis, shape)! + 1;
    const last = shape.length;
    if (place === last) return [b.softmax(x!)];
    const exchanged = x!.type.shape.map((_, k) => (k === place ? last : k === last ? place : k));
    return [b.transpose(b.softmax(b.transpose(x!, exchanged)), exchanged)];
  },
  probabilities: ({ axis }) => (axis === -1 ? { word: 'softmax', arguments: {} } : undefined),
  unitwise: ({ axis }, [x = []]) => x.filter((_, place) => place !== axisOf(axis, x)),
  pinReason: () => looksAtAll('Softmax'),
  ranges: (_, { inputs: [x] }) => [activationRanges(x!, { word: 'softmax', arguments: {} })],
  spelling: {
    // TensorFlow.js takes the last axis alone.
    tfjs: ({ axis }, { name, inputs: [x = []] }) =>
      axis === -1 || axis === x.length ? [{ className: 'Softmax', config: { axis: -1, name } }] : undefined,
  },
});
