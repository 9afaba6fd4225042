import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fail } from '../../diagnostics/report.js';
import { writeAtomically } from '../../files.js';
import { engineForSpec } from '../engines/for-spec.js';
import { measureLatency } from '../simplify/latency.js';
import { startingValues } from '../weights/load.js';
import type { SweepRecord } from './record.js';
import { simplifiedOf } from './trial.js';

/** How long the results of a sweep take for one row, by the number of the trial. Times differ from day to day: they stand apart from all else. */
export interface Milliseconds {
  readonly format: 1;
  /** Rows at once. */
  readonly batch_size: number;
  /** What it was measured on, for people. */
  readonly engine: string;
  /** The median of the forward passes. */
  readonly trials: Readonly<Record<string, number>>;
}

const FILE = 'milliseconds.json';

/** Measures every simplified network of a sweep that was not measured yet, one after the other, with nothing else under way. */
export async function measureTrials(
  folder: string,
  record: SweepRecord,
  status: (text: string) => void,
): Promise<void> {
  const known = readMilliseconds(folder);
  const trials: Record<string, number> = { ...known?.trials };
  let told = known?.engine ?? '';
  const left = record.trials.filter(({ number, state }) => state === 'finished' && !Object.hasOwn(trials, number));
  for (const [k, { number, folder: run }] of left.entries()) {
    status(`milliseconds of inference: ${k + 1} of ${left.length}`);
    const { file, compiled } = simplifiedOf(path.join(folder, run));
    const values = startingValues(compiled, file, { fromScratch: false });
    const { network } = compiled;
    const asked = { engine: record.engine, engineOptions: { threads: record.threads } };
    const { engine, options: engineOptions } = await engineForSpec(asked, compiled, { training: false });
    const table = await measureLatency({ networks: [{ network, values }], batchSize: 1, engine, engineOptions });
    told = table.engine;
    trials[number] = table.entries[0]!.milliseconds;
  }
  const measured: Milliseconds = { format: 1, batch_size: 1, engine: told, trials };
  writeAtomically(path.join(folder, FILE), `${JSON.stringify(measured, undefined, 2)}\n`);
}

/** What was measured of a sweep; undefined where nothing was. @throws Failure run-damaged */
export function readMilliseconds(folder: string): Milliseconds | undefined {
  const file = path.join(folder, FILE);
  if (!existsSync(file)) return undefined;
  try {
    const value = JSON.parse(readFileSync(file, 'utf8')) as Milliseconds;
    const times = Object.values(value.trials);
    if (
      value.format === 1 &&
      typeof value.engine === 'string' &&
      times.every((one) => typeof one === 'number' && one > 0)
    )
      return value;
  } catch {}
  return fail('run-damaged', { file });
}
