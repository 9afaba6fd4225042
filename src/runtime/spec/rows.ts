import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { lowerSpec } from '../../compiler/1-spec/index.js';
import { lossKind, trainedOutput } from '../../compiler/4-program/index.js';
import { readDocument } from '../../compiler/document.js';
import type { PhaseSpec, Spec } from '../../compiler/spec.js';
import { type BoundTable, bind } from '../../data/bind.js';
import type { Fitted } from '../../data/columns.js';
import { type DataRows, readData } from '../../data/read.js';
import type { SourcePlace, Table } from '../../data/source.js';
import { Reports } from '../../diagnostics/report.js';
import { Source } from '../../diagnostics/source.js';
import { extents } from '../../ir/dims.js';
import type { Network } from '../../ir/graph.js';

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
  const loss = spec.train.phases[0] && lossKind(spec.train.phases[0].loss);
  const classes = loss && (loss.target === 'classes' || loss.probabilities !== undefined);
  return readData(spec.data, place, { inputs: inputsOf(spec), fitted, classes });
}

/** The names of a spec's Inputs. */
export function inputsOf({ model }: Pick<Spec, 'model'>): readonly string[] {
  return model.layers.filter((layer) => layer.kind === 'Input').map((layer) => layer.name);
}

/**
 * A table as a network reads it: fields bound to inputs and targets, features that `keep` leaves out dropped. Without a phase, whose loss says what a
 * target is, inputs alone.
 */
export function bindRows(
  network: Network,
  spec: Spec,
  phase: Pick<PhaseSpec, 'loss'> | undefined,
  table: Table,
): BoundTable {
  const output = trainedOutput(network);
  const shape = extents(network.shapes.get(output.name)![0]!);
  return bind(
    {
      data: { ...spec.data, span: spec.data.sourceSpan ?? spec.data.span },
      inputs: network.graph.nodes
        .filter((node) => node.kind === 'Input')
        .map((node) => {
          const keep = node.arguments.keep as readonly number[] | undefined;
          return {
            name: node.name,
            extents: node.arguments.shape as readonly number[],
            ...(keep && { keep }),
          };
        }),
      outputs: phase ? [{ name: output.name, extents: shape, form: lossKind(phase.loss).target }] : [],
    },
    table,
  );
}
