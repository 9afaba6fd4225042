import path from 'node:path';
import { hasUnitsToCut } from '../../compiler/checks/threshold-cuts.js';
import { type Compiled, resolvedText } from '../../compiler/compile.js';
import { tensorsKept, type When, withFrozen } from '../../compiler/4-program/index.js';
import type { DistilSpec, PhaseSpec } from '../../compiler/spec.js';
import { allLiving, livingNetwork, livingValues, wholeValues } from '../../compiler/5-shrink/live.js';
import { dependsOnInputs } from '../../compiler/5-shrink/shrink.js';
import type { Values } from '../../compiler/5-shrink/values.js';
import { render } from '../../diagnostics/render.js';
import { Failure, fail } from '../../diagnostics/report.js';
import type { Source } from '../../diagnostics/source.js';
import { endingOf } from '../../dsl/syntax.js';
import type { Network } from '../../ir/graph.js';
import { Stream } from '../../random/streams.js';
import { version } from '../../version.js';
import { Checkpoints, type Position } from '../training/checkpoint.js';
import { lockToResume, refuseMissing } from './data-lock.js';
import { engineRecord, sameRecord, showRecord } from './engine-record.js';
import { engineForSpec } from '../engines/for-spec.js';
import { chooseEngine } from '../engines/index.js';
import type { Engine, EngineOptions } from '../engines/engine.js';
import { featuresOf } from '../simplify/features.js';
import { learnedNothingWarnings } from '../simplify/learned-nothing.js';
import { qualityWarning } from '../simplify/loss-of-quality.js';
import { LATENCY, type LatencyTables, latencyTables } from '../simplify/latency.js';
import { writeAtomically } from '../../files.js';
import { History } from '../training/history.js';
import { initialValues } from '../weights/initial-values.js';
import { readTrained, startingValues, writeTrained } from '../weights/load.js';
import { judgeRows, openWithRows } from '../spec/open-spec.js';
import { farTargets } from '../spec/targets.js';
import type { Watcher } from '../training/progress.js';
import { provenRanges } from '../simplify/ranges.js';
import { type RunResult, scoresOf, writeResult } from '../simplify/result.js';
import { bindRows, type Rows } from '../spec/rows.js';
import { makeRunFolder, RunFolder, type RowsRecord, type RunRecord } from './run-folder.js';
import { StepRecords } from './step-records.js';
import { writeSimplified } from '../simplify/write-simplified.js';
import { simplify } from '../simplify/simplify.js';
import { Stopped } from '../simplify/stopped.js';
import { teach, type Teaching } from '../simplify/teacher.js';
import { tensorsOf, valuesOf } from '../weights/tensors.js';
import { readSpecFile } from '../spec/spec-file.js';
import { withLearnedStatistics } from '../training/learned-statistics.js';
import { newTotals } from '../training/totals.js';
import { type Start, type Stretch, type StretchEnd, type Training, trainStretch } from '../training/train.js';

/** What a command line may say about how to run, none of which is a part of the spec. */
export interface RunOptions {
  /** Absent: the spec says, or the user's settings, or it is chosen. A run that is resumed has its own. */
  readonly engine?: string | undefined;
  readonly engineOptions: Partial<EngineOptions>;
  readonly checkpointSeconds: number;
  readonly watcher: Watcher;
  /** What ends it before its end, with a checkpoint: a signal, or so many epochs. */
  readonly stopping: { signal: NodeJS.Signals | undefined; readonly afterEpochs?: number | undefined };
}

export interface StartOptions extends RunOptions {
  readonly specFile: string;
  readonly source: Source;
  readonly sets: readonly string[];
  readonly dataFolder: string | undefined;
  readonly fromScratch: boolean;
  /** Data files may have changed since the run that the spec's weights are from. */
  readonly acceptChangedData?: boolean;
  /** The run's folder; absent: `runs/<name>/<time>-<hash>` beside the spec. */
  readonly out: string | undefined;
}

export interface ResumeOptions extends RunOptions {
  /** Where the data sets are now; absent: where they were. Their content is checked either way. */
  readonly dataFolder?: string | undefined;
}

/** What a run came to. */
export interface RunEnd {
  readonly folder: string;
  /** What stopped it, with a checkpoint written: a signal, or the number of epochs that it was to train. */
  readonly stopped?: NodeJS.Signals | 'epochs';
  readonly result?: RunResult;
}

