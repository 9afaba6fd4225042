import { callOf, Type } from '../ir/kind.js';
import { activationOf, applyActivation } from './apply-activation.js';
import { activationFacts } from './facts.js';
import { defineLayer, looksAtAll } from './layer.js';
import { activationRanges } from './ranges.js';

export const activation = defineLayer({
  keyword: 'Activation',
  summary: 'Applies an activation function.',
  cite: 'Keras, keras.layers.Activation',
  inputs: [1, 1],
  schema: Type.Object({ activation: callOf('activation', { description: 'The function.' }) }),
  shape: (_, { inputs: [x = []] }) => [x],
  forward: (b, { arguments: args, inputs: [x] }) => [applyActivation(b, x!, args.activation)],
  unitwise: ({ activation: call }, [x = []]) => (activationOf(call).unitwise ? x : x.slice(0, -1)),
  pinReason: ({ activation: call }) => looksAtAll(call.word),
  facts: ({ activation: call }, { inputs: [x = []] }) => [activationFacts(x, call)],
  ranges: ({ activation: call }, at) => [activationRanges(at.inputs[0]!, call, at)],
  spelling: {
    tfjs: ({ activation: call }, { name }) => {
      const spelled = activationOf(call).spelling.tfjs?.(call.arguments);
      return spelled ? [{ className: 'Activation', config: { activation: spelled, name } }] : undefined;
    },
  },
});
