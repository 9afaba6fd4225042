import type { Span } from '../../diagnostics/source.js';
import type { Call } from '../../ir/kind.js';
import { lossKind, metricKind } from '../4-program/index.js';
import { judgedMetric, metricOf } from '../monitored.js';
import { type Check, firstTime, placeOf } from './check.js';
import { keyOf, stretchesOf, type TrainedOutput, trainedOutputs } from './outputs.js';

/**
 * Every metric can be computed from the targets that its output's loss reads (a difference needs numbers, not class numbers), and its arguments name
 * units that the output has.
 */
export const metricFitsTarget: Check = ({ spec, network }, reports) => {
  const isFirst = firstTime();
  const once = (key: string, report: () => void) => {
    if (isFirst(key)) report();
  };
  const look = ({ objective, output }: TrainedOutput, word: string, at: Span | undefined) => {
    const form = lossKind(objective.loss).target;
    const kind = metricKind({ word, arguments: {} });
    if ((kind.target ?? form) === form) return;
    const details = { metric: kind.keyword, loss: objective.loss.word };
    once(`${output.name} ${word}`, () => reports.report('metric-target', details, { at }));
  };
  const problems = ({ shape }: TrainedOutput, call: Call, at: Span | undefined) => {
    const problem = metricKind(call).problem?.(call.arguments as never, shape.at(-1) ?? 1);
    if (problem !== undefined)
      once(problem, () => reports.report('metric-arguments', { metric: call.word, problem }, { at }));
  };
  const used = stretchesOf(spec).flatMap((phase) =>
    trainedOutputs(network, phase).flatMap((trained) =>
      trained.objective.metrics.map((call, k) => {
        const at = placeOf(spec, phase, keyOf(phase, `metrics/${k}`, trained.output.name));
        return { trained, call, at };
      }),
    ),
  );
  for (const { trained, call, at } of used) look(trained, call.word, at);
  for (const { trained, call, at } of used) problems(trained, call, at);
  const metric = judgedMetric(spec.simplify);
  const searched = metric === undefined ? undefined : metricOf(metric);
  if (!searched || searched.word === 'loss') return;
  const outputs = trainedOutputs(network, spec.train.phases.at(-1)!);
  const judged = outputs.length === 1 ? outputs[0] : outputs.find(({ output }) => output.name === searched.output);
  if (judged) look(judged, searched.word, spec.simplify.span);
};
