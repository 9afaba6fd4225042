import { quantityOf } from '../monitored.js';
import type { PhaseSpec } from '../spec.js';
import { type Check, placeOf } from './check.js';
import { schedulesOf } from './schedules-fit.js';

/** What early stopping and schedules look at is computed: a metric of the phase, on rows that there are. */
export const monitorsAreKnown: Check = ({ spec }, reports) => {
  const reported = new Set<string>();
  const look = (phase: PhaseSpec, key: 'early_stopping' | 'optimizer', owner: string, monitor: string) => {
    if (reported.has(`${owner} ${monitor}`)) return;
    const { name, onValidation } = quantityOf(monitor);
    const known =
      name === 'loss' || (name === 'objective' && !onValidation) || phase.metrics.some(({ word }) => word === name);
    if (known && !(onValidation && !spec.data.validation)) return;
    reported.add(`${owner} ${monitor}`);
    const at = placeOf(spec, phase, key);
    if (known) {
      const help = ['add `validation: 10%` to `data`, or look at `loss`'];
      reports.report('monitor-needs-validation', { monitor, owner }, { at, help });
    } else {
      const names = ['loss', ...phase.metrics.map(({ word }) => word)];
      const all = ['objective', ...names, ...names.map((one) => `val_${one}`)].map((one) => `\`${one}\``);
      reports.report('unknown-monitor', { monitor, owner }, { at, help: [`it can be ${all.join(', ')}`] });
    }
  };
  for (const phase of [...spec.train.phases, ...(spec.simplify.finetune ? [spec.simplify.finetune] : [])]) {
    if (phase.early_stopping) look(phase, 'early_stopping', 'early_stopping', phase.early_stopping.monitor);
    for (const { call, kind } of schedulesOf(phase)) {
      const plateau = kind.plateau?.(call.arguments as never);
      if (plateau) look(phase, 'optimizer', call.word, plateau.monitor);
    }
  }
};
