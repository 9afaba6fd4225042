import path from 'node:path';
import { type Command, sharedOptions, textOption } from './command.js';

export const report: Command = {
  name: 'report',
  summary: 'Writes a run as one page of HTML: sizes, connections before and after, curves, threshold, certificate.',
  parameters: '[run-or-spec]',
  options: [
    { flags: '--out <file>', description: "the page (default: report.html in the run's folder)" },
    { ...sharedOptions.json, description: 'print the data of the report instead of writing a page' },
  ],
  examples: ['dnc report', 'dnc report runs/net/latest --out net.html', 'dnc report specs/lenet-300-100.dn --json'],
  run: async ({ parameters: [given], options, io }) => {
    const { runFolder } = await import('./run-place.js');
    const { readRun } = await import('../reports/run-report.js');
    const folder = runFolder(given);
    const run = readRun(folder);
    const out = textOption(options, 'out');
    if (options.json) {
      io.out(`${JSON.stringify(run.report, undefined, 2)}\n`);
      if (out === undefined) return 0;
    }
    const { runPage } = await import('../reports/run-page.js');
    const { writeAtomically } = await import('../runtime/files.js');
    const file = out ?? path.join(folder, 'report.html');
    writeAtomically(file, await runPage(run));
    if (options.json) io.note(`${file}\n`);
    else io.out(`${file}\n`);
    return 0;
  },
};
