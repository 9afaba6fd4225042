import { sweepObjective } from '../sweep-objective.js';
import type { Check } from './check.js';

/** What a sweep chooses by is computed on the validation rows: the loss or a metric of the last phase. */
export const objectiveIsKnown: Check = ({ spec, network }, reports) => {
  const { sweep } = spec;
  // What does not speak of validation rows was refused where it is written.
  if (!sweep?.objective?.startsWith('val_')) return;
  const { name, known } = sweepObjective(spec, network);
  if (known.includes(name)) return;
  const all = known.map((one) => `\`val_${one}\``).join(', ');
  reports.report(
    'sweep-objective',
    { objective: sweep.objective, reason: 'the last phase does not compute it' },
    { at: sweep.objectiveSpan ?? sweep.span, help: [`it can be ${all}; more by \`metrics: […]\` in \`train\``] },
  );
};
