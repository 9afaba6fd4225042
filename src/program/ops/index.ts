import type { Op } from '../op.js';

/** The op set. Adding an op is one file here and one line in this table. */
export const ops: Readonly<Record<string, Op>> = {};
