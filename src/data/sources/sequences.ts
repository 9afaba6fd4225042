import { Type } from '../../ir/kind.js';
import { Stream } from '../../random/streams.js';
import { FIRST_WORD } from '../columns/vocabulary.js';
import { defineSource, type Field, type Table } from '../source.js';

/** Words that mean something; all others of the vocabulary mean nothing. */
const NEGATIONS = 2;
const GOOD = 10;
const BAD = 10;
/** The first word that means nothing. */
const PLAIN = FIRST_WORD + NEGATIONS + GOOD + BAD;
/** Good and bad words in a row; an odd number, so that one side always wins. */
const OPINIONS = 3;
/** Up to so many plain words stand between a negation and what it turns round. */
const MOST_BETWEEN = 2;
/** Places that an opinion takes: a negation, words between, itself. */
const PHRASE = MOST_BETWEEN + 2;
const LEAST = OPINIONS * PHRASE;

/** Counters of a row's numbers. Words have a range of their own. */
const AT = { length: 0, flipped: 1, opinions: 8, words: 64 } as const;

export const sequences = defineSource({
  keyword: 'sequences',
  summary:
    'Generated: texts as whole numbers, `tokens`, and whether they are good or bad, `label`. Each has three good or bad words among words that mean nothing; a negation up to three words before one turns it round, in 30 % of them. Guessing is right in 50 %, counting words in about 64 %, reading in all but the noise.',
  schema: Type.Object({
    train: Type.Integer({ default: 8_000, minimum: 1, maximum: 1_000_000, description: 'Training rows.' }),
    test: Type.Integer({ default: 2_000, minimum: 1, maximum: 1_000_000, description: 'Test rows.' }),
    length: Type.Integer({
      default: 32,
      minimum: LEAST,
      maximum: 1000,
      description: `Tokens in a row. Texts have from ${LEAST} to so many words; 0 fills what is left.`,
    }),
    vocabulary: Type.Integer({
      default: 100,
      minimum: PLAIN + 1,
      maximum: 1_000_000,
      description: 'Different tokens, with 0 for padding and 1, which never comes: the input_dim of an Embedding.',
    }),
    noise: Type.Number({
      default: 0.05,
      minimum: 0,
      exclusiveMaximum: 0.5,
      description: 'Share of the rows whose label is wrong, in training and in testing.',
    }),
    seed: Type.Integer({ default: 0, minimum: 0, maximum: 0xffffffff, description: 'Seed of the texts.' }),
  }),
  describe: ({ length, vocabulary }) => ({ fields: fieldsOf(length, vocabulary), target: 'label' }),
  read: async ({ train, test, length, vocabulary, noise, seed }) => {
    const draw = (part: string, rows: number): Table => {
      const stream = Stream.named(`sequences.${part}`, { seed });
      const tokens = new Float32Array(rows * length);
      const labels = new Int32Array(rows);
      for (let row = 0; row < rows; row++) {
        const first = row * (AT.words + length);
        const words = LEAST + stream.below(first + AT.length, length - LEAST + 1);
        const text = tokens.subarray(row * length, row * length + words);
        for (let k = 0; k < words; k++) text[k] = PLAIN + stream.below(first + AT.words + k, vocabulary - PLAIN);
        labels[row] = write(text, stream, first + AT.opinions);
        if (stream.bernoulli(first + AT.flipped, noise)) labels[row] = 1 - labels[row]!;
      }
      const data = [tokens, labels];
      return {
        rows,
        fields: fieldsOf(length, vocabulary).map((field, k) => ({ ...field, data: data[k]! })),
        target: 'label',
        files: [],
      };
    };
    return { train: draw('train', train), test: draw('test', test) };
  },
});

function fieldsOf(length: number, vocabulary: number): readonly Omit<Field, 'data'>[] {
  return [
    { name: 'tokens', shape: [length], form: 'values', range: [0, vocabulary - 1] },
    { name: 'label', shape: [], form: 'classes', classes: 2, labels: ['bad', 'good'] },
  ];
}

/** Writes opinions into a text of plain words, each into a stretch of its own. Returns 1 if most of them are good as they are meant, else 0. */
function write(text: Float32Array, stream: Stream, from: number): number {
  const stretch = Math.floor(text.length / OPINIONS);
  let sum = 0;
  for (let k = 0; k < OPINIONS; k++) {
    const draw = (place: number, size: number) => stream.below(from + k * 8 + place, size);
    const isGood = stream.bernoulli(from + k * 8, 0.5);
    const isNegated = stream.bernoulli(from + k * 8 + 1, 0.3);
    const at = k * stretch + PHRASE - 1 + draw(2, stretch - PHRASE + 1);
    text[at] = FIRST_WORD + NEGATIONS + (isGood ? draw(3, GOOD) : GOOD + draw(3, BAD));
    if (isNegated) text[at - 1 - draw(4, MOST_BETWEEN + 1)] = FIRST_WORD + draw(5, NEGATIONS);
    sum += isGood === isNegated ? -1 : 1;
  }
  return sum > 0 ? 1 : 0;
}
