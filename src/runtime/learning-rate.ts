import type { PhaseSpec } from '../compiler/spec.js';
import type { Call } from '../ir/kind.js';
import { schedules } from '../schedules/index.js';
import type { ScheduleKind } from '../schedules/schedule.js';

/** The learning rate of a step (from 0) of a phase. */
export function learningRateAt(
  phase: PhaseSpec,
  at: { readonly step: number; readonly steps: number; readonly stepsPerEpoch: number },
): number {
  const rate = phase.optimizer.arguments.learning_rate as number | Call;
  if (typeof rate === 'number') return rate;
  const kind = (schedules as Readonly<Record<string, ScheduleKind>>)[rate.word];
  if (!kind) throw new Error(`no schedule ${rate.word}`);
  return kind.value(rate.arguments as never, at);
}
