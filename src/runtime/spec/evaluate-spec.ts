import path from 'node:path';
import { forwardProgram, lossKind, probabilityActivation } from '../../compiler/4-program/index.js';
import { type Compiled, compile } from '../../compiler/compile.js';
import { endsOf, objectivesOf } from '../../compiler/objectives.js';
import { Batches } from '../../data/batches.js';
import { fittedTarget } from '../../data/bind.js';
import { readRowsToPredict } from '../../data/read.js';
import { fail } from '../../diagnostics/report.js';
import type { Source } from '../../diagnostics/source.js';
import { nodeOf, outputShape } from '../../ir/graph.js';
import type { EngineOptions } from '../engines/engine.js';
import { engineForSpec } from '../engines/for-spec.js';
import type { Score } from '../training/evaluate-rows.js';
import { startingValues } from '../weights/load.js';
import { compileOptions, openWithRows } from './open-spec.js';
import { bindRows } from './rows.js';
import { refuseUnfitTargets } from './targets.js';
import { scorer } from '../simplify/judge.js';
import { tensorsOf } from '../weights/tensors.js';
import { failWithoutWeights } from './spec-file.js';

/** The parts of a data set that may be evaluated. */
export const SPLITS = ['test', 'validation', 'train'] as const;
export type Split = (typeof SPLITS)[number];

export interface EvaluateOptions {
  readonly file: string;
  readonly source: Source;
  readonly sets: readonly string[];
  readonly split: Split;
  readonly dataFolder: string | undefined;
  /** Data files may have changed since the run that the spec's weights are from. */
  readonly acceptChangedData?: boolean;
  readonly engine?: string | undefined;
  readonly engineOptions: Partial<EngineOptions>;
  /** Is told what is worth a word of the rows: categories that no training row has. */
  readonly note?: (text: string) => void;
}

/** Loss and metrics of a spec with its weights on one part of its data. */
export async function evaluateSpec(options: EvaluateOptions): Promise<Score> {
  const { compiled, values, table, engine, engineOptions } = await prepare(options);
  const judge = await scorer(engine, engineOptions, compiled.network, compiled.spec.train.phases.at(-1)!, {
    confusion: true,
  });
  try {
    return await judge.score(values, table);
  } finally {
    await judge.close();
  }
}

/** Rows in one run of the forward program. */
const ROWS = 1000;

/** One row's outputs, by the output's name. */
export interface Prediction {
  readonly row: number;
  /** One number, or one for every unit. */
  readonly outputs: Readonly<Record<string, number | readonly number[]>>;
  /** The most likely class of an output that tells classes apart: its name, or its number where the classes have none. */
  readonly classes?: Readonly<Record<string, string | number>>;
}

/**
 * The outputs of a spec for rows of its data, or for the rows of a file (`input`) that are read as the training rows were. A target that was standardized
 * comes out in its own units.
 */
export async function* predictSpec(
  options: EvaluateOptions & {
    readonly rows: number | undefined;
    readonly input?: string | undefined;
  },
): AsyncGenerator<Prediction> {
  const { compiled, values, table, engine, engineOptions } = await prepare(options);
  const { network } = compiled;
  const loaded = await engine.load({ forward: forwardProgram(network, { mode: 'inference' }) }, engineOptions);
  const interpret = interpretation(compiled);
  try {
    await loaded.setState(tensorsOf(network, values));
    const batches = new Batches(table, { batchSize: ROWS });
    let row = 0;
    for (let step = 0; step < batches.steps; step++) {
      const { inputs, rows } = batches.read(step);
      const outputs = await loaded.run(
        'forward',
        Object.fromEntries(network.graph.inputs.map((name) => [name, inputs[name]!])),
      );
      for (let k = 0; k < rows; k++, row++) {
        if (options.rows !== undefined && row >= options.rows) return;
        const own = Object.entries(outputs).map(([name, { data }]) => [name, rowOf(data, k, rows)] as const);
        const classes = own.flatMap(([name, value]) => {
          const label = interpret(name)?.label(value);
          return label === undefined ? [] : [[name, label] as const];
        });
        yield {
          row,
          outputs: Object.fromEntries(
            own.map(([name, value]) => [
              name,
              numbersOf(interpret(name)?.number(value) ?? value.map((one) => shortest(one))),
            ]),
          ),
          ...(classes.length > 0 && { classes: Object.fromEntries(classes) }),
        };
      }
    }
    if (options.rows !== undefined && row < options.rows) {
      const of = options.input === undefined ? `the ${options.split} rows are` : `${options.input} holds`;
      options.note?.(
        `note: ${of} ${row.toLocaleString('en')}, fewer than the ${options.rows.toLocaleString('en')} asked for\n`,
      );
    }
  } finally {
    await loaded.close();
  }
}

