import { constant } from './constant.js';
import { cosine } from './cosine.js';
import { cosineRestarts } from './cosine-restarts.js';
import { exponential } from './exponential.js';
import { piecewise } from './piecewise.js';
import { polynomial } from './polynomial.js';
import { reduceOnPlateau } from './reduce-on-plateau.js';
import type { ScheduleKind } from './schedule.js';
import { step } from './step.js';
import { warmup } from './warmup.js';

/** The schedules. Adding one is one file and one line here. */
export const schedules = {
  constant,
  cosine,
  cosine_restarts: cosineRestarts,
  exponential,
  piecewise,
  polynomial,
  reduce_on_plateau: reduceOnPlateau,
  step,
  warmup,
} as const satisfies Readonly<Record<string, ScheduleKind>>;
