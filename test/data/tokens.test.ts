import { expect, test } from 'vitest';
import { applyFitted, type ColumnChoices, describeFitted, fitColumns, readFitted } from '../../src/data/columns.js';
import { wordsIn } from '../../src/data/columns/vocabulary.js';
import type { Field, Table } from '../../src/data/source.js';
import { select } from '../../src/data/splits.js';
import { failureOf } from './failure.js';
import { numbersIn } from './numbers.js';

function table(texts: readonly (string | undefined)[]): Table {
  const known = [...new Set(texts.filter((text) => text !== undefined))];
  const count = texts.filter((text) => text === undefined).length;
  const field: Field = {
    name: 'review',
    shape: [],
    form: 'texts',
    prose: true,
    texts: known,
    data: Int32Array.from(texts, (text) => (text === undefined ? -1 : known.indexOf(text))),
    ...(count > 0 && { missing: { count, first: 'line 2 of t.csv' } }),
  };
  return { rows: texts.length, fields: [field], columns: 1, files: [] };
}

function choices(max_tokens: number, length: number, missing?: string): ColumnChoices {
  return { columns: { review: { word: 'tokens', arguments: { max_tokens, length, ...(missing && { missing }) } } } };
}

function rowsOf(whole: Table, fitted: ReturnType<typeof fitColumns>) {
  const [field] = applyFitted(whole, fitted, {});
  const [length] = field!.shape;
  return Array.from({ length: whole.rows }, (_, row) => [
    ...numbersIn(field!).subarray(row * length!, (row + 1) * length!),
  ]);
}

test('the vocabulary and the tokens of Keras 3.15, TextVectorization(max_tokens=12, output_sequence_length=6)', () => {
  const whole = table([
    'The cat sat on the mat.',
    'A dog -- and THE cat!',
    "don't stop; e-mail me @ home",
    '',
    'cat\tdog\n\ndog  (bird) bird',
    'zebra apple mango, kiwi?',
    'naïve café',
  ]);
  const fitted = fitColumns(whole, whole, choices(12, 6));
  expect(fitted.columns[0]).toMatchObject({
    kind: 'tokens',
    vocabulary: ['the', 'dog', 'cat', 'bird', 'zebra', 'stop', 'sat', 'on', 'naïve', 'me'],
  });
  expect(rowsOf(whole, fitted)).toEqual([
    [2, 4, 8, 9, 2, 1],
    [1, 3, 1, 2, 4, 0],
    [1, 7, 1, 11, 1, 0],
    [0, 0, 0, 0, 0, 0],
    [4, 3, 3, 5, 5, 0],
    [6, 1, 1, 1, 0, 0],
    [10, 1, 0, 0, 0, 0],
  ]);
  expect(describeFitted(fitted).fields).toEqual([{ name: 'review', shape: [6], form: 'values', range: [0, 11] }]);
});

test('what Keras leaves: letters beyond ASCII become small; white space of any kind', () => {
  expect(wordsIn(' ÉCOLE\u00a0Straße\u3000“quoted”  ')).toEqual(['école', 'straße', '“quoted”']);
  expect(wordsIn('!!! ...')).toEqual([]);
});

test('words of the training rows alone; others are unknown; it survives the weights file', () => {
  const whole = table(['a b', 'a c', 'd d d']);
  const fitted = fitColumns(select(whole, Int32Array.of(0, 1)), whole, choices(100, 3));
  expect(fitted.columns[0]).toMatchObject({ vocabulary: ['a', 'c', 'b'] });
  const stored = readFitted(JSON.stringify(fitted))!;
  expect(stored).toEqual(fitted);
  expect(rowsOf(whole, stored)).toEqual([
    [2, 4, 0],
    [2, 3, 0],
    [1, 1, 1],
  ]);
  expect(rowsOf(table(['C, b; and x']), stored)).toEqual([[3, 4, 1]]);
  for (const damage of [{ vocabulary: [1] }, { length: 0 }, { length: 1.5 }, { kind: 'words' }]) {
    const damaged = { ...fitted, columns: [{ ...fitted.columns[0], ...damage }] };
    expect(readFitted(JSON.stringify(damaged))).toBeUndefined();
  }
});

test('missing texts: an error, or texts without words', async () => {
  const whole = table(['a', undefined]);
  const failure = await failureOf(() => fitColumns(whole, whole, choices(5, 2)));
  expect(failure.text).toMatch(/^missing-cells: the column review has 1 missing cell/);
  expect(failure.help[0]).toMatch(/tokens\(…, missing: empty\)/);
  expect(rowsOf(whole, fitColumns(whole, whole, choices(5, 2, 'empty')))).toEqual([
    [2, 0],
    [0, 0],
  ]);
});

test('prose that nothing is said about, and texts without a word', async () => {
  const whole = table(['a b', 'c d']);
  const failure = await failureOf(() => fitColumns(whole, whole, {}));
  expect(failure.text).toBe(
    'text-without-tokens: review holds texts, and the data section does not say how they are read',
  );
  const empty = table(['...', '!']);
  expect((await failureOf(() => fitColumns(empty, empty, choices(5, 2)))).text).toMatch(/^nothing-to-fill-with/);
});
