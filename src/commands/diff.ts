import { type Command, textOption, UsageError } from './command.js';

export const diff: Command = {
  name: 'diff',
  summary: 'Compares two specs: layers, units, sizes, what was kept, and whether they behave the same.',
  parameters: '<before> <after>',
  options: [
    { flags: '--format <name>', description: 'text (default) or json' },
    { flags: '--behaviour', description: 'run both on the same rows instead of quoting the certificate' },
    { flags: '--exit-code', description: 'exit code 1 where there is a difference' },
  ],
  examples: [
    'dnc diff specs/lenet-300-100.dn runs/lenet-300-100/latest/lenet-300-100.min.dn',
    'dnc diff a.dn b.dn --format json',
  ],
  run: async ({ parameters: [before, after], options, io }) => {
    const { diffFiles } = await import('../reports/diff-files.js');
    const { diffText } = await import('../reports/diff.js');
    const format = textOption(options, 'format') ?? 'text';
    if (format !== 'text' && format !== 'json') throw new UsageError(`--format takes text or json, not ${format}`);
    const result = diffFiles(before!, after!, { behaviour: options.behaviour === true });
    io.out(format === 'json' ? `${JSON.stringify(result, undefined, 2)}\n` : diffText(result));
    return options.exitCode && !result.same ? 1 : 0;
  },
};
