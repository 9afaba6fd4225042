import { Type } from '../../ir/kind.js';
import { DIGITS } from '../digits.js';
import { asPixels, drawGlyphs, SIDE } from '../glyphs.js';
import { imageRange, pixelRange, pixelValues } from '../images.js';
import { LETTERS } from '../letters.js';
import { defineSource, type Field, type Table } from '../source.js';

const GLYPHS = [...DIGITS, ...LETTERS];
const LABELS: readonly string[] = [...'0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ'];

const imageOf = (range: readonly number[]): Omit<Field, 'data'> => ({
  name: 'image',
  shape: [SIDE, SIDE, 1],
  form: 'values',
  range: pixelRange(range),
});
const LABEL: Omit<Field, 'data'> = {
  name: 'label',
  shape: [],
  form: 'classes',
  classes: GLYPHS.length,
  labels: LABELS,
};

export const drawnCharacters = defineSource({
  keyword: 'drawn_characters',
  summary:
    'Generated: digits and capital letters drawn with a shaky pen, `image` 28×28×1 and `label` of 36 classes. Needs no files. Guessing is right in 2.8 %.',
  schema: Type.Object({
    train: Type.Integer({ default: 20_000, minimum: 1, maximum: 200_000, description: 'Training rows.' }),
    test: Type.Integer({ default: 4_000, minimum: 1, maximum: 200_000, description: 'Test rows.' }),
    seed: Type.Integer({ default: 0, minimum: 0, maximum: 0xffffffff, description: 'Seed of the drawing.' }),
    range: imageRange,
  }),
  describe: ({ range }) => ({ fields: [imageOf(range), LABEL], target: 'label' }),
  read: async ({ train, test, seed, range }) => {
    const values = pixelValues(range);
    const draw = (part: string, rows: number): Table => {
      const { images, labels } = drawGlyphs({ stream: `drawn_characters.${part}`, seed, rows, glyphs: GLYPHS });
      const fields = [
        { ...imageOf(range), data: asPixels(images, values) },
        { ...LABEL, data: labels },
      ];
      return { rows, fields, target: 'label', files: [] };
    };
    return { train: draw('train', train), test: draw('test', test) };
  },
});
