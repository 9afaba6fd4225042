import { Type } from '../../ir/kind.js';
import { defineAugmentation } from './augmentation.js';

export const flip = defineAugmentation({
  keyword: 'flip',
  summary: 'Mirrors every second picture, as drawn: left and right, or top and bottom, or each of both on its own.',
  schema: Type.Object({
    direction: Type.Union(
      ['horizontal', 'vertical', 'both'].map((word) => Type.Literal(word)),
      { default: 'horizontal', description: 'horizontal: left and right change places; vertical: top and bottom.' },
    ),
  }),
  draws: 2,
  movement: ({ direction }, { height, width }, draw) => {
    const across = direction !== 'vertical' && draw(0) < 0.5;
    const down = direction !== 'horizontal' && draw(1) < 0.5;
    if (!across && !down) return undefined;
    return { y: down ? [-1, 0, height - 1] : [1, 0, 0], x: across ? [0, -1, width - 1] : [0, 1, 0], outside: 'edge' };
  },
});
