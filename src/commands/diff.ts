import type { DiffResult } from '../reports/diff.js';
import { type Command, dataFolderOption, type Io, sharedOptions, textOption, UsageError } from './command.js';
import { specFile } from './spec-file.js';

/** The forms of a diff, by the name that --format takes. */
const renderers = {
  text: async (result: DiffResult, io: Io) =>
    (await import('../reports/diff-as-text.js')).diffText(result, { colour: io.outColour }),
  json: async (result: DiffResult) => `${JSON.stringify(result, undefined, 2)}\n`,
  md: async (result: DiffResult) => (await import('../reports/diff-as-markdown.js')).diffMarkdown(result),
  html: async (result: DiffResult) => (await import('../reports/diff-as-html.js')).diffPage(result),
};

export const diff: Command = {
  name: 'diff',
  summary: 'Compares two specs: layers, units, sizes, what was kept, and whether they behave the same.',
  parameters: '<before> <after>',
  options: [
    { flags: '--format <name>', description: 'text (default), json, md (for a pull request) or html (one page)' },
    { flags: '--json', description: 'the same as --format json' },
    { flags: '--behaviour', description: 'run both on the same rows instead of quoting the certificate' },
    sharedOptions.dataDir,
    { flags: '--exit-code', description: 'exit code 1 where there is a difference' },
  ],
  examples: [
    'dnc diff specs/lenet-300-100.dn specs/runs/lenet-300-100/latest',
    'dnc diff a.dn b.dn --json',
    'dnc diff a.dn b.dn --format html > diff.html',
  ],
  run: async ({ parameters: [before, after], options, io }) => {
    const { diffFiles, readShapes } = await import('../reports/diff-files.js');
    const format = textOption(options, 'format') ?? (options.json ? 'json' : 'text');
    if (!Object.hasOwn(renderers, format))
      throw new UsageError(`--format takes ${Object.keys(renderers).join(', ')}, not ${format}`);
    if (options.json && format !== 'json') throw new UsageError(`--json and --format ${format} contradict each other`);
    const [old, fresh] = [specFile(before), specFile(after)];
    const shapes = await readShapes(old, fresh, dataFolderOption(options));
    const result = diffFiles(old, fresh, { behaviour: options.behaviour === true, ...shapes });
    io.out(await renderers[format as keyof typeof renderers](result, io));
    return options.exitCode && !result.same ? 1 : 0;
  },
};
