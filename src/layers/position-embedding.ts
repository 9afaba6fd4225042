import { callOf, Type } from '../ir/kind.js';
import type { UnitFact } from '../ir/units.js';
import { computedFact, lastAxisFacts, spreadFacts } from './facts.js';
import { defineLayer, plain, writes } from './layer.js';

export const positionEmbedding = defineLayer({
  keyword: 'PositionEmbedding',
  summary:
    'A trained vector for every step of its input, in its shape: `place = PositionEmbedding(80)`, then `Add <- tokens, place`.',
  cite: 'KerasHub, keras_hub.layers.PositionEmbedding; Devlin et al. 2019, BERT, section 3',
  inputs: [1, 1],
  shapeOnly: () => true,
  schema: Type.Object({
    sequence_length: Type.Integer({ minimum: 1, description: 'The most steps that an input has.' }),
    initializer: callOf('initializer', {
      default: 'glorot_uniform',
      description: 'How the vectors [sequence_length, units] start.',
    }),
  }),
  shape: ({ sequence_length }, { inputs: [x = []], misfit }) => {
    if (x.length < 2) misfit('an input with steps and units', `${x.length || 'no'} axis`);
    else if (x.at(-2)!.units.length > sequence_length)
      misfit(`a sequence_length of at least the ${x.at(-2)!.units.length} steps of its input`, String(sequence_length));
    return [x];
  },
  params: ({ sequence_length, initializer }, [x = []], _, { fresh }) => ({
    position_embeddings: {
      axes: [plain(fresh(sequence_length, 'positions')), ...x.slice(-1).map((dim) => writes(dim))],
      initializer,
    },
  }),
  forward: (b, { inputs: [x], params: { position_embeddings } }) => {
    const { shape } = x!.type;
    return [b.broadcastTo(b.slice(position_embeddings!, 0, 0, shape.at(-2) as number), shape)];
  },
  // The steps are counted: none may go.
  unitwise: (_, [x = []]) => [...x.slice(0, -2), ...x.slice(-1)],
  pinReason: () => 'PositionEmbedding has a vector for every step, and steps are never removed',
  // It reads nothing of its input but the shape.
  facts: (_, { outputShapes: [shape = []], values, shapeOf }) => {
    const table = values('position_embeddings');
    const width = shapeOf('position_embeddings')![1]!;
    const steps = shape.at(-2)!.units.length;
    const last = Array.from({ length: width }, (_, unit): UnitFact => {
      for (let step = 1; step < steps; step++) if (table[step * width + unit] !== table[unit]) return 'varies';
      return computedFact(table[unit]!);
    });
    return [spreadFacts(lastAxisFacts(shape, last))];
  },
  spelling: {},
});
