import { Type } from '../../ir/kind.js';
import { imageRange } from '../images.js';

/** What every word takes that reads pictures. */
export const pictureArguments = {
  size: Type.Array(Type.Integer({ minimum: 1, maximum: 4096 }), {
    minItems: 2,
    maxItems: 2,
    examples: [[64, 64]],
    description: 'Height and width that every picture is brought to: `[64, 64]`.',
  }),
  channels: Type.Unsafe<1 | 3>({
    type: 'integer',
    enum: [1, 3],
    default: 3,
    description:
      'Numbers of a pixel: 3 for red, green and blue, 1 for grey (0.299 red + 0.587 green + 0.114 blue). Transparency is left out.',
  }),
  fit: Type.Union([Type.Literal('stretch'), Type.Literal('crop')], {
    default: 'stretch',
    description:
      'What happens to pictures of other proportions: they are stretched, or the largest part in the middle is taken. Either is then resized bilinearly, over all pixels that a new one covers.',
  }),
  range: imageRange,
};
