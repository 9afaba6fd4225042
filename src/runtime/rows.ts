import { lossKind, trainedOutput } from '../compiler/4-program/index.js';
import type { PhaseSpec, Spec } from '../compiler/spec.js';
import { type BoundTable, bind } from '../data/bind.js';
import { sources } from '../data/index.js';
import type { SourceKind, Table } from '../data/source.js';
import { split } from '../data/splits.js';
import { extents } from '../ir/dims.js';
import type { Network } from '../ir/graph.js';

/** The rows of a spec's data section, split. */
export interface Rows {
  readonly train: Table;
  readonly validation: Table | undefined;
  readonly test: Table | undefined;
  /** Files read, for the data lock. */
  readonly files: Table['files'];
}

/** Reads and splits the data of a spec. Relative paths are relative to `specFolder`. */
export async function readRows(
  spec: Spec,
  place: { readonly dataFolder: string | undefined; readonly specFolder: string },
): Promise<Rows> {
  const kind = (sources as Readonly<Record<string, SourceKind>>)[spec.data.source.word];
  if (!kind) throw new Error(`no data source ${spec.data.source.word}`);
  const read = await kind.read(spec.data.source.arguments as never, {
    ...place,
    at: spec.data.sourceSpan ?? spec.data.span,
  });
  const parts = split(read, spec.data);
  return {
    train: parts.train,
    validation: parts.validation,
    test: parts.test,
    files: [...read.train.files, ...(read.test?.files ?? [])],
  };
}

/** A table as a network reads it: fields bound to inputs and targets, features that `keep` leaves out dropped. */
export function bindRows(network: Network, spec: Spec, phase: Pick<PhaseSpec, 'loss'>, table: Table): BoundTable {
  const output = trainedOutput(network);
  const shape = extents(network.shapes.get(output.name)![0]!);
  return bind(
    {
      data: { ...spec.data, span: spec.data.sourceSpan ?? spec.data.span },
      inputs: network.graph.nodes
        .filter((node) => node.kind === 'Input')
        .map((node) => {
          const keep = node.arguments.keep as readonly number[] | undefined;
          return { name: node.name, extents: node.arguments.shape as readonly number[], ...(keep && { keep }) };
        }),
      outputs: [{ name: output.name, extents: shape, form: lossKind(phase.loss).target }],
    },
    table,
  );
}
