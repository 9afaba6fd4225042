import { type Command, textOption, UsageError } from './command.js';
import { specFile } from './spec-file.js';

export const diff: Command = {
  name: 'diff',
  summary: 'Compares two specs: layers, units, sizes, what was kept, and whether they behave the same.',
  parameters: '<before> <after>',
  options: [
    { flags: '--format <name>', description: 'text (default) or json' },
    { flags: '--json', description: 'the same as --format json' },
    { flags: '--behaviour', description: 'run both on the same rows instead of quoting the certificate' },
    { flags: '--exit-code', description: 'exit code 1 where there is a difference' },
  ],
  examples: ['dnc diff specs/lenet-300-100.dn specs/runs/lenet-300-100/latest', 'dnc diff a.dn b.dn --json'],
  run: async ({ parameters: [before, after], options, io }) => {
    const { diffFiles } = await import('../reports/diff-files.js');
    const { diffText } = await import('../reports/diff.js');
    const format = textOption(options, 'format') ?? (options.json ? 'json' : 'text');
    if (format !== 'text' && format !== 'json') throw new UsageError(`--format takes text or json, not ${format}`);
    if (options.json && format !== 'json') throw new UsageError(`--json and --format ${format} contradict each other`);
    const result = diffFiles(specFile(before), specFile(after), { behaviour: options.behaviour === true });
    io.out(format === 'json' ? `${JSON.stringify(result, undefined, 2)}\n` : diffText(result));
    return options.exitCode && !result.same ? 1 : 0;
  },
};
