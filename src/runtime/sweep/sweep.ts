import { existsSync, mkdirSync, openSync, closeSync, writeSync } from 'node:fs';
import type { ChildProcess } from 'node:child_process';
import path from 'node:path';
import { fail } from '../../diagnostics/report.js';
import { failToWrite, makeFolder } from '../../files.js';
import { bestOf, byObjective, combinationsOf, mean } from './choose.js';
import { setsOf } from './plan.js';
import { type SweepRecord, type Trial, writeSweep } from './record.js';
import { epochsDone, finalScores, scoresAfter, sizesOf } from './trial.js';

/** So often a trial whose process was killed goes on from its checkpoint. */
const RETRIES = 3;

export interface SweepRun {
  readonly folder: string;
  /** How many trials are trained at once. */
  readonly workers: number;
  /** Where the data sets are now; absent: where they were. */
  readonly dataFolder: string | undefined;
  /** Starts `dnc` with these words as a process of its own, with stderr as a pipe and a channel that tells it when this process is gone. */
  startWorker(words: readonly string[]): ChildProcess;
  readonly note: (text: string) => void;
  readonly status: (text: string) => void;
  readonly stopping: { signal: NodeJS.Signals | undefined };
}

/** The processes that are under way, so that a signal reaches them. */
export class Workers {
  private readonly running = new Set<ChildProcess>();

  add(child: ChildProcess): void {
    this.running.add(child);
    child.once('exit', () => this.running.delete(child));
  }

  /** Lets all end with a checkpoint, as by Ctrl-C. */
  stop(): void {
    // The channel closes: that means the same everywhere, also where there are no signals.
    for (const child of this.running) if (child.connected) child.disconnect();
  }

  /** Ends all at once. */
  kill(): void {
    for (const child of this.running) child.kill('SIGKILL');
  }
}

/**
 * Trains the trials of a sweep that are not done, and chooses. What is done is told by the trials' own folders, so that a sweep that was stopped, or killed,
 * goes on where it was; every trial's numbers are its own, so that neither their order nor the number of workers changes any.
 *
 * @throws Failure cannot-write, sweep-stopped
 */
export async function runSweep(start: SweepRecord, run: SweepRun, workers: Workers): Promise<SweepRecord> {
  const sweep = new Sweep(start, run, workers);
  try {
    return await sweep.toItsEnd();
  } catch (error) {
    workers.stop();
    await sweep.settled();
    throw error;
  }
}

class Sweep {
  private record: SweepRecord;
  private readonly under = new Map<number, Promise<void>>();
  private trained = 0;

  constructor(
    start: SweepRecord,
    private readonly run: SweepRun,
    private readonly workers: Workers,
  ) {
    // Only the trials' folders tell what is done.
    const { chosen: _, ...record } = start;
    const trials = start.trials.map(({ number, combination, values, folder }): Trial => {
      return { number, combination, values, folder, state: 'waiting' };
    });
    this.record = { ...record, trials };
  }

  async toItsEnd(): Promise<SweepRecord> {
    const { rungs, objective } = this.record;
    let left = new Set(this.record.trials.map(({ combination }) => combination));
    for (const { epochs, keep } of rungs) {
      await this.trainAll(left, epochs);
      if (this.stopped) return this.write();
      const compared = combinationsOf(this.record.trials.map((one) => this.atRung(one, epochs)))
        .filter(({ number }) => left.has(number))
        .sort(byObjective(objective.better));
      const stays = new Set(compared.slice(0, keep).map(({ number }) => number));
      for (const { number, trials } of compared) {
        if (stays.has(number)) continue;
        for (const trial of trials) if (trial.state !== 'failed') this.set({ ...trial, state: 'stopped early' });
      }
      left = stays;
      this.run.note(
        `behind ${epochs} ${epochs === 1 ? 'epoch' : 'epochs'}: ${stays.size} of ${compared.length} go on\n`,
      );
      this.write();
    }
    await this.trainAll(left, undefined);
    if (this.stopped) return this.write();
    return this.choose();
  }

