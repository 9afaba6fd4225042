import { Type } from '../../ir/kind.js';
import { defineSource, type Field, type Table } from '../source.js';
import { drawShapes } from '../shapes.js';

export const drawnShapes = defineSource({
  keyword: 'drawn_shapes',
  summary:
    'Generated, for segmentation: `image` with discs, boxes and triangles, lighter or darker than their ground, among thin lines of the same shades, and `mask` of the same size, 1 where a shape is. Guessing ground everywhere is right in about 82 % of the pixels.',
  schema: Type.Object({
    train: Type.Integer({ default: 2_000, minimum: 1, maximum: 100_000, description: 'Training rows.' }),
    test: Type.Integer({ default: 500, minimum: 1, maximum: 100_000, description: 'Test rows.' }),
    side: Type.Integer({ default: 32, minimum: 16, maximum: 256, description: 'Height and width in pixels.' }),
    noise: Type.Number({
      default: 0.05,
      minimum: 0,
      maximum: 1,
      description: 'Standard deviation of the noise on every pixel, which is from 0 to 1.',
    }),
    seed: Type.Integer({ default: 0, minimum: 0, maximum: 0xffffffff, description: 'Seed of the drawing.' }),
  }),
  describe: ({ side }) => ({ fields: fieldsOf(side), target: 'mask' }),
  read: async ({ train, test, ...how }) => {
    const draw = (part: string, rows: number): Table => {
      const { images, masks } = drawShapes(part, rows, how);
      const data = [images, masks];
      const fields = fieldsOf(how.side).map((field, k) => ({ ...field, data: data[k]! }));
      return { rows, fields, target: 'mask', files: [] };
    };
    return { train: draw('train', train), test: draw('test', test) };
  },
});

function fieldsOf(side: number): readonly Omit<Field, 'data'>[] {
  return ['image', 'mask'].map((name) => ({ name, shape: [side, side, 1], form: 'values', range: [0, 1] }));
}
