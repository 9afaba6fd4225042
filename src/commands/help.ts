import { type Command, UsageError } from './command.js';

/** `isCommand`: whether there is a command of this name; the list of them holds this one. */
export const help = (isCommand: (name: string) => boolean): Command => ({
  name: 'help',
  summary: 'Explains a word of the language: a layer, activation, annotation, loss, optimizer, data source, section.',
  parameters: '[word]',
  options: [],
  examples: ['dnc help', 'dnc help Dense', 'dnc help dropneuron', 'dnc help train'],
  run: async ({ parameters: [word], io }) => {
    const { helpText, helpWords, topics, topicText } = await import('./help-text.js');
    if (word === undefined) {
      io.out('dnc help <word>, with a word of these:\n\n');
      io.out(topics().map(topicText).join('\n'));
      io.out('\nThe commands: dnc --help\n');
      return 0;
    }
    const text = helpText(word);
    if (text === undefined) {
      const { didYouMean } = await import('../diagnostics/did-you-mean.js');
      if (isCommand(word)) throw new UsageError(`${word} is a command: dnc ${word} --help`);
      throw new UsageError(
        [`the language has no word ${word}`, ...didYouMean(word, helpWords()), 'dnc help lists all'].join('; '),
      );
    }
    io.out(text.endsWith('\n') ? text : `${text}\n`);
    return 0;
  },
});
