import type { Span } from '../../diagnostics/source.js';
import { outputShape } from '../../ir/graph.js';
import { lossKind, metricKind } from '../4-program/index.js';
import type { PhaseSpec } from '../spec.js';
import { type Check, placeOf } from './check.js';

/**
 * Every metric can be computed from the targets that its phase's loss reads (a difference needs numbers, not class numbers), and its arguments name
 * units that the output has.
 */
export const metricFitsTarget: Check = ({ spec, network }, reports) => {
  const { phases } = spec.train;
  const { finetune, threshold } = spec.simplify;
  const reported = new Set<string>();
  const look = (phase: PhaseSpec, word: string, at: Span | undefined) => {
    const form = lossKind(phase.loss).target;
    const kind = metricKind({ word, arguments: {} });
    if ((kind.target ?? form) === form || reported.has(word)) return;
    reported.add(word);
    reports.report('metric-target', { metric: kind.keyword, loss: phase.loss.word }, { at });
  };
  for (const phase of [...phases, ...(finetune ? [finetune] : [])])
    for (const [k, { word }] of phase.metrics.entries()) look(phase, word, placeOf(spec, phase, `metrics/${k}`));
  const [output] = network.graph.outputs;
  const units = output === undefined ? undefined : outputShape(network, output).at(-1)?.units.length;
  for (const phase of [...phases, ...(finetune ? [finetune] : [])]) {
    for (const [k, call] of phase.metrics.entries()) {
      const problem = units === undefined ? undefined : metricKind(call).problem?.(call.arguments as never, units);
      if (problem === undefined || reported.has(problem)) continue;
      reported.add(problem);
      reports.report('metric-arguments', { metric: call.word, problem }, { at: placeOf(spec, phase, `metrics/${k}`) });
    }
  }
  const searched = threshold.kind === 'auto' ? threshold.metric : undefined;
  if (searched !== undefined && searched !== 'loss') look(phases.at(-1)!, searched, spec.simplify.span);
};
