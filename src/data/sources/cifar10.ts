import { fail } from '../../diagnostics/report.js';
import { type Static, Type } from '../../ir/kind.js';
import { cifarLabels, readCifar } from '../cifar.js';
import { findDataset, findFile } from '../folders.js';
import { imageRange, pixelRange } from '../images.js';
import { defineSource } from '../source.js';

const batch = (name: string, role: string) => ({ names: [`${name}.bin`], role });
const TRAIN = [1, 2, 3, 4, 5].map((k) => batch(`data_batch_${k}`, 'training images'));
const TEST = [batch('test_batch', 'test images')];

const list = (description: string) =>
  Type.Optional(Type.Array(Type.String({ minLength: 1 }), { minItems: 1, oneOrList: true, description }));

const schema = Type.Object({
  files: list(
    'Training images: files of records, plain or packed with gzip, read in this order, in the place of the five files of the data set. Looked for beside the spec, then in the data folders.',
  ),
  test_files: list('Test images, in the place of the file of the data set; with `files` alone there are none.'),
  range: imageRange,
});

export const cifar10 = defineSource({
  keyword: 'cifar10',
  summary:
    'CIFAR-10: 50,000 and 10,000 small colour photographs, `image` 32×32×3 and `label` of 10 classes, from the six files of its binary version.',
  cite: 'A. Krizhevsky, "Learning Multiple Layers of Features from Tiny Images", 2009',
  schema,
  describe: ({ range }) => ({
    fields: [
      { name: 'image', shape: [32, 32, 3], form: 'values', range: pixelRange(range) },
      { name: 'label', shape: [], form: 'classes', classes: 10, labels: cifarLabels },
    ],
    target: 'label',
  }),
  read: async ({ files, test_files: testFiles, range }: Static<typeof schema>, place) => {
    if (!files && testFiles)
      fail('data-missing', { source: 'cifar10', files: '`files`: `test_files` belongs to it' }, { at: place.at });
    const named = (names: readonly string[], role: string) =>
      names.map((name) => findFile(name, role, place, { packed: true, folder: 'cifar10' }));
    if (files)
      return {
        train: readCifar(named(files, 'training images'), range),
        ...(testFiles && { test: readCifar(named(testFiles, 'test images'), range) }),
      };
    const found = findDataset('cifar10', ['cifar10', 'cifar-10-batches-bin', 'cifar-10'], [...TRAIN, ...TEST], place);
    return {
      train: readCifar(found.slice(0, TRAIN.length), range),
      test: readCifar(found.slice(TRAIN.length), range),
    };
  },
});
