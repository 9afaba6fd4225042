import { hasUnitsToCut, whatTakesMore } from '../../compiler/checks/threshold-cuts.js';
import { parameterCount } from '../../compiler/3-dims/index.js';
import { methodSites } from '../../compiler/4-program/index.js';
import { certifiedRanges, type Difference, measureDifference } from '../../compiler/5-shrink/certificate.js';
import { type AppliedThreshold, countKernels, cut, magnitudesOf, thresholdsOf } from '../../compiler/5-shrink/cut.js';
import type { SearchResult } from '../../compiler/5-shrink/search.js';
import { searchTarget } from '../../compiler/5-shrink/target.js';
import { shrinkReasons } from '../../compiler/5-shrink/reasons.js';
import { refuseDeadNetwork, type ShrinkResult, shrink, shrinkLiving } from '../../compiler/5-shrink/shrink.js';
import type { Features } from '../../compiler/5-shrink/probe.js';
import type { Values } from '../../compiler/5-shrink/values.js';
import { Failure, fail } from '../../diagnostics/report.js';
import type { Network } from '../../ir/graph.js';
import type { Diagnostic } from '../../diagnostics/diagnostic.js';
import type { Part } from '../../sparsity/long-work.js';
import { ticking } from '../training/pace.js';
import { methodsWith, openMoment } from '../training/host-moment.js';
import { constantOutputWarnings } from './constant-outputs.js';
import { missedWarning, percent, type TargetResult } from './target.js';
import { goesOn, letIn, type Simplifying, rangesOf, shrinkOptionsOf } from './simplifying.js';
import { coarseWarning, findThreshold } from './judge.js';
import { aim } from './aim.js';

/** Multiply-adds that the evaluator in float64 takes a second or two for: from here on a certificate is announced. */
const LONG_WORK = 2e8;

/** A trained network after cutting by its spec's threshold and removing what is dead. */
export interface Simplified {
  readonly threshold: AppliedThreshold;
  /** How the threshold was found, where it was searched for. */
  readonly search?: SearchResult;
  /** What was aimed at, where a size was. */
  readonly target?: TargetResult;
  /** The network of full size with what the threshold cut set to 0: what the certificate compares with. */
  readonly masked: Values;
  readonly kernels: { readonly nonzero: number; readonly of: number };
  readonly shrunk: ShrinkResult;
  /** What the rows look like that `difference` was measured on. Absent: uniform ones. */
  readonly features?: Features;
  readonly difference: Difference;
  readonly warnings: readonly Diagnostic[];
}

/**
 * Cuts by importance: first what the methods of the annotations select, then as `simplify { threshold }` says, judged on validation rows, then shrinks exactly and measures that the outputs stayed.
 * @throws Failure no-validation-data; dead-network; target-out-of-reach; latency-table. Stopped where the user stopped the search: nothing of it is kept, since it finds the same when
 * it is done again
 */
export async function simplify(at: Simplifying): Promise<Simplified> {
  const selected = await withSelected(at);
  const simplified = await simplifySelected({ ...at, values: selected });
  for (const line of notesOf(at.network, simplified.shrunk)) at.watcher?.note(`note: ${line}\n`);
  return simplified;
}

/** That methods which are to take something away took nothing, or zeros that leave the network as large as it was, and what takes more. */
function notesOf(network: Network, { network: small, values }: ShrinkResult): readonly string[] {
  const more = whatTakesMore(network);
  if (more.length === 0) return [];
  const { nonzero, of } = countKernels(small, values);
  const left = parameterCount(small);
  if (nonzero < of / 2)
    return [
      `${(of - nonzero).toLocaleString('en')} of the ${of.toLocaleString('en')} weights that are left are 0; single zeros make a network no smaller, whole units do`,
      ...more,
    ];
  return left < parameterCount(network) ? [] : ['nothing was removed: no unit became exactly 0', ...more];
}

/** What the methods select of trained values, and compute anew. */
async function withSelected(at: Simplifying): Promise<Values> {
  const sites = methodSites(at.network);
  let values = at.values;
  for (const moment of ['select', 'refit'] as const)
    for (const [method, own] of methodsWith(sites, moment)) {
      at.watcher?.note(
        `@${method.keyword}: ${moment === 'select' ? 'selects what stays' : 'computes anew what stayed'}\n`,
      );
      const pause = pauseOf(at, `@${method.keyword}`);
      const open = openMoment({ ...at, values, seed: at.spec.train.seed, epoch: 0, pause }, own);
      await method[moment]!(open.moment);
      values = new Map([...values, ...open.written()]);
    }
  return values;
}

/** Between parts of a method's work: says how far it is, at times. */
function pauseOf(at: Simplifying, method: string): (part: Part) => Promise<void> {
  const isTime = ticking();
  return async ({ what, share }) => {
    // Every beginning is told.
    if (share === 0 || isTime()) at.watcher?.work?.(`${method}: ${what}`, share);
    await letIn(at, method);
  };
}

