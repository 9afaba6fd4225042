import { type Command, sharedOptions, textOption, UsageError, wholeNumber } from './command.js';
import { currentSpec } from './current-spec.js';

export const predict: Command = {
  name: 'predict',
  summary: "Writes a spec's outputs for rows of its data, one JSON line a row.",
  parameters: '[spec]',
  options: [
    { flags: '--split <name>', description: 'test (default), validation or train' },
    { flags: '--rows <number>', description: 'only the first rows' },
    {
      flags: '--input <file>',
      description: 'rows of this CSV file instead, with or without the target; read as the training rows were',
    },
    sharedOptions.set,
    sharedOptions.dataDir,
    sharedOptions.acceptChangedData,
    sharedOptions.engine,
    sharedOptions.threads,
  ],
  examples: [
    'dnc predict runs/net/latest/net.min.dn --rows 10',
    'dnc predict runs/net/latest/net.min.dn --input new-houses.csv',
  ],
  run: async ({ parameters: [spec], options, io }) => {
    const { predictSpec } = await import('../runtime/spec/evaluate-spec.js');
    const { evaluateOptions } = await import('./evaluate-options.js');
    const input = textOption(options, 'input');
    if (input !== undefined && options.split !== undefined)
      throw new UsageError('--split chooses among the rows of the spec, --input takes others: give one of them');
    const rows = predictSpec({
      ...evaluateOptions(await currentSpec(spec, options, io, 'predict'), options),
      rows: wholeNumber(options, 'rows', 1),
      input,
      note: (text) => io.note(text),
    });
    for await (const row of rows) io.out(`${JSON.stringify(row)}\n`);
    return 0;
  },
};
