import { didYouMeanOr } from '../../diagnostics/did-you-mean.js';
import { fail } from '../../diagnostics/report.js';
import { Type } from '../../ir/kind.js';
import { type DataFile, OpenInput } from '../files.js';
import { findFile } from '../folders.js';
import { type ArrayFile, joinArrays } from '../npy-arrays.js';
import { defineSource, type Field, type SourcePlace, type Table } from '../source.js';
import { memoryForRows } from '../row-memory.js';
import { memberBytes, readZip, type ZipMember } from '../zip.js';
import { refuseOtherShapes } from './npy.js';

/** The ends of names that say which rows an array holds, as in Keras' mnist.npz: x_train, y_train, x_test, y_test. */
const ENDS = ['train', 'test'] as const;

/** Names that a target has where nothing else is said, in this order. */
const TARGETS = ['y', 'target', 'targets', 'label', 'labels'];

export const npz = defineSource({
  keyword: 'npz',
  summary:
    'Arrays from an NPZ file, as `numpy.savez` and `savez_compressed` write it: a field for every array. `x_train` and `x_test` are the training and test rows of the field `x`.',
  cite: 'NumPy, numpy.savez; PKWARE, APPNOTE.TXT 6.3.9 (ZIP)',
  schema: Type.Object({
    files: Type.Array(Type.String({ minLength: 1 }), {
      minItems: 1,
      oneOrList: true,
      examples: ['digits.npz'],
      description:
        'The file, or several files with the same arrays, their rows one behind the other. Looked for beside the spec, then in the data folders.',
    }),
    target: Type.Optional(
      Type.String({
        minLength: 1,
        description:
          'The field that is to be predicted. One whole number a row is a class number from 0 where the loss tells classes apart. Absent: `y`, `target`, `targets`, `label` or `labels`, the first that is there.',
      }),
    ),
    arrays: Type.Optional(
      Type.Array(Type.String({ minLength: 1 }), {
        minItems: 1,
        description: 'The fields that are read, without `_train` and `_test`. Absent: all.',
      }),
    ),
  }),
  shapesFromRows: true,
  read: async (args, place) => {
    const opened: OpenInput[] = [];
    try {
      for (const name of args.files)
        opened.push(OpenInput.open(findFile(name, 'an NPZ file', place, { packed: false })));
      const archives = opened.map((open) => ({ open, arrays: arraysOf(open, args.arrays) }));
      const [first] = archives;
      for (const { open, arrays } of archives) {
        const other = [...first!.arrays.keys(), ...arrays.keys()].find(
          (name) => first!.arrays.has(name) !== arrays.has(name),
        );
        if (other !== undefined) {
          const [has, lacks] = arrays.has(other) ? [open, first!.open] : [first!.open, open];
          const problem = `it has no array ${other}, which ${has.file.name} has`;
          fail('npz-arrays', { file: lacks.file.name, problem }, { at: place.at });
        }
      }
      const names = [...first!.arrays.keys()];
      const fieldNames = [...new Set(names.map((name) => splitName(name).field))];
      const target = targetOf(args.target, fieldNames, first!.open, place);
      const read: Partial<Record<(typeof ENDS)[number], Field[]>> = {};
      const rows = new Map<(typeof ENDS)[number], { rows: number; name: string; counts: readonly number[] }>();
      for (const name of names) {
        const { field, part } = splitName(name);
        const joined = await joinArrays(
          archives.map(({ open, arrays }) => arrayFile(open, name, arrays.get(name)!, field !== target)),
          { memory: place.memory ?? memoryForRows() },
        );
        const before = rows.get(part);
        if (before && before.rows !== joined.rows)
          fail(
            'rows-differ',
            { first: before.name, rows: before.rows, second: name, others: joined.rows },
            { at: place.at },
          );
        rows.set(part, { rows: joined.rows, name, counts: joined.counts });
        read[part] = [...(read[part] ?? []), { name: field, ...joined.field }];
      }
      const files = archives.map(({ open }, k): DataFile => {
        const count = ENDS.reduce((sum, part) => sum + (rows.get(part)?.counts[k] ?? 0), 0);
        return { name: open.file.name, sha256: open.sha256(), bytes: open.size, rows: count };
      });
      const table = (part: (typeof ENDS)[number], files: readonly DataFile[]): Table => ({
        rows: rows.get(part)!.rows,
        fields: read[part]!,
        ...(target !== undefined && { target }),
        files,
      });
      const train = table('train', files);
      if (!read.test) return { train };
      const lacking = fieldNames.find(
        (name) => !read.train!.some((one) => one.name === name) || !read.test!.some((one) => one.name === name),
      );
      if (lacking !== undefined) {
        const [has, lacks] = read.train!.some((one) => one.name === lacking) ? ENDS : (['test', 'train'] as const);
        const problem = `${lacking} has ${has} rows and no ${lacks} rows`;
        fail('npz-arrays', { file: first!.open.file.name, problem }, { at: place.at });
      }
      const test = {
        ...table('test', []),
        fields: read.train!.map(({ name }) => read.test!.find((one) => one.name === name)!),
      };
      refuseOtherShapes(train, test, place);
      return { train, test };
    } finally {
      for (const open of opened) open.close();
    }
  },
});

