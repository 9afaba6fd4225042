import { type Static, Type } from '../../ir/kind.js';
import { classField, type Endings, findClassFolders, findFiles, readParts } from '../class-folders.js';
import { FileSet } from '../file-sets.js';
import type { InputFile } from '../files.js';
import { pixelRange } from '../images.js';
import { OTHER_PICTURES, PICTURE_ENDINGS, pictureMemory, pictureShape, readPicture } from '../pictures/read.js';
import { pictureArguments } from '../pictures/words.js';
import { defineSource, type SourcePlace } from '../source.js';

const ENDINGS: Endings = { taken: PICTURE_ENDINGS, refused: OTHER_PICTURES, role: 'pictures (.png, .jpg or .jpeg)' };

const schema = Type.Object({
  folder: Type.String({
    examples: ['photos'],
    minLength: 1,
    description:
      'The folder with a sub-folder for every class, or with the folders train, validation and test (the last two may be lacking) that have them. Looked for beside the spec, then in the data folders.',
  }),
  ...pictureArguments,
});

type Given = Static<typeof schema>;

export const imageFolder = defineSource({
  keyword: 'image_folder',
  summary:
    'Pictures in folders, PNG or JPEG, one folder a class: the fields `image` and `label`. The names of the folders are those of the classes.',
  cite: 'the layout of Keras’ image_dataset_from_directory and torchvision’s ImageFolder; resizing as in PyTorch’s interpolate with antialias',
  schema,
  shapesFromRows: true,
  read: async (args, place) => {
    const found = findClassFolders(args.folder, ENDINGS, place);
    return readParts(found, (folders) => {
      const rows = folders.reduce((sum, { files }) => sum + files.length, 0);
      const { data, put } = memory(rows, args, place);
      const numbers = new Int32Array(rows);
      let from = 0;
      const files = folders.map(({ name, label, files }) => {
        const first = from;
        numbers.fill(label, first, first + files.length);
        from += files.length;
        return FileSet.read(name, files, place, (file, k) => put(file, first + k));
      });
      return {
        rows,
        fields: [
          { name: 'image', shape: pictureShape(args), form: 'values', range: pixelRange(args.range), data },
          classField(found, numbers),
        ],
        target: 'label',
        files,
      };
    });
  },
  readRows: async (args, file, place) => {
    const files = findFiles(file, ENDINGS, place);
    const { data, put } = memory(files.length, args, place);
    const read = FileSet.read(file, files, place, put);
    return {
      rows: files.length,
      fields: [{ name: 'image', shape: pictureShape(args), form: 'values', range: pixelRange(args.range), data }],
      target: 'label',
      files: [read],
    };
  },
});

/** Memory for the pictures of so many rows, and what reads one into it. */
function memory(rows: number, args: Given, { at }: SourcePlace) {
  const data = pictureMemory(rows, args, args.folder, at);
  const width = rows === 0 ? 0 : data.length / rows;
  const put = (file: InputFile, row: number) => readPicture(file, args, data.subarray(row * width, (row + 1) * width));
  return { data, put };
}
