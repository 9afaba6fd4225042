import { Type } from '../../ir/kind.js';
import { drawDigits } from '../digits.js';
import { asPixels, SIDE } from '../glyphs.js';
import { imageRange, pixelRange, pixelValues } from '../images.js';
import { defineSource, type Field, type Table } from '../source.js';

const imageOf = (range: readonly number[]): Omit<Field, 'data'> => ({
  name: 'image',
  shape: [SIDE, SIDE, 1],
  form: 'values',
  range: pixelRange(range),
});
const LABEL: Omit<Field, 'data'> = { name: 'label', shape: [], form: 'classes', classes: 10 };

export const drawnDigits = defineSource({
  keyword: 'drawn_digits',
  summary: 'Generated: digits drawn with a shaky pen, `image` 28×28×1 and `label` of 10 classes. Needs no files.',
  schema: Type.Object({
    train: Type.Integer({ default: 10_000, minimum: 1, maximum: 200_000, description: 'Training rows.' }),
    test: Type.Integer({ default: 2_000, minimum: 1, maximum: 200_000, description: 'Test rows.' }),
    seed: Type.Integer({ default: 0, minimum: 0, maximum: 0xffffffff, description: 'Seed of the drawing.' }),
    range: imageRange,
  }),
  describe: ({ range }) => ({ fields: [imageOf(range), LABEL], target: 'label' }),
  read: async ({ train, test, seed, range }) => {
    const values = pixelValues(range);
    const draw = (part: string, rows: number): Table => {
      const { images, labels } = drawDigits(part, seed, rows);
      return {
        rows,
        fields: [
          { ...imageOf(range), data: asPixels(images, values) },
          { ...LABEL, data: labels },
        ],
        target: 'label',
        files: [],
      };
    };
    return { train: draw('train', train), test: draw('test', test) };
  },
});
