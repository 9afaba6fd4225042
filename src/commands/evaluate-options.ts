import { nearest } from '../diagnostics/did-you-mean.js';
import { type EvaluateOptions, SPLITS } from '../runtime/spec/evaluate-spec.js';
import { dataFolderOption, type Options, textOption, threadsOption, UsageError } from './command.js';
import { readSpec } from './spec-file.js';

/** Which rows of a spec's data to run on, and how: the same for every command that runs a spec with its weights. */
export function evaluateOptions(
  { file, sets }: { readonly file: string; readonly sets: readonly string[] },
  options: Options,
): EvaluateOptions {
  const given = textOption(options, 'split') ?? 'test';
  const split = SPLITS.find((one) => one === given);
  if (!split) {
    const meant = SPLITS.find((one) => given !== '' && one.startsWith(given)) ?? nearest(given, SPLITS);
    throw new UsageError(
      `--split takes test, validation or train, not ${given}${meant === undefined ? '' : `; did you mean \`--split ${meant}\`?`}`,
    );
  }
  return {
    file,
    source: readSpec(file),
    sets,
    split,
    dataFolder: dataFolderOption(options),
    acceptChangedData: options.acceptChangedData === true,
    engine: textOption(options, 'engine'),
    engineOptions: threadsOption(options),
  };
}