/**
 * Shrinks what a threshold cut.
 *
 * @throws Failure dead-network, which says up to which threshold a network is left, where the threshold is what took it
 */
async function shrinkOrSay(at: Simplifying, masked: Values, threshold: AppliedThreshold): Promise<ShrinkResult> {
  const { network, values } = at;
  try {
    return shrink(network, masked, shrinkOptionsOf(at));
  } catch (error) {
    const died = error instanceof Failure && error.diagnostics.some(({ code }) => code === 'dead-network');
    if (!died || !shrinkLiving(network, values, shrinkOptionsOf(at))) throw error;
    const { highest, parameters } = await highestLiving(at, threshold);
    const share = percent(parameters / parameterCount(network));
    const written = threshold.kind === 'weight' ? `weight(${highest})` : String(highest);
    const help =
      highest === 0
        ? 'no threshold above 0 leaves a network: weaken the penalty, or train for longer'
        : `the highest threshold that leaves a network is ${written}, with ${share} of the parameters`;
    throw new Failure(
      error.diagnostics.map((one) => (one.code === 'dead-network' ? { ...one, help: [...one.help, help] } : one)),
    );
  }
}

/** The highest threshold of a kind at which outputs still depend on inputs, rounded down to what people type, and what it leaves. */
async function highestLiving(
  at: Simplifying,
  { kind }: AppliedThreshold,
): Promise<{ readonly highest: number; readonly parameters: number }> {
  const { network, values } = at;
  const leftAt = (value: number) => {
    const left = shrinkLiving(network, cut(network, values, { kind, value }).values, shrinkOptionsOf(at));
    return left && parameterCount(left.network);
  };
  const sharesAt = async (value: number) => {
    await goesOn(at, 'threshold: the highest that leaves a network');
    const parameters = leftAt(value);
    return parameters === undefined ? undefined : { parameters };
  };
  const thresholds = kind === 'unit' ? thresholdsOf(network, values) : magnitudesOf(network, values);
  // A size that no network has: what is found is the last that leaves one.
  const { threshold } = await searchTarget({ thresholds, sharesAt, wanted: { parameters: -1 } });
  // A norm is cut by a threshold that is as large, a single weight by a larger one alone.
  const next = kind === 'unit' ? thresholds[thresholds.indexOf(threshold) + 1] : undefined;
  const highest = Math.max(roundedDown(threshold), next === undefined ? 0 : roundedDown(next, 'below'));
  return { highest, parameters: leftAt(highest)! };
}

/** To four digits, `below` to a number that is less. A lower threshold cuts less. */
function roundedDown(value: number, side?: 'below'): number {
  if (value === 0) return 0;
  const unit = 10 ** (Math.floor(Math.log10(value)) - 3);
  const down = Number((Math.floor(value / unit) * unit).toPrecision(4));
  return down > value || (side === 'below' && down === value) ? Number((down - unit).toPrecision(4)) : down;
}

async function simplifySelected(at: Simplifying): Promise<Simplified> {
  const { spec, network, values, features } = at;
  const wanted = spec.simplify.threshold;
  const warnings: Diagnostic[] = [];
  let threshold: AppliedThreshold;
  let search: SearchResult | undefined;
  let target: TargetResult | undefined;
  if (spec.simplify.target) {
    ({ target, search } = await aim(at, spec.simplify.target));
    threshold = { kind: 'unit', value: target.threshold };
    if (search && hasUnitsToCut(network)) warnings.push(...coarseWarning(at, spec.simplify.target, search));
    if (!target.held) warnings.push(missedWarning(target, spec.simplify.target));
  } else if (wanted.kind === 'auto') {
    if (!at.validation) return fail('no-validation-data', {}, { at: spec.simplify.span });
    // A network that training itself left without living units has nothing to search in.
    refuseDeadNetwork(network, values, rangesOf(at));
    at.watcher?.note(`threshold: searched for on ${at.validation.rows.toLocaleString('en')} validation rows\n`);
    search = await findThreshold(at, at.validation, wanted);
    threshold = { kind: 'unit', value: search.threshold };
    // Where nothing can be cut, chance decides nothing.
    if (hasUnitsToCut(network)) warnings.push(...coarseWarning(at, wanted, search));
  } else {
    threshold = wanted;
  }
  const { values: masked, kernels } = cut(network, values, threshold);
  const ranges = rangesOf(at);
  const shrunk = await shrinkOrSay(at, masked, threshold);
  warnings.push(...constantOutputWarnings(network, shrinkReasons(network, shrunk)));
  const difference = measureDifference({ network, values: masked }, shrunk, {
    seed: spec.data.seed,
    features,
    ranges: certifiedRanges(shrunk.within) && ranges,
    progress: ({ rows, done, of, work }) => {
      if (work < LONG_WORK) return;
      at.watcher?.work?.(`certificate: outputs before and after, on ${rows.toLocaleString('en')} rows`, done / of);
    },
  });
  return {
    threshold,
    ...(search && { search }),
    ...(target && { target }),
    masked,
    kernels,
    shrunk,
    features,
    difference,
    warnings,
  };
}
