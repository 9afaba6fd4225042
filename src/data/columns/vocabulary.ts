/** Token 0 fills what is left of a row, token 1 stands for words that the vocabulary lacks. */
export const PADDING = 0;
export const UNKNOWN = 1;
/** The token of the vocabulary's first word. */
export const FIRST_WORD = 2;

const PUNCTUATION = /[!"#$%&()*+,\-./:;<=>?@[\\\]^_`{|}~']/g;

/**
 * The words of a text by the rule of Keras' TextVectorization: lower case, without the punctuation of ASCII, split at white space. Letters outside of ASCII
 * become small, too, where TensorFlow leaves them as they are.
 */
export function wordsIn(text: string): readonly string[] {
  return text
    .toLowerCase()
    .replace(PUNCTUATION, '')
    .split(/\s+/)
    .filter((word) => word !== '');
}

/**
 * The most frequent words of texts that occur `count` times each, at most `most` of them. Equally frequent ones are in falling order of their UTF-8 bytes, as in
 * Keras.
 */
export function learnVocabulary(
  texts: Iterable<{ readonly words: readonly string[]; readonly count: number }>,
  most: number,
): readonly string[] {
  const counts = new Map<string, number>();
  for (const { words, count } of texts) for (const word of words) counts.set(word, (counts.get(word) ?? 0) + count);
  return [...counts]
    .sort(([a, one], [b, other]) => other - one || Buffer.compare(Buffer.from(b), Buffer.from(a)))
    .slice(0, most)
    .map(([word]) => word);
}