  /** Until no worker writes any more. */
  async settled(): Promise<void> {
    await Promise.allSettled(this.under.values());
  }

  private get stopped(): boolean {
    return this.run.stopping.signal !== undefined;
  }

  private write(): SweepRecord {
    writeSweep(this.run.folder, this.record);
    return this.record;
  }

  private set(trial: Trial): void {
    this.record = {
      ...this.record,
      trials: this.record.trials.map((one) => (one.number === trial.number ? trial : one)),
    };
  }

  /** Several at once, begun in the order of their numbers. */
  private async trainAll(combinations: ReadonlySet<number>, epochs: number | undefined): Promise<void> {
    const waiting = this.record.trials.filter(
      ({ combination, state }) => combinations.has(combination) && state !== 'failed',
    );
    const all = waiting.length;
    let done = 0;
    const say = () => {
      const until = epochs === undefined ? '' : ` to epoch ${epochs}`;
      this.run.status(`${done} of ${all} trials${until}, ${this.under.size} under way`);
    };
    for (let trial = waiting.shift(); trial && !this.stopped; trial = waiting.shift()) {
      const { number } = trial;
      const work = this.train(trial, epochs).then((ended) => {
        this.under.delete(number);
        if (!ended) return;
        done += 1;
        this.set(ended);
        this.write();
        say();
      });
      this.under.set(number, work);
      say();
      if (this.under.size >= this.run.workers) await Promise.race(this.under.values());
    }
    await Promise.all(this.under.values());
  }

  /** Trains a trial to its end, or behind so many epochs. Undefined: the sweep was stopped. */
  private async train(trial: Trial, epochs: number | undefined): Promise<Trial | undefined> {
    const folder = path.join(this.run.folder, trial.folder);
    const label = `trial ${trial.number}`;
    for (let kills = 0; ; ) {
      const done = this.measured(trial, epochs);
      if (done) return done;
      if (this.stopped) return undefined;
      const ended = await this.work(trial, epochs);
      if (this.stopped && ended.code !== 0) return undefined;
      const { code, signal, error } = ended;
      if (code === 0) {
        this.trained += 1;
        const after = this.measured(trial, epochs);
        if (after) return this.told(after);
        return this.failed(trial, 'it ended without a result');
      }
      // What ends every other trial, too.
      if (code === 5 || code === 6)
        fail('sweep-stopped', { trial: trial.number, reason: error ?? `exit code ${code}` });
      const wasKilled = signal !== null || (code !== null && code > 128);
      if (!wasKilled) return this.failed(trial, error ?? `it ended with exit code ${code}`);
      const by = signal ?? `exit code ${code}`;
      kills += 1;
      if (kills > RETRIES) return this.failed(trial, `it was ended by ${by} ${kills} times`);
      const on = epochsDone(folder) > 0 || existsSync(path.join(folder, 'run.json')) ? 'it goes on' : 'it begins again';
      this.run.note(`${label} was ended by ${by}; ${on}\n`);
    }
  }

  /** A trial with what it came to, where it has come so far. */
  private measured(trial: Trial, epochs: number | undefined): Trial | undefined {
    const folder = path.join(this.run.folder, trial.folder);
    const { name } = this.record.objective;
    if (epochs !== undefined) {
      const scores = scoresAfter(folder, epochs);
      return scores && { ...trial, objective: scores[name] ?? null, epochs };
    }
    const scores = finalScores(folder);
    if (!scores) return undefined;
    const { epochs: _, ...known } = trial;
    return { ...known, state: 'finished', objective: scores.validation?.[name] ?? null, ...sizesOf(folder) };
  }

  /** A trial as a rung of halving compares it: one that has come to its end by itself, as it was then. */
  private atRung(trial: Trial, epochs: number): Trial {
    return trial.state === 'failed' ? trial : (this.measured(trial, epochs) ?? trial);
  }

