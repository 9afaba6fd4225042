import path from 'node:path';
import { type Command, sharedOptions, textOption } from './command.js';

export const report: Command = {
  name: 'report',
  summary: 'Writes a run as one page of HTML: sizes, connections before and after, curves, threshold, certificate.',
  parameters: '[run-or-spec]',
  options: [
    { flags: '--out <file>', description: "the page (default: report.html in the run's folder)" },
    {
      flags: '--pictures <folder>',
      description: 'also write the connections and what is read of an image as PNG files',
    },
    { ...sharedOptions.json, description: 'print the data of the report instead of writing a page' },
  ],
  examples: [
    'dnc report',
    'dnc report runs/net/latest --out net.html',
    'dnc report specs/lenet-300-100.dn --json',
    'dnc report --pictures docs/images',
  ],
  run: async ({ parameters: [given], options, io }) => {
    const { runFolder } = await import('./run-place.js');
    const { readRun } = await import('../reports/run-report.js');
    const folder = runFolder(given);
    const run = readRun(folder);
    const out = textOption(options, 'out');
    const pictures = textOption(options, 'pictures');
    const written: string[] = [];
    if (pictures !== undefined) {
      const { writePictures } = await import('../reports/picture-files.js');
      written.push(...writePictures(pictures, run));
    }
    if (options.json) io.out(`${JSON.stringify(run.report, undefined, 2)}\n`);
    if (!options.json || out !== undefined) {
      const { runPage } = await import('../reports/run-page.js');
      const { writeAtomically } = await import('../files.js');
      const file = out ?? path.join(folder, 'report.html');
      writeAtomically(file, await runPage(run));
      written.unshift(file);
    }
    for (const file of written) (options.json ? io.note : io.out)(`${file}\n`);
    return 0;
  },
};
