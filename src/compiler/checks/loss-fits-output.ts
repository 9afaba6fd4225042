import { targetOf } from '../../data/bind.js';
import { findField } from '../../data/columns.js';
import { keyText } from '../../data/csv/table.js';
import { sizeOf } from '../../program/program.js';
import { lossKind, probabilityActivation } from '../4-program/index.js';
import { type Check, firstTime, placeOf } from './check.js';
import { keyOf, namesOf, stretchesOf, trainedOutputs } from './outputs.js';

/** The output gives what every phase's loss needs: classes have one unit each, probabilities come from the right activation. */
export const lossFitsOutput: Check = ({ spec, network, description }, reports) => {
  const outputs = namesOf(network);
  const isFirst = firstTime();
  for (const phase of stretchesOf(spec)) {
    for (const { output, node, shape, objective } of trainedOutputs(network, phase)) {
      const { loss } = objective;
      const kind = lossKind(loss);
      if (!isFirst(`${output.name} ${loss.word} ${loss.arguments.from_logits}`)) continue;
      const given = placeOf(spec, phase, keyOf(phase, 'loss', output.name));
      const place = { at: node.span, ...(given && { also: [{ at: given, note: 'the loss is given here' }] }) };
      if (kind.probabilities) {
        const ending = probabilityActivation(node)?.word;
        const logits = loss.arguments.from_logits === true;
        if (!logits && ending !== kind.probabilities) {
          reports.report(
            'loss-needs-probabilities',
            { loss: kind.keyword, activation: kind.probabilities, layer: output.name },
            {
              ...place,
              help: [`write ${kind.keyword}(from_logits: true), or end ${output.name} in ${kind.probabilities}`],
            },
          );
        } else if (logits && ending) {
          reports.report(
            'loss-takes-logits',
            { loss: kind.keyword, activation: ending, layer: output.name },
            {
              ...place,
              help: ['remove one of the two'],
            },
          );
        }
      }
      if (kind.target === 'classes' && shape.length !== 1) {
        const first = network.graph.nodes.find((one) => one.kind === 'Dense');
        reports.report(
          'loss-width',
          {
            loss: kind.keyword,
            from: output.name,
            expected: 'one axis with a unit for every class',
            found: `${shape.join('×')} for every row`,
          },
          { ...place, ...(first && { help: [`put a line \`Flatten\` before ${first.name}`] }) },
        );
        continue;
      }
      const wanted = description && targetOf(output.name, outputs, spec.data, description);
      const target = description && wanted !== undefined ? findField(description.fields, wanted) : undefined;
      if (!target) continue;
      const width = shape.at(-1) ?? 1;
      const isArray = ['npy', 'npz'].includes(spec.data.source.word);
      if (kind.target === 'classes' && target.form !== 'classes') {
        reports.report(
          'loss-width',
          {
            loss: kind.keyword,
            from: target.name === 'target' ? 'the target' : `the target ${target.name}`,
            expected: 'a target of class numbers',
            found: 'real numbers',
          },
          target.units
            ? {
                ...place,
                help: [`its different cells are the classes with \`columns { ${keyText(target.name)}: classes }\``],
              }
            : isArray && sizeOf(target.shape) === 1
              ? { ...place, help: ['of an array, whole numbers are class numbers: save `y.astype("int64")`'] }
              : place,
        );
      } else if (
        target.form === 'classes' &&
        target.classes !== undefined &&
        kind.probabilities === 'softmax' &&
        width !== target.classes
      ) {
        if (width < target.classes || kind.target === 'values') {
          reports.report(
            'loss-width',
            {
              loss: kind.keyword,
              from: output.name,
              expected: `${target.classes} units, one for every class`,
              found: `${width}`,
            },
            place,
          );
        }
      } else if (target.form === 'values' && kind.target === 'values' && sizeOf(target.shape) !== sizeOf(shape)) {
        reports.report(
          'loss-width',
          {
            loss: kind.keyword,
            from: output.name,
            expected: `as many values as the target has (${target.shape.join('×') || '1'})`,
            found: shape.join('×'),
          },
          place,
        );
      }
    }
  }
};