  private told(trial: Trial): Trial {
    const { name } = this.record.objective;
    const score =
      trial.objective === null || trial.objective === undefined ? 'not finite' : Number(trial.objective.toPrecision(5));
    const when = trial.epochs === undefined ? '' : ` behind epoch ${trial.epochs}`;
    const size = trial.parameters === undefined ? '' : `, ${trial.parameters.toLocaleString('en')} parameters`;
    this.run.note(
      `trial ${trial.number}  ${Object.entries(trial.values)
        .map(([address, value]) => `${address}: ${value}`)
        .join(', ')}  val_${name} ${score}${when}${size}\n`,
    );
    return trial;
  }

  private failed(trial: Trial, error: string): Trial {
    this.run.note(`trial ${trial.number} failed: ${error}\n`);
    const { number, combination, values, folder } = trial;
    return { number, combination, values, folder, state: 'failed', error };
  }

  /** One process of `dnc train`, from its beginning or from its checkpoint. */
  private async work(
    trial: Trial,
    epochs: number | undefined,
  ): Promise<{
    readonly code: number | null;
    readonly signal: NodeJS.Signals | null;
    readonly error: string | undefined;
  }> {
    const { spec, sets, data_folder, engine, threads } = this.record;
    const folder = path.join(this.run.folder, trial.folder);
    makeFolder(path.dirname(folder));
    const dataFolder = this.run.dataFolder ?? data_folder;
    const begun = existsSync(path.join(folder, 'run.json'));
    const words = [
      'train',
      ...(begun
        ? ['--resume', folder]
        : [
            path.join(spec.folder, spec.file),
            ...[...sets, ...setsOf(trial.values)].flatMap((set) => ['--set', set]),
            '--out',
            folder,
            ...(engine === undefined ? [] : ['--engine', engine]),
            '--threads',
            String(threads),
          ]),
      ...(dataFolder === undefined ? [] : ['--data-dir', dataFolder]),
      '--no-models',
      ...(epochs === undefined ? [] : ['--stop-after-epochs', String(epochs)]),
    ];
    const log = path.join(this.run.folder, 'logs', `${path.basename(folder)}.txt`);
    const file = openLog(log);
    const child = this.run.startWorker(words);
    this.workers.add(child);
    let last = '';
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      // A log that cannot be written ends no trial: what must be written there fails by itself.
      try {
        writeSync(file, text);
      } catch {}
      last = (last + text).slice(-20_000);
    });
    try {
      // Not 'close': where this side closed the channel, Node never tells it.
      const said = new Promise<void>((resolve) => child.stderr?.once('close', resolve));
      const ended = await new Promise<{ code: number | null; signal: NodeJS.Signals | null }>((resolve, reject) => {
        child.once('error', reject);
        child.once('exit', (code, signal) => resolve({ code, signal }));
      });
      await said;
      return { ...ended, error: errorIn(last) };
    } finally {
      closeSync(file);
    }
  }

  /** The best combination, and then, once, what it scores on test rows. */
  private choose(): SweepRecord {
    const best = bestOf(this.record);
    if (!best) return this.write();
    const scores = best.trials.map(({ folder }) => finalScores(path.join(this.run.folder, folder))?.test);
    const names = Object.keys(scores[0] ?? {}).filter((name) => scores.every((one) => typeof one?.[name] === 'number'));
    const test = Object.fromEntries(names.map((name) => [name, mean(scores.map((one) => one![name]!))]));
    this.record = { ...this.record, chosen: { combination: best.number, ...(names.length > 0 && { test }) } };
    return this.write();
  }
}

function openLog(file: string): number {
  try {
    mkdirSync(path.dirname(file), { recursive: true });
    return openSync(file, 'a');
  } catch (error) {
    return failToWrite(file, error);
  }
}

/** The first error that a process told, without its frame. */
function errorIn(text: string): string | undefined {
  const lines = text.split('\n').flatMap((line) => /^error(?:\[[\w-]+\])?: (.*)$/.exec(line)?.[1] ?? []);
  return lines.length === 0 ? undefined : lines.length === 1 ? lines[0] : `${lines[0]} (and ${lines.length - 1} more)`;
}