/** Trains a spec from its beginning, simplifies it, and writes everything into a new run folder. */
export async function startRun(options: StartOptions): Promise<RunEnd> {
  const { compiled, rows } = await openWithRows(options);
  const { engine, because, options: engineOptions } = await engineForSpec(options, compiled);
  const record = await engineRecord(engine, engineOptions);
  options.watcher.note(`engine: ${record.engine} ${record.version} (${because})\n`);
  for (const note of rows.notes) options.watcher.note(`note: ${note}\n`);
  const { unused = 0 } = rows;
  if (unused > 0)
    options.watcher.note(
      `note: trains on ${rows.train.rows.toLocaleString('en')} rows; \`train\` of \`data\` leaves out ${unused.toLocaleString('en')} more\n`,
    );
  // Before the run has a folder.
  const { spec, network } = compiled;
  const isTrained = spec.weights !== undefined && !options.fromScratch;
  const warnings = judgeRows(compiled, rows);
  if (!isTrained)
    warnings.push(
      ...farTargets(spec, network, rows.train, () => bindRows(network, spec, spec.train.phases[0], rows.train)),
    );
  if (warnings.length > 0) options.watcher.note(render(warnings, { color: false }));
  const values = firstValues(compiled, rows, options.specFile, options.fromScratch);
  latencyTables('', options.specFile, compiled.spec.simplify.target?.latencyTable);

  const folder = new RunFolder(options.out ?? makeRunFolder(options.specFile, compiled.spec.hash, new Date()));
  // A simplified spec that is trained again is simplified under its own name, not as .min.min.
  const name = path.basename(options.specFile, path.extname(options.specFile)).replace(/\.min$/, '');
  const specName = name + endingOf(options.specFile);
  folder.create([specName]);
  try {
    writeAtomically(folder.file(specName), options.source.text);
    writeAtomically(folder.file('spec.resolved.dn'), resolvedText(compiled));
    const written: RunRecord = {
      format: 1,
      dnc: version,
      name,
      specFolder: path.resolve(path.dirname(options.specFile)),
      specFile: path.basename(options.specFile),
      sets: options.sets,
      ...(options.dataFolder !== undefined && { dataFolder: path.resolve(options.dataFolder) }),
      fromScratch: options.fromScratch,
      engine: record,
      ...(options.engineOptions.threads !== undefined && { threadsAsked: true }),
      steps: [],
      updatePass: engineOptions.updatePass ?? true,
      data: rows.files,
      rows: rowsRecord(rows),
    };
    folder.writeRecord(written);
    if (options.out === undefined) folder.markLatest();
    options.watcher.note(`run: ${folder.path}\n`);
    return await new Run({ ...options, engineOptions }, folder, written, compiled, engine, rows, options.specFile).go({
      position: { stretch: 0, epoch: 0, step: 0, stretchSteps: 0, totalEpochs: 0, optimizerSteps: 0 },
      totals: newTotals(),
      state: tensorsOf(compiled.network, values),
    });
  } finally {
    folder.unlock();
  }
}

/** Goes on with a run that was stopped, as if it had not been. */
export async function resumeRun(path_: string, options: ResumeOptions): Promise<RunEnd> {
  const folder = new RunFolder(path_);
  const record = folder.readRecord();
  const specFile = path.join(record.specFolder, record.specFile);
  const source = readSpecFile(folder.specText(record));
  folder.lock();
  try {
    const { engine } = await chooseEngine(record.engine.engine);
    const engineOptions: EngineOptions = { threads: record.engine.threads, updatePass: record.updatePass };
    const found = await engineRecord(engine, engineOptions);
    if (!sameRecord(found, record.engine))
      fail('resume-engine', { recorded: showRecord(record.engine), found: showRecord(found) });
    if (record.dnc !== version) fail('resume-engine', { recorded: `dnc ${record.dnc}`, found: `dnc ${version}` });
    options.watcher.note(`engine: ${found.engine} ${found.version}, as before\n`);
    if (!record.steps)
      options.watcher.note(
        'note: run.json does not say how the steps were run until now, so that cannot be compared\n',
      );
    const lock = lockToResume(record);
    const { compiled, rows } = await openWithRows({
      source,
      specFile,
      sets: record.sets,
      dataFolder: options.dataFolder ?? record.dataFolder,
      fromScratch: record.fromScratch,
      lock,
    });
    refuseMissing(lock, rows.files);

    const checkpoint = new Checkpoints(folder.file('checkpoints')).newest(options.watcher.note);
    const history = new History(folder.file('history.jsonl'));
    const timing = new History(folder.file('timing.jsonl'));
    const run = new Run({ ...options, engineOptions }, folder, record, compiled, engine, rows, specFile);
    if (!checkpoint) {
      // Stopped before the first checkpoint: from the beginning, with the same numbers.
      history.cut(0);
      timing.cut(0);
      const values = firstValues(compiled, rows, specFile, record.fromScratch);
      options.watcher.note('the run stopped before its first checkpoint; it begins again\n');
      return await run.go({
        position: { stretch: 0, epoch: 0, step: 0, stretchSteps: 0, totalEpochs: 0, optimizerSteps: 0 },
        totals: newTotals(),
        state: tensorsOf(compiled.network, values),
      });
    }
    history.cut(checkpoint.historyLength);
    timing.cutFrom(({ epoch }) => typeof epoch === 'number' && epoch <= checkpoint.position.totalEpochs);
    options.watcher.note(
      `going on at epoch ${checkpoint.position.totalEpochs + 1}, step ${checkpoint.position.step + 1}\n`,
    );
    return await run.go(checkpoint);
  } finally {
    folder.unlock();
  }
}

