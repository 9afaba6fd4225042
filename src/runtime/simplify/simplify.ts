import { evaluationProgram, type Judging, methodSites, metricKind } from '../../compiler/4-program/index.js';
import { certifiedRanges, type Difference, measureDifference } from '../../compiler/5-shrink/certificate.js';
import { type AppliedThreshold, cut, thresholdGrid } from '../../compiler/5-shrink/cut.js';
import { type Judgement, type SearchResult, searchThreshold } from '../../compiler/5-shrink/search.js';
import {
  dependsOnInputs,
  refuseDeadNetwork,
  type ShrinkOptions,
  type ShrinkResult,
  shrink,
} from '../../compiler/5-shrink/shrink.js';
import type { Features } from '../../compiler/5-shrink/probe.js';
import type { Values } from '../../compiler/5-shrink/values.js';
import { metricOf } from '../../compiler/monitored.js';
import { objectivesOf, prefixOf } from '../../compiler/objectives.js';
import type { PhaseSpec, Spec } from '../../compiler/spec.js';
import { diagnostic, fail } from '../../diagnostics/report.js';
import type { Diagnostic } from '../../diagnostics/diagnostic.js';
import type { Network } from '../../ir/graph.js';
import type { Call } from '../../ir/kind.js';
import type { InputRanges } from '../../ir/ranges.js';
import type { MetricKind } from '../../metrics/metric.js';
import type { BoundTable } from '../../data/bind.js';
import { multiplyAdds, paramSize } from '../../compiler/3-dims/index.js';
import { allParams } from '../../ir/graph.js';
import type { Engine, EngineOptions } from '../engines/engine.js';
import { evaluateRows, type Score } from '../training/evaluate-rows.js';
import { breathe } from '../training/pace.js';
import type { Watcher } from '../training/progress.js';
import { methodsWith, openMoment } from '../training/host-moment.js';
import { tensorsOf } from '../weights/tensors.js';

/** Multiply-adds that the evaluator in float64 takes a second or two for: from here on a certificate is announced. */
const LONG_WORK = 2e8;

/** The user asked to stop. */
export class Stopped extends Error {}

/** A trained network after cutting by its spec's threshold and removing what is dead. */
export interface Simplified {
  readonly threshold: AppliedThreshold;
  /** How the threshold was found, where it was searched for. */
  readonly search?: SearchResult;
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
  /** Who is told that a threshold is searched for, and may stop it. */
  readonly watcher?: Watcher;
  readonly stopping?: { readonly signal: NodeJS.Signals | undefined };
}

/**
 * Cuts by importance: first what the methods of the annotations select, then as `simplify { threshold }` says, judged on validation rows, then shrinks exactly and measures that the outputs stayed.
 * @throws Failure no-validation-data; dead-network. Stopped where the user stopped the search: nothing of it is kept, since it finds the same when
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
      const open = openMoment({ ...at, values, seed: at.spec.train.seed, epoch: 0 }, own);
      await method[moment]!(open.moment);
      values = new Map([...values, ...open.written()]);
    }
  return values;
}

async function simplifySelected(at: Simplifying): Promise<Simplified> {
  const { spec, network, values, features } = at;
  const wanted = spec.simplify.threshold;
  const warnings: Diagnostic[] = [];
  let threshold: AppliedThreshold;
  let search: SearchResult | undefined;
  if (wanted.kind === 'auto') {
    if (!at.validation) return fail('no-validation-data', {}, { at: spec.simplify.span });
    // A network that training itself left without living units has nothing to search in.
    refuseDeadNetwork(network, values, rangesOf(at));
    at.watcher?.note(`threshold: searched for on ${at.validation.rows.toLocaleString('en')} validation rows\n`);
    search = await findThreshold(at, at.validation, wanted);
    threshold = { kind: 'unit', value: search.threshold };
    if (search.coarse) {
      const unitRange = judgedBy(wanted, at.phase, outputsOf(network))?.kind.unitRange ?? false;
      const shown = (value: number) => {
        const points = Number((100 * value).toPrecision(2));
        return unitRange ? `${points} ${points === 1 ? 'point' : 'points'}` : String(Number(value.toPrecision(2)));
      };
      warnings.push(
        diagnostic('tolerance-below-noise', {
          tolerance: shown(search.coarse.tolerance),
          noise: shown(2 * search.coarse.standardError),
          rows: search.before.rows,
        }),
      );
    }
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
  return { threshold, ...(search && { search }), masked, kernels, shrunk, features, difference, warnings };
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
async function findThreshold(
  at: Simplifying,
  validation: BoundTable,
  wanted: { readonly tolerance: number; readonly metric?: string },
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
  const sizeOf = (candidate: Values) => {
    const { network: smaller } = shrink(network, candidate, shrinkOptionsOf(at));
    const parameters = allParams(smaller).reduce((sum, param) => sum + paramSize(param), 0);
    return { parameters, work: multiplyAdds(smaller) };
  };
  try {
    return await searchThreshold<Values>({
      grid: thresholdGrid(network, values),
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
      gains: (candidate, uncut) => {
        const [after, before] = [sizeOf(candidate), sizeOf(uncut)];
        return after.parameters < before.parameters || after.work < before.work;
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
