import type { Kind, Static, TObject } from '../ir/kind.js';

/** A value that changes while training. */
export interface ScheduleKind<S extends TObject = TObject, A = Static<S>> extends Kind<S> {
  /** The value at a step (from 0) of a phase that has `steps` steps, `stepsPerEpoch` in an epoch. */
  value(args: A, at: { readonly step: number; readonly steps: number; readonly stepsPerEpoch: number }): number;
}

export function defineSchedule<S extends TObject>(kind: ScheduleKind<S, Static<S>>): ScheduleKind {
  return kind as unknown as ScheduleKind;
}
