import { allParams, nodeOf } from '../../ir/graph.js';
import { limitsFrom } from '../limits.js';
import type { Check } from './check.js';

/** No layer has more parameters than a machine holds. Nothing of their size has been reserved yet. */
export const parametersWithinLimit: Check = ({ network }, reports) => {
  const most = limitsFrom(process.env).parametersPerLayer;
  const counts = new Map<string, number>();
  for (const { layer, axes } of allParams(network)) {
    const size = axes.reduce((product, axis) => product * axis.dim.units.length, 1);
    counts.set(layer, (counts.get(layer) ?? 0) + size);
  }
  for (const [layer, found] of counts) {
    if (found <= most) continue;
    reports.report(
      'too-many-parameters',
      { layer, found: found.toLocaleString('en-US'), most: most.toLocaleString('en-US') },
      {
        at: nodeOf(network.graph, layer).span,
        help: ['if it is meant, raise the limit with the environment variable DNC_MAX_PARAMETERS'],
      },
    );
  }
};
