import type { RunOptions } from '../runtime/run/run.js';
import type { RunEnd } from '../runtime/run/run.js';
import { type Io, type Options, textOption, threadsOption, wholeNumber } from './command.js';
import { watcherFor } from './watcher.js';

/** Options of the commands that train. */
export const runOptionList = [
  { flags: '--threads <number>', description: 'threads of the engine (default: all cores; one where steps are small)' },
  { flags: '--no-update-pass', description: 'onnxruntime: run the update inside ONNX instead of WebAssembly' },
  { flags: '--checkpoint-seconds <number>', description: 'seconds between checkpoints within a phase (default: 15)' },
  {
    flags: '--stop-after-epochs <number>',
    description: 'stop with a checkpoint when so many epochs are trained; --resume goes on as if it had not',
  },
] as const;

/** How to run, from the command line. */
export function runOptions(options: Options, io: Io, stopping: RunOptions['stopping']): RunOptions {
  return {
    engine: textOption(options, 'engine'),
    engineOptions: {
      ...threadsOption(options),
      updatePass: options.updatePass !== false,
    },
    checkpointSeconds: wholeNumber(options, 'checkpointSeconds', 0) ?? 15,
    watcher: watcherFor(io),
    stopping,
  };
}

/** In the environment of a sweep's worker: it lives as long as the channel to its sweep. Any other process keeps whatever channel it has to itself. */
export const SWEEP_WORKER = 'DNC_SWEEP_WORKER';

/**
 * Lets the first Ctrl-C (or SIGTERM) end training after the step, with a checkpoint, and the second at once. Gives the exit code of a run
 * that was stopped.
 */
export async function stoppable(
  io: Io,
  work: (stopping: RunOptions['stopping']) => Promise<RunEnd>,
  afterEpochs?: number,
): Promise<{ end: RunEnd; exit: number }> {
  const stopping: RunOptions['stopping'] = { signal: undefined, afterEpochs };
  const stop = (signal: NodeJS.Signals) => {
    if (stopping.signal) process.exit(exitOf(signal));
    stopping.signal = signal;
    io.note(`${signal}: writing a checkpoint after this step; once more stops at once\n`);
  };
  process.on('SIGINT', stop);
  process.on('SIGTERM', stop);
  // A sweep's worker: when the sweep ends in whatever way, the worker ends, too, with a checkpoint.
  const parentGone = () => {
    if (!stopping.signal) stop('SIGTERM');
  };
  const isWorker = process.env[SWEEP_WORKER] !== undefined && process.send !== undefined;
  if (isWorker) {
    process.on('disconnect', parentGone);
    process.channel?.unref();
    if (!process.connected) parentGone();
  }
  let finished: string | undefined;
  try {
    const end = await work(stopping);
    if (!end.stopped) {
      finished = end.folder;
      return { end, exit: 0 };
    }
    io.note(`stopped; go on with: dnc train --resume ${end.folder}\n`);
    return { end, exit: end.stopped === 'epochs' ? 0 : exitOf(end.stopped) };
  } finally {
    process.off('disconnect', parentGone);
    // On before the other goes off: a signal while the last lines are written, too, ends with an exit code.
    endAtSignals(io, finished);
    process.off('SIGINT', stop);
    process.off('SIGTERM', stop);
  }
}

/** From here on a signal ends the process at once. A run that is finished may have models left to write. */
function endAtSignals(io: Io, finished: string | undefined): void {
  atEnd = finished === undefined ? undefined : () => io.note(`stopped; go on with: dnc train --resume ${finished}\n`);
  for (const signal of ['SIGINT', 'SIGTERM'] as const)
    if (!process.listeners(signal).includes(endAtOnce)) process.on(signal, endAtOnce);
}

/** What is said where the process is ended. */
let atEnd: (() => void) | undefined;

function endAtOnce(signal: NodeJS.Signals): void {
  atEnd?.();
  process.exit(exitOf(signal));
}

function exitOf(signal: NodeJS.Signals): number {
  return signal === 'SIGTERM' ? 143 : 130;
}
