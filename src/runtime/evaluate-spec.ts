import { compile } from '../compiler/compile.js';
import { forwardProgram } from '../compiler/4-program/index.js';
import { Batches } from '../data/batches.js';
import { fail } from '../diagnostics/report.js';
import type { Source } from '../diagnostics/source.js';
import type { EngineOptions } from './engines/engine.js';
import { chooseEngine } from './engines/index.js';
import type { Score } from './evaluate-rows.js';
import { originalsOf, startingValues } from './load.js';
import { bindRows, dataPathsFolder, readRows } from './rows.js';
import { scorer, tensorsOf } from './simplify.js';
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
  readonly engine: string;
  readonly engineOptions: EngineOptions;
}

/** Loss and metrics of a spec with its weights on one part of its data. */
export async function evaluateSpec(options: EvaluateOptions): Promise<Score> {
  const { compiled, values, table, engine } = await prepare(options);
  const judge = await scorer(engine, options.engineOptions, compiled.network, compiled.spec.train.phases.at(-1)!);
  try {
    return await judge.score(values, table);
  } finally {
    await judge.close();
  }
}

/** Rows in one run of the forward program. */
const ROWS = 1000;

/** The outputs of a spec for rows of its data, by the output's name: one number, or one for every unit. */
export async function* predictSpec(
  options: EvaluateOptions & { readonly rows: number | undefined },
): AsyncGenerator<{ readonly row: number; readonly outputs: Readonly<Record<string, number | readonly number[]>> }> {
  const { compiled, values, table, engine } = await prepare(options);
  const { network } = compiled;
  const loaded = await engine.load({ forward: forwardProgram(network, { mode: 'inference' }) }, options.engineOptions);
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
        yield {
          row,
          outputs: Object.fromEntries(Object.entries(outputs).map(([name, { data }]) => [name, rowOf(data, k, rows)])),
        };
      }
    }
  } finally {
    await loaded.close();
  }
}

function rowOf(data: ArrayLike<number>, row: number, rows: number): number | number[] {
  const width = data.length / rows;
  const values = Array.from({ length: width }, (_, k) => data[row * width + k]!);
  return width === 1 ? values[0]! : values;
}

async function prepare(options: EvaluateOptions) {
  const { file, source, split } = options;
  const compiled = compile(source, { sets: options.sets, originals: originalsOf(file) });
  const { spec, network } = compiled;
  if (!spec.weights) failWithoutWeights(file);
  const values = startingValues(compiled, file, { fromScratch: false });
  const { engine } = await chooseEngine(options.engine);
  const rows = await readRows(spec, { dataFolder: options.dataFolder, specFolder: dataPathsFolder(spec, file) });
  const table = rows[split];
  if (!table)
    fail('no-test-data', { source: spec.data.source.word, split }, { at: spec.data.sourceSpan ?? spec.data.span });
  return { compiled, values, engine, table: bindRows(network, spec, spec.train.phases.at(-1)!, table) };
}
