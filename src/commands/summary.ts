import { type Command, dataFolderOption, sharedOptions } from './command.js';
import { currentSpec } from './current-spec.js';
import { readSpec } from './spec-file.js';

export const summary: Command = {
  name: 'summary',
  summary: 'Shows shape, parameters, multiply-adds and annotations of every layer.',
  parameters: '[spec]',
  options: [sharedOptions.set, sharedOptions.dataDir, sharedOptions.json],
  examples: ['dnc summary specs/lenet-300-100.dn', 'dnc summary net.dn --json'],
  run: async ({ parameters: [given], options, io }) => {
    const { compile } = await import('../compiler/compile.js');
    const { summarize, summaryText } = await import('../reports/summary.js');
    const { compileOptions } = await import('../runtime/spec/open-spec.js');
    const { file, sets } = await currentSpec(given, options, io, 'summary');
    const source = readSpec(file);
    const { network } = compile(
      source,
      await compileOptions({ source, specFile: file, sets, dataFolder: dataFolderOption(options) }),
    );
    io.out(
      options.json ? `${JSON.stringify({ format: 1, ...summarize(network) }, undefined, 2)}\n` : summaryText(network),
    );
    return 0;
  },
};
