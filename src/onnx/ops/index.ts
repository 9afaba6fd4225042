import type { OpName } from '../../program/ops/index.js';
import type { Lowering } from '../lowering.js';
import { elementwise } from './elementwise.js';
import { linear } from './linear.js';
import { movement } from './movement.js';
import { reduction } from './reduction.js';

const table = {
  ...elementwise,
  ...reduction,
  ...movement,
  ...linear,
} satisfies Record<Exclude<OpName, 'constant'>, Lowering>;

/** How each op of the program is written in ONNX, by the op's keyword. A constant is an initializer and needs no node (lower.ts). */
export const lowerings: Readonly<Record<string, Lowering>> = table;
