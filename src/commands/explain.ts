import { type Command, UsageError } from './command.js';

export const explain: Command = {
  name: 'explain',
  summary: 'Explains an error code, with a repaired example; without one, lists them all.',
  parameters: '[code]',
  options: [],
  examples: ['dnc explain shape-mismatch', 'dnc explain'],
  run: async ({ parameters: [code], io }) => {
    const { areas, catalogue } = await import('../diagnostics/catalogue/index.js');
    const { didYouMean } = await import('../diagnostics/did-you-mean.js');
    const codes = Object.keys(catalogue).sort();
    if (code === undefined) {
      const width = Math.max(...codes.map((one) => one.length));
      const lists = areas.map(({ title, codes: own }) => {
        const lines = Object.entries(own)
          .sort(([a], [b]) => (a < b ? -1 : 1))
          .map(([name, { explain }]) => `  ${name.padEnd(width)}  ${firstSentence(explain)}\n`);
        return `${title}\n${lines.join('')}`;
      });
      io.out(lists.join('\n'));
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

/** What a list has room for: the first sentence, without its full stop; stops in code are none. */
function firstSentence(markdown: string): string {
  const [paragraph = ''] = markdown.trim().split('\n\n');
  const line = paragraph.replace(/\s+/g, ' ');
  return (/^(?:`[^`]*`|[^`.:]|[.:](?! |$))+/.exec(line)?.[0] ?? line).trim();
}