function rowOf(data: ArrayLike<number>, row: number, rows: number): readonly number[] {
  const width = data.length / rows;
  return Array.from({ length: width }, (_, k) => data[row * width + k]!);
}

/** The shortest decimal that is the same number, which is: from which the same float32 comes back. More digits would say nothing. */
function shortest(
  value: number,
  isSame = (written: number): boolean => Math.fround(written) === Math.fround(value),
): number {
  for (let digits = 1; digits < 17; digits++) {
    const written = Number(value.toPrecision(digits));
    if (isSame(written)) return written;
  }
  return value;
}

function numbersOf(values: readonly number[]): number | readonly number[] {
  return values.length === 1 ? values[0]! : values;
}

/** What the numbers of an output mean, where something is known of its target. */
function interpretation({ spec, network, fitted, labelsOf }: Compiled) {
  const phase = spec.train.phases.at(-1)!;
  const { outputs } = endsOf(spec.model);
  const objectives = objectivesOf(phase, outputs);
  return (name: string) => {
    const column = fitted && fittedTarget(name, outputs, spec.data, fitted);
    const labels = labelsOf(name);
    const { loss } = objectives.find(({ output }) => output === name) ?? {};
    if (!loss) return undefined;
    const output = network.graph.outputs.find((one) => one.name === name)!;
    const ends = probabilityActivation(nodeOf(network.graph, output.node))?.word;
    const { probabilities } = lossKind(loss);
    // Several units of which each is a question of its own, and classes at every place of a row, are no one class.
    const isOne = outputShape(network, output).length === 1 && probabilities === 'softmax';
    return {
      /** The class: the largest output, or, of a lone one, the side of one half (of 0 for a logit). */
      label: (values: readonly number[]): string | number | undefined => {
        if (!probabilities || !(labels || isOne || values.length === 1)) return undefined;
        const number =
          values.length === 1 ? Number(values[0]! > (ends ? 0.5 : 0)) : values.indexOf(Math.max(...values));
        return labels ? labels[number] : number;
      },
      /** Numbers in the units of the file. */
      number: (values: readonly number[]): readonly number[] | undefined => {
        if (column?.kind !== 'number' || !column.mean || !column.deviation) return undefined;
        return values.map((value, k) => {
          const [mean, deviation] = [column.mean![k]!, column.deviation![k]!];
          const number = value * deviation + mean;
          // A float32 near 1, as standardized numbers are, is known to half of 2⁻²⁴; beside the mean, digits below that are rounding.
          const known = deviation * Math.max(1, Math.abs(value)) * 2 ** -25;
          return shortest(number, (written) => Math.abs(written - number) <= known);
        });
      },
    };
  };
}

async function prepare(options: EvaluateOptions & { readonly input?: string | undefined }) {
  const { file, source, split, dataFolder, acceptChangedData = false } = options;
  const toOpen = { source, specFile: file, sets: options.sets, dataFolder, acceptChangedData };
  const early = compile(source, await compileOptions(toOpen));
  if (!early.spec.weights) failWithoutWeights(file);
  const { engine, options: engineOptions } = await engineForSpec(options, early, { training: false });
  if (options.input !== undefined) {
    const { spec, network, fitted } = early;
    const at = spec.data.sourceSpan ?? spec.data.span;
    if (!fitted) fail('predict-source', { source: spec.data.source.word }, { at });
    const { table, notes } = await readRowsToPredict(
      spec.data,
      path.resolve(options.input),
      { dataFolder, specFolder: '.' },
      fitted,
      endsOf(spec.model),
    );
    for (const note of notes) options.note?.(`note: ${note}\n`);
    const values = startingValues(early, file, { fromScratch: false });
    return { compiled: early, values, engine, engineOptions, table: bindRows(network, spec, undefined, table) };
  }
  const { compiled, rows } = await openWithRows(toOpen);
  const { spec, network } = compiled;
  for (const note of rows.notes) options.note?.(`note: ${note}\n`);
  const values = startingValues(compiled, file, { fromScratch: false });
  const table = rows[split];
  if (!table)
    fail('no-test-data', { source: spec.data.source.word, split }, { at: spec.data.sourceSpan ?? spec.data.span });
  const bound = bindRows(network, spec, spec.train.phases.at(-1)!, table);
  refuseUnfitTargets(spec, table, bound);
  return { compiled, values, engine, engineOptions, table: bound };
}
