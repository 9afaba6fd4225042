import { betterOf, metricOf, quantityOf } from '../../compiler/monitored.js';
import type { PhaseSpec } from '../../compiler/spec.js';
import type { Plateau } from '../../schedules/schedule.js';
import { plateauOf } from './learning-rate.js';
import type { HistoryRow } from './progress.js';

/** What early stopping and a schedule that waits for a standstill remember of a stretch; a part of every checkpoint. */
export interface Supervision {
  readonly stopping?: Waiting & { readonly bestEpoch: number };
  readonly plateau?: Waiting & { readonly cooldown: number; readonly standstills: number };
  /** Early stopping has ended the stretch. */
  readonly ended: boolean;
}

interface Waiting {
  /** The best value so far; absent: none yet. */
  readonly best?: number;
  /** Epochs since then. */
  readonly wait: number;
}

export const unsupervised: Supervision = { ended: false };

/**
 * What is known after epoch `epoch` (from 0, within the stretch), and whether the weights are now the best of those that early stopping looks at. As
 * Keras' EarlyStopping and ReduceLROnPlateau, which look at every epoch's end.
 */
export function supervise(
  phase: PhaseSpec,
  before: Supervision,
  row: HistoryRow,
  epoch: number,
): { readonly after: Supervision; readonly isBest: boolean } {
  const plateau = plateauOf(phase);
  const rule = phase.early_stopping;
  const after: Supervision = { ...before, ...(plateau && { plateau: watchPlateau(plateau, before.plateau, row) }) };
  if (!rule || epoch < rule.start_from_epoch) return { after, isBest: false };

  const { best, wait, bestEpoch } = before.stopping ?? { wait: 0, bestEpoch: epoch };
  const value = monitored(rule.monitor, row);
  if (isBetter(rule, value, best))
    return { after: { ...after, stopping: { best: value, wait: 0, bestEpoch: epoch } }, isBest: true };
  const stopping = { ...(best !== undefined && { best }), wait: wait + 1, bestEpoch };
  return {
    after: { ...after, stopping, ended: stopping.wait >= rule.patience && epoch > 0 },
    // Weights that are no number's best are better than none.
    isBest: before.stopping === undefined,
  };
}

function watchPlateau(
  rule: Plateau,
  before: Supervision['plateau'],
  row: HistoryRow,
): NonNullable<Supervision['plateau']> {
  const { best, wait: waited, cooldown: cooling, standstills } = before ?? { wait: 0, cooldown: 0, standstills: 0 };
  const value = monitored(rule.monitor, row);
  const cooldown = Math.max(0, cooling - 1);
  if (isBetter(rule, value, best)) return { best: value, wait: 0, cooldown, standstills };
  const wait = cooling > 0 ? 0 : waited;
  const known = { ...(best !== undefined && { best }), standstills };
  if (cooldown > 0) return { ...known, wait, cooldown };
  if (wait + 1 < rule.patience) return { ...known, wait: wait + 1, cooldown };
  return { ...known, wait: 0, cooldown: rule.cooldown, standstills: standstills + 1 };
}

/** The first value that is a number, then what beats the best by more than `min_delta`. (No checkpoint can hold an infinite one.) */
function isBetter(
  { monitor, min_delta }: { readonly monitor: string; readonly min_delta: number },
  value: number,
  best: number | undefined,
): boolean {
  if (best === undefined) return Number.isFinite(value);
  return betterOf(quantityOf(monitor).name) === 'higher' ? value - min_delta > best : value + min_delta < best;
}

function monitored(monitor: string, row: HistoryRow): number {
  const { name, onValidation } = quantityOf(monitor);
  const from = onValidation ? row.validation : row;
  const of = metricOf(name);
  const value =
    name === 'objective'
      ? row.objective
      : of?.word !== 'loss'
        ? from?.metrics[name]
        : of.output === undefined
          ? from?.loss
          : from?.losses?.[of.output];
  if (value === undefined) throw new Error(`nothing is known of ${monitor}`);
  return value;
}
