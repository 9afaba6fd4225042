import { createHash } from 'node:crypto';
import { fail } from '../../diagnostics/report.js';
import { Type } from '../../ir/kind.js';
import { type DataFile, OpenInput } from '../files.js';
import { findFile } from '../folders.js';
import { type JoinedArray, joinArrays } from '../npy-arrays.js';
import { defineSource, type SourcePlace, type Table } from '../source.js';
import { memoryForRows } from '../row-memory.js';

const files = (description: string, ...examples: readonly string[]) =>
  Type.Array(Type.String({ minLength: 1 }), { minItems: 1, oneOrList: true, examples, description });

export const npy = defineSource({
  keyword: 'npy',
  summary:
    'Arrays from NPY files, as `numpy.save` writes them: the fields `features` and `target`, a row for every first index.',
  cite: 'NumPy, numpy.lib.format: the NPY format, versions 1.0 to 3.0',
  schema: Type.Object({
    features: files(
      'What the inputs read: the file, or several files with rows of the same extents, one behind the other. Looked for beside the spec, then in the data folders.',
      'x.npy',
    ),
    target: Type.Optional(
      files(
        'What is to be predicted. One whole number a row is a class number from 0 where the loss tells classes apart. Absent: `features`, for an autoencoder.',
        'y.npy',
      ),
    ),
    test_features: Type.Optional(files('Features of test rows.')),
    test_target: Type.Optional(files('Target of test rows.')),
  }),
  shapesFromRows: true,
  read: async (args, place) => {
    const part = async (
      features: readonly string[],
      target: readonly string[] | undefined,
      prefix: string,
    ): Promise<Table> => {
      const x = await readFiles(features, `${prefix}features`, place, true);
      const y = target && (await readFiles(target, `${prefix}target`, place, false));
      if (y && x.rows !== y.rows)
        fail(
          'rows-differ',
          { first: features.join(', '), rows: x.rows, second: target.join(', '), others: y.rows },
          { at: place.at },
        );
      return {
        rows: x.rows,
        fields: [{ name: 'features', ...x.field }, ...(y ? [{ name: 'target', ...y.field }] : [])],
        target: y ? 'target' : 'features',
        files: [...x.files, ...(y?.files ?? [])],
      };
    };
    const train = await part(args.features, args.target, '');
    const { test_features: features, test_target: target } = args;
    if ((args.target ? target : undefined) === undefined && features === undefined && target === undefined)
      return { train };
    const missing =
      features === undefined ? 'test_features' : args.target && target === undefined ? 'test_target' : undefined;
    if (missing || features === undefined)
      return fail(
        'data-missing',
        { source: 'npy', files: `\`${missing}\`: test rows need it as the training rows do` },
        { at: place.at },
      );
    if (!args.target && target)
      fail(
        'data-missing',
        { source: 'npy', files: '`target`: test rows have one, and training rows have none' },
        { at: place.at },
      );
    const test = await part(features, target, 'test ');
    refuseOtherShapes(train, test, place);
    return { train, test };
  },
});

/** Training and test rows must look alike. */
export function refuseOtherShapes(train: Table, test: Table, place: SourcePlace): void {
  for (const [k, field] of train.fields.entries()) {
    const [shape, other] = [field.shape.join('×'), test.fields[k]!.shape.join('×')];
    if (shape !== other)
      fail(
        'shapes-differ',
        { first: field.name, shape, second: `${field.name} of the test rows`, other },
        { at: place.at },
      );
  }
}

async function readFiles(
  names: readonly string[],
  role: string,
  place: SourcePlace,
  mayStay: boolean,
): Promise<JoinedArray & { readonly files: readonly DataFile[] }> {
  const opened: OpenInput[] = [];
  try {
    for (const name of names) opened.push(OpenInput.open(findFile(name, role, place, { packed: false })));
    const hashes = new Map<OpenInput, string>();
    const joined = await joinArrays(
      opened.map((open) => ({
        file: open.file,
        size: open.size,
        ...(mayStay && { inFile: { at: 0, version: open.version() } }),
        bytes: async function* () {
          const hash = createHash('sha256');
          for (const piece of open.pieces()) {
            hash.update(piece);
            yield piece;
          }
          hashes.set(open, hash.digest('hex'));
        },
      })),
      { memory: place.memory ?? memoryForRows() },
    );
    return {
      ...joined,
      files: opened.map((open, k) => ({
        name: open.file.name,
        sha256: hashes.get(open)!,
        bytes: open.size,
        rows: joined.counts[k]!,
      })),
    };
  } finally {
    for (const open of opened) open.close();
  }
}
