import { pictureArguments } from '../../../data/pictures/words.js';
import { type Kind, Type } from '../../../ir/kind.js';

/** How a column of a table is read. `data/columns/` reads it so. */
const number = {
  keyword: 'number',
  summary: 'A column of numbers: one feature, or a target of real numbers.',
  schema: Type.Object({
    missing: Type.Optional(
      Type.Union([Type.Number(), ...['error', 'drop', 'mean', 'median'].map((word) => Type.Literal(word))], {
        absent: 'as `missing` of the data section',
        description:
          'What happens to missing cells: an error, the row is dropped, or they are filled with the mean or median of the training rows or with a number.',
      }),
    ),
    standardize: Type.Optional(
      Type.Boolean({
        absent: 'as `standardize` of the data section; a target is not standardized unless it is said here',
        description:
          'Whether the mean of the training rows is subtracted and their standard deviation divided by. Losses and metrics of a standardized target are in standard deviations; `predict` turns outputs back.',
      }),
    ),
  }),
} satisfies Kind;

const oneHot = {
  keyword: 'one_hot',
  summary:
    'A column of categories: a feature for every category of the training rows, 1 for the own one and 0 for the others.',
  schema: Type.Object({
    unknown: Type.Union([Type.Literal('zeros'), Type.Literal('error')], {
      default: 'zeros',
      description: 'What a category is that no training row has: all zeros, or an error.',
    }),
    missing: Type.Optional(
      Type.Union(
        ['error', 'drop', 'zeros', 'frequent'].map((word) => Type.Literal(word)),
        {
          absent: '`drop` where the data section says so, else an error',
          description:
            'What happens to empty cells: an error, the row is dropped, all zeros, or the most frequent category of the training rows.',
        },
      ),
    ),
  }),
} satisfies Kind;

const classes = {
  keyword: 'classes',
  summary: 'A target of classes: each different cell is one, numbered from 0 in the order of numbers or letters.',
  schema: Type.Object({
    names: Type.Optional(
      Type.Array(Type.String({ minLength: 1 }), {
        minItems: 1,
        absent: 'all that the column holds, in order',
        description:
          'The classes in the order of the units of the output; with two of them the second is the positive one.',
      }),
    ),
    missing: Type.Optional(
      Type.Union([Type.Literal('error'), Type.Literal('drop')], {
        absent: '`drop` where the data section says so, else an error',
        description: 'What happens to empty cells: an error, or the row is dropped.',
      }),
    ),
  }),
} satisfies Kind;

const tokens = {
  keyword: 'tokens',
  summary:
    'A column of texts: their words as whole numbers, for an Embedding layer. 0 is padding, 1 a word that the vocabulary lacks; the most frequent words of the training rows come from 2 on.',
  cite: 'Keras, TextVectorization: lower case, without punctuation, split at blanks; letters outside of ASCII become small, too',
  schema: Type.Object({
    max_tokens: Type.Integer({
      minimum: 3,
      maximum: 2 ** 24,
      examples: [10_000],
      description:
        'How many different tokens there are at most, with padding and the unknown word: the input_dim of the Embedding.',
    }),
    length: Type.Integer({
      minimum: 1,
      maximum: 1_000_000,
      examples: [200],
      description: 'Tokens in a row: longer texts are cut off at their end, shorter ones are filled up with padding.',
    }),
    missing: Type.Optional(
      Type.Union(
        ['error', 'drop', 'empty'].map((word) => Type.Literal(word)),
        {
          absent: '`drop` where the data section says so, else an error',
          description: 'What happens to empty cells: an error, the row is dropped, or they are texts without words.',
        },
      ),
    ),
  }),
} satisfies Kind;

const imageFile = {
  keyword: 'image_file',
  summary: 'A column of names of pictures, PNG or JPEG: the pictures, resized, height × width × channels.',
  schema: Type.Object({
    ...pictureArguments,
    folder: Type.Optional(
      Type.String({
        minLength: 1,
        absent: 'the folder of the table',
        description: 'The folder that the names start from, relative to that of the table.',
      }),
    ),
    missing: Type.Optional(
      Type.Union([Type.Literal('error'), Type.Literal('drop')], {
        absent: '`drop` where the data section says so, else an error',
        description: 'What happens to empty cells: an error, or the row is dropped.',
      }),
    ),
  }),
} satisfies Kind;

const skip = { keyword: 'skip', summary: 'The column is left out.', schema: Type.Object({}) } satisfies Kind;

export const columns = {
  number,
  one_hot: oneHot,
  classes,
  tokens,
  image_file: imageFile,
  skip,
} as const satisfies Readonly<Record<string, Kind>>;
