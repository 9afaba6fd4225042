import { type Command, UsageError } from './command.js';

export const explain: Command = {
  name: 'explain',
  summary: 'Explains an error code, with a repaired example.',
  parameters: '[code]',
  options: [],
  examples: ['dnc explain shape-mismatch', 'dnc explain'],
  run: async ({ parameters: [code], io }) => {
    const { catalogue } = await import('../diagnostics/catalogue/index.js');
    const { didYouMean } = await import('../diagnostics/did-you-mean.js');
    const codes = Object.keys(catalogue).sort();
    if (code === undefined) {
      io.out(`${codes.join('\n')}\n`);
      return 0;
    }
    if (!Object.hasOwn(catalogue, code)) {
      throw new UsageError(
        [`there is no error code ${code}`, ...didYouMean(code, codes), 'dnc explain lists them all'].join('; '),
      );
    }
    const entry = catalogue[code as keyof typeof catalogue];
    io.out(`${code} (${entry.severity})\n\n${entry.explain.trim()}\n`);
    return 0;
  },
};
