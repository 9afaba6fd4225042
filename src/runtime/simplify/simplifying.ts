import type { ShrinkOptions } from '../../compiler/5-shrink/shrink.js';
import type { Features } from '../../compiler/5-shrink/probe.js';
import type { Values } from '../../compiler/5-shrink/values.js';
import type { PhaseSpec, Spec } from '../../compiler/spec.js';
import type { Network } from '../../ir/graph.js';
import type { InputRanges } from '../../ir/ranges.js';
import type { BoundTable } from '../../data/bind.js';
import type { Engine, EngineOptions } from '../engines/engine.js';
import { breathe } from '../training/pace.js';
import type { Watcher } from '../training/progress.js';
import type { LatencyTables } from './latency.js';
import { Stopped } from './stopped.js';

/** What is simplified, and with what. */
export interface Simplifying {
  readonly spec: Spec;
  readonly network: Network;
  readonly values: Values;
  readonly phase: PhaseSpec;
  readonly validation: BoundTable | undefined;
  readonly train: BoundTable;
  /** The parameters before training. */
  readonly initial: () => Values;
  /** Of the training rows: the certificate's rows look like them. */
  readonly features: Features;
  /** What the data section proves of the inputs: where the spec asks for `ranges`, removal rests on it. Absent: nothing. */
  readonly ranges?: InputRanges;
  readonly engine: Engine;
  readonly engineOptions: EngineOptions;
  /** Where times of networks are kept, for a target of latency. Absent: they are measured. */
  readonly latency?: LatencyTables;
  /** Who is told that a threshold is searched for, and may stop it. */
  readonly watcher?: Watcher;
  readonly stopping?: { readonly signal: NodeJS.Signals | undefined };
}

/** The ranges that removal may rest on. */
export function rangesOf({ spec, ranges }: Pick<Simplifying, 'spec' | 'ranges'>): InputRanges | undefined {
  return spec.simplify.ranges ? (ranges ?? {}) : undefined;
}

export function shrinkOptionsOf(at: Pick<Simplifying, 'spec' | 'ranges'>): ShrinkOptions {
  const { roundTo } = at.spec.simplify;
  const ranges = rangesOf(at);
  return { ...(roundTo !== undefined && { roundTo }), ...(ranges && { ranges }) };
}

/**
 * Between the parts of long work: lets signals in.
 *
 * @throws Stopped where the user asked to stop
 */
export async function letIn({ stopping }: Pick<Simplifying, 'stopping'>, unfinished?: string): Promise<void> {
  await breathe();
  if (stopping?.signal) throw new Stopped(unfinished);
}

/** The same, after saying how far it is. */
export async function goesOn(at: Simplifying, what: string, share?: number): Promise<void> {
  at.watcher?.work?.(what, share);
  await letIn(at);
}
