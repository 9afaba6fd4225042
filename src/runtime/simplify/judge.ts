import { evaluationProgram, type Judging, metricKind } from '../../compiler/4-program/index.js';
import { cut, thresholdGrid } from '../../compiler/5-shrink/cut.js';
import {
  type Judgement,
  type SearchResult,
  searchThreshold,
  type ThresholdSearch,
} from '../../compiler/5-shrink/search.js';
import { dependsOnInputs, shrinkLiving } from '../../compiler/5-shrink/shrink.js';
import type { Values } from '../../compiler/5-shrink/values.js';
import { metricOf } from '../../compiler/monitored.js';
import { objectivesOf, prefixOf } from '../../compiler/objectives.js';
import type { PhaseSpec } from '../../compiler/spec.js';
import { diagnostic } from '../../diagnostics/report.js';
import type { Diagnostic } from '../../diagnostics/diagnostic.js';
import type { Network } from '../../ir/graph.js';
import type { Call } from '../../ir/kind.js';
import type { MetricKind } from '../../metrics/metric.js';
import type { BoundTable } from '../../data/bind.js';
import type { Engine, EngineOptions } from '../engines/engine.js';
import { evaluateRows, type Score } from '../training/evaluate-rows.js';
import { tensorsOf } from '../weights/tensors.js';
import { type Size, sizeOf } from './target.js';
import { type Simplifying, rangesOf, shrinkOptionsOf, goesOn } from './simplifying.js';

/** That chance decides where a search ends, if so. */
export function coarseWarning(
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
export function findThreshold(
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
export async function withJudge(
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
        await goesOn(at, `threshold: candidate ${++tries}`);
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
