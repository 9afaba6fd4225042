import { availableParallelism } from 'node:os';
import { type Command, listOption, sharedOptions, textOption, UsageError, wholeNumber } from './command.js';
import { readSpec, specFile } from './spec-file.js';

export const predict: Command = {
  name: 'predict',
  summary: "Writes a spec's outputs for rows of its data, one JSON line a row.",
  parameters: '[spec]',
  options: [
    { flags: '--split <name>', description: 'test (default), validation or train' },
    { flags: '--rows <number>', description: 'only the first rows' },
    sharedOptions.set,
    sharedOptions.dataDir,
    sharedOptions.engine,
    sharedOptions.threads,
  ],
  examples: ['dnc predict runs/net/latest/net.min.dn --rows 10'],
  run: async ({ parameters: [spec], options, io }) => {
    const { predictSpec, SPLITS } = await import('../runtime/evaluate-spec.js');
    const given = textOption(options, 'split') ?? 'test';
    const split = SPLITS.find((one) => one === given);
    if (!split) throw new UsageError(`--split takes test, validation or train, not ${given}`);
    const file = specFile(spec);
    const rows = predictSpec({
      file,
      source: readSpec(file),
      sets: listOption(options, 'set'),
      split,
      dataFolder: textOption(options, 'dataDir'),
      engine: textOption(options, 'engine') ?? 'auto',
      engineOptions: { threads: wholeNumber(options, 'threads', 1) ?? availableParallelism() },
      rows: wholeNumber(options, 'rows', 1),
    });
    for await (const row of rows) io.out(`${JSON.stringify(row)}\n`);
    return 0;
  },
};
