import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Source } from '../../../src/diagnostics/source.js';
import { resumeRun, startRun } from '../../../src/runtime/run/run.js';
import { simplifyAgain } from '../../../src/runtime/simplify/simplify-again.js';
import { evaluateSpec, predictSpec } from '../../../src/runtime/spec/evaluate-spec.js';
import { failureOf } from '../../data/failure.js';
import { idxBytes } from '../../data/idx-files.js';
import { makeTemporaryFolder, removeFolder } from '../../support/folders.js';
import { begin, options, trace } from '../../support/runs.js';

const ROWS = 60;
const number = (row: number, place: number) => ((row * 7 + place * 3) % 11) / 4 - 1;

/** A float array as numpy.save writes it. */
function npyBytes(width: number, value: (row: number, place: number) => number): Uint8Array {
  const header = `${`{'descr': '<f4', 'fortran_order': False, 'shape': (${ROWS}, ${width}), }`.padEnd(117)}\n`;
  const data = Float32Array.from({ length: ROWS * width }, (_, k) => value(Math.floor(k / width), k % width));
  return Buffer.concat([
    Uint8Array.from([0x93, ...Buffer.from('NUMPY'), 1, 0, header.length, 0]),
    Buffer.from(header),
    Buffer.from(data.buffer),
  ]);
}

const bytes = (rows: number, value: (k: number) => number) => Array.from({ length: rows }, (_, k) => value(k));

/** The files of one kind of source; the first is the one that changes. */
const kinds: Readonly<
  Record<
    string,
    {
      readonly source: string;
      readonly output: string;
      readonly loss: string;
      readonly files: Readonly<Record<string, Uint8Array>>;
    }
  >
> = {
  csv: {
    source: 'csv("rows.csv"); target: y',
    output: 'Dense(1)',
    loss: 'mse',
    files: {
      'rows.csv': Buffer.from(
        `a,b,c,y\n${bytes(ROWS, (row) => row)
          .map((row) => [0, 1, 2, 3].map((place) => number(row, place)).join(','))
          .join('\n')}\n`,
      ),
    },
  },
  'idx, packed': {
    source: 'idx("images.gz", labels: "labels")',
    output: 'Dense(3)',
    loss: 'sparse_categorical_crossentropy(from_logits: true)',
    files: {
      'images.gz': gzipSync(
        idxBytes(
          [ROWS, 2, 2],
          bytes(ROWS * 4, (k) => (k * 37) % 256),
        ),
      ),
      labels: idxBytes(
        [ROWS],
        bytes(ROWS, (k) => k % 3),
      ),
    },
  },
  npy: {
    source: 'npy("x.npy", target: "y.npy")',
    output: 'Dense(1)',
    loss: 'mse',
    files: { 'x.npy': npyBytes(3, number), 'y.npy': npyBytes(1, (row) => number(row, 5)) },
  },
};

const spec = ({ source, output, loss }: (typeof kinds)[string]) => `model Net {
  x   = Input${source.startsWith('idx') ? '(4)' : ''}
  fc  = Dense(5, activation: relu)  @dropneuron(0.001)
  out = ${output}
}
data { source: ${source}; validation: 12; test: 12 }
train { loss: ${loss}; batch_size: 8; epochs: 4 }
`;

/** The files of a folder, with their contents. */
const contents = (folder: string): Record<string, string> =>
  Object.fromEntries(
    readdirSync(folder, { recursive: true, encoding: 'utf8' })
      .filter((name) => statSync(path.join(folder, name)).isFile())
      .map((name) => [name, readFileSync(path.join(folder, name)).toString('base64')]),
  );

/** What may happen to a data file, and what its message says beside both hashes. */
const changes: Readonly<Record<string, { readonly change: (bytes: Buffer) => Buffer; readonly says: RegExp }>> = {
  'a byte of it changed': {
    change: (bytes) => Buffer.from(bytes.map((byte, k) => (k === bytes.length - 6 ? byte ^ 1 : byte))),
    says: /is not the file that the run was made with; expected [\d,]+ bytes with SHA-256 [0-9a-f]{12}…, found [\d,]+ bytes with [0-9a-f]{12}…$/,
  },
  'it was cut off': {
    change: (bytes) => bytes.subarray(0, bytes.length >> 1),
    says: /is not the file that the run was made with: it is shorter; expected [\d,]+ bytes with SHA-256/,
  },
  'it is empty': {
    change: () => Buffer.alloc(0),
    says: /: it is shorter; expected .*, found 0 bytes with e3b0c44298fc…$/,
  },
};

