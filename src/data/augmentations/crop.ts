import { Type } from '../../ir/kind.js';
import { defineAugmentation } from './augmentation.js';

export const crop = defineAugmentation({
  keyword: 'crop',
  summary:
    'Takes a part of the picture, its size and its place drawn evenly, and stretches it to the whole (bilinear).',
  schema: Type.Object({
    share: Type.Number({
      exclusiveMinimum: 0,
      exclusiveMaximum: 1,
      examples: [0.8],
      description: 'The share of height and width that the part has at least: `crop(80%)`.',
    }),
  }),
  draws: 3,
  movement: ({ share }, { height, width }, draw) => {
    const scale = share + (1 - share) * draw(0);
    const [top, left] = [draw(1) * (1 - scale) * height, draw(2) * (1 - scale) * width];
    // The centre of a pixel lies half a pixel behind its beginning.
    const offset = (start: number) => start + 0.5 * scale - 0.5;
    return { y: [scale, 0, offset(top)], x: [0, scale, offset(left)], outside: 'edge' };
  },
});
