import { type Static, Type } from '../../ir/kind.js';
import { type DatasetFile, findDataset } from '../folders.js';
import { BYTES, imageRange, pixelRange, readImages } from '../images.js';
import { type Description, defineSource, type SourceKind } from '../source.js';

/** A file's name as its makers have it, and as some copies have it: `train-images-idx3-ubyte`, `train-images.idx3-ubyte`. */
function file(part: string, kind: 'images' | 'labels', role: string): DatasetFile {
  const type = kind === 'images' ? 'idx3-ubyte' : 'idx1-ubyte';
  return { names: [`${part}-${kind}-${type}`, `${part}-${kind}.${type}`], role };
}

const FILES: readonly DatasetFile[] = [
  file('train', 'images', 'training images'),
  file('train', 'labels', 'training labels'),
  file('t10k', 'images', 'test images'),
  file('t10k', 'labels', 'test labels'),
];

const schema = Type.Object({ range: imageRange });

const describe = ({ range }: Static<typeof schema>): Description => ({
  fields: [
    { name: 'image', shape: [28, 28, 1], form: 'values', range: pixelRange(range) },
    { name: 'label', shape: [], form: 'classes', classes: 10 },
  ],
  target: 'label',
});

/** A data set in MNIST's four files: 28×28 grey images in ten classes, with a test part. `folders` are the names its folder may have. */
export function mnistFiles(options: {
  readonly keyword: string;
  readonly summary: string;
  readonly cite: string;
  readonly folders: readonly string[];
}): SourceKind {
  const { keyword, summary, cite, folders } = options;
  return defineSource({
    keyword,
    summary,
    cite,
    schema,
    describe,
    read: async ({ range }: Static<typeof schema>, place) => {
      const [trainImages, trainLabels, testImages, testLabels] = findDataset(keyword, folders, FILES, place);
      const read = { range, images: { dimensions: [3, 3], types: BYTES, row: [28, 28] }, classes: 10 } as const;
      return {
        train: readImages({ images: [trainImages!], labels: [trainLabels!] }, read),
        test: readImages({ images: [testImages!], labels: [testLabels!] }, read),
      };
    },
  });
}
