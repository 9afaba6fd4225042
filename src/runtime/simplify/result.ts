import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { shrinkReasons } from '../../compiler/5-shrink/reasons.js';
import { weightCount } from '../../compiler/3-dims/index.js';
import type { Values } from '../../compiler/5-shrink/values.js';
import type { PhaseSpec, Spec } from '../../compiler/spec.js';
import type { Diagnostic } from '../../diagnostics/diagnostic.js';
import type { Network } from '../../ir/graph.js';
import type { Engine, EngineOptions } from '../engines/engine.js';
import type { Score } from '../training/evaluate-rows.js';
import { writeAtomically } from '../../files.js';
import { bindRows, type Rows } from '../spec/rows.js';
import { scorer } from './judge.js';
import type { Simplified } from './simplify.js';
import type { Written } from './write-simplified.js';

/** What a run came to: the simplified network, its files, and how good it is. */
export interface RunResult {
  readonly simplified: Simplified;
  readonly network: { readonly before: Network; readonly after: Network };
  readonly finetuned: boolean;
  readonly files: Written;
  /** On the rows held out, once, at the end: the network as trained, and the simplified one. */
  readonly scores: Readonly<
    Partial<Record<'validation' | 'test', { readonly trained: Score; readonly simplified: Score }>>
  >;
  /** That nothing was learned, of simplifying, and that the result is much worse. */
  readonly warnings: readonly Diagnostic[];
}

/** Judges the network as trained and the simplified one on the rows held out: once, when everything is decided. */
export async function scoresOf(
  at: {
    readonly engine: Engine;
    readonly engineOptions: EngineOptions;
    readonly spec: Spec;
    readonly phase: PhaseSpec;
    readonly rows: Rows;
  },
  trained: readonly [Network, Values],
  simplified: readonly [Network, Values],
): Promise<RunResult['scores']> {
  const score = async ([network, values]: readonly [Network, Values]) => {
    const judge = await scorer(at.engine, at.engineOptions, network, at.phase, { confusion: true });
    const on = (table: Rows['train']) => judge.score(values, bindRows(network, at.spec, at.phase, table));
    const { validation, test } = at.rows;
    try {
      return { ...(validation && { validation: await on(validation) }), ...(test && { test: await on(test) }) };
    } finally {
      await judge.close();
    }
  };
  const before: { validation?: Score; test?: Score } = await score(trained);
  const after: { validation?: Score; test?: Score } = await score(simplified);
  return Object.fromEntries(
    (['validation', 'test'] as const).flatMap((split) => {
      const [one, other] = [before[split], after[split]];
      return one && other ? [[split, { trained: one, simplified: other }]] : [];
    }),
  );
}

/** Writes `result.json`, the last file of a run: it is there when the run has come to its end. */
export function writeResult(folder: string, result: RunResult): void {
  writeAtomically(path.join(folder, 'result.json'), `${JSON.stringify(resultJson(result), undefined, 2)}\n`);
}

/** What `result.json` holds. */
export function resultJson({ simplified, network, scores, finetuned, files, warnings }: RunResult): object {
  return {
    format: 1,
    threshold: simplified.threshold,
    ...(simplified.search && { search: simplified.search }),
    ...(simplified.target && { target: simplified.target }),
    nonzero_weights: simplified.kernels.nonzero,
    weights_before: weightCount(network.before),
    weights_after: weightCount(network.after),
    units: Object.fromEntries(unitCounts(network).map(({ layer, before, after }) => [layer, { before, after }])),
    finetuned,
    equivalent: files.equivalent,
    ...(simplified.shrunk.within && {
      within: { constant: simplified.shrunk.within.constant, linear: simplified.shrunk.within.linear },
    }),
    ...shrinkReasons(network.before, simplified.shrunk),
    difference: { float64: simplified.difference.float64, float32: simplified.difference.float32 },
    scores,
    warnings: warnings.map(({ code, message }) => ({ code, message })),
  };
}

/** Length of the last axis, before and after, of every layer where it changed, and of those that have weights. */
export function unitCounts({
  before,
  after,
}: RunResult['network']): { layer: string; before: number; after: number }[] {
  return before.graph.nodes.flatMap(({ name, kind }) => {
    const [old, left] = [before, after].map((network) => network.shapes.get(name)?.[0]?.at(-1)?.units.length ?? 0) as [
      number,
      number,
    ];
    const own = kind === 'Input' || Object.keys(before.params.get(name) ?? {}).length > 0;
    const said = own ? old > 1 || old !== left : old !== left && !handsOn(before, name);
    return said ? [{ layer: name, before: old, after: left }] : [];
  });
}

/** Whether a layer's last axis is the one it reads: its units were counted where they are made. */
function handsOn(network: Network, name: string): boolean {
  const node = network.graph.nodes.find((one) => one.name === name)!;
  const own = network.shapes.get(name)?.[0]?.at(-1);
  return node.inputs.some(({ node: from, output }) => {
    const read = network.shapes.get(from)?.[output]?.at(-1);
    return (
      read !== undefined &&
      own !== undefined &&
      read.units.length === own.units.length &&
      read.units[0] === own.units[0]
    );
  });
}

/** Whether a folder holds a run that came to its end. */
export function isFinished(folder: string): boolean {
  return existsSync(path.join(folder, 'result.json'));
}

/** Whether the result of a run was trained on after it was cut. */
export function isFinetuned(folder: string): boolean {
  if (!isFinished(folder)) return false;
  const { finetuned } = JSON.parse(readFileSync(path.join(folder, 'result.json'), 'utf8')) as { finetuned?: unknown };
  return finetuned === true;
}
