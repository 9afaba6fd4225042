import { metricKind } from '../4-program/index.js';
import { judgedMetric, metricOf, quantityOf } from '../monitored.js';
import { prefixOf } from '../objectives.js';
import type { PhaseSpec } from '../spec.js';
import { type Check, firstTime, placeOf } from './check.js';
import { namesOf, stretchesOf, trainedOutputs } from './outputs.js';
import { schedulesOf } from './schedules-fit.js';

/**
 * What early stopping and schedules look at is computed: a loss or a metric of the phase, on rows that there are. What the search for a threshold
 * looks at belongs to an output; it need not be one that the history shows.
 */
export const monitorsAreKnown: Check = ({ spec, network }, reports) => {
  const outputs = namesOf(network);
  const isFirst = firstTime();
  const ownLosses = outputs.length > 1 ? outputs.map((output) => `${output}_loss`) : [];
  const look = (phase: PhaseSpec, key: 'early_stopping' | 'optimizer', owner: string, monitor: string) => {
    const { name, onValidation } = quantityOf(monitor);
    const metrics = trainedOutputs(network, phase).flatMap(({ output, objective }) =>
      objective.metrics.map(
        ({ word }) => `${prefixOf(output.name, outputs)}${metricKind({ word, arguments: {} }).keyword}`,
      ),
    );
    const computed = ['loss', ...ownLosses, ...metrics];
    const known = computed.includes(name) || (name === 'objective' && !onValidation);
    if (known && !(onValidation && !spec.data.validation)) return;
    const at = placeOf(spec, phase, key);
    if (!isFirst(`${owner} ${monitor}`)) return;
    if (known) {
      const help = ['add `validation: 10%` to `data`, or look at `loss`'];
      reports.report('monitor-needs-validation', { monitor, owner }, { at, help });
    } else {
      const all = ['objective', ...computed, ...computed.map((one) => `val_${one}`)].map((one) => `\`${one}\``);
      reports.report('unknown-monitor', { monitor, owner }, { at, help: [`it can be ${all.join(', ')}`] });
    }
  };
  for (const phase of stretchesOf(spec)) {
    if (phase.early_stopping) look(phase, 'early_stopping', 'early_stopping', phase.early_stopping.monitor);
    for (const { call, kind } of schedulesOf(phase)) {
      const plateau = kind.plateau?.(call.arguments as never);
      if (plateau) look(phase, 'optimizer', call.word, plateau.monitor);
    }
  }
  const metric = judgedMetric(spec.simplify);
  if (metric === undefined) return;
  const { output, word } = metricOf(metric)!;
  const known =
    output === undefined ? word === 'loss' || outputs.length === 1 : ownLosses.length > 0 && outputs.includes(output);
  if (known) return;
  const names = [
    'loss',
    ...ownLosses,
    ...outputs.map((name) => `${prefixOf(name, outputs)}${word === 'loss' ? 'mae' : word}`),
  ];
  const help = [`it can be ${names.map((name) => `\`${name}\``).join(', ')}`];
  const details = { monitor: metric, owner: spec.simplify.target ? 'target' : 'auto' };
  reports.report('unknown-monitor', details, { at: spec.simplify.span, help });
};
