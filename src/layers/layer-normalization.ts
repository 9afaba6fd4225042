import { Type } from '../ir/kind.js';
import { factOf, type UnitFact } from '../ir/units.js';
import { axesArgument, axesOf, axesThere, stretchedTo } from './axes.js';
import { lastAxisFacts, unknownFacts } from './facts.js';
import { defineLayer, plain } from './layer.js';
import { normalizeArguments, scaledBy } from './normalize.js';

export const layerNormalization = defineLayer({
  keyword: 'LayerNormalization',
  summary: 'Gives the units of every row, or of every step of it, mean beta and standard deviation gamma together.',
  cite: 'Ba, Kiros and Hinton 2016, Layer Normalization, equation 3; Keras, keras.layers.LayerNormalization',
  inputs: [1, 1],
  schema: Type.Object({
    axis: axesArgument({ default: -1, description: 'The axes that are normalised together.' }),
    ...normalizeArguments,
  }),
  shape: ({ axis }, { inputs: [x = []], misfit }) => {
    if (axesOf(axis, x) === undefined) misfit(axesThere(x), `axis: ${JSON.stringify(axis)}`, 'the batch is axis 0');
    return [x];
  },
  params: ({ axis, center, scale, beta_initializer, gamma_initializer }, [x = []]) => {
    const axes = (axesOf(axis, x) ?? []).map((place) => plain(x[place]!));
    return {
      ...(scale && { gamma: { axes, initializer: gamma_initializer } }),
      ...(center && { beta: { axes, initializer: beta_initializer } }),
    };
  },
  forward: (b, { arguments: { axis, epsilon }, inputs: [x], inputShapes: [shape = []], params }) => {
    const places = axesOf(axis, shape)!;
    const over = places.map((place) => place + 1);
    const gamma = params.gamma && stretchedTo(b, x!, params.gamma, places);
    const beta = params.beta && stretchedTo(b, x!, params.beta, places);
    const centered = b.subtract(x!, b.mean(x!, over, true));
    const variance = b.mean(b.square(centered), over, true);
    return [scaledBy(b, centered, { variance, epsilon, gamma, beta })];
  },
  unitwise: ({ axis }, [x = []]) => x.filter((_, place) => !axesOf(axis, x)?.includes(place)),
  pinReason: () => 'LayerNormalization takes mean and variance over all units, so the others would change without it',
  // Without gamma a unit is beta, whatever comes in; it stays for the sake of the others.
  facts: ({ axis, scale, center }, { inputShapes: [shape = []], outputShapes: [output = []], values }) => {
    const places = axesOf(axis, shape)!;
    if (!scale || places.length !== 1 || places[0] !== shape.length - 1) return [unknownFacts(output)];
    const beta = center ? values('beta') : undefined;
    const last = Array.from(values('gamma'), (gamma, j): UnitFact => (gamma === 0 ? factOf(beta?.[j] ?? 0) : 'varies'));
    return [lastAxisFacts(output, last)];
  },
  spelling: {
    tfjs: ({ axis, epsilon, center, scale }, { name }) => [
      { className: 'LayerNormalization', config: { axis, epsilon, center, scale, name } },
    ],
  },
});
