import { describe, expect, test } from 'vitest';
import { type BoundTensor, bind, type Readers } from '../../src/data/bind.js';
import type { Field, Table } from '../../src/data/source.js';
import { select } from '../../src/data/splits.js';
import { failureOf } from './failure.js';
import { numbersIn } from './numbers.js';

/** Four rows: a picture of 2×3×1, two more numbers, a class number, and a number to predict. */
const pixels = Float32Array.from({ length: 24 }, (_, k) => k);
const table: Table = {
  rows: 4,
  fields: [
    { name: 'image', shape: [2, 3, 1], form: 'values', data: pixels },
    { name: 'area', shape: [], form: 'values', data: Float32Array.of(100, 101, 102, 103) },
    { name: 'place', shape: [2], form: 'values', data: Float32Array.of(0, 1, 10, 11, 20, 21, 30, 31) },
    { name: 'label', shape: [], form: 'classes', classes: 3, data: Int32Array.of(2, 0, 1, 2) },
    { name: 'price', shape: [1], form: 'values', data: Float32Array.of(5, 6, 7, 8) },
  ],
  target: 'label',
  files: [],
};
const images: Table = { ...table, fields: [table.fields[0]!, table.fields[3]!] };

const digit = { name: 'digit', extents: [3], form: 'classes' } as const;

/** The rows of a tensor, read as Batches reads them. */
function rowsOf({ data, rows, width }: BoundTensor, count = 4): number[][] {
  return Array.from({ length: count }, (_, row) => {
    const start = (rows ? rows[row]! : row) * width;
    return [...numbersIn({ data }).slice(start, start + width)];
  });
}

function bound(readers: Partial<Readers>, of: Table = table) {
  const { rows, tensors } = bind({ data: {}, inputs: [], outputs: [digit], ...readers }, of);
  const named = new Map(tensors.map((tensor) => [tensor.name, tensor]));
  return { rows, tensor: (name: string) => named.get(name)! };
}

describe('inputs', () => {
  test('the field of its name; nothing is copied; extents need only agree in number', () => {
    for (const extents of [[6], [2, 3, 1], [3, 2]]) {
      const { tensor } = bound({ inputs: [{ name: 'image', extents }] });
      expect(tensor('image').data).toBe(pixels);
      expect(tensor('image').extents).toEqual(extents);
    }
  });

  test('a lone input of another name reads everything that is no target', () => {
    expect(bound({ inputs: [{ name: 'pixels', extents: [6] }] }, images).tensor('pixels').data).toBe(pixels);
    const { tensor } = bound({
      data: { target: 'price' },
      inputs: [{ name: 'facts', extents: [9] }],
      outputs: [{ name: 'out', extents: [1], form: 'values' }],
    });
    expect(rowsOf(tensor('facts'))[1]).toEqual([6, 7, 8, 9, 10, 11, 101, 10, 11]);
  });

  test('the fields that the data section gives it, joined in their order', () => {
    const data = { inputs: { facts: ['place', 'area'] } };
    const { tensor } = bound({ data, inputs: [{ name: 'facts', extents: [3] }] });
    expect(rowsOf(tensor('facts'))).toEqual([
      [0, 1, 100],
      [10, 11, 101],
      [20, 21, 102],
      [30, 31, 103],
    ]);
  });

  test('keep picks features of the joined row, in the order of its indices', () => {
    const data = { inputs: { facts: ['place', 'area'] } };
    const { tensor } = bound({ data, inputs: [{ name: 'facts', extents: [3], keep: [2, 0] }] });
    expect(tensor('facts')).toMatchObject({ extents: [2], width: 2 });
    expect(rowsOf(tensor('facts'))[2]).toEqual([102, 20]);
    const none = bound({ inputs: [{ name: 'image', extents: [6], keep: [] }] });
    expect(rowsOf(none.tensor('image'))[0]).toEqual([]);
  });

  test('a part of a table is read through its selection, copied or not', () => {
    const part = select(table, Int32Array.of(3, 1));
    const whole = bound({ inputs: [{ name: 'image', extents: [6] }] }, part);
    expect(rowsOf(whole.tensor('image'), 2).map(([pixel]) => pixel)).toEqual([18, 6]);
    const kept = bound({ inputs: [{ name: 'image', extents: [6], keep: [5] }] }, part);
    expect(rowsOf(kept.tensor('image'), 2)).toEqual([[23], [11]]);
    expect(rowsOf(kept.tensor('target:digit'), 2)).toEqual([[2], [0]]);
  });
});

