import { evaluationProgram, type Judging, methodSites, metricKind } from '../../compiler/4-program/index.js';
import { certifiedRanges, type Difference, measureDifference } from '../../compiler/5-shrink/certificate.js';
import { type AppliedThreshold, cut, thresholdGrid, thresholdsOf } from '../../compiler/5-shrink/cut.js';
import {
  type Judgement,
  type SearchResult,
  searchThreshold,
  type ThresholdSearch,
} from '../../compiler/5-shrink/search.js';
import { isWithin, searchBelow, searchTarget } from '../../compiler/5-shrink/target.js';
import {
  dependsOnInputs,
  refuseDeadNetwork,
  type ShrinkOptions,
  type ShrinkResult,
  shrink,
  shrinkLiving,
} from '../../compiler/5-shrink/shrink.js';
import type { Features } from '../../compiler/5-shrink/probe.js';
import type { Values } from '../../compiler/5-shrink/values.js';
import { metricOf } from '../../compiler/monitored.js';
import { objectivesOf, prefixOf } from '../../compiler/objectives.js';
import type { PhaseSpec, Shares, Spec, TargetSpec } from '../../compiler/spec.js';
import { diagnostic, fail } from '../../diagnostics/report.js';
import type { Diagnostic } from '../../diagnostics/diagnostic.js';
import type { Network } from '../../ir/graph.js';
import type { Call } from '../../ir/kind.js';
import type { InputRanges } from '../../ir/ranges.js';
import type { MetricKind } from '../../metrics/metric.js';
import type { BoundTable } from '../../data/bind.js';
import type { Part } from '../../sparsity/long-work.js';
import { multiplyAdds } from '../../compiler/3-dims/index.js';
import type { Engine, EngineOptions } from '../engines/engine.js';
import { evaluateRows, type Score } from '../training/evaluate-rows.js';
import { breathe, ticking } from '../training/pace.js';
import type { Watcher } from '../training/progress.js';
import { methodsWith, openMoment } from '../training/host-moment.js';
import { tensorsOf } from '../weights/tensors.js';
import { type LatencyTable, type LatencyTables, measureLatency, millisecondsAt } from './latency.js';
import { Stopped } from './stopped.js';
import { missedWarning, type Size, sharesOf, sharesText, sizeOf, type TargetResult } from './target.js';

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

/**
 * Cuts by importance: first what the methods of the annotations select, then as `simplify { threshold }` says, judged on validation rows, then shrinks exactly and measures that the outputs stayed.
 * @throws Failure no-validation-data; dead-network; target-out-of-reach; latency-table. Stopped where the user stopped the search: nothing of it is kept, since it finds the same when
 * it is done again
 */
