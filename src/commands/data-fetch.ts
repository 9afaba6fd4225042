import { join } from 'node:path';
import { type Dataset, datasets } from '../data/fetch/datasets.js';
import { fetchDataset } from '../data/fetch/fetch.js';
import { ownDataFolder } from '../data/folders.js';
import { didYouMeanOr } from '../diagnostics/did-you-mean.js';
import { fail } from '../diagnostics/report.js';
import { makeFolder } from '../files.js';
import { releaseLock, takeLock } from '../runtime/run/lock.js';
import { type Io, type Options, textOption, UsageError, wholeNumber } from './command.js';

/** Downloads a public data set into the first data folder, and says where it lies. */
export async function fetchData(what: string | undefined, options: Options, io: Io): Promise<number> {
  const names = Object.keys(datasets);
  if (what === undefined) throw new UsageError(`dnc data fetch takes a data set: ${names.join(', ')}`);
  if (!Object.hasOwn(datasets, what))
    throw new UsageError(`dnc data fetch knows no ${what}: ${didYouMeanOr(what, names, 'data sets').join('; ')}`);
  const dataset: Dataset = datasets[what as keyof typeof datasets];
  const from = textOption(options, 'from');
  if (from !== undefined && !isWebAddress(from)) throw new UsageError(`--from takes a web address, not ${from}`);
  const { folder: into, because, found } = whereTo(options);

  const folder = join(into, dataset.folder);
  makeFolder(folder);
  const lock = join(folder, '.fetch.lock');
  const holder = takeLock(lock);
  if (holder !== undefined) fail('run-locked', { folder, process: holder });

  const stopping = new AbortController();
  let signal: NodeJS.Signals | undefined;
  const stop = (which: NodeJS.Signals) => {
    if (signal) process.exit(exitOf(which));
    signal = which;
    stopping.abort(new Error(which));
  };
  process.on('SIGINT', stop);
  process.on('SIGTERM', stop);
  try {
    io.note(`into ${folder} (${because})\n`);
    const files = await fetchDataset(what, dataset, {
      into,
      from,
      silentSeconds: wholeNumber(options, 'timeout', 1) ?? 30,
      signal: stopping.signal,
      note: (text) => io.note(text),
      progress: (text) => io.status(text),
    });
    io.status('');
    if (options.json) io.out(`${JSON.stringify({ format: 1, dataset: what, folder, files }, undefined, 2)}\n`);
    else io.out(`${what} is in ${folder}\n`);
    io.note(`terms: ${dataset.terms}\nnext: data { source: ${what} }, ${found}\n`);
    return 0;
  } catch (error) {
    io.status('');
    if (!signal) throw error;
    io.note(`${signal}: stopped; what came is kept, and the same call goes on with it\n`);
    return exitOf(signal);
  } finally {
    process.off('SIGINT', stop);
    process.off('SIGTERM', stop);
    releaseLock(lock);
  }
}

/** The data folder that a set is put into, and how it is then found. */
function whereTo(options: Options): { readonly folder: string; readonly because: string; readonly found: string } {
  const given = textOption(options, 'dataDir');
  if (given !== undefined)
    return { folder: given, because: '--data-dir', found: `and for every command --data-dir ${given}` };
  const fromEnvironment = process.env.DNC_DATA;
  if (fromEnvironment)
    return { folder: fromEnvironment, because: 'DNC_DATA', found: 'as long as DNC_DATA names that folder' };
  const own = ownDataFolder();
  if (own === undefined) throw new UsageError('there is no home folder: say where to, by --data-dir');
  return { folder: own, because: "dnc's data folder", found: 'from every spec' };
}

function isWebAddress(text: string): boolean {
  return URL.canParse(text) && /^https?:$/.test(new URL(text).protocol);
}

function exitOf(signal: NodeJS.Signals): number {
  return signal === 'SIGTERM' ? 143 : 130;
}
