import { featuresRead } from '../../layers/keep.js';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { lowerSpec } from '../../compiler/1-spec/index.js';
import { lossKind } from '../../compiler/4-program/index.js';
import { readDocument } from '../../compiler/document.js';
import { indexReaders } from '../../compiler/indices.js';
import { endsOf, type ObjectiveKeys, objectivesOf } from '../../compiler/objectives.js';
import type { Spec } from '../../compiler/spec.js';
import { type BoundTable, bind } from '../../data/bind.js';
import type { Fitted } from '../../data/columns.js';
import { type DataRows, readData } from '../../data/read.js';
import type { SourcePlace, Table } from '../../data/source.js';
import { Reports } from '../../diagnostics/report.js';
import { Source } from '../../diagnostics/source.js';
import { extents } from '../../ir/dims.js';
import { type Network, outputShape } from '../../ir/graph.js';

/** The rows of a spec's data section, split. */
export type Rows = DataRows;

/**
 * The folder that relative paths in the data section start from: that of the spec, or, for a text that dnc printed, that of the spec it was printed
 * from, since such paths stay as they were written. Simplified twice, a text names a printed one as its origin: then the one before counts, as far
 * as the files are there.
 */
export function dataPathsFolder(spec: Pick<Spec, 'origin'>, specFile: string): string {
  let file = path.resolve(specFile);
  const seen = new Set<string>();
  for (let origin = spec.origin; origin && !seen.has(file); origin = originIn(file)) {
    seen.add(file);
    file = path.resolve(path.dirname(file), origin.spec.path);
  }
  return path.dirname(file);
}

/** The origin that a spec file names; undefined where it names none or cannot be read. */
function originIn(file: string): Spec['origin'] {
  if (!existsSync(file)) return undefined;
  const source = new Source(file, readFileSync(file, 'utf8'));
  const reports = new Reports();
  return lowerSpec(readDocument(source, reports), { source, sets: [] }, reports)?.origin;
}

/**
 * Reads and splits the data of a spec. Relative paths start from `specFolder` (`dataPathsFolder`). `fitted` is what was learned from the training rows
 * before, where the spec names weights that hold it.
 */
export async function readRows(
  spec: Pick<Spec, 'data' | 'model' | 'train'>,
  place: Pick<SourcePlace, 'dataFolder' | 'specFolder' | 'lock'>,
  fitted?: Fitted | undefined,
): Promise<Rows> {
  const ends = endsOf(spec.model);
  const [phase] = spec.train.phases;
  const classes = (phase ? objectivesOf(phase, ends.outputs) : []).map(({ output, loss }) => {
    const kind = lossKind(loss);
    return [output, kind.target === 'classes' || kind.probabilities !== undefined] as const;
  });
  return readData(spec.data, place, { ends, fitted, classes: Object.fromEntries(classes) });
}

/**
 * A table as a network reads it: fields bound to inputs and targets, features that `keep` leaves out dropped. Without a phase, whose losses say what a
 * target is, inputs alone.
 */
export function bindRows(network: Network, spec: Spec, phase: ObjectiveKeys | undefined, table: Table): BoundTable {
  const { outputs } = network.graph;
  const names = outputs.map(({ name }) => name);
  const losses = new Map((phase ? objectivesOf(phase, names) : []).map(({ output, loss }) => [output, lossKind(loss)]));
  return bind(
    {
      data: { ...spec.data, span: spec.data.sourceSpan ?? spec.data.span },
      inputs: network.graph.nodes
        .filter((node) => node.kind === 'Input')
        .map((node) => {
          const { indices: keep } = featuresRead(node.arguments);
          return {
            name: node.name,
            extents: node.arguments.shape as readonly number[],
            ...(keep && { keep }),
            ...indicesOf(network, node.name),
          };
        }),
      outputs: outputs.map((output) => {
        const form = losses.get(output.name)?.target;
        return { name: output.name, extents: extents(outputShape(network, output)), ...(form && { form }) };
      }),
    },
    table,
  );
}

/** What the numbers of an input are to be below, where layers read them as indices: the fewest vectors count. */
function indicesOf({ graph }: Network, input: string): { readonly indices?: { below: number; layer: string } } {
  const [fewest] = indexReaders(graph)
    .filter(({ origins }) => origins.some(({ name }) => name === input))
    .map(({ node, below }) => ({ below, layer: node.name }))
    .sort((a, b) => a.below - b.below);
  return fewest ? { indices: fewest } : {};
}
