import { constant } from './constant.js';
import { cosine } from './cosine.js';
import type { ScheduleKind } from './schedule.js';

/** The schedules. Adding one is one file and one line here. */
export const schedules = { constant, cosine } as const satisfies Readonly<Record<string, ScheduleKind>>;
