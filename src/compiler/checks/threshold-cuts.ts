import type { Network } from '../../ir/graph.js';
import { methods } from '../../sparsity/index.js';
import type { SparsityMethod } from '../../sparsity/method.js';
import { type KernelSite, kernelsOf, methodKind } from '../4-program/index.js';
import type { Check } from './check.js';

/**
 * A threshold, or a search for one, that finds nothing in the network to cut would be seen to do nothing only when training is over. It cuts the groups of methods that have a `cut`, and no
 * others: what gates close and pruning took is exactly zero, and goes without.
 */
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
  } else if (!hasUnitsToCut(network)) {
    const what = target ? 'target' : 'threshold';
    const others = threshold.kind === 'unit' && !target ? ['`threshold: weight(…)` cuts single weights'] : [];
    warn(what, 'no method makes whole units of a layer small', [
      ...byThemselves(landed).map((line) => `${line}; \`${what}\` can be left out`),
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

/** Of every method that takes something away, what takes more, as a line of a help. */
export function whatTakesMore(network: Network): readonly string[] {
  const lines = annotatedKernels(network).flatMap(({ method, arguments: args }) =>
    method.more ? [`@${method.keyword}: more goes with ${method.more(args as never)}`] : [],
  );
  return [...new Set(lines)];
}

/** Whether a threshold on units, or a search for one, has something to cut, whatever the weights are. */
export function hasUnitsToCut(network: Network): boolean {
  return annotatedKernels(network).some(hasGroups);
}

/** By methods that write their own zeros, whatever the threshold, what takes more. */
function byThemselves(landed: readonly Landed[]): readonly string[] {
  const lines = landed.flatMap(({ method, arguments: args }) => {
    const writesZeros = [method.mask, method.select, method.refit, method.keepsZeros].some((moment) => moment);
    return writesZeros && method.more
      ? [
          `@${method.keyword} takes away by itself, whatever the threshold; more goes with ${method.more(args as never)}`,
        ]
      : [];
  });
  return [...new Set(lines)];
}

/** The methods that have groups, as they are written. */
function groupMethods(): string {
  const names = Object.values<SparsityMethod>(methods).flatMap(({ keyword, cut }) => (cut ? [`\`@${keyword}\``] : []));
  return `${names.slice(0, -1).join(', ')} and ${names.at(-1)}`;
}
