import { counted } from '../numbers.js';
import { code } from '../diagnostic.js';

const example = (text: string): string => `\n\`\`\`\n${text}\n\`\`\`\n`;
const many = (count: number): string => count.toLocaleString('en-US');

/** What is wrong with data and other input files. All end a command with exit code 4. */
export const dataCodes = {
  'data-missing': code<{ source: string; files: string }>({
    severity: 'error',
    message: ({ source, files }) => `the data source ${source} finds no ${files}`,
    exit: 4,
    explain: `A data source with files looks for them, in this order, in the folder that \`--data-dir\` names, in the folder that the environment variable
\`DNC_DATA\` names, in the folder of the spec, in \`data/\` there, and in dnc's own data folder, where \`dnc data fetch mnist\` puts them. Nothing is downloaded
unless that command asks for it. Each folder holds one folder for a data set:
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
    explain: `The operating system does not let dnc read the file, or it is no ordinary file: folders, pipes and devices are refused. A file whose rows
stay in it while a training reads them must not change meanwhile.`,
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
  'data-changed': code<{
    file: string;
    expected: { sha256: string; bytes?: number | undefined };
    found: { sha256: string; bytes: number };
  }>({
    severity: 'error',
    message: ({ file, expected, found }) => {
      const isShorter = expected.bytes !== undefined && found.bytes < expected.bytes;
      const size = (bytes: number | undefined) => (bytes === undefined ? '' : `${counted(bytes, 'byte')} with `);
      return `${file} is not the file that the run was made with${isShorter ? ': it is shorter' : ''}; expected ${size(expected.bytes)}SHA-256 ${expected.sha256.slice(
        0,
        12,
      )}…, found ${size(found.bytes)}${found.sha256.slice(0, 12)}…`;
    },
    exit: 4,
    explain: `A run remembers the size and the SHA-256 of every data file (\`data\` in its run.json). Going on with other data would be another run, so \`--resume\`
refuses; what a checkpoint holds stays as it is. The rows that a spec with weights was trained on, validated on and tested on are parts of the same files, so
\`eval\`, \`predict\`, \`simplify\` and \`train\` of a run's result refuse as well: a row may have changed its part. Bring the file back, name the folder that
still has it (\`--data-dir\`), or, where the new rows are meant, say \`--accept-changed-data\`.`,
  }),
  'fetch-failed': code<{ dataset: string; file: string }>({
    severity: 'error',
    message: ({ dataset, file }) => `${file} of ${dataset} could not be downloaded`,
    exit: 4,
    explain: `\`dnc data fetch\` tries every mirror that it knows; the message says why each gave nothing. A file counts only with the size and the SHA-256 that its makers
published. What came is kept beside its place (\`.part\`), and the same call goes on with it. Without a network, bring the files by other means: a source finds them in
a folder of the data set's name in any data folder. \`--from\` names another place that has them.`,
  }),
  'fetch-other-file': code<{ file: string; expected: string; found: string }>({
    severity: 'error',
    message: ({ file, expected, found }) =>
      `${file} is there already and is not the published file: expected ${expected}, found ${found}`,
    exit: 4,
    explain: `\`dnc data fetch\` writes over no file. Remove this one if it is no longer needed, or choose another folder with \`--data-dir\`.`,
  }),
  'npy-header': code<{ file: string; problem: string }>({
    severity: 'error',
    message: ({ file, problem }) => `${file} is no array that can be read: ${problem}`,
    exit: 4,
    explain: `NPY files are written by \`numpy.save("x.npy", x)\`: a row for every first index, booleans, integers or floats. The header is checked before memory is
taken, and nothing of a file is ever run: arrays of Python objects are refused.`,
  }),
  'array-value': code<{ file: string; place: string; found: string }>({
    severity: 'error',
    message: ({ file, place, found }) => `${file} holds ${found} at ${place}, which is no number to train on`,
    exit: 4,
    explain: `Networks compute with 32-bit floats. NaN and infinities would spread to every weight; an integer beyond 2^53, or a float beyond 3.4e38, would be
another number. The place is the index of the element, from 0.`,
  }),
  'npz-arrays': code<{ file: string; problem: string }>({
    severity: 'error',
    message: ({ file, problem }) => `${file}: ${problem}`,
    exit: 4,
    explain: `Every array of an NPZ file is a field, and all have a row for every first index. \`x_train\` and \`x_test\` are the training and the test rows of the field
\`x\`; arrays without such an end are training rows. \`arrays\` reads some of them.
${example('data { source: npz("mnist.npz"); validation: 5000 }        # x_train, y_train, x_test, y_test\ndata { source: npz("all.npz", target: "price", arrays: [rooms, price]) }')}`,
  }),
  'zip-damaged': code<{ file: string; problem: string }>({
    severity: 'error',
    message: ({ file, problem }) => `${file} is a damaged archive: ${problem}`,
    exit: 4,
    explain: `An NPZ file is a ZIP archive with an NPY file for every array. Its directory, sizes and checksums contradict each other or the file. Write it again, or get
it again; nothing of it was used.`,
  }),
  'csv-encoding': code<{ file: string; line: number; problem: string }>({
    severity: 'error',
    message: ({ file, line, problem }) => `${file} is no text in UTF-8: line ${many(line)} holds ${problem}`,
    exit: 4,
    explain: `Tables are read as UTF-8, with or without a byte order mark. Save the file as UTF-8 ("CSV UTF-8" in a spreadsheet), or convert it:
${example('iconv -f LATIN1 -t UTF-8 old.csv > new.csv')}`,
  }),
  'csv-quotes': code<{ file: string; line: number; problem: string }>({
    severity: 'error',
    message: ({ file, line, problem }) => `${file}, line ${many(line)}: ${problem}`,
    exit: 4,
    explain: `A cell that holds a separator, a quote or a line break stands in double quotes, and a quote in it is doubled (RFC 4180):
${example('name,remark\nScrew,"5"" long, black"')}`,
  }),
  'csv-too-wide': code<{ file: string; line: number; columns: number; most: number }>({
    severity: 'error',
    message: ({ file, line, columns, most }) =>
      `${file}, line ${many(line)}: ${many(columns)} cells; dnc reads at most ${many(most)} columns`,
    exit: 4,
    explain: `A table with more columns than this is usually one that was turned on its side, or one whose lines are separated by something else.`,
  }),
  'csv-ragged': code<{ file: string; line: number; expected: number; found: number; first?: string }>({
    severity: 'error',
    message: ({ file, line, expected, found, first }) =>
      `${file}, line ${many(line)}: expected ${counted(expected, 'cell')}, found ${many(found)}${
        first === undefined ? '' : ` (none for the column ${first})`
      }`,
    exit: 4,
    explain: `Every line of a table has as many cells as the first. Fewer at the end of a file mean that it was cut off; more mean a separator within a cell, which
then has to be quoted, or another separator: \`csv("table.csv", separator: ";")\`.`,
  }),
  'csv-cell': code<{ file: string; line: number; column: string; expected: string; found: string }>({
    severity: 'error',
    message: ({ file, line, column, expected, found }) =>
      `${file}, line ${many(line)}, column ${column}: expected ${expected}, found ${found}`,
    exit: 4,
    explain: `The type of a column is found from its first 1,000 cells; \`columns\` in the data section says otherwise. Numbers are decimal, with a point, without
separators of thousands, and within the range of 32-bit floats.
${example('data { source: csv("houses.csv"); columns { zip: one_hot; remark: skip } }')}`,
  }),
  'csv-empty': code<{ file: string; holds: string }>({
    severity: 'error',
    message: ({ file, holds }) => `${file} has no rows: it holds ${holds}`,
    exit: 4,
    explain: `There is nothing to train on or to predict. Where the first line is a row and no header, say so: \`csv("table.csv", header: none)\`.`,
  }),
  'csv-header': code<{ file: string; problem: string }>({
    severity: 'error',
    message: ({ file, problem }) => `${file}: ${problem}`,
    exit: 4,
    explain: `Columns are told apart by their names, so each has one of its own, and all files of a table have the same columns in the same order. For a file without
a header, \`names\` gives them.
${example('data { source: csv("wine.csv", names: [acidity, sugar, quality]); target: quality }')}`,
  }),
  'csv-header-unclear': code<{ file: string; line: string }>({
    severity: 'error',
    message: ({ file, line }) => `it is not clear whether the first line of ${file} names the columns: ${line}`,
    exit: 4,
    explain: `A first line without a number is a header, and one with numbers is a row. This one has numbers, and texts where the next line has numbers. Say what it
is: \`csv("table.csv", header: names)\` or \`header: none\`.`,
  }),
  'csv-counts': code<{ file: string; expected: number; found: number }>({
    severity: 'error',
    message: ({ file, expected, found }) =>
      `${file} says in its first line that it has ${counted(expected, 'row')}, but it has ${many(found)}`,
    exit: 4,
    explain: `The first line counts rows and features and names the classes, as in the files of scikit-learn. The file was cut off, or the line is a row after all:
\`csv("table.csv", header: none)\`.`,
  }),
  'csv-too-many-texts': code<{ file: string; column: string; found: string }>({
    severity: 'error',
    message: ({ file, column, found }) => `${file}: the column ${column} holds more than ${found}`,
    exit: 4,
    explain: `A column of texts is read as categories, and nothing can be learned from a text that comes once. Names, remarks and identifiers are left out with
\`skip\`, and texts of words are read with \`tokens\`.
${example('data { source: csv("houses.csv"); columns { street: skip; remark: tokens(10k, length: 50) } }')}`,
  }),
  'csv-separator': code<{ separator: string }>({
    severity: 'error',
    message: ({ separator }) => `cells cannot be separated by ${separator}`,
    exit: 4,
    explain: `A line break separates rows, and a double quote marks cells that hold a separator. Any other sign may separate the cells of a row.
${example('data { source: csv("wine.csv", separator: ";"); target: quality }')}`,
  }),
  'image-damaged': code<{ file: string; problem: string }>({
    severity: 'error',
    message: ({ file, problem }) => `${file} ${problem}`,
    exit: 4,
    explain: `Pictures are PNG files of any kind, and JPEG files, baseline or progressive. What a file is is told by its first bytes and not by its name. A file that
breaks off, whose checksums are wrong or that claims to be larger than 134,217,728 pixels is refused. Convert other kinds, for example with ImageMagick:
${example('magick mogrify -format png *.webp')}`,
  }),
  'folder-layout': code<{ folder: string; problem: string }>({
    severity: 'error',
    message: ({ folder, problem }) => `the folder ${folder} cannot be read as classes: ${problem}`,
    exit: 4,
    explain: `\`image_folder\` and \`text_folder\` read one sub-folder a class. Its name is the name of the class:
${example('flowers/\n  rose/\n    0001.jpg\n    0002.png\n  tulip/\n    0003.jpg')}
Where the folder holds one that is called \`train\`, the classes are in there, and \`validation\` (or \`val\`) and \`test\` may stand beside it. Names that begin with a dot, and files
with other endings, are passed over. Rows to predict may lie in a folder of any kind.`,
  }),
  'window-too-long': code<{ part: string; rows: number; longest: number; reach: number; length: number }>({
    severity: 'error',
    message: ({ part, rows, longest, reach, length }) =>
      `no window fits into the ${part} rows: it takes ${counted(reach, 'row')} in a row (${many(length)} of the window${
        reach > length ? `, ${many(reach - length)} to what is predicted` : ''
      }), ${longest === rows ? `there are ${many(rows)}` : `the longest stretch of the ${many(rows)} has ${many(longest)}`}`,
    exit: 4,
    explain: `With \`window\` rows of a table that is ordered by time become windows: the rows of one follow each other in the table and lie in one part, so that nothing that
is tested on was trained on. Hold out more rows, or take shorter windows.
${example('data {\n  source: csv("weather.csv"); target: temperature\n  window { length: 24; horizon: 1 }\n  validation: 15%; test: 15%\n}')}`,
  }),
  'text-without-tokens': code<{ field: string }>({
    severity: 'error',
    message: ({ field }) => `${field} holds texts, and the data section does not say how they are read`,
    exit: 4,
    explain: `A network reads numbers. \`tokens\` makes a number of every word: 0 is padding, 1 a word that the vocabulary lacks, and the most frequent words of the training rows
come from 2 on. An Embedding layer reads them.
${example('data { source: text_folder("aclImdb", classes: [neg, pos]); columns { text: tokens(10k, length: 200) } }')}`,
  }),
  'token-out-of-range': code<{ input: string; row: number; found: number; below: number; layer: string }>({
    severity: 'error',
    message: ({ input, row, found, below, layer }) =>
      `the input ${input} holds ${found} in row ${row}, and ${layer} has vectors for 0 to ${many(below - 1)}`,
    exit: 4,
    explain: `An Embedding has a vector for every whole number from 0 to input_dim − 1. The tokens of a column go up to the first argument of \`tokens\`, less one:
${example('model Reviews {\n  review = Input\n  Embedding(10k, 16)\n  GlobalAveragePooling1D\n  verdict = Dense(1)\n}\ndata { source: csv("reviews.csv"); target: verdict; columns { review: tokens(10k, length: 200) } }')}`,
  }),
  'skipped-target': code<{ column: string }>({
    severity: 'error',
    message: ({ column }) => `the column ${column} is to be predicted, and \`columns\` leaves it out`,
    exit: 4,
    explain: `\`skip\` leaves a column out of the rows altogether. A target is read, and no input gets it:
${example('data { source: csv("houses.csv"); target: price; columns { price: number; remark: skip } }')}`,
  }),
  'augment-field': code<{ input: string; problem: string }>({
    severity: 'error',
    message: ({ input, problem }) => `the rows of ${input} cannot be augmented: ${problem}`,
    exit: 4,
    explain: `\`augment\` changes the pictures that training reads: a shift, a turn, a part of them. An input is augmented if what it reads is an image, height × width ×
channels; it may still be \`Input(784)\`. With several inputs say which:
${example('data { source: mnist; augment: [shift(2), rotate(10)] }\ndata { source: two_views; augment { left: [shift(2)]; right: [shift(2)] } }')}`,
  }),
  'missing-cells': code<{ column: string; count: number; first: string }>({
    severity: 'error',
    message: ({ column, count, first }) =>
      `the column ${column} has ${counted(count, 'missing cell')}; the first is in ${first}`,
    exit: 4,
    explain: `Nothing is made up for a cell that is empty unless the data section says what. For columns of numbers \`missing\` is \`mean\` or \`median\` (of the
training rows), a number, or \`drop\`, which leaves out the row; for categories \`zeros\`, \`frequent\` or \`drop\`; for a target only \`drop\`.
${example('data {\n  source: csv("houses.csv"); target: price\n  missing: median\n  columns { region: one_hot(missing: zeros) }\n}')}
What fills a cell is kept with the weights. Rows to predict cannot be dropped: there a missing cell is an error unless something fills it.`,
  }),
  'numbers-with-texts': code<{ column: string; numbers: number; cells: number; place: string; text: string }>({
    severity: 'warning',
    message: ({ column, numbers, cells, place, text }) =>
      `${column} is read as categories, though ${many(numbers)} of ${counted(cells, 'cell')} are numbers: ${place} has ${text}`,
    explain: `A column of a table is read as numbers if all its cells are numbers or missing, else as texts: one feature for every different text. One slip of
the pen is enough for that, or a word for what is missing. Correct the cell, say what it means, or say that the column is meant as categories:
${example('data {\n  source: csv("people.csv", missing: ["unknown"]); target: income\n  columns { age: number; floor: one_hot }\n}')}
A number beyond the range of float32 (\`1e999\`) and \`inf\` are no numbers to train on.`,
  }),
  'target-with-texts': code<{ column: string; numbers: number; cells: number; place: string; text: string }>({
    severity: 'error',
    message: ({ column, numbers, cells, place, text }) =>
      `the target ${column} is read as classes, though ${many(numbers)} of ${counted(cells, 'cell')} are numbers and the loss takes numbers: ${place} has ${text}`,
    exit: 4,
    explain: `A target is read as numbers if all its cells are numbers or missing, else as names of classes. A loss that measures the distance between numbers, as
\`mse\`, has no use for classes. Correct the cell; where it stands for a missing number, leave out its row:
${example('data { source: csv("houses.csv", missing: ["sold"]); target: price; missing: drop }')}`,
  }),
  'nothing-to-fill-with': code<{ column: string; fill: string }>({
    severity: 'error',
    message: ({ column, fill }) =>
      `all cells of the column ${column} are missing in the training rows: there is no ${fill} to fill them with`,
    exit: 4,
    explain: `A mean, a median or the most frequent category is learned from the training rows. A column that is empty there teaches nothing: leave it out.
${example('data { source: csv("houses.csv"); target: price; columns { garden: skip } }')}`,
  }),
  'no-rows-left': code<{ columns: string }>({
    severity: 'error',
    message: ({ columns }) => `every row has a missing cell in one of the columns that drop it: ${columns}`,
    exit: 4,
    explain: `\`missing: drop\` leaves out every row with a missing cell. A column that is mostly empty is better left out: \`columns { name: skip }\`.`,
  }),
  'too-many-categories': code<{ column: string; found: number; most: number }>({
    severity: 'error',
    message: ({ column, found, most }) =>
      `the column ${column} has ${many(found)} different texts; a column that nothing is said about may have ${many(most)}`,
    exit: 4,
    explain: `A column of texts becomes one feature for every text. So many are most likely names or remarks, from which nothing can be learned.
${example('data { source: csv("houses.csv"); columns { remark: skip; street: one_hot } }')}`,
  }),
  'unknown-category': code<{ column: string; category: string; rows: number }>({
    severity: 'error',
    message: ({ column, category, rows }) =>
      `the column ${column} holds ${JSON.stringify(category)} in ${counted(rows, 'row')}, which no training row has`,
    exit: 4,
    explain: `Categories are those of the training rows. Any other is read as all zeros, or, with \`one_hot(unknown: error)\`, refused.`,
  }),
  'unknown-class': code<{ column: string; label: string; known: string }>({
    severity: 'error',
    message: ({ column, label, known }) =>
      `the column ${column} holds the class ${JSON.stringify(label)}; there are ${known}`,
    exit: 4,
    explain: `The output has one unit for every class, so a class cannot be added later: train again with rows of it. In the data section \`names\` gives all
classes in the order of the units: \`columns { kind: classes(names: [no, yes]) }\`.`,
  }),
  'no-target': code<{ source: string; columns: string }>({
    severity: 'error',
    message: ({ source, columns }) =>
      `the data section does not say what is to be predicted; ${source} has the columns ${columns}`,
    exit: 4,
    explain: `A table has no target of its own. Name the column, or give its number, counted from 1:
${example('data { source: csv("houses.csv"); target: price }')}`,
  }),
  'predict-file': code<{ file: string; source: string; takes: string }>({
    severity: 'error',
    message: ({ file, source, takes }) =>
      `--input names ${file}, a picture; the rows come from ${source}, which reads ${takes}`,
    exit: 4,
    explain: `Rows to predict are read as the training rows were read. Where these came from a table, rows to predict do, too: pictures are named in a column of it, and looked for from the
folder of the table on.
${example('photo\nnew/1.png\nnew/2.png')}`,
  }),
  'predict-source': code<{ source: string }>({
    severity: 'error',
    message: ({ source }) =>
      `rows to predict are read from files by the sources csv, image_folder and text_folder; the data source is ${source}`,
    exit: 4,
    explain: `\`dnc predict net.min.dn --input rows.csv\` reads rows as the training rows were read: a table for \`csv\`, a picture or a folder of pictures for \`image_folder\`, a
text or a folder of texts for \`text_folder\`. Without \`--input\` the rows of the spec's own data are predicted.`,
  }),
  'columns-clash': code<{ feature: string }>({
    severity: 'error',
    message: ({ feature }) => `two features are called ${feature}`,
    exit: 4,
    explain: `A category makes a feature that is called by its column and its own name: \`region.north\`. A column of that very name makes another one. Rename the
column in the file's first line.`,
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
  'data-memory': code<{ given: string }>({
    severity: 'error',
    message: ({ given }) => `DNC_DATA_MEMORY is \`${given}\`; it takes a whole number of bytes, at least 1`,
    exit: 4,
    explain: `The environment variable \`DNC_DATA_MEMORY\` says how many bytes the numbers of a field may take in memory before they stay in their files, digits alone: \`4294967296\` for 4 GiB.
Without it that is a quarter of the machine's memory.`,
  }),
  'rows-in-files': code<{ field: string; what: string; bytes: number }>({
    severity: 'error',
    message: ({ field, what, bytes }) =>
      `the ${many(bytes)} bytes of ${field} are more than what is held in memory, and ${what} needs all of them at once`,
    exit: 4,
    explain: `What takes more than a quarter of the machine's memory, or is more than can be read whole, stays in its files and is read row by row, from \`idx\`, \`npy\` and \`npz\`. A few things need all rows of a field
at once. \`DNC_DATA_MEMORY\` in the environment says how many bytes a field may take instead; numbers take four bytes each.`,
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
  'units-without-class': code<{
    output: string;
    units: number;
    field: string;
    classes: number;
    labels: readonly string[] | undefined;
  }>({
    severity: 'warning',
    message: ({ output, units, field, classes, labels }) =>
      `${output} has ${counted(units, 'unit')}, one for every class, but the rows have ${counted(classes, 'class', 'classes')}: ${field} is ${
        labels ? `${labels.slice(0, 8).join(', ')}${labels.length > 8 ? ', …' : ''}` : `0 to ${classes - 1}`
      }`,
    explain: `A class selects one unit of the output, so an output has as many units as there are classes. A unit without a class is trained like the others, and learns
never to be chosen. Where rows of further classes are to come, the warning may be left as it is.
${example('kind = Dense(2)')}`,
  }),
  'target-out-of-range': code<{ field: string; row: number; value: string; loss: string; expected: string }>({
    severity: 'error',
    message: ({ field, row, value, loss, expected }) =>
      `${loss} takes ${expected}: row ${many(row)} of the target ${field} is ${value}`,
    exit: 4,
    explain: `A loss measures what it was made for. \`binary_crossentropy\`, \`categorical_crossentropy\` and \`kl_divergence\` read targets as probabilities, from 0 to 1;
\`hinge\` reads them as sides, −1 and 1 (or 0 and 1); \`poisson\` reads them as counts. On other numbers they have no least value, and training runs off.
For numbers of any size:
${example('train { loss: mse; metrics: [mae]; epochs: 20 }')}
A column that was standardized has mean 0, so that about half of its numbers are negative: \`columns { price: number(standardize: false) }\` leaves it as
it is. Two different words in a column are classes, which become 0 and 1.`,
  }),
  'not-enough-rows': code<{ part: string; asked: number; rows: number; of: string }>({
    severity: 'error',
    message: ({ part, asked, rows, of }) =>
      part === 'train'
        ? `\`${part}\` asks for ${counted(asked, 'row')}, there ${rows === 1 ? 'is' : 'are'} ${many(rows)} ${of}`
        : `\`${part}\` asks for ${counted(asked, 'row')}: of the ${counted(rows, 'row')}${of && ` ${of}`} at least one must be left to train on`,
    exit: 4,
    explain: `Rows that are held out for validation or testing are taken from the training rows, and at least one must be left to train on. \`train\` chooses among those that are left,
and may ask for all of them at most.
${example('data { source: mnist; validation: 5000; train: 1000 }     # 55,000 of 60,000 are left, and 1,000 of them are trained on')}`,
  }),
  'empty-part': code<{ part: string; asked: string; rows: number }>({
    severity: 'error',
    message: ({ part, asked, rows }) =>
      `\`${part}: ${asked}\` ${part === 'train' ? 'takes' : 'holds out'} none of ${counted(rows, 'row')}`,
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
