import { extents } from '../../ir/dims.js';
import { nodeOf } from '../../ir/graph.js';
import { findField } from '../../data/columns.js';
import { keyText } from '../../data/csv/table.js';
import { sizeOf } from '../../program/program.js';
import { lossKind, probabilityActivation } from '../4-program/index.js';
import { type Check, placeOf } from './check.js';

/** The output gives what every phase's loss needs: classes have one unit each, probabilities come from the right activation. */
export const lossFitsOutput: Check = ({ spec, network, description }, reports) => {
  const name = network.graph.outputs[0]?.node;
  if (!name || network.graph.outputs.length !== 1) return;
  const node = nodeOf(network.graph, name);
  const shape = extents(network.shapes.get(name)![0]!);
  const reported = new Set<string>();
  for (const phase of [...spec.train.phases, ...(spec.simplify.finetune ? [spec.simplify.finetune] : [])]) {
    const kind = lossKind(phase.loss);
    const once = `${phase.loss.word} ${phase.loss.arguments.from_logits}`;
    if (reported.has(once)) continue;
    reported.add(once);
    const given = placeOf(spec, phase, 'loss');
    const place = { at: node.span, ...(given && { also: [{ at: given, note: 'the loss is given here' }] }) };
    if (kind.probabilities) {
      const ending = probabilityActivation(node)?.word;
      const logits = phase.loss.arguments.from_logits === true;
      if (!logits && ending !== kind.probabilities) {
        reports.report(
          'loss-needs-probabilities',
          { loss: kind.keyword, activation: kind.probabilities, layer: name },
          {
            ...place,
            help: [`write ${kind.keyword}(from_logits: true), or end ${name} in ${kind.probabilities}`],
          },
        );
      } else if (logits && ending) {
        reports.report(
          'loss-takes-logits',
          { loss: kind.keyword, activation: ending, layer: name },
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
          layer: name,
          expected: 'one axis, with a unit for every class,',
          found: `${shape.join('×')} for every row`,
        },
        { ...place, ...(first && { help: [`put a line \`Flatten\` before ${first.name}`] }) },
      );
      continue;
    }
    const wanted = spec.data.target ?? description?.target;
    const target = description && wanted !== undefined ? findField(description.fields, wanted) : undefined;
    if (!target) continue;
    const width = shape.at(-1) ?? 1;
    if (kind.target === 'classes' && target.form !== 'classes') {
      reports.report(
        'loss-width',
        { loss: kind.keyword, layer: name, expected: 'a target of class numbers', found: 'real numbers' },
        target.units
          ? {
              ...place,
              help: [`its different cells are the classes with \`columns { ${keyText(target.name)}: classes }\``],
            }
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
          { loss: kind.keyword, layer: name, expected: `${target.classes} units, one per class`, found: `${width}` },
          place,
        );
      }
    } else if (target.form === 'values' && kind.target === 'values' && sizeOf(target.shape) !== sizeOf(shape)) {
      reports.report(
        'loss-width',
        {
          loss: kind.keyword,
          layer: name,
          expected: `the target's ${target.shape.join('×') || 'one value'}`,
          found: shape.join('×'),
        },
        place,
      );
    }
  }
};