function rowsRecord({ train, validation, test, unused }: Rows): RowsRecord {
  return {
    train: train.rows,
    ...(validation && { validation: validation.rows }),
    ...(test && { test: test.rows }),
    ...(unused !== undefined && { unused }),
  };
}

/** The values that a run starts from. Those of a weights file have learned what layers learn of the training rows. */
function firstValues(compiled: Compiled, rows: Rows, specFile: string, fromScratch: boolean): Values {
  const { spec, network } = compiled;
  const values = startingValues(compiled, specFile, { fromScratch });
  if (spec.weights && !fromScratch) return values;
  return withLearnedStatistics(network, values, () => bindRows(network, spec, spec.train.phases[0]!, rows.train));
}

/** One run under way: the phases, simplifying, the fine-tuning, the results. */
class Run {
  private readonly training: Training;
  private readonly latency: LatencyTables;
  private readonly name: string;
  private readonly fromScratch: boolean;
  private first: Values | undefined;

  constructor(
    private readonly options: RunOptions & { readonly engineOptions: EngineOptions },
    private readonly folder: RunFolder,
    record: RunRecord,
    private readonly compiled: Compiled,
    private readonly engine: Engine,
    private readonly rows: Rows,
    private readonly specFile: string,
  ) {
    this.name = record.name;
    this.fromScratch = record.fromScratch;
    const steps = new StepRecords(record.steps ?? [], (known) => folder.writeRecord({ ...record, steps: known }));
    const { target } = compiled.spec.simplify;
    this.latency = latencyTables(folder.file(LATENCY), specFile, target?.latencyTable);
    this.training = {
      seed: compiled.spec.train.seed,
      engine,
      engineOptions: options.engineOptions,
      threadsAsked: record.threadsAsked === true,
      holdToSteps: (phase, program, found) => steps.hold(phase, program, found),
      history: new History(folder.file('history.jsonl')),
      timing: new History(folder.file('timing.jsonl')),
      checkpoints: new Checkpoints(folder.file('checkpoints')),
      checkpointSeconds: options.checkpointSeconds,
      watcher: options.watcher,
      stopping: options.stopping,
    };
  }

  async go(from: Start): Promise<RunEnd> {
    this.folder.forgetFailure();
    try {
      return await this.toItsEnd(from);
    } catch (error) {
      // Where the engine is another one, the run is as good as it was: it goes on where it began.
      const isRefused = error instanceof Failure && error.diagnostics.some(({ code }) => code === 'resume-engine');
      if (error instanceof Failure && !isRefused) this.folder.rememberFailure(error);
      throw error;
    }
  }

