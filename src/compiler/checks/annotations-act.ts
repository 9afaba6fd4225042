import { placeOf } from '../../ir/graph.js';
import type { Call } from '../../ir/kind.js';
import { kernelsOf } from '../4-program/index.js';
import type { Check } from './check.js';

/** An annotation that stands on a layer itself is meant for it: one that finds nothing to act on is a mistake. */
export const annotationsAct: Check = ({ network }, reports) => {
  for (const node of network.graph.nodes) {
    if (node.shares !== undefined || kernelsOf(network, node.name).length > 0) continue;
    const frozen = isFrozen(node.arguments);
    const reason = frozen ? 'it is not trainable' : `${node.kind} has no kernel`;
    for (const { callee, span } of node.statement.annotations) {
      // `@l1(off)` lands nowhere.
      if (!node.annotations.some((landed) => landed.span.start === span.start)) continue;
      reports.report(
        'annotation-without-effect',
        { method: callee.text, layer: node.name, reason },
        { ...placeOf(node), at: span },
      );
    }
  }
};

/** Whether a layer, or one among its arguments, is not trained. */
function isFrozen(args: Call['arguments']): boolean {
  const inner = Object.values(args).filter((value) => typeof value === 'object' && value !== null && 'word' in value);
  return args.trainable === false || (inner as Call[]).some((call) => isFrozen(call.arguments));
}
