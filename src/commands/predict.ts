import { type Command, sharedOptions, wholeNumber } from './command.js';
import { specFile } from './spec-file.js';

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
    const { predictSpec } = await import('../runtime/evaluate-spec.js');
    const { evaluateOptions } = await import('./evaluate-options.js');
    const rows = predictSpec({ ...evaluateOptions(specFile(spec), options), rows: wholeNumber(options, 'rows', 1) });
    for await (const row of rows) io.out(`${JSON.stringify(row)}\n`);
    return 0;
  },
};
