import { spawn } from 'node:child_process';
import { availableParallelism } from 'node:os';
import path from 'node:path';
import {
  type Command,
  dataFolderOption,
  type Io,
  listOption,
  type Options,
  refuseFixed,
  sharedOptions,
  textOption,
  UsageError,
  wholeNumber,
} from './command.js';
import { currentSpec } from './current-spec.js';
import { SWEEP_WORKER } from './run-options.js';
import { readSpec } from './spec-file.js';
import type { SweepRecord } from '../runtime/sweep/record.js';

export const sweep: Command = {
  name: 'sweep',
  summary: "Trains a spec with every combination of its sweep section's values, and chooses; `report` shows one again.",
  parameters: '[spec-or-report] [folder]',
  options: [
    sharedOptions.set,
    { flags: '--strategy <name>', description: 'grid, random or halving, instead of what the section says' },
    { flags: '--trials <number>', description: 'how many combinations random search or halving draws' },
    { flags: '--objective <name>', description: 'what is best, on validation rows: val_loss, val_accuracy' },
    {
      flags: '--workers <number>',
      description: 'trials at once (default: as many as have cores for their threads); changes no number',
    },
    {
      flags: '--threads <number>',
      description:
        'threads of the engine in every trial (default: 1; with fewer trials than cores, and large steps, as many as there are cores for)',
    },
    { flags: '--latency', description: 'at the end, measure the milliseconds of inference of every result' },
    sharedOptions.dataDir,
    sharedOptions.engine,
    { flags: '--resume <folder>', description: 'go on with a sweep that was stopped' },
    {
      flags: '--out <folder>',
      description: "the sweep's folder (default: sweeps/<name>/<time>-<hash> beside the spec)",
    },
    sharedOptions.json,
  ],
  examples: [
    'dnc sweep specs/lambda-sweep.dn',
    "dnc sweep net.dn --set 'sweep.lambda=log(1e-6, 1e-2, 12)' --workers 2",
    'dnc sweep net.dn --strategy random --trials 20 --objective val_loss',
    'dnc sweep --resume sweeps/net/latest',
    'dnc sweep report sweeps/net/latest',
  ],
  run: async ({ parameters: [given, folder], options, io }) => {
    if (given === 'report') return await report(folder, options, io);
    if (folder !== undefined) throw new UsageError('dnc sweep takes one spec');
    const { readSweep } = await import('../runtime/sweep/record.js');
    const resume = textOption(options, 'resume');
    const cores = availableParallelism();
    let at: string;
    let record: SweepRecord;
    const asked = wholeNumber(options, 'workers', 1);
    let written: number | undefined;
    if (resume !== undefined) {
      const { sweepToResume } = await import('../runtime/sweep/start.js');
      refuseFixed('sweep', {
        'a spec': given,
        '--set': listOption(options, 'set').length > 0 || undefined,
        '--strategy': options.strategy,
        '--trials': options.trials,
        '--objective': options.objective,
        '--engine': options.engine,
        '--threads': options.threads,
        '--out': options.out,
      });
      at = resume;
      record = sweepToResume(resume);
    } else {
      const { newSweep, makeSweepFolder } = await import('../runtime/sweep/start.js');
      const { file, sets } = await currentSpec(given, options, io, 'sweep');
      const shortcuts = ['strategy', 'trials', 'objective'].flatMap((name) => {
        const value = textOption(options, name);
        return value === undefined ? [] : [`sweep.${name}=${value}`];
      });
      const planned = await newSweep({
        specFile: file,
        source: readSpec(file),
        sets: [...sets, ...shortcuts],
        dataFolder: dataFolderOption(options),
        engine: textOption(options, 'engine'),
        threads: wholeNumber(options, 'threads', 1),
        cores,
      });
      if (planned.warnings.length > 0) {
        const { render } = await import('../diagnostics/render.js');
        io.note(render(planned.warnings, { color: io.colour }));
      }
      written = planned.spec.sweep!.workers;
      at = makeSweepFolder(planned, textOption(options, 'out'), new Date());
      if (options.out === undefined) {
        const { RunFolder } = await import('../runtime/run/run-folder.js');
        new RunFolder(at).markLatest();
      }
      record = readSweep(at);
    }
    const most = Math.max(1, Math.floor(cores / record.threads));
    // A spec goes from one machine to another, and how many are trained at once changes no number.
    const used = Math.min(asked ?? Math.min(written ?? most, most), record.trials.length);
    io.note(`sweep: ${at}\n`);
    io.note(
      `${record.trials.length} trials, ${used} at once, ${record.threads} ${record.threads === 1 ? 'thread' : 'threads'} each, on ${cores} ${cores === 1 ? 'core' : 'cores'}\n`,
    );
    if (used > most) io.note(`note: that is more than the ${cores} cores that are here\n`);
    else if (asked === undefined && written !== undefined && written > most)
      io.note(
        `note: \`workers: ${written}\` is more than these have room for; \`--workers ${written}\` takes it all the same\n`,
      );

    const stopping = await work(at, record, used, options, io);
    if (stopping) return stopping;
    if (options.latency) {
      const { measureTrials } = await import('../runtime/sweep/milliseconds.js');
      await measureTrials(at, readSweep(at), (text) => io.status(text));
      io.status('');
    }
    const code = await show(at, options, io);
    const { completeExport } = await import('../exporters/compile-to-folder.js');
    const { RunFolder } = await import('../runtime/run/run-folder.js');
    const done = readSweep(at);
    const { chosen } = done;
    for (const { folder: trial } of chosen ? done.trials.filter((one) => one.combination === chosen.combination) : [])
      await completeExport(new RunFolder(path.join(at, trial)));
    return code;
  },
};

