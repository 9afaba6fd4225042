import { type Command, dataFolderOption, sharedOptions, textOption, UsageError } from './command.js';
import { currentSpec } from './current-spec.js';
import { readSpec } from './spec-file.js';

export const show: Command = {
  name: 'show',
  summary: 'Prints what a stage of the compiler made of a spec.',
  parameters: '[spec]',
  options: [
    { flags: '--stage <name>', description: 'document, spec (default), graph, dims, forward, step or evaluation' },
    sharedOptions.set,
    sharedOptions.dataDir,
  ],
  examples: ['dnc show net.dn', 'dnc show net.dn --stage dims', 'dnc show net.dn --stage step'],
  run: async ({ parameters: [given], options, io }) => {
    const { stagePrinters } = await import('../compiler/stages.js');
    const { compileOptions } = await import('../runtime/spec/open-spec.js');
    const stage = textOption(options, 'stage') ?? 'spec';
    const print = Object.hasOwn(stagePrinters, stage) ? stagePrinters[stage as keyof typeof stagePrinters] : undefined;
    if (!print)
      throw new UsageError(`there is no stage ${stage}; the stages are ${Object.keys(stagePrinters).join(', ')}`);
    const { file, sets } = await currentSpec(given, options, io, 'show');
    const source = readSpec(file);
    // The document is what the text says: nothing that it names is looked for.
    const known =
      stage === 'document'
        ? {}
        : await compileOptions({ source, specFile: file, sets, dataFolder: dataFolderOption(options) });
    io.out(print(source, known));
    return 0;
  },
};
