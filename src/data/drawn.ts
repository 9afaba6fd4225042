import { Type } from '../ir/kind.js';
import { asPixels, type Drawn, SIDE } from './glyphs.js';
import { imageRange, pixelRange, pixelValues } from './images.js';
import { defineSource, type Field, type SourceKind, type Table } from './source.js';

/** What sources of drawn pictures share: their arguments, and the pictures as a field. */

/** How many rows are drawn where the spec does not say, and at most. */
interface DrawnRows {
  readonly train: number;
  readonly test: number;
  readonly most: number;
}

export function drawnArguments({ train, test, most }: DrawnRows) {
  return {
    train: Type.Integer({ default: train, minimum: 1, maximum: most, description: 'Training rows.' }),
    test: Type.Integer({ default: test, minimum: 1, maximum: most, description: 'Test rows.' }),
    seed: Type.Integer({ default: 0, minimum: 0, maximum: 0xffffffff, description: 'Seed of the drawing.' }),
    range: imageRange,
  };
}

/** The field of drawn pictures, [28, 28, 1]. */
export function drawnImage(name: string, range: readonly number[]): Omit<Field, 'data'> {
  return { name, shape: [SIDE, SIDE, 1], form: 'values', range: pixelRange(range) };
}

/** A source of one drawn sign a row, `image`, and which it is, `label`. */
export function drawnSigns(source: {
  readonly keyword: string;
  readonly summary: string;
  readonly rows: DrawnRows;
  readonly label: Pick<Field, 'classes' | 'labels'>;
  draw(part: string, seed: number, rows: number): Drawn;
}): SourceKind {
  const label: Omit<Field, 'data'> = { name: 'label', shape: [], form: 'classes', ...source.label };
  return defineSource({
    keyword: source.keyword,
    summary: source.summary,
    schema: Type.Object(drawnArguments(source.rows)),
    describe: ({ range }) => ({ fields: [drawnImage('image', range), label], target: 'label' }),
    read: async ({ train, test, seed, range }) => {
      const values = pixelValues(range);
      const draw = (part: string, rows: number): Table => {
        const { images, labels } = source.draw(part, seed, rows);
        const fields = [
          { ...drawnImage('image', range), data: asPixels(images, values) },
          { ...label, data: labels },
        ];
        return { rows, fields, target: 'label', files: [] };
      };
      return { train: draw('train', train), test: draw('test', test) };
    },
  });
}
