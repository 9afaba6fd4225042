import { actsIn } from '../../sparsity/during.js';
import { methodKind, sumOf } from '../4-program/index.js';
import type { Check } from './check.js';

/** What a method itself says of where it is written, and with what. */
export const methodsMakeSense: Check = ({ network, spec }, reports) => {
  const { finetune } = spec.simplify;
  const stretches = [
    ...spec.train.phases.map(({ name }) => ({ name, finetune: false })),
    ...(finetune ? [{ name: finetune.name, finetune: true }] : []),
  ];
  const all = stretches.map(({ name }) => name);
  const reported = new Set<number>();
  for (const node of network.graph.nodes) {
    for (const { word, arguments: args, span } of node.annotations) {
      const during = args.during as string | readonly string[] | undefined;
      const phases = stretches.filter((stretch) => actsIn(during, stretch)).map(({ name }) => name);
      const others = node.annotations.flatMap((other) => (other.word === word ? [] : [other.word]));
      const at = { phases, all, others, layer: node.kind, isSum: sumOf(network, node) !== undefined };
      const reason = methodKind({ word, arguments: args }).refuses?.(args as never, at);
      // A model's default lands on many layers and is one mistake.
      if (reason === undefined || reported.has(span.start)) continue;
      reported.add(span.start);
      reports.report('method-without-sense', { method: word, reason }, { at: span });
    }
  }
};
