import { Failure } from '../diagnostics/report.js';
import { Source, type Span } from '../diagnostics/source.js';
import { type Command, dataFolderOption, listOption, sharedOptions, textOption, threadsOption } from './command.js';
import { lastResult } from '../runtime/simplify/result-folder.js';
import { readSpec } from './spec-file.js';

/** `--threshold` is short for `--set` with this before the value. */
const ADDRESS = 'simplify.threshold=';

/** Runs it; what is wrong with the threshold is said of `--threshold`. */
async function named<T>(threshold: string | undefined, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof Failure) || threshold === undefined) throw error;
    const source = new Source('--threshold', threshold);
    const place = (offset: number) => Math.max(0, offset - ADDRESS.length);
    const moved = (at: Span): Span =>
      at.source.name === '--set' && at.source.text === `${ADDRESS}${threshold}`
        ? { source, start: place(at.start), end: place(at.end) }
        : at;
    throw new Failure(
      error.diagnostics.map((one) => ({
        ...one,
        ...(one.at && { at: moved(one.at) }),
        also: one.also.map(({ at, note }) => ({ at: moved(at), note })),
      })),
    );
  }
}

export const simplify: Command = {
  name: 'simplify',
  summary: 'Simplifies a finished run again, or a spec with weights: cuts by its threshold, removes what is dead.',
  parameters: '<run-or-spec>',
  options: [
    {
      flags: '--threshold <value>',
      description: 'instead of the spec\'s: 0.02, "weight(0.01)", "auto(tolerance: 0.2%)"',
    },
    { flags: '--out <folder>', description: 'where the result goes (default: beside what was given)' },
    sharedOptions.set,
    sharedOptions.dataDir,
    sharedOptions.acceptChangedData,
    sharedOptions.engine,
    sharedOptions.threads,
    sharedOptions.json,
  ],
  examples: ['dnc simplify runs/net/latest --threshold 0.05 --out smaller', 'dnc simplify net.min.dn --out again'],
  run: async ({ parameters: [from], options, io }) => {
    const { simplifyAgain } = await import('../runtime/simplify/simplify-again.js');
    const { resultJson } = await import('../runtime/simplify/result.js');
    const { resultText } = await import('../reports/result.js');
    const { render } = await import('../diagnostics/render.js');
    const { watcherFor } = await import('./watcher.js');
    const { runOrFile } = await import('./run-place.js');
    const threshold = textOption(options, 'threshold');
    const sets = listOption(options, 'set');
    const typed = [
      ...sets.flatMap((set) => ['--set', set]),
      ...(threshold === undefined ? [] : ['--threshold', threshold]),
    ];
    const given = runOrFile(from!, typed);
    const result = await named(threshold, () =>
      simplifyAgain({
        from: lastResult(given) ?? given,
        sets: [...sets, ...(threshold === undefined ? [] : [`${ADDRESS}${threshold}`])],
        typed,
        out: textOption(options, 'out'),
        dataFolder: dataFolderOption(options),
        acceptChangedData: options.acceptChangedData === true,
        engine: textOption(options, 'engine'),
        engineOptions: threadsOption(options),
        watcher: watcherFor(io),
      }),
    );
    io.status('');
    if (result.warnings.length > 0) io.note(render(result.warnings, { color: io.colour }));
    const { exportResult } = await import('../exporters/compile-to-folder.js');
    const { spec } = result.files;
    const models = await exportResult(readSpec(spec), spec, dataFolderOption(options));
    if (models.warnings.length > 0)
      io.note(`${result.warnings.length > 0 ? '\n' : ''}${render(models.warnings, { color: io.colour })}`);
    io.out(options.json ? `${JSON.stringify(resultJson(result), undefined, 2)}\n` : resultText(result));
    if (!options.json) io.note(`${models.told}\n`);
    return 0;
  },
};
