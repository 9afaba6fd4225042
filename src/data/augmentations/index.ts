import type { AugmentationKind } from './augmentation.js';
import { crop } from './crop.js';
import { flip } from './flip.js';
import { rotate } from './rotate.js';
import { shift } from './shift.js';

/** What may happen to the pictures that training reads. Adding one is one file and one line here. */
export const augmentations = {
  crop,
  flip,
  rotate,
  shift,
} as const satisfies Readonly<Record<string, AugmentationKind>>;
