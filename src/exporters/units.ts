import type { Compiled } from '../compiler/compile.js';
import { endsOf } from '../compiler/objectives.js';
import { fieldsOfInput, fittedTarget } from '../data/bind.js';
import { columnOfField, describeFitted, type Fitted, type FittedColumn } from '../data/columns.js';
import { joinedOrder } from '../data/joined.js';
import type { Affine } from '../onnx/lower.js';
import { nodeOf } from '../ir/graph.js';
import { featuresRead } from '../layers/keep.js';
import { sizeOf } from '../program/program.js';

/** What stands between the numbers of the data's files and those that the network computes with, by the names of its inputs and outputs. */
export interface Units {
  readonly inputs: Readonly<Record<string, Affine>>;
  readonly outputs: Readonly<Record<string, Affine>>;
}

/**
 * What was learned from the training rows, as a part of exported models: they take numbers as the files have them and give numbers as `dnc predict`
 * prints them. A feature that is not standardised, such as one of a category, goes in as it is. Inputs that `keep` features have an entry for each
 * of those.
 */
export function unitsOf({ spec, network, fitted }: Compiled): Units {
  if (!fitted) return { inputs: {}, outputs: {} };
  const { graph } = network;
  const inputs = graph.inputs.flatMap((name): [string, Affine][] => {
    const fields = fieldsOfInput(name, endsOf(spec.model), spec.data, describeFitted(fitted));
    const ofFields = fields.map((field) => numbersInRow(columnOfField(fitted, field.name), fitted));
    const all = joinedOrder(fields.map((field) => field.shape)).map(({ field, at }) => ofFields[field]![at]!);
    const { indices } = featuresRead(nodeOf(graph, name).arguments);
    const read = indices ? indices.map((feature) => all[feature]!) : all;
    if (read.every(({ mean, deviation }) => mean === 0 && deviation === 1)) return [];
    const affine = {
      before: read.map(({ mean }) => -mean),
      scale: read.map(({ deviation }) => 1 / deviation),
      after: read.map(() => 0),
    };
    return [[name, affine]];
  });
  const outputs = graph.outputs.flatMap(({ name }): [string, Affine][] => {
    const target = fittedTarget(name, endsOf(spec.model).outputs, spec.data, fitted);
    if (target?.kind !== 'number' || !target.mean || !target.deviation) return [];
    return [[name, { before: target.mean.map(() => 0), scale: target.deviation, after: target.mean }]];
  });
  return { inputs: Object.fromEntries(inputs), outputs: Object.fromEntries(outputs) };
}

/** The same of every number of a row: a window has them again for each of its rows. */
function numbersInRow(column: FittedColumn, { window }: Fitted) {
  const own = numbersOf(column);
  return window ? Array.from({ length: window.length }, () => own).flat() : own;
}

/** The mean and deviation of every feature that a column becomes. */
function numbersOf(column: FittedColumn): readonly { readonly mean: number; readonly deviation: number }[] {
  const asTheyAre = (length: number) => Array.from({ length }, () => ({ mean: 0, deviation: 1 }));
  switch (column.kind) {
    case 'number': {
      const { mean, deviation, shape } = column;
      if (!mean || !deviation) return asTheyAre(sizeOf(shape));
      return mean.map((one, k) => ({ mean: one, deviation: deviation[k]! }));
    }
    case 'one_hot':
      return asTheyAre(column.categories.length);
    case 'classes':
      return asTheyAre(1);
    case 'tokens':
      return asTheyAre(column.length);
    case 'image_file':
      return asTheyAre(sizeOf([...column.size, column.channels]));
  }
}
