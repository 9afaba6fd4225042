import { showShape } from '../ir/dims.js';
import { Type } from '../ir/kind.js';
import { lastAxisFacts, spreadFacts } from './facts.js';
import { defineLayer } from './layer.js';

export const repeatVector = defineLayer({
  keyword: 'RepeatVector',
  summary: 'Makes a series of one row: [features] to [n, features].',
  cite: 'Keras, keras.layers.RepeatVector',
  inputs: [1, 1],
  schema: Type.Object({
    n: Type.Integer({ minimum: 1, maximum: 1_000_000, description: 'How many equal steps.' }),
  }),
  handsOn: () => true,
  shape: ({ n }, { name, inputs: [x = []], dims, fresh, misfit }) => {
    if (x.length !== 1)
      misfit('an input with one axis', x.length === 0 ? 'a scalar per row' : showShape(x), 'put `Flatten` before it');
    const steps = fresh(n, 'steps');
    dims.pin(steps, `${name} makes these steps, and steps are never removed`);
    return [[steps, x.at(-1) ?? fresh(1, 'features')]];
  },
  forward: (b, { arguments: { n }, inputs: [x], inputShapes: [shape = []] }) => {
    const features = shape[0]!.units.length;
    return [b.broadcastTo(b.reshape(x!, ['batch', 1, features]), ['batch', n, features])];
  },
  unitwise: (_, [x = []]) => x,
  facts: (_, { inputs: [x = []], outputShapes: [y = []] }) => [spreadFacts(lastAxisFacts(y, x.at(-1) ?? []))],
  ranges: (_, { inputs }) => inputs,
  spelling: { tfjs: ({ n }, { name }) => [{ className: 'RepeatVector', config: { n, name } }] },
});
