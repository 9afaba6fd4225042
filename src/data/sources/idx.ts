import { resolve } from 'node:path';
import { fail } from '../../diagnostics/report.js';
import { Type } from '../../ir/kind.js';
import type { InputFile } from '../files.js';
import { imageRange, readImages } from '../images.js';
import { defineSource, type Table } from '../source.js';

const path = (description: string) => Type.String({ minLength: 1, description });

export const idx = defineSource({
  keyword: 'idx',
  summary: 'Images and their class numbers from IDX files, plain or packed with gzip: the fields `image` and `label`.',
  cite: 'Y. LeCun, "The MNIST database of handwritten digits": file format',
  schema: Type.Object({
    images: path(
      'Training images: an IDX file of two or more dimensions. Paths are relative to the folder of the spec.',
    ),
    labels: path('Training labels: an IDX file of one dimension, class numbers from 0.'),
    test_images: Type.Optional(path('Test images.')),
    test_labels: Type.Optional(path('Test labels.')),
    classes: Type.Optional(
      Type.Integer({ minimum: 1, description: 'Number of classes. Absent: one more than the largest training label.' }),
    ),
    range: imageRange,
  }),
  read: async (args, place) => {
    const file = (name: string, role: string): InputFile => ({
      path: resolve(place.specFolder, name),
      name,
      role,
      at: place.at,
    });
    const read = (images: InputFile, labels: InputFile, classes: number | undefined): Table =>
      readImages({ images, labels }, { range: args.range, images: { dimensions: [2, 4] }, classes });
    const train = read(file(args.images, 'training images'), file(args.labels, 'training labels'), args.classes);
    if (args.test_images === undefined && args.test_labels === undefined) return { train };
    if (args.test_images === undefined || args.test_labels === undefined) {
      const missing = args.test_images === undefined ? 'test_images' : 'test_labels';
      fail(
        'data-missing',
        { source: 'idx', files: `\`${missing}\`: test images and test labels come together` },
        { at: place.at },
      );
    }
    const classes = train.fields[1]!.classes;
    const test = read(file(args.test_images, 'test images'), file(args.test_labels, 'test labels'), classes);
    const [shape, other] = [train.fields[0]!.shape.join('×'), test.fields[0]!.shape.join('×')];
    if (shape !== other)
      fail('shapes-differ', { first: args.images, shape, second: args.test_images, other }, { at: place.at });
    return { train, test };
  },
});
