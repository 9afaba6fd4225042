import { methodKind } from '../4-program/index.js';
import { type Check, firstTime } from './check.js';
import { stretchesWith } from './outputs.js';

/** What a method does by epochs comes to its end before the phases in which it acts do. Nothing is said where a phase is as long as steps say. */
export const schedulesEnd: Check = ({ network, spec }, reports) => {
  const isFirst = firstTime();
  for (const { annotations } of network.graph.nodes) {
    for (const annotation of annotations) {
      const { word, arguments: args, span } = annotation;
      const lengths = stretchesWith(annotation, spec).map(({ length }) => length);
      if (lengths.length === 0 || lengths.some(({ unit }) => unit !== 'epochs')) continue;
      const epochs = lengths.map(({ amount }) => amount);
      const late = methodKind(annotation).unfinished?.(args as never, epochs);
      // A model's default lands on many layers and is one mistake.
      if (!late || !isFirst(span.start)) continue;
      reports.report('schedule-unfinished', { method: word, reason: late.reason }, { at: span, help: late.help });
    }
  }
};
