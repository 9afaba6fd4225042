import { Type } from '../../ir/kind.js';

/** The argument of every augmentation that looks outside of the picture. */
export const outsideArgument = Type.Union([Type.Number(), Type.Literal('edge')], {
  default: 0,
  description:
    'What is seen where the picture was left: a number for every channel, or the pixel at the edge (`edge`).',
});
