import type { Network } from '../../ir/graph.js';
import { methods } from '../../sparsity/index.js';
import type { SparsityMethod } from '../../sparsity/method.js';
import { type KernelSite, kernelsOf, methodKind } from '../4-program/index.js';
import type { Check } from './check.js';

/** A threshold, or a search for one, that finds nothing in the network to cut would be seen to do nothing only when training is over. */
export const thresholdCuts: Check = ({ network, spec }, reports) => {
  const { threshold, target, span } = spec.simplify;
  const searches = target !== undefined || threshold.kind === 'auto';
  if (!searches && threshold.value === 0) return;
  const landed = annotatedKernels(network);
  const warn = (what: 'threshold' | 'target', reason: string, help: readonly string[]) =>
    reports.report('threshold-without-effect', { what, reason }, { at: target?.span ?? span, help });

  if (threshold.kind === 'weight') {
    if (landed.length > 0) return;
    warn('threshold', 'no layer with weights is annotated', [
      'weights are cut of annotated layers: `@l1(1e-4)` or another method behind the name of the model or a layer',
    ]);
  } else if (!landed.some(hasGroups)) {
    // What such methods leave is simplified, and the search says that 0 holds.
    if (searches && landed.some(({ method }) => writesZeros(method))) return;
    const others = threshold.kind === 'unit' && !target ? ['`threshold: weight(…)` cuts single weights'] : [];
    warn(target ? 'target' : 'threshold', 'no method makes whole units of a layer small', [
      `${groupMethods()} do, behind the name of the model or a layer`,
      ...others,
    ]);
  }
};

interface Landed {
  readonly method: SparsityMethod;
  readonly arguments: object;
  readonly kernel: KernelSite;
}

function annotatedKernels(network: Network): readonly Landed[] {
  return network.graph.nodes.flatMap(({ name, annotations }) =>
    annotations.flatMap((annotation) =>
      kernelsOf(network, name).map((kernel) => ({
        method: methodKind(annotation),
        arguments: annotation.arguments,
        kernel,
      })),
    ),
  );
}

/** Whether there is a column or a row that a unit threshold may cut. Columns of outputs stay. */
function hasGroups({ method, arguments: args, kernel: { site } }: Landed): boolean {
  const { incoming = false, outgoing = false } = method.cut?.(args as never) ?? {};
  if (outgoing && site.outgoing) return true;
  if (!incoming || !site.incoming) return false;
  const columns = site.kernelShape.reduce(
    (count, extent, axis) => (site.incoming!.includes(axis) ? count : count * extent),
    1,
  );
  return columns > (site.outputs?.size ?? 0);
}

/** Whether a method leaves exact zeros by what it does beside its penalty. */
function writesZeros({ mask, select, refit, keepsZeros }: SparsityMethod): boolean {
  return [mask, select, refit, keepsZeros].some((moment) => moment !== undefined);
}

/** The methods that have groups, as they are written. */
function groupMethods(): string {
  const names = Object.values<SparsityMethod>(methods).flatMap(({ keyword, cut }) => (cut ? [`\`@${keyword}\``] : []));
  return `${names.slice(0, -1).join(', ')} and ${names.at(-1)}`;
}
