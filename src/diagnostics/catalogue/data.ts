import { code } from '../diagnostic.js';

const example = (text: string): string => `\n\`\`\`\n${text}\n\`\`\`\n`;
const many = (count: number): string => count.toLocaleString('en-US');
const counted = (count: number, one: string, more = `${one}s`): string => `${many(count)} ${count === 1 ? one : more}`;

/** What is wrong with data and other input files. All end a command with exit code 4. */
export const dataCodes = {
  'data-missing': code<{ source: string; files: string }>({
    severity: 'error',
    message: ({ source, files }) => `the data source ${source} finds no ${files}`,
    exit: 4,
    explain: `dnc downloads nothing. A data source with files looks for them, in this order, in the folder that \`--data-dir\` names, in the folder that the
environment variable \`DNC_DATA\` names, and in dnc's own data folder. Each of them holds one folder for a data set:
${example('data/\n  mnist/\n    train-images-idx3-ubyte.gz\n    train-labels-idx1-ubyte.gz\n    t10k-images-idx3-ubyte.gz\n    t10k-labels-idx1-ubyte.gz')}
\`dnc train lenet.dn --data-dir data\` reads them. They may be unpacked (without \`.gz\`), and \`train-images.idx3-ubyte\` is found as well.`,
  }),
  'file-missing': code<{ file: string; role: string }>({
    severity: 'error',
    message: ({ file, role }) => `${file} (${role}) does not exist`,
    exit: 4,
    explain: `A file that the spec or the command line names is not there. Paths in a spec are relative to the folder of the spec, paths on the command line to
the current folder.`,
  }),
  'file-unreadable': code<{ file: string; reason: string }>({
    severity: 'error',
    message: ({ file, reason }) => `${file} cannot be read: ${reason}`,
    exit: 4,
    explain: `The operating system does not let dnc read the file, or it is no ordinary file: folders, pipes and devices are refused.`,
  }),
  'file-too-large': code<{ file: string; found: string; limit: string }>({
    severity: 'error',
    message: ({ file, found, limit }) => `${file} holds ${found}; dnc reads at most ${limit}`,
    exit: 4,
    explain: `A limit that keeps a damaged or hostile file from filling the memory. It is checked before anything is allocated: for a packed file against the
size that its header claims, and that size against what so few packed bytes can hold.`,
  }),
  'file-truncated': code<{ file: string; expected: number; found: number; offset: number; packed: boolean }>({
    severity: 'error',
    message: ({ file, expected, found, offset, packed }) =>
      `${file} is incomplete: it ends at byte ${many(offset)}${packed ? ' (packed)' : ''}, expected ${counted(expected, 'byte')}${
        packed ? ' after unpacking' : ''
      }, found ${many(found)}`,
    exit: 4,
    explain: `The file is shorter than its own header says: often a download that broke off. Get it again; nothing of it was used.`,
  }),
  'file-trailing': code<{ file: string; expected: number; found: number | undefined; packed: boolean }>({
    severity: 'error',
    message: ({ file, expected, found, packed }) =>
      `${file} goes on after its end: expected ${counted(expected, 'byte')}${packed ? ' after unpacking' : ''}, found ${
        found === undefined ? 'more' : many(found)
      }`,
    exit: 4,
    explain: `The file is longer than its own header says. Its header or its contents are damaged, so that neither can be relied on.`,
  }),
  'gzip-damaged': code<{ file: string; problem: string }>({
    severity: 'error',
    message: ({ file, problem }) => `${file} is a damaged gzip file: ${problem}`,
    exit: 4,
    explain: `The packed data contradict themselves or their checksum. Get the file again; nothing of it was used.`,
  }),
  'idx-magic': code<{ file: string; expected: string; found: string }>({
    severity: 'error',
    message: ({ file, expected, found }) =>
      `${file} does not begin as it should: at byte 0 expected ${expected}, found ${found}`,
    exit: 4,
    explain: `An IDX file begins with a magic number of four bytes: two zeros, the type of its elements, and its number of dimensions. 2051 (00 00 08 03) are
images of unsigned bytes, 2049 (00 00 08 01) are labels. Another number means another kind of file, or images and labels that changed places.`,
  }),
  'idx-header': code<{ file: string; offset: number; expected: string; found: string }>({
    severity: 'error',
    message: ({ file, offset, expected, found }) =>
      `${file} has a wrong header: at byte ${offset} expected ${expected}, found ${found}`,
    exit: 4,
    explain: `After its magic number an IDX file has one 32-bit number for each dimension: how many items, and their size. The header was refused before
anything was allocated for it.`,
  }),
  'support-too-large': code<{ support: number; features: number }>({
    severity: 'error',
    message: ({ support, features }) => `${support} of ${counted(features, 'feature')} cannot matter`,
    exit: 4,
    explain: `\`support\` is how many of the features the generated target depends on: at most all of them.
${example('data { source: sparse_regression(features: 20, support: 2) }')}`,
  }),
  'table-too-large': code<{ source: string; rows: number; width: number; limit: number }>({
    severity: 'error',
    message: ({ source, rows, width, limit }) =>
      `${source} would make ${counted(rows, 'row')} of ${counted(width, 'number')}; dnc holds at most ${many(limit)} numbers in a table`,
    exit: 4,
    explain: `A generated table is held in memory as a whole. The limit is checked before anything is allocated: ask for fewer rows or features.`,
  }),
  'rows-differ': code<{ first: string; rows: number; second: string; others: number }>({
    severity: 'error',
    message: ({ first, rows, second, others }) => `${first} has ${counted(rows, 'row')}, ${second} has ${many(others)}`,
    exit: 4,
    explain: `Images and labels belong together row by row, so there must be as many of the one as of the other. Files of two data sets, or of the training and
the test part, were mixed.`,
  }),
  'shapes-differ': code<{ first: string; shape: string; second: string; other: string }>({
    severity: 'error',
    message: ({ first, shape, second, other }) => `rows of ${first} are ${shape}, rows of ${second} are ${other}`,
    exit: 4,
    explain: `Training and test rows are read by the same network, so they must have the same extents.`,
  }),
  'label-out-of-range': code<{ where: string; row: number; label: number; classes: number; because: string }>({
    severity: 'error',
    message: ({ where, row, label, classes, because }) =>
      `label out of range: row ${many(row)} of ${where} is ${label}, but ${because} ${counted(classes, 'class', 'classes')} (0 to ${classes - 1})`,
    exit: 4,
    explain: `A class number selects one unit of the output. Class numbers count from 0, so an output of 10 units takes 0 to 9. Make the output layer as
wide as there are classes, or look for the wrong rows in the data.
${example('digit = Dense(10)')}`,
  }),
  'not-enough-rows': code<{ part: string; asked: number; rows: number; of: string }>({
    severity: 'error',
    message: ({ part, asked, rows, of }) =>
      `\`${part}\` asks for ${counted(asked, 'row')}, there ${rows === 1 ? 'is' : 'are'} ${many(rows)} ${of}`,
    exit: 4,
    explain: `Rows that are held out for validation or testing are taken from the training rows, and at least one must be left to train on.
${example('data { source: mnist; validation: 5000 }     # 55,000 of 60,000 are left')}`,
  }),
  'empty-part': code<{ part: string; asked: string; rows: number }>({
    severity: 'error',
    message: ({ part, asked, rows }) => `\`${part}: ${asked}\` holds out none of ${counted(rows, 'row')}`,
    exit: 4,
    explain: `A part without rows cannot be measured on. Ask for a larger share, or write a number of rows.`,
  }),
  'no-such-fold': code<{ part: string; fold: number; of: number }>({
    severity: 'error',
    message: ({ part, fold, of }) => `\`${part}\` asks for fold ${fold} of ${of}`,
    exit: 4,
    explain: `Folds count from 1 to their number.
${example('data { source: mnist; validation: fold(1, of: 5) }')}`,
  }),
  'unknown-field': code<{ field: string; reader: string; source: string }>({
    severity: 'error',
    message: ({ field, reader, source }) => `${reader} reads the field \`${field}\`, which ${source} does not have`,
    exit: 4,
    explain: `An input reads the field of its own name; the only input of a model reads everything that is no target. The data section can say otherwise:
${example('data {\n  source: mnist\n  inputs { pixels: image }\n  target: label\n}')}`,
  }),
  'unbound-input': code<{ input: string }>({
    severity: 'error',
    message: ({ input }) => `the data section gives \`${input}\` fields, but the model has no such input`,
    exit: 4,
    explain: `The keys of \`inputs\` in the data section are the names of the model's Input layers.
${example('model Net {\n  pixels = Input(784)\n  …\n}\ndata { source: mnist; inputs { pixels: image } }')}`,
  }),
  'field-mismatch': code<{ reader: string; expected: string; field: string; found: string }>({
    severity: 'error',
    message: ({ reader, expected, field, found }) => `${reader} takes ${expected}, the data have ${found} (${field})`,
    exit: 4,
    explain: `What a row of the data holds does not fit the layer that reads it. Extents may differ as long as the numbers are the same in row-major order: images of
28×28×1 feed \`Input(784)\` as well as \`Input(28, 28, 1)\`. Class numbers are targets; an input takes real numbers.`,
  }),
  'weights-damaged': code<{ file: string; offset: number; problem: string }>({
    severity: 'error',
    message: ({ file, offset, problem }) => `${file} is no sound weights file: ${problem} (byte ${many(offset)})`,
    exit: 4,
    explain: `Weights are stored as safetensors: a header in JSON that names every tensor, then their bytes without gaps. dnc reads it strictly and uses nothing
of a file that contradicts itself or its checksum.`,
  }),
};
