import type { PhaseSpec } from '../../compiler/spec.js';
import type { Call } from '../../ir/kind.js';
import { schedules } from '../../schedules/index.js';
import type { Plateau, ScheduleAt, ScheduleKind } from '../../schedules/schedule.js';

/** The learning rate of a step (from 0) of a phase. */
export function learningRateAt(phase: Pick<PhaseSpec, 'optimizer'>, at: ScheduleAt): number {
  return scheduledValue(phase.optimizer.arguments.learning_rate as number | Call, at);
}

/** What the schedule of a phase waits for, if it waits for a standstill. */
export function plateauOf(phase: Pick<PhaseSpec, 'optimizer'>): Plateau | undefined {
  let rate = phase.optimizer.arguments.learning_rate as number | Call | undefined;
  while (typeof rate === 'object') {
    const kind = kindOf(rate);
    if (kind.plateau) return kind.plateau(rate.arguments as never);
    rate = kind.inner?.(rate.arguments as never);
  }
  return undefined;
}

/** The value of a number or a schedule. */
export function scheduledValue(rate: number | Call, at: ScheduleAt): number {
  return typeof rate === 'number' ? rate : kindOf(rate).value(rate.arguments as never, at, scheduledValue);
}

function kindOf({ word }: Call): ScheduleKind {
  const kind = (schedules as Readonly<Record<string, ScheduleKind>>)[word];
  if (!kind) throw new Error(`no schedule ${word}`);
  return kind;
}
