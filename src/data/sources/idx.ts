import { fail } from '../../diagnostics/report.js';
import { Type } from '../../ir/kind.js';
import { findFile } from '../folders.js';
import { imageRange, readImages } from '../images.js';
import { defineSource, type Table } from '../source.js';
import { memoryForRows } from '../row-memory.js';

const files = (description: string, ...examples: readonly string[]) =>
  Type.Array(Type.String({ minLength: 1 }), { minItems: 1, oneOrList: true, examples, description });

export const idx = defineSource({
  keyword: 'idx',
  summary: 'Images and their class numbers from IDX files, plain or packed with gzip: the fields `image` and `label`.',
  cite: 'Y. LeCun, "The MNIST database of handwritten digits": file format',
  schema: Type.Object({
    images: files(
      'Training images: an IDX file of two or more dimensions, or several, one behind the other. Looked for beside the spec, then in the data folders.',
      'train-images-idx3-ubyte.gz',
    ),
    labels: files(
      'Training labels: an IDX file of one dimension, class numbers from 0, or several.',
      'train-labels-idx1-ubyte.gz',
    ),
    test_images: Type.Optional(files('Test images.')),
    test_labels: Type.Optional(files('Test labels.')),
    classes: Type.Optional(
      Type.Integer({ minimum: 1, description: 'Number of classes. Absent: one more than the largest training label.' }),
    ),
    range: imageRange,
  }),
  read: async (args, place) => {
    const read = (
      images: readonly string[],
      labels: readonly string[],
      part: string,
      classes: number | undefined,
    ): Table => {
      const find = (names: readonly string[], kind: string) =>
        names.map((name) => findFile(name, `${part} ${kind}`, place, { packed: true }));
      const parts = { images: find(images, 'images'), labels: find(labels, 'labels') };
      const { memory = memoryForRows() } = place;
      return readImages(parts, { range: args.range, images: { dimensions: [2, 4] }, classes, memory });
    };
    const train = read(args.images, args.labels, 'training', args.classes);
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
    const test = read(args.test_images, args.test_labels, 'test', classes);
    const [shape, other] = [train.fields[0]!.shape.join('×'), test.fields[0]!.shape.join('×')];
    if (shape !== other)
      fail(
        'shapes-differ',
        { first: args.images.join(' and '), shape, second: args.test_images.join(' and '), other },
        { at: place.at },
      );
    return { train, test };
  },
});
