import { didYouMeanOr } from '../../diagnostics/did-you-mean.js';
import { isByOutput, isList, objectivesOf } from '../objectives.js';
import type { PhaseSpec } from '../spec.js';
import { type Check, firstTime, placeOf } from './check.js';
import { namesOf, stretchesOf } from './outputs.js';

/** What is said by output names outputs that there are, every output has a loss, and what holds for a lone output is not said of several. */
export const lossesByOutput: Check = ({ spec, network }, reports) => {
  const outputs = namesOf(network);
  const model = network.graph.name;
  const isFirst = firstTime();
  const once = (key: string, report: () => void) => {
    if (isFirst(key)) report();
  };
  const each = (values: readonly string[]) =>
    outputs.map((output, k) => `${output}: ${values[k % values.length]}`).join('; ');
  for (const phase of stretchesOf(spec)) {
    for (const key of ['losses', 'loss_weights', 'metrics', 'class_weight'] as const) {
      const value = phase[key];
      const byOutput = key === 'class_weight' ? isByOutput(value) : key !== 'metrics' || !isList(phase.metrics);
      if (value === undefined || !byOutput) continue;
      for (const name of Object.keys(value)) {
        if (outputs.includes(name)) continue;
        const at = placeOf(spec, phase, `${key}/${name}` as keyof PhaseSpec);
        const help = didYouMeanOr(name, outputs, 'outputs');
        once(`${key} ${name}`, () => reports.report('unknown-output', { key, name, model }, { at, help }));
      }
    }
    if (outputs.length < 2) continue;
    const alone = (key: 'loss' | 'metrics' | 'class_weight', help: string) => {
      const at = placeOf(spec, phase, key);
      once(key, () => reports.report('not-by-output', { key, model, outputs }, { at, help: [help] }));
    };
    if (phase.loss) {
      const written = phase.places?.loss;
      const call = written ? written.source.text.slice(written.start, written.end) : phase.loss.word;
      alone('loss', `for example \`losses { ${each([call])} }\``);
    }
    if (isList(phase.metrics) && phase.metrics.length > 0)
      alone('metrics', `for example \`metrics { ${each([`[${phase.metrics[0]!.word}]`])} }\``);
    if (phase.class_weight !== undefined && !isByOutput(phase.class_weight))
      alone('class_weight', `for example \`class_weight { ${outputs[0]}: balanced }\``);
  }
  for (const phase of stretchesOf(spec)) {
    if (phase.loss && outputs.length > 1) continue;
    const known = objectivesOf(phase, outputs).map(({ output }) => output);
    const without = outputs.filter((output) => !known.includes(output));
    if (without.length === 0) continue;
    const at = placeOf(spec, phase, 'losses');
    const help = [
      `for example \`losses { ${without.map((output) => `${output}: mse`).join('; ')} }\``,
      ...(known.length === 0
        ? []
        : [
            `not to be learned: a loss with the weight 0, \`loss_weights { ${without.map((output) => `${output}: 0`).join('; ')} }\`, or take it out of \`model ${model} -> …\``,
          ]),
    ];
    once(`without ${without}`, () => reports.report('output-without-loss', { outputs: without }, { at, help }));
  }
  const { targets, target } = spec.data;
  const at = spec.data.span;
  for (const name of Object.keys(targets ?? {})) {
    if (outputs.includes(name)) continue;
    const help = didYouMeanOr(name, outputs, 'outputs');
    reports.report('unknown-output', { key: 'targets', name, model }, { at, help });
  }
  if (target !== undefined && outputs.length > 1) {
    const help = [`for example \`targets { ${each([target])} }\``];
    reports.report('not-by-output', { key: 'target', model, outputs }, { at, help });
  }
};
