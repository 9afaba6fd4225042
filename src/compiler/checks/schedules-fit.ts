import type { Call } from '../../ir/kind.js';
import { schedules } from '../../schedules/index.js';
import type { ScheduleKind } from '../../schedules/schedule.js';
import type { PhaseSpec } from '../spec.js';
import { type Check, firstTime, placeOf } from './check.js';
import { stretchesOf } from './outputs.js';

/** The schedules of a phase's learning rate, from the outside in. */
export function schedulesOf({
  optimizer,
}: Pick<PhaseSpec, 'optimizer'>): { readonly call: Call; readonly kind: ScheduleKind }[] {
  const found: { call: Call; kind: ScheduleKind }[] = [];
  let rate = optimizer.arguments.learning_rate as number | Call | undefined;
  while (typeof rate === 'object') {
    const kind = (schedules as Readonly<Record<string, ScheduleKind>>)[rate.word];
    if (!kind) break;
    found.push({ call: rate, kind });
    rate = kind.inner?.(rate.arguments as never);
  }
  return found;
}

/** The arguments of a schedule fit each other. */
export const schedulesFit: Check = ({ spec }, reports) => {
  const isFirst = firstTime();
  for (const phase of stretchesOf(spec)) {
    for (const { call, kind } of schedulesOf(phase)) {
      const problem = kind.problem?.(call.arguments as never);
      if (problem === undefined || !isFirst(problem)) continue;
      reports.report('schedule-arguments', { schedule: call.word, problem }, { at: placeOf(spec, phase, 'optimizer') });
    }
  }
};