/** Trains. Gives the exit code where a signal stopped it. */
async function work(
  folder: string,
  record: SweepRecord,
  count: number,
  options: Options,
  io: Io,
): Promise<number | undefined> {
  const { runSweep, Workers } = await import('../runtime/sweep/sweep.js');
  const { RunFolder } = await import('../runtime/run/run-folder.js');
  const lock = new RunFolder(folder);
  lock.lock();
  const workers = new Workers();
  const stopping: { signal: NodeJS.Signals | undefined } = { signal: undefined };
  const exitOf = (signal: NodeJS.Signals) => (signal === 'SIGTERM' ? 143 : 130);
  const stop = (signal: NodeJS.Signals) => {
    if (stopping.signal) {
      workers.kill();
      lock.unlock();
      process.exit(exitOf(signal));
    }
    stopping.signal = signal;
    io.note(`${signal}: every trial writes a checkpoint after its step; once more stops at once\n`);
    workers.stop();
  };
  process.on('SIGINT', stop);
  process.on('SIGTERM', stop);
  try {
    await runSweep(
      record,
      {
        folder,
        workers: count,
        dataFolder: dataFolderOption(options),
        startWorker,
        note: (text) => io.note(text),
        status: (text) => io.status(text),
        stopping,
      },
      workers,
    );
  } finally {
    io.status('');
    lock.unlock();
    process.off('SIGINT', stop);
    process.off('SIGTERM', stop);
  }
  if (!stopping.signal) return undefined;
  io.note(`stopped; go on with: dnc sweep --resume ${folder}\n`);
  return exitOf(stopping.signal);
}

/** This very dnc as a process of its own. Ctrl-C in a terminal reaches this one alone, which then tells its workers. */
function startWorker(words: readonly string[]) {
  const { FORCE_COLOR: _, ...env } = process.env;
  return spawn(process.execPath, [...process.execArgv, process.argv[1]!, ...words], {
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    detached: process.platform !== 'win32',
    windowsHide: true,
    env: { ...env, NO_COLOR: '1', [SWEEP_WORKER]: '1' },
  });
}

/** The table, and the pictures of the front. The exit code is that of the first failure where nothing came to its end. */
async function show(folder: string, options: Options, io: Io): Promise<number> {
  const { readSweepReport } = await import('../reports/sweep.js');
  const { sweepText } = await import('../reports/sweep-as-text.js');
  const { writeFronts } = await import('../reports/sweep-pictures.js');
  const read = readSweepReport(folder);
  const written = await writeFronts(folder, read);
  if (options.json) io.out(`${JSON.stringify(read, undefined, 2)}\n`);
  else io.out(sweepText(read));
  for (const file of written) io.note(`${file}\n`);
  return read.combinations.some(({ state }) => state === 'finished') ? 0 : 1;
}

async function report(folder: string | undefined, options: Options, io: Io): Promise<number> {
  const allowed = ['json', 'out', 'latency'];
  for (const [name, value] of Object.entries(options))
    if (value !== undefined && !allowed.includes(name))
      throw new UsageError(`dnc sweep report takes --out, --latency and --json, not --${name}`);
  if (folder === undefined)
    throw new UsageError("dnc sweep report takes a sweep's folder: dnc sweep report sweeps/net/latest");
  if (options.latency) {
    const { readSweep } = await import('../runtime/sweep/record.js');
    const { measureTrials } = await import('../runtime/sweep/milliseconds.js');
    await measureTrials(folder, readSweep(folder), (text) => io.status(text));
    io.status('');
  }
  const code = await show(folder, options, io);
  const { readSweepReport } = await import('../reports/sweep.js');
  const { sweepPage } = await import('../reports/sweep-page.js');
  const { writeAtomically } = await import('../files.js');
  const file = textOption(options, 'out') ?? path.join(folder, 'report.html');
  writeAtomically(file, await sweepPage(readSweepReport(folder)));
  io.note(`${file}\n`);
  return code === 0 ? 0 : code;
}
