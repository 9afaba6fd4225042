import { labelsOf } from '../../data/bind.js';
import { didYouMeanOr } from '../../diagnostics/did-you-mean.js';
import { classCount, classOf, lossKind } from '../4-program/index.js';
import type { ClassWeight } from '../spec.js';
import { type Check, firstTime, placeOf } from './check.js';
import { keyOf, namesOf, stretchesOf, trainedOutputs } from './outputs.js';

/** Rows are weighted by their class only where the loss is one of classes, and only classes that there are have weights. */
export const classWeightFits: Check = ({ spec, network, description }, reports) => {
  const isFirst = firstTime();
  for (const phase of stretchesOf(spec)) {
    for (const { output, node, shape, objective } of trainedOutputs(network, phase)) {
      const { class_weight: given, loss } = objective;
      const classes = classCount(shape.at(-1) ?? 1);
      if (given === undefined || !isFirst(given)) continue;
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
      } else if (description) {
        const wrong = strangeClass(given, classes, labelsOf(output.name, namesOf(network), spec.data, description));
        if (wrong) reports.report('class-weight-class', wrong.details, { ...place, help: wrong.help });
      }
    }
  }
};

/** The first key of a map of weights that is no class, and what to say of it. Where only rows tell what classes are called, the check is made when they are read. */
export function strangeClass(given: ClassWeight, classes: number, labels: readonly string[] | undefined) {
  if (typeof given !== 'object' || Array.isArray(given)) return undefined;
  const wrong = Object.keys(given).find((key) => classOf(key, classes, labels) === undefined);
  if (wrong === undefined) return undefined;
  return {
    details: { classes, found: `the class ${JSON.stringify(wrong)}` },
    help: labels ? didYouMeanOr(wrong, labels, 'classes') : [],
  };
}