describe.each(Object.keys(kinds))('%s', (name) => {
  const kind = kinds[name]!;
  const [file] = Object.keys(kind.files) as [string];
  let folder: string;
  let out: string;
  const text = spec(kind);
  beforeAll(async () => {
    folder = makeTemporaryFolder();
    for (const [one, content] of Object.entries(kind.files)) writeFileSync(path.join(folder, one), content);
    out = path.join(folder, 'run');
    await startRun({ ...options(Number.POSITIVE_INFINITY), ...begin(folder, text, path.join(folder, 'whole')) });
    const { stopped } = await startRun({ ...options(9), ...begin(folder, text, out) });
    expect(stopped).toBe('SIGTERM');
  });
  afterAll(() => removeFolder(folder));

  test('the run knows every file, its size, its hash and its rows', () => {
    const { data } = JSON.parse(readFileSync(path.join(out, 'run.json'), 'utf8')) as { data: unknown };
    expect(data).toEqual(
      Object.entries(kind.files).map(([one, content]) => ({
        name: one,
        sha256: createHash('sha256').update(content).digest('hex'),
        bytes: content.length,
        rows: ROWS,
      })),
    );
  });

  test.each(Object.keys(changes))('%s: resuming is refused, and what is there stays', async (what) => {
    const { change, says } = changes[what]!;
    const at = path.join(folder, file);
    const original = readFileSync(at);
    const before = contents(out);
    expect(Object.keys(before).some((one) => one.startsWith('checkpoints'))).toBe(true);
    writeFileSync(at, change(original));
    const failure = await failureOf(() => resumeRun(out, options(3)));
    writeFileSync(at, original);
    expect(failure).toMatchObject({
      exit: 4,
      help: [expect.stringContaining('--data-dir'), expect.stringContaining('dnc train')],
    });
    expect(failure.text).toMatch(/^data-changed: /);
    expect(failure.text).toContain(file);
    expect(failure.text).toMatch(says);
    const after = contents(out);
    expect(after).toEqual(before);
  });

  test('it is gone: refused, too', async () => {
    const before = contents(out);
    renameSync(path.join(folder, file), path.join(folder, 'away'));
    const failure = await failureOf(() => resumeRun(out, options(3)));
    renameSync(path.join(folder, 'away'), path.join(folder, file));
    expect(failure.text).toMatch(new RegExp(`^file-missing: ${file} `));
    expect(failure.exit).toBe(4);
    expect(contents(out)).toEqual(before);
  });

  test('the file is back: the run ends in the bytes of one that was not stopped', async () => {
    await resumeRun(out, options(Number.POSITIVE_INFINITY));
    expect(trace(out)).toEqual(trace(path.join(folder, 'whole')));
  });

  test('the result is judged, cut, and trained on, by the rows of its run, unless others are accepted', async () => {
    const whole = path.join(folder, 'whole');
    const small = path.join(whole, 'net.min.dn');
    const source = new Source(small, readFileSync(small, 'utf8'));
    const engine = { engine: 'auto', engineOptions: { threads: 1 } };
    const judge = { ...engine, file: small, source, sets: [], split: 'test' as const, dataFolder: undefined };
    const works: Readonly<Record<string, (accepts: boolean) => Promise<unknown>>> = {
      eval: (accepts) => evaluateSpec({ ...judge, acceptChangedData: accepts }),
      predict: async (accepts) => {
        for await (const _ of predictSpec({ ...judge, rows: 1, acceptChangedData: accepts }));
      },
      simplify: (accepts) =>
        simplifyAgain({
          ...engine,
          from: whole,
          sets: [],
          out: path.join(folder, 'again'),
          dataFolder: undefined,
          acceptChangedData: accepts,
        }),
      train: (accepts) =>
        startRun({
          ...options(2),
          specFile: small,
          source,
          sets: [],
          dataFolder: undefined,
          fromScratch: false,
          acceptChangedData: accepts,
          out: path.join(folder, 'trained'),
        }),
    };
    const at = path.join(folder, file);
    const original = readFileSync(at);
    for (const work of Object.values(works).slice(0, 1)) await work(false);
    // Another file that can be read: all rows, of which one is another.
    const changed =
      name === 'csv' ? Buffer.from(original.toString().replace(/\n[^\n]+\n$/, '\n3,3,3,3\n')) : changedRow(original);
    writeFileSync(at, changed);
    for (const [word, work] of Object.entries(works)) {
      const failure = await failureOf(() => work(false));
      expect([word, failure.text.split(':')[0], failure.exit]).toEqual([word, 'data-changed', 4]);
      expect(failure.help.at(-1)).toBe('if the changed data are meant: --accept-changed-data');
    }
    expect(existsSync(path.join(folder, 'trained'))).toBe(false);
    for (const work of Object.values(works)) await work(true);
    // A new beginning is held to nothing.
    rmSync(path.join(folder, 'trained'), { recursive: true });
    await startRun({ ...options(2), ...begin(folder, text, path.join(folder, 'new')) });
    writeFileSync(at, original);
  });
});

/** The file of an array with its last byte changed, packed again where it was. */
function changedRow(bytes: Buffer): Buffer {
  if (bytes[0] === 0x1f)
    return gzipSync(
      idxBytes(
        [ROWS, 2, 2],
        Array.from({ length: ROWS * 4 }, () => 9),
      ),
    );
  const changed = Buffer.from(bytes);
  changed.writeFloatLE(0.125, changed.length - 4);
  return changed;
}

test('a run of an earlier version knows hashes alone', async () => {
  const folder = makeTemporaryFolder();
  try {
    const kind = kinds.npy!;
    for (const [one, content] of Object.entries(kind.files)) writeFileSync(path.join(folder, one), content);
    const out = path.join(folder, 'run');
    await startRun({ ...options(5), ...begin(folder, spec(kind), out) });
    const record = JSON.parse(readFileSync(path.join(out, 'run.json'), 'utf8'));
    record.data = record.data.map(({ name, sha256 }: { name: string; sha256: string }) => ({ name, sha256 }));
    writeFileSync(path.join(out, 'run.json'), JSON.stringify(record));
    writeFileSync(path.join(folder, 'x.npy'), 'something else');
    expect((await failureOf(() => resumeRun(out, options(3)))).text).toMatch(
      /^data-changed: x\.npy is not the file that the run was made with; expected SHA-256 [0-9a-f]{12}…, found 14 bytes with /,
    );
    writeFileSync(path.join(folder, 'x.npy'), kind.files['x.npy']!);
    expect((await resumeRun(out, options(Number.POSITIVE_INFINITY))).result).toBeDefined();
  } finally {
    removeFolder(folder);
  }
});