  private async toItsEnd(from: Start): Promise<RunEnd> {
    const { spec, network } = this.compiled;
    const { phases } = spec.train;
    const { live } = spec.simplify;
    const { rows } = this.rows.train;

    // The phases, one after the other. The trained network is kept, so that simplifying can be done again.
    let at: Start = { ...from, living: from.living ?? (live && allLiving(network)) };
    let trained: Values;
    const before = this.trainedFile();
    if (from.position.stretch < phases.length) {
      for (let index = from.position.stretch; index < phases.length; index++) {
        let left: Network;
        let end: StretchEnd | undefined;
        do {
          const { living, frozen = [] } = at;
          left = withFrozen(living ? livingNetwork(network, living) : network, frozen);
          const stepsAfter = phases.slice(index + 1).reduce((sum, phase) => sum + stepsOf(phase, rows), 0);
          end = await this.stretch(phases[index]!, left, at, {
            finetune: false,
            earlier: phases.slice(0, index).map(asWhen),
            next: phases[index + 1] && asWhen(phases[index + 1]!),
            initial: () => (living ? livingValues(network, living, this.initial()) : this.initial()),
            drawn: (number) => {
              const values = this.drawn(network, number);
              return living ? livingValues(network, living, values) : values;
            },
            live: live && { ...live, stepsAfter },
            continued: end !== undefined,
          });
          if (end.because === 'stopped') return this.stopped();
          at = end;
        } while (end.because === 'changed');
        const keepsSlots = continues(phases[index]!, phases[index + 1]);
        at = {
          ...end,
          position: nextStretch(end.position, keepsSlots),
          state: keepsSlots ? end.state : withoutSlots(left, phases[index + 1], end.state),
        };
      }
      // Everything from here on speaks of the units of the spec: what live shrinking has removed is 0.
      trained = at.living
        ? wholeValues(network, at.living, valuesOf(livingNetwork(network, at.living), at.state))
        : valuesOf(network, at.state);
      writeTrained(before, this.compiled, trained);
    } else {
      trained = readTrained(before, this.compiled);
    }

    // Cut, shrink, certify.
    const last = phases.at(-1)!;
    const trainRows = bindRows(network, spec, last, this.rows.train);
    const bind = (of: Network, table: Rows['train'] | undefined) => table && bindRows(of, spec, last, table);
    const simplifying = simplify({
      spec,
      network,
      values: trained,
      phase: last,
      validation: bind(network, this.rows.validation),
      train: trainRows,
      initial: () => this.initial(),
      features: featuresOf(network, spec, last, this.rows.train),
      ranges: provenRanges(network, spec, this.rows.train),
      latency: this.latency,
      engine: this.engine,
      engineOptions: this.options.engineOptions,
      watcher: this.options.watcher,
      stopping: this.options.stopping,
    });
    const simplified = await simplifying.catch((error: unknown) => {
      if (!(error instanceof Stopped)) return this.refuseDeadNetwork(error, trained);
      // The newest checkpoint is that of the training's end, or of the fine-tuning: from both the search finds the same again.
      if (error.unfinished !== undefined)
        this.options.watcher.note(
          `${error.unfinished} is left unfinished, and begins again when the run goes on; the trained network is kept\n`,
        );
      return undefined;
    });
    if (!simplified) return this.stopped();
    const { shrunk } = simplified;

    // Fine-tuning of the small network, if asked for; its optimizer starts anew.
    const { finetune, distil } = spec.simplify;
    let values: Values = shrunk.values;
    if (finetune) {
      const teaching =
        distil &&
        (await this.teaching(distil, finetune, trained, shrunk.network).catch((error: unknown) => {
          if (error instanceof Stopped) return 'stopped' as const;
          throw error;
        }));
      if (teaching === 'stopped') return this.stopped();
      const start =
        from.position.stretch === phases.length
          ? from
          : {
              position: { ...at.position, optimizerSteps: 0 },
              totals: newTotals(),
              state: tensorsOf(shrunk.network, shrunk.values),
            };
      const end = await this.stretch(finetune, shrunk.network, start, {
        finetune: true,
        earlier: phases.map(asWhen),
        next: undefined,
        // What a method would go back to is gone with the units that went.
        initial: () => shrunk.values,
        drawn: (number) => this.drawn(shrunk.network, number),
        live: undefined,
        continued: false,
        ...teaching,
      });
      if (end.because === 'stopped') return this.stopped();
      values = valuesOf(shrunk.network, end.state);
    }

    const files = writeSimplified({
      folder: this.folder.path,
      name: this.name,
      specFile: this.specFile,
      original: this.folder.file(this.name + endingOf(this.specFile)),
      compiled: this.compiled,
      simplified,
      values,
      finetunedEpochs: finetune && epochsOf(finetune, this.rows.train.rows),
    });
    const judged = {
      engine: this.engine,
      engineOptions: this.options.engineOptions,
      spec,
      phase: last,
      rows: this.rows,
    };
    const scores = await scoresOf(judged, [network, trained], [shrunk.network, values]);
    const result: RunResult = {
      simplified,
      network: { before: network, after: shrunk.network },
      finetuned: finetune !== undefined,
      files,
      scores,
      warnings: [
        ...learnedNothingWarnings({
          spec,
          network,
          phase: last,
          scores,
          bound: (split) => bind(network, this.rows[split])!,
        }),
        ...simplified.warnings,
        ...qualityWarning({ spec, network, scores, finetuned: finetune !== undefined, from: this.folder.path }),
      ],
    };
    writeResult(this.folder.path, result);
    return { folder: this.folder.path, result };
  }

