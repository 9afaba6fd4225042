import { type Command, UsageError } from './command.js';

/** `isCommand`: whether there is a command of this name; the list of them holds this one. */
export const help = (isCommand: (name: string) => boolean): Command => ({
  name: 'help',
  summary: 'Explains a word of the language: a layer, activation, annotation, loss, optimizer, data source, section.',
  parameters: '[word] [argument]',
  options: [],
  examples: ['dnc help', 'dnc help Dense', 'dnc help Dense units', 'dnc help dropneuron', 'dnc help train'],
  run: async ({ parameters: [word, argument], io }) => {
    const { argumentsOf, helpText, helpWords, topics, topicText } = await import('./help-text.js');
    if (word === undefined) {
      io.out('dnc help <word>, with a word of these:\n\n');
      io.out(topics().map(topicText).join('\n'));
      io.out('\nThe commands: dnc --help\n');
      return 0;
    }
    const asked = argument === undefined ? word : `${word}.${argument}`;
    const text = helpText(asked);
    if (text === undefined) {
      const { didYouMean } = await import('../diagnostics/did-you-mean.js');
      const known = argument === undefined ? undefined : argumentsOf(word);
      if (known)
        throw new UsageError(
          [
            `${word} has no argument or key ${argument}`,
            ...didYouMean(argument!, known),
            `dnc help ${word} lists all`,
          ].join('; '),
        );
      if (isCommand(word)) throw new UsageError(`${word} is a command: dnc ${word} --help`);
      const { engines } = await import('../runtime/engines/index.js');
      if (Object.hasOwn(engines, word))
        throw new UsageError(`${word} is an engine: dnc engines lists them, with what they need`);
      throw new UsageError(
        [`the language has no word ${word}`, ...didYouMean(word, helpWords()), 'dnc help lists all'].join('; '),
      );
    }
    io.out(text.endsWith('\n') ? text : `${text}\n`);
    return 0;
  },
});