/** The field of an array, and whether its rows are for training or for testing. */
function splitName(name: string): { readonly field: string; readonly part: (typeof ENDS)[number] } {
  const [, field, part] = /^(.+)_(train|test)$/.exec(name) ?? [];
  if (field !== undefined) return { field, part: part as 'train' };
  const [, front, rest] = /^(train|test)_(.+)$/.exec(name) ?? [];
  return rest === undefined ? { field: name, part: 'train' } : { field: rest, part: front as 'train' };
}

/** The arrays of an archive that are asked for, by their names. */
function arraysOf(open: OpenInput, wanted: readonly string[] | undefined): ReadonlyMap<string, ZipMember> {
  const { file } = open;
  const arrays = new Map<string, ZipMember>();
  for (const [name, member] of readZip(open))
    if (name.endsWith('.npy')) arrays.set(name.slice(0, -'.npy'.length), member);
  if (arrays.size === 0) fail('npz-arrays', { file: file.name, problem: 'it holds no arrays' }, { at: file.at });
  if (!wanted) return refuseTestOnly(arrays, file.name, file.at);
  const known = [...new Set([...arrays.keys()].map((name) => splitName(name).field))];
  for (const name of wanted)
    if (!known.includes(name))
      fail(
        'unknown-field',
        { field: name, reader: '`arrays`', source: file.name },
        { at: file.at, help: didYouMeanOr(name, known, 'arrays') },
      );
  return refuseTestOnly(
    new Map([...arrays].filter(([name]) => wanted.includes(splitName(name).field))),
    file.name,
    file.at,
  );
}

function refuseTestOnly(
  arrays: ReadonlyMap<string, ZipMember>,
  file: string,
  at: SourcePlace['at'],
): ReadonlyMap<string, ZipMember> {
  const seen = new Map<string, string>();
  for (const name of arrays.keys()) {
    const { field, part } = splitName(name);
    const before = seen.get(`${part} ${field}`);
    if (before !== undefined)
      fail('npz-arrays', { file, problem: `${before} and ${name} are the same rows of ${field}` }, { at });
    seen.set(`${part} ${field}`, name);
  }
  if (![...arrays.keys()].some((name) => splitName(name).part === 'train'))
    fail('npz-arrays', { file, problem: 'it holds test rows alone' }, { at });
  return arrays;
}

function targetOf(
  given: string | undefined,
  names: readonly string[],
  open: OpenInput,
  place: SourcePlace,
): string | undefined {
  if (given === undefined) return TARGETS.find((name) => names.includes(name));
  if (!names.includes(given))
    fail(
      'unknown-field',
      { field: given, reader: '`target`', source: open.file.name },
      { at: place.at, help: didYouMeanOr(given, names, 'arrays') },
    );
  return given;
}

function arrayFile(open: OpenInput, name: string, member: ZipMember, mayStay: boolean): ArrayFile {
  return {
    file: { ...open.file, name: `${name} in ${open.file.name}` },
    size: member.size,
    // The rows of a member that is packed cannot be found one by one.
    ...(mayStay && !member.isPacked && { inFile: { at: member.at, version: open.version() } }),
    bytes: () => memberBytes(open, member),
  };
}
