import { fail } from '../../diagnostics/report.js';
import { sizeOf } from '../../program/program.js';
import { numberIn } from '../csv/layout.js';
import { PICTURE_ENDINGS } from '../pictures/read.js';
import type { Field } from '../source.js';
import { heldNumbers } from '../row-memory.js';
import type { ColumnChoices } from './choices.js';

/** A column as texts: the different ones, and for every row its place among them, -1 for a missing cell. */
export interface Texts {
  readonly texts: readonly string[];
  readonly data: ArrayLike<number>;
}

/** A field as texts: numbers count as their shortest decimal form. @throws Failure field-mismatch */
export function textsOf(field: Field, choices: Pick<ColumnChoices, 'span'>): Texts {
  const numbers = heldNumbers(field, 'reading a column as texts', choices.span);
  if (field.form === 'texts') return { texts: field.texts!, data: numbers };
  if (sizeOf(field.shape) !== 1) return mismatch(field, 'one cell a row', choices);
  const places = new Map<number, number>();
  const data = new Int32Array(numbers.length);
  for (let row = 0; row < data.length; row++) {
    const value = numbers[row]!;
    const place = Number.isNaN(value) ? -1 : (places.get(value) ?? places.size);
    if (place === places.size) places.set(value, place);
    data[row] = place;
  }
  return { texts: [...places.keys()].map(String), data };
}

export function mismatch(field: Field, expected: string, { span }: Pick<ColumnChoices, 'span'>): never {
  const found = field.form === 'values' ? `${field.shape.join('×')} numbers a row` : field.form;
  return fail('field-mismatch', { reader: 'the data section', expected, field: field.name, found }, { at: span });
}

/** Numbers by their size where all are numbers, else texts by their letters' codes. */
export function inOrder(texts: readonly string[]): readonly string[] {
  const numbers = texts.map(numberIn);
  if (numbers.some(Number.isNaN)) return [...texts].sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));
  return texts
    .map((text, k) => ({ text, number: numbers[k]! }))
    .sort((a, b) => a.number - b.number)
    .map(({ text }) => text);
}

/** Whether texts are all names of picture files, as far as their endings tell. */
export function namePictures(texts: readonly string[]): boolean {
  return texts.every((text) => PICTURE_ENDINGS.some((ending) => text.toLowerCase().endsWith(ending)));
}
