import { lossKind, metricKind } from '../4-program/index.js';
import type { PhaseSpec } from '../spec.js';
import type { Check } from './check.js';

/**
 * Every metric can be computed from the targets that its phase's loss reads (a difference needs numbers, not class numbers), and its arguments name
 * units that the output has.
 */
export const metricFitsTarget: Check = ({ spec, network }, reports) => {
  const { phases, span } = spec.train;
  const { finetune, threshold } = spec.simplify;
  const reported = new Set<string>();
  const look = (phase: PhaseSpec, words: readonly string[], at: typeof span) => {
    const form = lossKind(phase.loss).target;
    for (const word of words) {
      const kind = metricKind({ word, arguments: {} });
      if ((kind.target ?? form) === form || reported.has(word)) continue;
      reported.add(word);
      reports.report('metric-target', { metric: kind.keyword, loss: phase.loss.word }, { at });
    }
  };
  for (const phase of [...phases, ...(finetune ? [finetune] : [])])
    look(
      phase,
      phase.metrics.map(({ word }) => word),
      span,
    );
  const [output] = network.graph.outputs;
  const units = output === undefined ? undefined : network.shapes.get(output)?.[0]?.at(-1)?.units.length;
  for (const { metrics } of [...phases, ...(finetune ? [finetune] : [])]) {
    for (const call of metrics) {
      const problem = units === undefined ? undefined : metricKind(call).problem?.(call.arguments as never, units);
      if (problem === undefined || reported.has(problem)) continue;
      reported.add(problem);
      reports.report('metric-arguments', { metric: call.word, problem }, { at: span });
    }
  }
  const searched = threshold.kind === 'auto' ? threshold.metric : undefined;
  if (searched !== undefined && searched !== 'loss') look(phases.at(-1)!, [searched], spec.simplify.span);
};
