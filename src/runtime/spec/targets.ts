import { placeOf } from '../../compiler/checks/check.js';
import { lossKind, metricKind } from '../../compiler/4-program/index.js';
import type { PhaseSpec, Spec } from '../../compiler/spec.js';
import type { BoundTable } from '../../data/bind.js';
import type { Table } from '../../data/source.js';
import { fail } from '../../diagnostics/report.js';
import type { Span } from '../../diagnostics/source.js';
import { firstUnfit, shares, type TargetValues } from '../../losses/target-values.js';

/**
 * Refuses targets whose numbers a loss or a metric of any stretch does not take: a price under `binary_crossentropy` or `accuracy`. Class numbers fit
 * all of them. Numbers that a loss reads as probabilities are classes to any metric.
 *
 * @throws Failure target-out-of-range, metric-target
 */
export function refuseUnfitTargets(
  spec: Pick<Spec, 'data' | 'train' | 'simplify'>,
  table: Pick<Table, 'target' | 'rows'>,
  { rows, tensors }: BoundTable,
): void {
  const { finetune, threshold } = spec.simplify;
  const phases = [...spec.train.phases, ...(finetune ? [finetune] : [])];
  const targets = tensors.filter(({ name, data }) => name.startsWith('target:') && data instanceof Float32Array);
  for (const target of targets) {
    const looked = new Map<TargetValues, ReturnType<typeof firstUnfit>>();
    const field = spec.data.target ?? table.target ?? target.name.slice('target:'.length);
    const unfit = (takes: TargetValues | undefined) => {
      if (!takes) return undefined;
      if (!looked.has(takes)) looked.set(takes, firstUnfit(takes, target, rows));
      return looked.get(takes);
    };
    const shown = (value: number) => String(Number(value.toPrecision(6)));
    const help = (value: number) =>
      value < 0 ? ['if the column is standardized, `columns { … number(standardize: false) }` leaves it as it is'] : [];
    const refuseMetric = (phase: PhaseSpec, word: string, at: Span | undefined) => {
      const loss = lossKind(phase.loss);
      // What the loss takes for probabilities, a metric may take for classes that are more or less there.
      if (loss.takes === shares) return;
      const found = unfit(metricKind({ word, arguments: {} }).takes);
      if (!found) return;
      const where = `row ${found.row.toLocaleString('en')} of ${field} is ${shown(found.value)}`;
      fail(
        'metric-target',
        { metric: word, loss: phase.loss.word, found: where },
        { at, help: ['for numbers: `metrics: [mae]`, `mse` or `nmse`'] },
      );
    };
    for (const phase of phases) {
      const kind = lossKind(phase.loss);
      const found = unfit(kind.takes);
      if (found && kind.takes) {
        const details = { field, row: found.row, value: shown(found.value), loss: phase.loss.word };
        fail(
          'target-out-of-range',
          { ...details, expected: kind.takes.expected },
          { at: placeOf(spec, phase, 'loss'), help: help(found.value) },
        );
      }
      for (const [k, { word }] of phase.metrics.entries())
        refuseMetric(phase, word, placeOf(spec, phase, `metrics/${k}`));
    }
    const searched = threshold.kind === 'auto' ? threshold.metric : undefined;
    if (searched !== undefined && searched !== 'loss') refuseMetric(phases.at(-1)!, searched, undefined);
  }
}