describe('indices', () => {
  const indices = { below: 20, layer: 'words' };
  const lone: Table = { ...images, fields: [{ name: 'image', shape: [6], form: 'values', data: pixels }] };
  const message = async (of: Table) => {
    const { text, help } = await failureOf(() =>
      bound({ inputs: [{ name: 'image', extents: [6], indices }], outputs: [] }, of),
    );
    return [text, ...help].join(' | ');
  };

  test('the largest of all rows is told, and what the source says of them', async () => {
    expect(await message(lone)).toBe(
      'token-out-of-range: the input image holds 23 in row 3, and words has vectors for 0 to 19 | its first argument is input_dim: words = Embedding(24, …) or more',
    );
    const told = { ...lone, fields: [{ ...lone.fields[0]!, range: [0, 99] as const }] };
    expect(await message(told)).toMatch(/holds 23 in row 3.*words = Embedding\(100, …\)$/);
  });

  test('what is no whole number is refused wherever it stands', async () => {
    const parts = {
      ...lone,
      fields: [{ ...lone.fields[0]!, data: pixels.map((pixel) => (pixel === 9 ? 0.5 : pixel)) }],
    };
    expect(await message(parts)).toMatch(/holds 0.5 in row 1, .* \| an Embedding reads whole numbers from 0 on/);
  });
});

describe('targets', () => {
  test('class numbers as they are, and as rows with a one', () => {
    expect(rowsOf(bound({}).tensor('target:digit'))).toEqual([[2], [0], [1], [2]]);
    expect(bound({}).tensor('target:digit').extents).toEqual([]);
    const { tensor } = bound({ outputs: [{ ...digit, form: 'values' }] });
    expect(rowsOf(tensor('target:digit'))).toEqual([
      [0, 0, 1],
      [1, 0, 0],
      [0, 1, 0],
      [0, 0, 1],
    ]);
  });

  test('two classes on one unit are 0 and 1', () => {
    const two = { ...table.fields[3]!, classes: 2, data: Int32Array.of(1, 0, 1, 1) };
    const { tensor } = bound({ outputs: [{ name: 'yes', extents: [1], form: 'values' }] }, { ...table, fields: [two] });
    expect(rowsOf(tensor('target:yes'))).toEqual([[1], [0], [1], [1]]);
  });

  test('an autoencoder predicts the raw field, whatever its input keeps', () => {
    for (const name of ['image', 'pixels']) {
      const { tensor } = bound(
        {
          data: { target: 'image' },
          inputs: [{ name, extents: [6], keep: [0, 5] }],
          outputs: [{ name: 'copy', extents: [6], form: 'values' }],
        },
        images,
      );
      expect(rowsOf(tensor(name))[1]).toEqual([6, 11]);
      expect(rowsOf(tensor('target:copy'))[1]).toEqual([6, 7, 8, 9, 10, 11]);
    }
  });

  test('several outputs read the fields of their names', () => {
    const { tensor } = bound({
      inputs: [{ name: 'image', extents: [6] }],
      outputs: [
        { name: 'price', extents: [1], form: 'values' },
        { name: 'label', extents: [3], form: 'classes' },
      ],
    });
    expect(rowsOf(tensor('target:price'))).toEqual([[5], [6], [7], [8]]);
    expect(rowsOf(tensor('target:label'))).toEqual([[2], [0], [1], [2]]);
  });

  const several = {
    data: { targets: { worth: 'price' } },
    outputs: [
      { name: 'worth', extents: [1], form: 'values' },
      { name: 'label', extents: [3], form: 'classes' },
    ],
  } as const;

  test('or the fields that the data section gives them, which a lone input then does not read', () => {
    const { tensor } = bound({ ...several, inputs: [{ name: 'rest', extents: [9] }] });
    expect(rowsOf(tensor('target:worth'))).toEqual([[5], [6], [7], [8]]);
    expect(rowsOf(tensor('target:label'))).toEqual([[2], [0], [1], [2]]);
    expect(rowsOf(tensor('rest'))[1]).toEqual([6, 7, 8, 9, 10, 11, 101, 10, 11]);
    const lone = bound({ data: { targets: { worth: 'price' } }, outputs: [several.outputs[0]] });
    expect(rowsOf(lone.tensor('target:worth'))).toEqual([[5], [6], [7], [8]]);
  });

  test('targets that no loss reads are left alone', () => {
    const outputs = several.outputs.map(({ name, extents }) => ({ name, extents }));
    const { tensor } = bound({ ...several, outputs, inputs: [{ name: 'rest', extents: [9] }] });
    expect(tensor('target:worth')).toBeUndefined();
    expect(rowsOf(tensor('rest'))[0]).toHaveLength(9);
  });
});

