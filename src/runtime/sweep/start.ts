import { existsSync, mkdirSync } from 'node:fs';
import path from 'node:path';
import { sweepObjective } from '../../compiler/sweep-objective.js';
import type { Spec } from '../../compiler/spec.js';
import type { Diagnostic } from '../../diagnostics/diagnostic.js';
import { fail } from '../../diagnostics/report.js';
import type { Source } from '../../diagnostics/source.js';
import { failToWrite, makeFolder, writeAtomically } from '../../files.js';
import { sha256 } from '../../hash.js';
import type { Network } from '../../ir/graph.js';
import { version } from '../../version.js';
import { readSpecFile } from '../spec/spec-file.js';
import { stepSizeOf, threadsBeside } from '../engines/auto.js';
import { readSettings } from '../engines/settings.js';
import { openSweep, repetitionsOf } from './plan.js';
import { readSweep, SWEEP, type SweepRecord, type Trial, writeSweep } from './record.js';

export interface SweepStart {
  readonly specFile: string;
  readonly source: Source;
  /** Those of `sweep` itself among them. */
  readonly sets: readonly string[];
  readonly dataFolder: string | undefined;
  /** Absent: what the spec says, or the user's settings as they are now, or `auto`. */
  readonly engine: string | undefined;
  /** Of every trial; absent: by their number, the size of a step and the cores. */
  readonly threads: number | undefined;
  readonly cores: number;
}

/** A sweep before its first trial: everything is checked, nothing is written. */
export interface PlannedSweep {
  readonly record: SweepRecord;
  readonly spec: Spec;
  readonly warnings: readonly Diagnostic[];
}

/**
 * Plans the sweep of a spec.
 *
 * @throws Failure of the spec, of its sweep section, no-sweep-section, sweep-values for an address that `--set` fixes
 */
export async function newSweep(start: SweepStart): Promise<PlannedSweep> {
  const { specFile, source, dataFolder } = start;
  const { compiled, plan } = await openSweep({ source, specFile, sets: start.sets, dataFolder }, { isStarted: true });
  const { spec, network, warnings } = compiled;
  if (!spec.sweep || !plan)
    return fail('no-sweep-section', { file: specFile }, { help: ['add for example `sweep { train.seed: 1..3 }`'] });
  const { sweep } = spec;
  const sets = start.sets.filter((set) => !/^\s*sweep\s*[.=]/.test(set));
  const { axes, points, rungs } = plan;
  const objective = sweepObjective(spec, network);
  if (rungs.length > 1) refuseUnseen(spec, network, objective.name);
  const repetitions = repetitionsOf(axes);
  const width = Math.max(2, String(points.length).length);
  const says = spec.train.engine !== undefined || axes.some(({ address }) => address === 'train.engine');
  // Settings may come or change while a sweep runs or is stopped, and its trials are compared with each other.
  const engine = start.engine ?? (says ? undefined : (readSettings().engine ?? 'auto'));
  const record: SweepRecord = {
    format: 1,
    dnc: version,
    name: path.basename(specFile, path.extname(specFile)),
    spec: {
      folder: path.resolve(path.dirname(specFile)),
      file: path.basename(specFile),
      sha256: sha256(source.text),
    },
    sets,
    ...(dataFolder !== undefined && { data_folder: path.resolve(dataFolder) }),
    ...(engine !== undefined && { engine }),
    threads: start.threads ?? threadsBeside(stepSizeOf(compiled), start.cores, points.length),
    strategy: sweep.strategy,
    seed: sweep.seed,
    objective: { name: objective.name, better: objective.better },
    axes: axes.map(({ address, repeats }) => ({ address, repeats })),
    rungs: rungs.flatMap(({ epochs, keep }) => (epochs === undefined || keep === undefined ? [] : [{ epochs, keep }])),
    trials: points.map((values, k): Trial => {
      const number = k + 1;
      const folder = `trials/${String(number).padStart(width, '0')}`;
      return { number, combination: Math.floor(k / repetitions) + 1, values, folder, state: 'waiting' };
    }),
  };
  return { record, spec, warnings };
}

/** Halving compares trials in the middle of their training: every phase must compute what they are compared by. */
function refuseUnseen(spec: Spec, network: Network, name: string): void {
  for (const phase of spec.train.phases) {
    if (sweepObjective({ ...spec, train: { ...spec.train, phases: [phase] } }, network).known.includes(name)) continue;
    const reason = `the phase \`${phase.name}\` does not compute it, and halving compares trials there`;
    const { sweep } = spec;
    fail('sweep-objective', { objective: `val_${name}`, reason }, { at: sweep!.objectiveSpan ?? sweep!.span });
  }
}

/** Makes the folder of a sweep, with the text of its spec. `out`: absent: `sweeps/<name>/<time>-<hash>` beside the spec. */
export function makeSweepFolder({ record, spec }: PlannedSweep, out: string | undefined, now: Date): string {
  const folder = out ?? freeFolder(path.join(record.spec.folder, 'sweeps', record.name), spec.hash, now);
  if (existsSync(path.join(folder, SWEEP)))
    fail('sweep-exists', { folder }, { help: [`go on with it: dnc sweep --resume ${folder}`] });
  makeFolder(folder);
  writeAtomically(path.join(folder, record.spec.file), spec.source.text);
  writeSweep(folder, record);
  return folder;
}

function freeFolder(parent: string, hash: string, now: Date): string {
  const time = now.toISOString().replace(/[-:]/g, '').replace(/\..*/, '').replace('T', '-');
  const first = path.join(parent, `${time}-${hash.slice(0, 8)}`);
  makeFolder(parent);
  for (let k = 1; ; k++) {
    const free = k === 1 ? first : `${first}-${k}`;
    try {
      mkdirSync(free);
      return path.relative('', free) || free;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') failToWrite(free, error);
    }
  }
}

/**
 * A sweep to go on with. Its spec and dnc must be those that it began with: its trials are compared with each other.
 *
 * @throws Failure no-sweep, run-damaged, sweep-changed, spec-missing
 */
export function sweepToResume(folder: string): SweepRecord {
  const record = readSweep(folder);
  const { spec } = record;
  const file = path.join(spec.folder, spec.file);
  if (sha256(readSpecFile(file).text) !== spec.sha256) {
    const help = [`the text as it was: ${path.join(folder, spec.file)}`, 'or begin another sweep: dnc sweep'];
    fail('sweep-changed', { what: file, folder }, { help });
  }
  if (record.dnc !== version)
    fail('sweep-changed', { what: `dnc ${version}`, folder }, { help: [`it was made by dnc ${record.dnc}`] });
  return record;
}
