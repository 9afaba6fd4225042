import type { Call, Duration, Kind, Static, TObject } from '../ir/kind.js';

/** Where training is: at a step (from 0) of a phase that has `steps` steps, `stepsPerEpoch` in an epoch. */
export interface ScheduleAt {
  readonly step: number;
  readonly steps: number;
  readonly stepsPerEpoch: number;
  /** How often training has come to a standstill in this phase, for a schedule that watches it; absent: never. */
  readonly standstills?: number;
}

/** What counts as a standstill: Keras' ReduceLROnPlateau. */
export interface Plateau {
  /** `loss`, `objective` or a metric; behind `val_` on the validation rows. */
  readonly monitor: string;
  readonly patience: number;
  readonly min_delta: number;
  readonly cooldown: number;
}

/** A value that changes while training. */
export interface ScheduleKind<S extends TObject = TObject, A = Static<S>> extends Kind<S> {
  /** The value at a step. `inner` gives the value of a number or schedule among the arguments. */
  value(args: A, at: ScheduleAt, inner: (rate: number | Call, at: ScheduleAt) => number): number;
  /** The schedule that goes on inside of it. */
  inner?(args: A): number | Call;
  /** What it must be told of, for `standstills`. */
  plateau?(args: A): Plateau;
  /** What is wrong with arguments that the schema allows, for a message; undefined where nothing is. */
  problem?(args: A): string | undefined;
}

export function defineSchedule<S extends TObject>(kind: ScheduleKind<S, Static<S>>): ScheduleKind {
  return kind as unknown as ScheduleKind;
}

/** A time as a number of steps. */
export function inSteps({ amount, unit }: Duration, { stepsPerEpoch }: Pick<ScheduleAt, 'stepsPerEpoch'>): number {
  return unit === 'steps' ? amount : amount * stepsPerEpoch;
}