test('messages', async () => {
  const message = async (readers: Partial<Readers>, of: Table = table) => {
    const { text, exit, help } = await failureOf(() => bound(readers, of));
    expect(exit).toBe(4);
    return [text, ...help].join(' | ');
  };
  const image = { name: 'image', extents: [7] };
  expect(await message({ inputs: [image] })).toMatchInlineSnapshot(
    `"field-mismatch: the input image takes 7 numbers a row, the data have 2×3×1 a row (image) | write Input(2, 3, 1)"`,
  );
  expect(await message({ inputs: [{ name: 'image', extents: [3, 3, 1] }] })).toMatchInlineSnapshot(
    `"field-mismatch: the input image takes 3×3×1 a row, the data have 2×3×1 a row (image) | write Input(2, 3, 1)"`,
  );
  const named = (name: string, width: number): Field => ({
    name,
    shape: [width],
    form: 'values',
    data: new Float32Array(4 * width),
  });
  const columns = { rows: 4, files: [], fields: [named('size', 1), named('region', 3), named('price', 1)] };
  expect(
    await message(
      {
        data: { target: 'price' },
        inputs: [{ name: 'facts', extents: [5] }],
        outputs: [{ name: 'out', extents: [1] }],
      },
      columns,
    ),
  ).toMatchInlineSnapshot(
    `"field-mismatch: the input facts takes 5 numbers a row, the data have 4 (size 1, region 3) | write Input(4)"`,
  );
  expect(await message({ inputs: [{ name: 'label', extents: [1] }] })).toMatchInlineSnapshot(
    `"field-mismatch: the input label takes real numbers, the data have class numbers (label)"`,
  );
  expect(await message({ data: { inputs: { image: ['imgae'] } }, inputs: [image] })).toMatchInlineSnapshot(
    `"unknown-field: the input image reads the field \`imgae\`, which the data source does not have | did you mean \`image\`?"`,
  );
  expect(await message({ data: { inputs: { imag: ['image'] } }, inputs: [image] })).toMatchInlineSnapshot(
    `"unbound-input: the data section gives \`imag\` fields, but the model has no such input | did you mean \`image\`?"`,
  );
  expect(await message({ data: { target: 'lable' } })).toMatchInlineSnapshot(
    `"unknown-field: the output digit reads the field \`lable\`, which the data source does not have | did you mean \`label\`?"`,
  );
  expect(await message({ inputs: [image, { name: 'more', extents: [1] }] })).toMatchInlineSnapshot(
    `"unknown-field: the input more reads the field \`more\`, which the data source does not have | fields: image, area, place, label, price | the field of another name is given in the data section: \`inputs { more: … }\`"`,
  );
  expect(await message({ outputs: [{ ...digit, extents: [2] }] })).toMatchInlineSnapshot(
    `"label-out-of-range: label out of range: row 0 of the field label is 2, but the output digit tells apart 2 classes (0 to 1)"`,
  );
  expect(await message({ outputs: [{ name: 'yes', extents: [1], form: 'values' }] })).toMatchInlineSnapshot(
    `"label-out-of-range: label out of range: row 0 of the field label is 2, but the output yes tells apart 2 classes (0 to 1)"`,
  );
  const labels = ['north', 'south', 'west'];
  const texts = { ...table, fields: table.fields.map((one) => (one.name === 'label' ? { ...one, labels } : one)) };
  expect(await message({ outputs: [{ name: 'value', extents: [1], form: 'values' }] }, texts)).toMatch(
    /^label-out-of-range: .* \| label holds texts, which are classes: north, south, west$/,
  );
  expect(await message({ data: { target: 'price' } })).toMatchInlineSnapshot(
    `"field-mismatch: the target of digit takes class numbers, the data have 1 number a row (price)"`,
  );
  expect(await message({ data: { target: 'price' }, outputs: [{ ...digit, form: 'values' }] })).toMatchInlineSnapshot(
    `"field-mismatch: the target of digit takes 3 numbers a row, the data have 1 number a row (price)"`,
  );
  // The row is named as the source counts it, also in a part.
  expect(
    await message({ outputs: [{ ...digit, extents: [2] }] }, select(table, Int32Array.of(1, 3))),
  ).toMatchInlineSnapshot(
    `"label-out-of-range: label out of range: row 3 of the field label is 2, but the output digit tells apart 2 classes (0 to 1)"`,
  );
});
