import { Type } from '../../ir/kind.js';
import { cosineOfTurn, sineOfTurn } from '../../random/numeric.js';
import { defineAugmentation } from './augmentation.js';
import { outsideArgument } from './outside.js';

export const rotate = defineAugmentation({
  keyword: 'rotate',
  summary: 'Turns the picture about its middle, by an angle drawn evenly to both sides (bilinear).',
  schema: Type.Object({
    degrees: Type.Number({
      exclusiveMinimum: 0,
      maximum: 180,
      examples: [15],
      description: 'How far at most, to either side.',
    }),
    outside: outsideArgument,
  }),
  draws: 1,
  movement: ({ degrees, outside }, { height, width }, draw) => {
    const turn = Math.floor(((2 * draw(0) - 1) * degrees * 2 ** 32) / 360) | 0;
    const [cosine, sine] = [cosineOfTurn(turn), sineOfTurn(turn)];
    const [middle, centre] = [(height - 1) / 2, (width - 1) / 2];
    return {
      y: [cosine, sine, middle - cosine * middle - sine * centre],
      x: [-sine, cosine, centre + sine * middle - cosine * centre],
      outside: outside as number | 'edge',
    };
  },
});
