import type { Check } from './check.js';

/** Reweighting is a part of the proximal step; with the gradient solver it would be read by nothing. */
export const reweightedIsProximal: Check = ({ network }, reports) => {
  const reported = new Set<number>();
  for (const node of network.graph.nodes) {
    for (const { word, arguments: args, span } of node.annotations) {
      if (args.reweighted !== true || args.solver !== 'gradient' || reported.has(span.start)) continue;
      // A model's default lands on many layers and is one mistake.
      reported.add(span.start);
      reports.report(
        'reweighted-gradient',
        { method: word },
        { at: span, help: ['remove `reweighted: true`, or write `solver: proximal`'] },
      );
    }
  }
};
