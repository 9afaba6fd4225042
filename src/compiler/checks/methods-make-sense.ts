import { methodKind, sumOf } from '../4-program/index.js';
import { type Check, firstTime } from './check.js';
import { stretchesOf, stretchesWith } from './outputs.js';

/** What a method itself says of where it is written, and with what. */
export const methodsMakeSense: Check = ({ network, spec }, reports) => {
  const all = stretchesOf(spec).map(({ name }) => name);
  const { nodes } = network.graph;
  const writesOutput = new Set(network.graph.outputs.map(({ node }) => node));
  /** By where an annotation is written, the layers that it lands on. */
  const landsOn = new Map<number, string[]>();
  for (const { name, annotations } of nodes)
    for (const { span } of annotations) landsOn.set(span.start, [...(landsOn.get(span.start) ?? []), name]);
  const isFirst = firstTime();
  for (const node of nodes) {
    for (const annotation of node.annotations) {
      const { word, arguments: args, span } = annotation;
      const phases = stretchesWith(annotation, spec).map(({ name }) => name);
      const others = node.annotations.flatMap((other) => (other.word === word ? [] : [other.word]));
      const holding = node.annotations.flatMap((other) => {
        const holds = methodKind(other).keepsZeros?.(other.arguments as never) ?? false;
        return other.word !== word && holds && holds !== 'in the fine-tuning' ? [other.word] : [];
      });
      const onlyOutputs = landsOn.get(span.start)!.every((name) => writesOutput.has(name));
      const isSum = sumOf(network, node) !== undefined;
      const at = { phases, all, others, holding, name: node.name, layer: node.kind, isSum, onlyOutputs };
      const refused = methodKind(annotation).refuses?.(args as never, at);
      // A model's default lands on many layers and is one mistake.
      if (refused === undefined || !isFirst(span.start)) continue;
      if (typeof refused === 'string')
        reports.report('method-without-sense', { method: word, reason: refused }, { at: span });
      else reports.report(refused.code, { method: word }, { at: span, help: refused.help });
    }
  }
};
