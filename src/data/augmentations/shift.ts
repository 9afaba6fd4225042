import { Type } from '../../ir/kind.js';
import { defineAugmentation } from './augmentation.js';
import { outsideArgument } from './outside.js';

export const shift = defineAugmentation({
  keyword: 'shift',
  summary: 'Moves the picture by whole pixels, down or up and to the right or left, each amount drawn evenly.',
  schema: Type.Object({
    pixels: Type.Integer({ minimum: 1, maximum: 4096, description: 'How far at most, to every side.', examples: [4] }),
    direction: Type.Union(
      ['both', 'horizontal', 'vertical'].map((word) => Type.Literal(word)),
      { default: 'both', description: 'Whether it is moved down and across, or only one of them.' },
    ),
    outside: outsideArgument,
  }),
  draws: 2,
  movement: ({ pixels, direction, outside }, _, draw) => {
    const by = (k: number) => Math.floor(draw(k) * (2 * pixels + 1)) - pixels;
    const [down, across] = [direction === 'horizontal' ? 0 : by(0), direction === 'vertical' ? 0 : by(1)];
    if (down === 0 && across === 0) return undefined;
    return { y: [1, 0, -down], x: [0, 1, -across], outside: outside as number | 'edge' };
  },
});
