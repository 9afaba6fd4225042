import { Type } from '../ir/kind.js';
import { defineActivationLayer } from './activation-layer.js';

export const elu = defineActivationLayer({
  keyword: 'ELU',
  activation: 'elu',
  schema: Type.Object({
    alpha: Type.Number({ default: 1, minimum: 0, description: 'Limit on the negative side, with a minus.' }),
  }),
  spelling: {
    // TensorFlow.js has no other alpha.
    tfjs: ({ alpha }, { name }) => (alpha === 1 ? [{ className: 'ELU', config: { alpha, name } }] : undefined),
  },
});
