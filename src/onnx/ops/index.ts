import type { OpName } from '../../program/ops/index.js';
import type { ImageLowering, Lowering } from '../lowering.js';
import { elementwise } from './elementwise.js';
import { images } from './images.js';
import { linear } from './linear.js';
import { movement } from './movement.js';
import { recurrence } from './recurrence.js';
import { reduction } from './reduction.js';

const table = {
  ...elementwise,
  ...reduction,
  ...movement,
  ...linear,
  ...recurrence,
  ...images,
} satisfies Record<Exclude<OpName, 'constant'>, Lowering | ImageLowering>;

/** How each op of the program is written in ONNX, by the op's keyword. A constant is an initializer and needs no node (lower.ts). */
export const lowerings: Readonly<Record<string, Lowering | ImageLowering>> = table;
