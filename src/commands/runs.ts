import { existsSync, realpathSync } from 'node:fs';
import path from 'node:path';
import { type Command, type Options, sharedOptions, UsageError, wholeNumber } from './command.js';

export const runs: Command = {
  name: 'runs',
  summary: 'Lists runs, shows one, or removes some: ls (the default), show, rm.',
  parameters: '[action] [runs...]',
  options: [
    {
      flags: '--keep <number>',
      description: 'rm: of the runs of every name in the folder, all but the newest so many',
    },
    { flags: '--dry-run', description: 'rm: say what would be removed, and remove nothing' },
    { flags: '--force', description: 'rm: also a run that is being written' },
    sharedOptions.json,
  ],
  examples: [
    'dnc runs',
    'dnc runs ls specs',
    'dnc runs show runs/net/latest',
    'dnc runs rm runs/net/20261121-082604-97e61ac1',
    'dnc runs rm runs --keep 3 --dry-run',
  ],
  run: async ({ parameters: [action = 'ls', given], options, io }) => {
    const folders = (given as unknown as readonly string[] | undefined) ?? [];
    if (action !== 'rm')
      for (const name of ['keep', 'dryRun', 'force'])
        if (options[name] !== undefined)
          throw new UsageError(`--${name === 'dryRun' ? 'dry-run' : name} belongs to dnc runs rm`);
    switch (action) {
      case 'ls':
        io.out(await list(folders.length > 0 ? folders : ['.'], options, io.note));
        return 0;
      case 'show':
        if (folders.length > 1) throw new UsageError('dnc runs show takes one run');
        io.out(await show(folders[0], options));
        return 0;
      case 'rm':
        io.out(await remove(folders, options));
        return 0;
      default:
        throw new UsageError(
          [
            `dnc runs takes ls, show or rm, not ${action}`,
            ...(existsSync(path.join(action, 'run.json'))
              ? [`to see this run: dnc runs show ${action}`]
              : existsSync(action)
                ? [`to list the runs there: dnc runs ls ${action}`]
                : []),
          ].join('; '),
        );
    }
  },
};

async function list(folders: readonly string[], options: Options, note: (text: string) => void): Promise<string> {
  const { findRuns, findSweeps, listText, runLine } = await import('../reports/runs.js');
  const { fail } = await import('../diagnostics/report.js');
  for (const folder of folders) if (!existsSync(folder)) fail('no-run', { folder });
  const found = new Map(folders.flatMap(findSweeps).map(({ folder, trials }) => [folder, trials]));
  const trials = new Set([...found.values()].flat());
  const runs = [...new Set(folders.flatMap(findRuns))].filter((run) => !trials.has(run)).map(runLine);
  const sweeps = [...found].map(([folder, of]) => ({ folder, trials: of.map(runLine) }));
  if (options.json) return json({ format: 1, runs, sweeps });
  if (runs.length === 0 && sweeps.length === 0) note(`no runs in ${folders.join(', ')}; dnc train makes one\n`);
  for (const { folder, problem } of [...runs, ...sweeps.flatMap((sweep) => sweep.trials)])
    if (problem !== undefined) note(`${folder}: ${problem}\n`);
  return listText(runs, sweeps);
}

async function show(given: string | undefined, options: Options): Promise<string> {
  const { runFolder } = await import('./run-place.js');
  const { runLine } = await import('../reports/runs.js');
  const { readRun } = await import('../reports/run-report.js');
  const { runText } = await import('../reports/run-as-text.js');
  const folder = runFolder(given);
  const { report } = readRun(folder);
  const line = runLine(folder);
  return options.json ? json({ format: 1, ...line, report }) : runText(line, report);
}

async function remove(folders: readonly string[], options: Options): Promise<string> {
  const { removeRuns, runsBut } = await import('../reports/runs.js');
  const { bytes } = await import('../reports/numbers.js');
  const keep = wholeNumber(options, 'keep', 0);
  if (folders.length === 0 && keep === undefined)
    throw new UsageError('dnc runs rm takes the runs to remove, or --keep with a number');
  const chosen = keep === undefined ? folders : runsBut(folders.length > 0 ? folders : ['.'], keep);
  const dryRun = options.dryRun === true;
  const removed = removeRuns(chosen, { force: options.force === true, dryRun });
  if (options.json) return json({ format: 1, dry_run: dryRun, removed });
  const lines = removed.map(({ folder, bytes: size, latest }) => {
    const mended =
      latest === undefined ? '' : latest === null ? '; latest is gone' : `; latest is now ${fromHere(latest)}`;
    return `${dryRun ? 'would remove' : 'removed'} ${fromHere(folder)} (${bytes(size)})${mended}\n`;
  });
  return lines.join('');
}

/** A path as it is typed here; one that lies elsewhere as it is. */
function fromHere(folder: string): string {
  const relative = path.relative(realpathSync('.'), folder);
  return relative.startsWith('..') || path.isAbsolute(relative) ? folder : relative;
}

function json(value: object): string {
  return `${JSON.stringify(value, undefined, 2)}\n`;
}
