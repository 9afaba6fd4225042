import { classCount, lossKind } from '../4-program/index.js';
import { type Check, placeOf } from './check.js';
import { keyOf, stretchesOf, trainedOutputs } from './outputs.js';

/** Rows are weighted by their class only where the loss is one of classes, and only classes that there are have weights. */
export const classWeightFits: Check = ({ spec, network }, reports) => {
  const reported = new Set<unknown>();
  for (const phase of stretchesOf(spec)) {
    for (const { output, node, shape, objective } of trainedOutputs(network, phase)) {
      const { class_weight: given, loss } = objective;
      const classes = classCount(shape.at(-1) ?? 1);
      if (given === undefined || reported.has(given)) continue;
      reported.add(given);
      const place = { at: placeOf(spec, phase, keyOf(phase, 'class_weight', output.name)) ?? node.span };
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
        reports.report('class-weight-loss', { loss: loss.word, layer: output.name, because }, place);
      } else if (Array.isArray(given) && given.length !== classes) {
        const found = `a list of ${given.length} ${given.length === 1 ? 'weight' : 'weights'}`;
        reports.report('class-weight-class', { classes, found }, place);
      } else if (typeof given === 'object' && !Array.isArray(given)) {
        const wrong = Object.keys(given).find((key) => !/^(0|[1-9]\d*)$/.test(key) || Number(key) >= classes);
        if (wrong !== undefined)
          reports.report('class-weight-class', { classes, found: `the class ${JSON.stringify(wrong)}` }, place);
      }
    }
  }
};