  /** The network before the cut as the teacher of the small one. */
  private teaching(distil: DistilSpec, phase: PhaseSpec, values: Values, student: Network): Promise<Teaching> {
    const { spec, network } = this.compiled;
    const rows = this.rows.train;
    return teach({ ...this.options, spec, distil, phase, network, values, student, rows, engine: this.engine });
  }

  private stretch(
    phase: PhaseSpec,
    network: Network,
    start: Start,
    {
      tensors = [],
      ...as
    }: Pick<Stretch, 'finetune' | 'earlier' | 'next' | 'initial' | 'drawn' | 'live' | 'continued'> & Partial<Teaching>,
  ): Promise<StretchEnd> {
    const { spec } = this.compiled;
    const { rows, tensors: own } = bindRows(network, spec, phase, this.rows.train);
    return trainStretch(
      this.training,
      {
        ...as,
        phase,
        network,
        train: { rows, tensors: [...own, ...tensors] },
        validation: this.rows.validation && bindRows(network, spec, phase, this.rows.validation),
      },
      start,
    );
  }

  /** The parameters before training, the same after a resume. */
  private initial(): Values {
    this.first ??= firstValues(this.compiled, this.rows, this.specFile, this.fromScratch);
    return this.first;
  }

  /** Parameters as a network of another seed would begin with them, one that the run's seed and a number give. */
  private drawn(network: Network, number: number): Values {
    const { seed } = this.compiled.spec.train;
    return initialValues(network, Stream.named('weights drawn anew', { seed, epoch: number }).bits(0));
  }

  /** Training is not lost because the threshold took too much: the message says how to cut anew. Where training itself took all, no cut helps. */
  private refuseDeadNetwork(error: unknown, trained: Values): never {
    if (!(error instanceof Failure) || !dependsOnInputs(this.compiled.network, trained)) throw error;
    const kept = `the trained network is kept: dnc simplify ${this.folder.path}`;
    const help = hasUnitsToCut(this.compiled.network)
      ? `${kept} --threshold VALUE cuts it anew`
      : `${kept} --threshold 0 takes away what is exactly zero`;
    const codes: readonly string[] = ['dead-network', 'target-out-of-reach'];
    throw new Failure(
      error.diagnostics.map((one) => (codes.includes(one.code) ? { ...one, help: [...one.help, help] } : one)),
    );
  }

  private trainedFile(): string {
    return this.folder.file('trained.safetensors');
  }

  private stopped(): RunEnd {
    return { folder: this.folder.path, stopped: this.options.stopping.signal ?? 'epochs' };
  }
}

/** The position before the first step of the next stretch. The optimizer's slots go on where the next one is of the same kind. */
function nextStretch(position: Position, keepsSlots: boolean): Position {
  return {
    ...position,
    stretch: position.stretch + 1,
    epoch: 0,
    step: 0,
    stretchSteps: 0,
    optimizerSteps: keepsSlots ? position.optimizerSteps : 0,
  };
}

/** A phase, as what acts when is told. */
function asWhen({ name }: PhaseSpec): When {
  return { name, finetune: false };
}

/** The state for a phase whose optimizer starts anew: the parameters, and the own tensors of the methods that go on. */
function withoutSlots(network: Network, next: PhaseSpec | undefined, state: Start['state']): Start['state'] {
  const own = next ? tensorsKept(network, asWhen(next)).map(({ param }) => param.name) : [];
  const kept = own.flatMap((name) => (state[name] ? [[name, state[name]]] : []));
  return { ...tensorsOf(network, valuesOf(network, state)), ...Object.fromEntries(kept) };
}

function continues(phase: PhaseSpec, next: PhaseSpec | undefined): boolean {
  return next !== undefined && phase.optimizer.word === next.optimizer.word;
}

/** How long a phase is, in epochs. */
function epochsOf({ length, batch_size }: PhaseSpec, rows: number): number {
  return length.unit === 'epochs' ? length.amount : length.amount / Math.ceil(rows / batch_size);
}

/** The same in steps. */
function stepsOf({ length, batch_size }: PhaseSpec, rows: number): number {
  return length.unit === 'steps' ? length.amount : length.amount * Math.ceil(rows / batch_size);
}
