import { Type } from '../../ir/kind.js';
import { classField, type Endings, findClassFolders, findFiles, readParts } from '../class-folders.js';
import { FileSet } from '../file-sets.js';
import type { InputFile } from '../files.js';
import { defineSource, type Field, type SourcePlace } from '../source.js';
import { readText, refuseTooMuch } from '../text-file.js';

const ENDINGS: Endings = { taken: ['.txt'], refused: [], role: 'texts (.txt)' };

export const textFolder = defineSource({
  keyword: 'text_folder',
  summary:
    'Texts in folders, one folder a class: the fields `text` and `label`. `columns { text: tokens(10k, length: 200) }` makes words of the texts.',
  cite: 'the layout of Keras’ text_dataset_from_directory and of the IMDB reviews (Maas et al. 2011)',
  schema: Type.Object({
    folder: Type.String({
      examples: ['reviews'],
      minLength: 1,
      description:
        'The folder with a sub-folder for every class, or with the folders train, validation and test (the last two may be lacking) that have them. Files end in .txt and are UTF-8. Looked for beside the spec, then in the data folders.',
    }),
    classes: Type.Optional(
      Type.Array(Type.String({ minLength: 1 }), {
        minItems: 1,
        absent: 'all sub-folders',
        description: 'The sub-folders that are read; others, such as `unsup` of the IMDB reviews, are left out.',
      }),
    ),
  }),
  shapesFromRows: true,
  read: async ({ folder, classes }, place) => {
    const found = findClassFolders(folder, ENDINGS, place, classes);
    return readParts(found, (folders) => {
      const texts = new Texts();
      const numbers: number[] = [];
      const files = folders.map(({ name, label, files }) =>
        FileSet.read(name, files, place, (file) => {
          numbers.push(label);
          return texts.read(file, place);
        }),
      );
      return {
        rows: numbers.length,
        fields: [texts.field(), classField(found, Int32Array.from(numbers))],
        target: 'label',
        files,
      };
    });
  },
  readRows: async (_, file, place) => {
    const texts = new Texts();
    const files = findFiles(file, ENDINGS, place);
    const read = FileSet.read(file, files, place, (one) => texts.read(one, place));
    return { rows: files.length, fields: [texts.field()], target: 'label', files: [read] };
  },
});

/** The texts of one part. */
class Texts {
  private readonly places = new Map<string, number>();
  private readonly rows: number[] = [];
  private letters = 0;

  read(file: InputFile, place: SourcePlace): { readonly bytes: number; readonly sha256: string } {
    const { text, ...summary } = readText(file);
    this.letters += text.length;
    refuseTooMuch(this.letters, file, place);
    if (!this.places.has(text)) this.places.set(text, this.places.size);
    this.rows.push(this.places.get(text)!);
    return summary;
  }

  field(): Field {
    const texts = [...this.places.keys()];
    return { name: 'text', shape: [], form: 'texts', prose: true, texts, data: Int32Array.from(this.rows) };
  }
}