export async function simplify(at: Simplifying): Promise<Simplified> {
  const selected = await withSelected(at);
  return simplifySelected({ ...at, values: selected });
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

/** Between parts of a method's work: says how far it is, at times, and ends it where the user asked to stop. */
function pauseOf({ watcher, stopping }: Simplifying, method: string): (part: Part) => Promise<void> {
  const isTime = ticking();
  return async ({ what, share }) => {
    // Every beginning is told.
    if (share === 0 || isTime()) watcher?.work?.(`${method}: ${what}`, share);
    await breathe();
    if (!stopping?.signal) return;
    watcher?.note(`${method} is left unfinished, and begins again when the run goes on; the trained network is kept\n`);
    throw new Stopped();
  };
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
    if (search) warnings.push(...coarseWarning(at, spec.simplify.target, search));
    if (!target.held) warnings.push(missedWarning(target));
  } else if (wanted.kind === 'auto') {
    if (!at.validation) return fail('no-validation-data', {}, { at: spec.simplify.span });
    // A network that training itself left without living units has nothing to search in.
    refuseDeadNetwork(network, values, rangesOf(at));
    at.watcher?.note(`threshold: searched for on ${at.validation.rows.toLocaleString('en')} validation rows\n`);
    search = await findThreshold(at, at.validation, wanted);
    threshold = { kind: 'unit', value: search.threshold };
    warnings.push(...coarseWarning(at, wanted, search));
  } else {
    threshold = wanted;
  }
  const { values: masked, kernels } = cut(network, values, threshold);
  const ranges = rangesOf(at);
  const shrunk = shrink(network, masked, shrinkOptionsOf(at));
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

/** That chance decides where a search ends, if so. */
function coarseWarning(
  { phase, network }: Simplifying,
  wanted: { readonly metric?: string },
  { coarse, before }: SearchResult,
): Diagnostic[] {
  if (!coarse) return [];
  const unitRange = judgedBy(wanted, phase, outputsOf(network))?.kind.unitRange ?? false;
  const shown = (value: number) => {
    const points = Number((100 * value).toPrecision(2));
    return unitRange ? `${points} ${points === 1 ? 'point' : 'points'}` : String(Number(value.toPrecision(2)));
  };
  return [
    diagnostic('tolerance-below-noise', {
      tolerance: shown(coarse.tolerance),
      noise: shown(2 * coarse.standardError),
      rows: before.rows,
    }),
  ];
}

/**
 * The smallest threshold at which the target holds; where it has a tolerance that the metric would leave there, the largest within it.
 *
 * @throws Failure target-out-of-reach where there is none, and no tolerance that decides
 */
async function aim(
  at: Simplifying,
  wanted: TargetSpec,
): Promise<{ readonly target: TargetResult; readonly search?: SearchResult }> {
  const { spec, network, values, validation } = at;
  const judged = wanted.tolerance === undefined ? undefined : { ...wanted, tolerance: wanted.tolerance };
  if (judged && !validation) return fail('no-validation-data', {}, { at: spec.simplify.span });
  refuseDeadNetwork(network, values, rangesOf(at));
  const thresholds = thresholdsOf(network, values);
  at.watcher?.note(`target: searched for among ${thresholds.length.toLocaleString('en')} thresholds\n`);
  const sizes = new Sizes(at, thresholds);
  const time = wanted.shares.latency === undefined ? undefined : await timesOf(at, wanted, sizes);
  const sharesAt = async (threshold: number): Promise<Shares | undefined> => {
    const left = await sizes.at(threshold);
    return left && sharesOf(left, sizes.whole, wanted.shares, time);
  };
  const found = await searchTarget({ thresholds, sharesAt, wanted: wanted.shares });
  if (!judged && !found.reached) {
    const details = {
      wanted: sharesText(wanted.shares, 'at most '),
      left: sharesText(found.shares),
      threshold: String(Number(found.threshold.toPrecision(4))),
    };
    return fail('target-out-of-reach', details, { at: wanted.span });
  }
  const below = thresholds.slice(0, thresholds.indexOf(found.threshold) + 1);
  const search =
    judged &&
    (await withJudge(at, validation!, judged, (parts) => {
      at.watcher?.note(`threshold: searched for on ${validation!.rows.toLocaleString('en')} validation rows\n`);
      return searchBelow(below, parts);
    }));
  const threshold = search?.threshold ?? found.threshold;
  const left = (await sizes.at(threshold))!;
  const reached = sharesOf(left, sizes.whole, wanted.shares, time);
  const held = isWithin(reached, wanted.shares);
  return {
    target: {
      threshold,
      at_most: wanted.shares,
      left: reached,
      held,
      looks: sizes.looks,
      ...(!held && found.reached && { needs: found.threshold }),
      ...(time && {
        latency: {
          batch_size: time.batch_size,
          before: millisecondsAt(time, sizes.whole.multiply_adds),
          after: millisecondsAt(time, left.multiply_adds),
        },
      }),
    },
    ...(search && { search }),
  };
}

/** What is left of a network at thresholds, each shrunk once. */
class Sizes {
  readonly whole: Size;
  private readonly known = new Map<number, Size | undefined>();

  constructor(
    private readonly of: Simplifying,
    readonly thresholds: readonly number[],
  ) {
    this.whole = sizeOf(of.network);
  }

  get looks(): number {
    return this.known.size;
  }

  /** Undefined where nothing is left. @throws Stopped */
  async at(threshold: number): Promise<Size | undefined> {
    if (this.known.has(threshold)) return this.known.get(threshold);
    this.of.watcher?.work?.(`target: candidate ${this.known.size + 1}`);
    await breathe();
    if (this.of.stopping?.signal) throw new Stopped();
    const left = this.shrunk(threshold);
    const size = left && sizeOf(left.network);
    this.known.set(threshold, size);
    return size;
  }

  shrunk(threshold: number): ShrinkResult | undefined {
    const { network, values } = this.of;
    const { values: masked } = cut(network, values, { kind: 'unit', value: threshold });
    return shrinkLiving(network, masked, shrinkOptionsOf(this.of));
  }
}

/** From one network of a latency table to the next, at most as much of its multiply-adds is left; and how many there are. */
const TABLE = { step: 0.6, networks: 8 };

/** The table of times: the one that is kept, else measured along the path of thresholds, from the whole network on, and kept. */
async function timesOf(at: Simplifying, { batch_size }: TargetSpec, sizes: Sizes): Promise<LatencyTable> {
  const known = at.latency?.find(batch_size, sizes.whole.multiply_adds);
  if (known) return known;
  const { thresholds, whole } = sizes;
  at.watcher?.note(`latency: measured once, with batches of ${batch_size.toLocaleString('en')}\n`);
  const networks: { readonly network: Network; readonly values: Values }[] = [at];
  for (let k = 1; k < TABLE.networks; k++) {
    const multiply_adds = TABLE.step ** k;
    const sharesAt = async (threshold: number) => {
      const left = await sizes.at(threshold);
      return left && { multiply_adds: left.multiply_adds / whole.multiply_adds };
    };
    const { threshold } = await searchTarget({ thresholds, sharesAt, wanted: { multiply_adds } });
    const { multiply_adds: work } = (await sizes.at(threshold))!;
    if (networks.some(({ network }) => multiplyAdds(network) === work)) continue;
    networks.push(sizes.shrunk(threshold)!);
  }
  const table = await measureLatency({
    networks,
    batchSize: batch_size,
    engine: at.engine,
    engineOptions: at.engineOptions,
    next: async (done) => {
      at.watcher?.work?.('latency: forward passes of networks of several sizes', done / networks.length);
      await breathe();
      if (at.stopping?.signal) throw new Stopped();
    },
  });
  at.latency?.keep(table);
  return table;
}

/** The ranges that removal may rest on. */
function rangesOf({ spec, ranges }: Pick<Simplifying, 'spec' | 'ranges'>): InputRanges | undefined {
  return spec.simplify.ranges ? (ranges ?? {}) : undefined;
}

function shrinkOptionsOf(at: Pick<Simplifying, 'spec' | 'ranges'>): ShrinkOptions {
  const { roundTo } = at.spec.simplify;
  const ranges = rangesOf(at);
  return { ...(roundTo !== undefined && { roundTo }), ...(ranges && { ranges }) };
}

/** What a search for a threshold looks at. */
interface Judged {
  readonly output: string;
  readonly call: Call;
  readonly kind: MetricKind;
}

/**
 * The metric that a search looks at: the named one, which need not be one that the history shows, else the first of a lone output. Undefined is a
 * loss, the whole one unless an output is named.
 */
function judgedBy(
  wanted: { readonly metric?: string },
  phase: PhaseSpec,
  outputs: readonly string[],
): Judged | undefined {
  const objectives = objectivesOf(phase, outputs);
  const first = outputs.length === 1 ? objectives[0]?.metrics[0]?.word : undefined;
  const named = wanted.metric === undefined ? first && { word: first, output: undefined } : metricOf(wanted.metric);
  if (!named || named.word === 'loss') return undefined;
  const kind = metricKind({ word: named.word, arguments: {} });
  const of = named.output === undefined ? objectives[0]! : objectives.find(({ output }) => output === named.output)!;
  const given = of.metrics.find(({ word }) => word === kind.keyword);
  return { output: of.output, call: given ?? { word: kind.keyword, arguments: defaultsOf(kind) }, kind };
}

function outputsOf({ graph }: Network): readonly string[] {
  return graph.outputs.map(({ name }) => name);
}

/** The arguments of a word that stands alone. */
function defaultsOf({ schema }: MetricKind): Readonly<Record<string, unknown>> {
  const properties = schema.properties as Readonly<Record<string, { readonly default?: unknown }>>;
  return Object.fromEntries(
    Object.entries(properties).flatMap(([name, given]) => (given.default === undefined ? [] : [[name, given.default]])),
  );
}

/** Tries the grid of thresholds on the validation rows, on the engine. */
function findThreshold(
  at: Simplifying,
  validation: BoundTable,
  wanted: { readonly tolerance: number; readonly metric?: string },
): Promise<SearchResult> {
  const { network, values } = at;
  const known = new Map<Values, Size | undefined>();
  const sizeLeft = (candidate: Values): Size | undefined => {
    if (!known.has(candidate)) {
      const left = shrinkLiving(network, candidate, shrinkOptionsOf(at));
      known.clear();
      known.set(candidate, left && sizeOf(left.network));
    }
    return known.get(candidate);
  };
  return withJudge(at, validation, wanted, (parts) =>
    searchThreshold({
      ...parts,
      grid: thresholdGrid(network, values),
      lives: (candidate) => sizeLeft(candidate) !== undefined,
      gains: (candidate, uncut) => {
        const [after, before] = [sizeLeft(candidate), sizeLeft(uncut)];
        return !after || !before || after.parameters < before.parameters || after.multiply_adds < before.multiply_adds;
      },
    }),
  );
}

/** Runs a search that cuts values and judges them on the validation rows, on the engine. */
async function withJudge(
  at: Simplifying,
  validation: BoundTable,
  wanted: { readonly tolerance: number; readonly metric?: string },
  search: (parts: Omit<ThresholdSearch<Values>, 'grid' | 'gains'>) => Promise<SearchResult>,
): Promise<SearchResult> {
  const { network, values, phase } = at;
  const outputs = outputsOf(network);
  let tries = 0;
  const judged = judgedBy(wanted, phase, outputs);
  const kind = judged?.kind;
  const name = judged && `${prefixOf(judged.output, outputs)}${judged.kind.keyword}`;
  const ownLoss = wanted.metric === undefined ? undefined : metricOf(wanted.metric)?.output;
  const judge = await scorer(at.engine, at.engineOptions, network, {
    ...phase,
    metrics: judged ? { [judged.output]: [judged.call] } : [],
  });
  try {
    return await search({
      cut: (value) => {
        const candidate = cut(network, values, { kind: 'unit', value }).values;
        return dependsOnInputs(network, candidate, rangesOf(at)) ? candidate : undefined;
      },
      evaluate: async (candidate): Promise<Judgement> => {
        at.watcher?.work?.(`threshold: candidate ${++tries}`);
        await breathe();
        if (at.stopping?.signal) throw new Stopped();
        const score = await judge.score(candidate, validation);
        const error = name === undefined ? undefined : score.standardErrors[name];
        const loss = ownLoss === undefined ? score.loss : (score.losses?.[ownLoss] ?? score.loss);
        return {
          metric: name === undefined ? loss : score.metrics[name]!,
          rows: score.rows,
          ...(error !== undefined && { standardError: error }),
        };
      },
      tolerance: wanted.tolerance,
      better: kind?.better ?? 'lower',
      unitRange: kind?.unitRange ?? false,
    });
  } finally {
    await judge.close();
  }
}

/** Scores several sets of values of one network. */
export async function scorer(
  engine: Engine,
  options: EngineOptions,
  network: Network,
  phase: Judging,
  program: { readonly confusion?: boolean } = {},
): Promise<{ score(values: Values, table: BoundTable): Promise<Score>; close(): Promise<void> }> {
  const evaluation = evaluationProgram(network, phase, program);
  const loaded = await engine.load({ evaluation: evaluation.program }, options);
  return {
    score: async (values, table) => {
      await loaded.setState(tensorsOf(network, values));
      return evaluateRows(loaded, 'evaluation', evaluation, table);
    },
    close: () => loaded.close(),
  };
}
