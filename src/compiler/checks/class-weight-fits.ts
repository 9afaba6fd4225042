import { extents } from '../../ir/dims.js';
import { nodeOf } from '../../ir/graph.js';
import { classCount, lossKind } from '../4-program/index.js';
import type { PhaseSpec } from '../spec.js';
import { type Check, placeOf } from './check.js';

/** Rows are weighted by their class only where the loss is one of classes, and only classes that there are have weights. */
export const classWeightFits: Check = ({ spec, network }, reports) => {
  const name = network.graph.outputs[0]?.node;
  if (!name || network.graph.outputs.length !== 1) return;
  const shape = extents(network.shapes.get(name)![0]!);
  const classes = classCount(shape.at(-1) ?? 1);
  const reported = new Set<PhaseSpec['class_weight']>();
  for (const phase of [...spec.train.phases, ...(spec.simplify.finetune ? [spec.simplify.finetune] : [])]) {
    const { class_weight: given, loss } = phase;
    if (given === undefined || reported.has(given)) continue;
    reported.add(given);
    const place = { at: placeOf(spec, phase, 'class_weight') ?? nodeOf(network.graph, name).span };
    const { probabilities } = lossKind(loss);
    const because =
      probabilities === undefined
        ? 'it is no loss of classes'
        : shape.length !== 1
          ? 'a row has a class at every place of it'
          : probabilities === 'sigmoid' && shape[0] !== 1
            ? 'every unit has classes of its own'
            : undefined;
    if (because !== undefined) {
      reports.report('class-weight-loss', { loss: loss.word, layer: name, because }, place);
    } else if (Array.isArray(given) && given.length !== classes) {
      const found = `a list of ${given.length} ${given.length === 1 ? 'weight' : 'weights'}`;
      reports.report('class-weight-class', { classes, found }, place);
    } else if (typeof given === 'object' && !Array.isArray(given)) {
      const wrong = Object.keys(given).find((key) => !/^(0|[1-9]\d*)$/.test(key) || Number(key) >= classes);
      if (wrong !== undefined)
        reports.report('class-weight-class', { classes, found: `the class ${JSON.stringify(wrong)}` }, place);
    }
  }
};
