import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { multiplyAdds, parameterCount, weightCount } from '../../compiler/3-dims/index.js';
import { type Compiled, compile } from '../../compiler/compile.js';
import { fail } from '../../diagnostics/report.js';
import { RunFolder } from '../run/run-folder.js';
import { readSpecFile } from '../spec/spec-file.js';
import type { HistoryRow } from '../training/progress.js';
import { fittedOf, originalsOf } from '../weights/load.js';

/** What an evaluation left in a file: numbers that were not finite are null there. */
interface Stored {
  readonly loss: number | null;
  readonly losses?: Readonly<Record<string, number | null>>;
  readonly metrics: Readonly<Record<string, number | null>>;
}

type Measures = Readonly<Record<string, number | null>>;

/** Metrics, the losses of several outputs, and the loss, by the names that objectives have. */
function measuresOf({ loss, losses = {}, metrics }: Stored): Measures {
  const named = Object.entries(losses).map(([output, value]) => [`${output}_loss`, value] as const);
  return { ...metrics, ...Object.fromEntries(named), loss };
}

/** What a run's folder knows of the scores of its simplified network; undefined where the run has not come to its end. */
export function finalScores(folder: string): { readonly validation?: Measures; readonly test?: Measures } | undefined {
  const file = path.join(folder, 'result.json');
  if (!existsSync(file)) return undefined;
  try {
    const { scores } = JSON.parse(readFileSync(file, 'utf8')) as {
      scores: Partial<Record<'validation' | 'test', { simplified: Stored }>>;
    };
    return {
      ...(scores.validation && { validation: measuresOf(scores.validation.simplified) }),
      ...(scores.test && { test: measuresOf(scores.test.simplified) }),
    };
  } catch {
    return fail('run-damaged', { file });
  }
}

/** What a run measured on validation rows behind so many epochs, or behind its last one where training ended earlier by itself. */
export function scoresAfter(folder: string, epochs: number): Measures | undefined {
  const rows = historyOf(folder).filter(({ phase }) => phase !== 'finetune');
  const row = rows.findLast(({ epoch }) => epoch <= epochs);
  if (!row?.validation) return undefined;
  const isThere = row.epoch === epochs || existsSync(path.join(folder, 'result.json'));
  return isThere ? measuresOf(row.validation) : undefined;
}

/** Epochs that a run has behind it, those of fine-tuning among them. */
export function epochsDone(folder: string): number {
  return historyOf(folder).at(-1)?.epoch ?? 0;
}

function historyOf(folder: string): HistoryRow[] {
  const file = path.join(folder, 'history.jsonl');
  if (!existsSync(file)) return [];
  // What a killed process has half-written is the last line, and the run that goes on cuts it off.
  return readFileSync(file, 'utf8')
    .split('\n')
    .slice(0, -1)
    .flatMap((line) => {
      try {
        return [JSON.parse(line) as HistoryRow];
      } catch {
        return [];
      }
    });
}

/** The simplified spec of a run that has come to its end, and what it compiles to. */
export function simplifiedOf(folder: string): { readonly file: string; readonly compiled: Compiled } {
  const run = new RunFolder(folder);
  const file = run.simplifiedText(run.readRecord());
  return { file, compiled: compile(readSpecFile(file), { originals: originalsOf(file), fitted: fittedOf(file) }) };
}

/** Sizes of what a finished run came to. */
export function sizesOf(folder: string): {
  readonly parameters: number;
  readonly weights: number;
  readonly multiply_adds: number;
} {
  const { network } = simplifiedOf(folder).compiled;
  return {
    parameters: parameterCount(network),
    weights: weightCount(network),
    multiply_adds: multiplyAdds(network),
  };
}
