import { Type } from '../../ir/kind.js';
import { Stream } from '../../random/streams.js';
import { DIGITS } from '../digits.js';
import { drawnArguments, drawnImage } from '../drawn.js';
import { asPixels, drawGlyphs } from '../glyphs.js';
import { pixelValues } from '../images.js';
import { defineSource, type Field, type Table } from '../source.js';

const FACTS = 4;
const fieldsOf = (range: readonly number[]): readonly Omit<Field, 'data'>[] => [
  drawnImage('left', range),
  drawnImage('right', range),
  { name: 'facts', shape: [FACTS], form: 'values' },
  { name: 'same', shape: [], form: 'classes', classes: 2, labels: ['different', 'same'] },
  { name: 'value', shape: [1], form: 'values' },
];

/** Counters of a row's numbers in the stream of its part. */
const AT = { left: 0, same: 1, other: 2, noise: 4, facts: 8, row: 16 } as const;

/** Standard deviation of what cannot be known of `value`. */
const NOISE = 0.1;

export const twoViews = defineSource({
  keyword: 'two_views',
  summary:
    'Generated: pairs of drawn digits, `left` and `right` 28×28×1, with 4 `facts`. The targets are `same`, whether both show the same digit (half of the rows), and `value`, their mean plus the first fact minus the second, with a noise of standard deviation 0.1; the other facts say nothing. Guessing `same` is right in 50 %.',
  schema: Type.Object(drawnArguments({ train: 10_000, test: 2_000, most: 100_000 })),
  describe: ({ range }) => ({ fields: fieldsOf(range), target: 'same' }),
  read: async ({ train, test, seed, range }) => {
    const values = pixelValues(range);
    const draw = (part: string, rows: number): Table => {
      const stream = Stream.named(`two_views.${part}`, { seed });
      const at = (row: number, place: number) => row * AT.row + place;
      const leftOf = (row: number) => stream.below(at(row, AT.left), 10);
      const isSame = (row: number) => stream.bernoulli(at(row, AT.same), 0.5);
      const rightOf = (row: number) =>
        isSame(row) ? leftOf(row) : (leftOf(row) + 1 + stream.below(at(row, AT.other), 9)) % 10;
      const view = (name: string, labelOf: (row: number) => number) => {
        const { images } = drawGlyphs({ stream: `two_views.${part}.${name}`, seed, rows, glyphs: DIGITS, labelOf });
        return asPixels(images, values);
      };
      const facts = new Float32Array(rows * FACTS);
      const value = new Float32Array(rows);
      const same = new Int32Array(rows);
      for (let row = 0; row < rows; row++) {
        for (let k = 0; k < FACTS; k++) facts[row * FACTS + k] = stream.normal(at(row, AT.facts + k));
        const [first, second] = facts.subarray(row * FACTS);
        same[row] = isSame(row) ? 1 : 0;
        const mean = (leftOf(row) + rightOf(row)) / 2;
        value[row] = mean + first! - second! + NOISE * stream.normal(at(row, AT.noise));
      }
      const data = [view('left', leftOf), view('right', rightOf), facts, same, value];
      return {
        rows,
        fields: fieldsOf(range).map((field, k) => ({ ...field, data: data[k]! })),
        target: 'same',
        files: [],
      };
    };
    return { train: draw('train', train), test: draw('test', test) };
  },
});
