import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { dnc, root, start, succeed } from '../support/cli.js';
import { temporaryFolder } from '../support/folders.js';
import { writeSpec } from '../support/specs.js';

const faults = path.join(root, 'test/support/faults.mjs');

/** A server of this machine; the address to give to --from. */
async function server(answer: (request: IncomingMessage, response: ServerResponse, count: number) => void) {
  const ranges: (string | undefined)[] = [];
  const listening = createServer((request, response) => {
    ranges.push(request.headers.range);
    answer(request, response, ranges.length);
  });
  await new Promise<void>((done) => listening.listen(0, '127.0.0.1', done));
  onTestFinished(() => {
    listening.closeAllConnections();
    listening.close();
  });
  return { url: `http://127.0.0.1:${(listening.address() as AddressInfo).port}/`, ranges };
}

/** Says that it sends the first file of MNIST, sends so many bytes, and waits. */
const SIZE = 9_912_422;
const stalling = (bytes: number) =>
  server((request, response) => {
    const from = Number(/\d+/.exec(request.headers.range ?? '0')![0]);
    response.writeHead(from > 0 ? 206 : 200, {
      'content-length': SIZE - from,
      ...(from > 0 && { 'content-range': `bytes ${from}-${SIZE - 1}/${SIZE}` }),
    });
    response.write(Buffer.alloc(bytes, 7));
  });

const fetchMnist = (url: string) => ['data', 'fetch', 'mnist', '--data-dir', 'data', '--from', url];

/** Waits until a file has at least so many bytes. */
async function until(file: string, bytes: number): Promise<void> {
  while ((statSync(file, { throwIfNoEntry: false })?.size ?? 0) < bytes)
    await new Promise((done) => setTimeout(done, 20));
}

describe('dnc data fetch', () => {
  test('Ctrl-C keeps what came, and the same call goes on with it', async () => {
    const cwd = temporaryFolder();
    const part = path.join(cwd, 'data/mnist/train-images-idx3-ubyte.gz.part');
    for (const [signal, code, before] of [
      ['SIGINT', 130, 0],
      ['SIGTERM', 143, 100_000],
    ] as const) {
      const { url, ranges } = await stalling(100_000);
      const { child, ended } = start(fetchMnist(url), { cwd });
      await until(part, before + 100_000);
      child.kill(signal);
      const { code: found, stdout, stderr } = await ended;
      expect([found, stdout]).toEqual([code, '']);
      expect(stderr).toContain(`${signal}: stopped; what came is kept, and the same call goes on with it\n`);
      expect(readdirSync(path.dirname(part))).toEqual([path.basename(part)]);
      expect(statSync(part).size).toBe(before + 100_000);
      expect(ranges).toEqual([before > 0 ? `bytes=${before}-` : undefined]);
    }
  });

  test('a second call into the same folder is told who is at it', async () => {
    const cwd = temporaryFolder();
    const { url } = await stalling(1000);
    const first = start(fetchMnist(url), { cwd });
    await until(path.join(cwd, 'data/mnist/train-images-idx3-ubyte.gz.part'), 1000);
    const second = await dnc(fetchMnist(url), { cwd });
    expect(second.code).toBe(5);
    expect(second.stderr).toContain(`is being written by process ${first.child.pid}`);
    first.child.kill('SIGKILL');
    await first.ended;
    // The lock of a process that is gone is taken over.
    const third = start(fetchMnist(url), { cwd });
    await third.said('into data/mnist');
    await until(path.join(cwd, 'data/mnist/train-images-idx3-ubyte.gz.part'), 2000);
    third.child.kill('SIGINT');
    expect((await third.ended).code).toBe(130);
  });

  test('nothing to be had: exit code 4, and why', async () => {
    const cwd = temporaryFolder();
    const { url } = await server((_, response) => response.writeHead(404).end());
    const { code, stderr, stdout } = await dnc(fetchMnist(url), { cwd });
    expect([code, stdout]).toEqual([4, '']);
    expect(stderr).toContain('error[fetch-failed]: train-images-idx3-ubyte.gz of mnist could not be downloaded');
    expect(stderr).toContain('the server says 404, not found');
    expect(readdirSync(path.join(cwd, 'data/mnist'))).toEqual([]);
  });

  test.each([
    ['a data set that is not known', ['data', 'fetch', 'mnits'], /knows no mnits: did you mean `?mnist/],
    ['none', ['data', 'fetch'], /mnist, fashion_mnist, cifar10/],
    ['another action', ['data', 'get', 'mnist'], /check or fetch, not get/],
    ['an address that is none', ['data', 'fetch', 'mnist', '--from', 'C:\\data'], /--from takes a web address/],
    ['an option of the other action', ['data', 'check', '--from', 'http://x/'], /--from belongs to dnc data fetch/],
  ])('%s: exit code 2', async (_, words, says) => {
    const { code, stderr } = await dnc(words, { cwd: temporaryFolder() });
    expect(code).toBe(2);
    expect(stderr).toMatch(says);
  });

  const user = process.getuid?.() === 0 ? { user: 65_534 } : {};
  test.skipIf(process.platform === 'win32')('a read-only folder: exit code 5', async () => {
    const cwd = temporaryFolder();
    chmodSync(cwd, 0o555);
    const { url } = await stalling(1000);
    const { code, stderr } = await dnc(fetchMnist(url), { cwd, ...user });
    chmodSync(cwd, 0o755);
    expect(code).toBe(5);
    expect(stderr).toMatch(/error\[cannot-write\]: cannot write .*: no permission/);
  });

  test('a full disk: exit code 5, and what came is kept', async () => {
    const cwd = temporaryFolder();
    const { url } = await stalling(2_000_000);
    // Calls before the 20th: the folder, the lock, the part, and its first pieces.
    const { code, stderr } = await dnc(fetchMnist(url), {
      cwd,
      node: ['--import', faults],
      env: { DNC_FAULT: 'ENOSPC:20' },
    });
    expect(code, stderr).toBe(5);
    expect(stderr).toMatch(/error\[cannot-write\]: cannot write .*train-images-idx3-ubyte\.gz\.part: the disk is full/);
    const part = path.join(cwd, 'data/mnist/train-images-idx3-ubyte.gz.part');
    expect(statSync(part).size).toBeGreaterThan(0);
    expect(readFileSync(part).every((byte) => byte === 7)).toBe(true);
  });

  const shared = path.join(root, '../shared/data');
  test.skipIf(!existsSync(path.join(shared, 'mnist')))(
    'the real MNIST, from a server of this machine, is found without --data-dir (skipped where ../shared/data does not have it)',
    async () => {
      const cwd = temporaryFolder();
      const { url, ranges } = await server((request, response, count) => {
        const bytes = readFileSync(path.join(shared, 'mnist', path.basename(request.url!)));
        const from = Number(/\d+/.exec(request.headers.range ?? '0')![0]);
        response.writeHead(from > 0 ? 206 : 200, {
          'content-length': bytes.length - from,
          ...(from > 0 && { 'content-range': `bytes ${from}-${bytes.length - 1}/${bytes.length}` }),
        });
        if (count > 1) response.end(bytes.subarray(from));
        else response.write(bytes.subarray(0, 4_000_000), () => setImmediate(() => response.destroy()));
      });
      const env = { XDG_DATA_HOME: path.join(cwd, 'home') };
      const { stdout } = await succeed(['data', 'fetch', 'mnist', '--from', url, '--json'], { cwd, env });
      const { folder, files } = JSON.parse(stdout) as { folder: string; files: { present: boolean; file: string }[] };
      expect(folder).toBe(path.join(cwd, 'home/dnc/mnist'));
      expect(files.map(({ present }) => present)).toEqual([false, false, false, false]);
      expect(readdirSync(folder).sort()).toEqual(files.map(({ file }) => file).sort());
      expect(ranges.length).toBe(5);
      expect(ranges[1]).toMatch(/^bytes=\d+-$/);
      const again = await succeed(['data', 'fetch', 'mnist', '--from', url], { cwd, env });
      expect(again.stderr.match(/there already/g)!.length).toBe(4);
      expect(ranges.length).toBe(5);
      writeSpec(
        cwd,
        'model Net { image = Input(784); digit = Dense(10) }\ndata { source: mnist; validation: 5000 }\ntrain { loss: sparse_categorical_crossentropy(from_logits: true); epochs: 1 }\n',
      );
      const checked = await succeed(['data', 'check', 'net.dn', '--strict'], { cwd, env });
      expect(checked.stdout).toContain('  1  6,170         572  1,135\n');
      expect(checked.stdout).toMatch(/\nnothing is wrong with them\n$/);
    },
  );
});

describe('dnc data check', () => {
  const spec = (data: string, output = 'Dense(2)') =>
    `model Net { x = Input; out = ${output} }\ndata { ${data} }\ntrain { loss: sparse_categorical_crossentropy(from_logits: true); epochs: 1 }\n`;
  const rows = Array.from({ length: 20 }, (_, k) => `${k},${(k * 7) % 20},${k % 2 ? 'yes' : 'no'}`);
  const csv = (lines: readonly string[]) => `a,b,kind\n${lines.join('\n')}\n`;
  const source = 'source: csv("train.csv"); target: kind; test: csv("test.csv")';

  test('0 for rows that are sound; 4 where training would be wrong, and, asked strictly, where something is doubtful', async () => {
    const cwd = temporaryFolder();
    const write = (train: readonly string[], held: readonly string[]) => {
      writeFileSync(path.join(cwd, 'train.csv'), csv(train));
      writeFileSync(path.join(cwd, 'test.csv'), csv(held));
    };
    writeSpec(cwd, spec(source));
    const check = (...more: readonly string[]) => dnc(['data', 'check', 'net.dn', ...more], { cwd });
    write(rows, ['20,3,no', '21,4,yes']);
    const sound = await check('--strict');
    expect([sound.code, sound.stderr]).toEqual([0, '']);
    expect(sound.stdout.replace(/sha256 [0-9a-f]{12}/g, 'sha256 SHA')).toBe(`rows of net.dn: csv

files
  train.csv  20 rows  179 bytes  sha256 SHA…
  test.csv   2 rows   26 bytes   sha256 SHA…

parts
  train  20 rows
  test   2 rows

fields
  a     1  0 … 21  mean 9.5
  b     1  0 … 19  mean 9.5
  kind  1  0 … 1   class numbers

classes
       train  test
  no      10     1
  yes     10     1

read by
  x    2 from a, b
  out  learns kind as class numbers

rows with the inputs of a training row
  train, of an earlier one  0
  test                      0

nothing is wrong with them
`);

    write(rows, ['20,3,no', '21,4,yes', rows[5]!]);
    const doubtful = await check();
    expect(doubtful.code).toBe(0);
    expect(doubtful.stdout).toMatch(
      /\nwarning: 1 of 3 test rows \(33 %\) have the inputs of a training row; the first is test row 2, as training row 5\n$/,
    );
    expect((await check('--strict')).code).toBe(4);

    write(rows, rows.slice(0, 10));
    const wrong = await check('--json');
    expect(wrong.code).toBe(4);
    const report = JSON.parse(wrong.stdout) as {
      format: number;
      ok: boolean;
      findings: { check: string; severity: string }[];
      repeated: object;
    };
    expect([report.format, report.ok]).toEqual([1, false]);
    expect(report.findings).toMatchObject([{ check: 'leak', severity: 'error' }]);
    expect(report.repeated).toMatchObject({ test: { rows: 10, sameTarget: 10 } });
  });

  test('rows that cannot be read: the message, or as JSON; a label out of range names its row', async () => {
    const cwd = temporaryFolder();
    writeFileSync(path.join(cwd, 'train.csv'), csv([...rows, '1,2']));
    writeFileSync(path.join(cwd, 'test.csv'), csv(rows));
    writeSpec(cwd, spec(source));
    const { code, stderr, stdout } = await dnc(['data', 'check'], { cwd });
    expect([code, stdout]).toEqual([4, '']);
    expect(stderr).toContain('error[csv-ragged]: train.csv, line 22: expected 3 cells, found 2');
    const machine = await dnc(['data', 'check', '--json'], { cwd });
    expect(machine.code).toBe(4);
    expect(JSON.parse(machine.stdout)).toMatchObject({ format: 1, ok: false, diagnostics: [{ code: 'csv-ragged' }] });
    mkdirSync(path.join(cwd, 'other'));
    const numbers = Uint8Array.from([1, 2, 3, 4]);
    const idx = (extents: readonly number[], bytes: Uint8Array) =>
      Buffer.from([0, 0, 8, extents.length, ...extents.flatMap((one) => [0, 0, 0, one]), ...bytes]);
    writeFileSync(path.join(cwd, 'other/images'), idx([4, 1, 1], numbers));
    writeFileSync(path.join(cwd, 'other/labels'), idx([4], numbers));
    writeSpec(
      path.join(cwd, 'other'),
      spec('source: idx("images", labels: "labels", classes: 5)', 'Dense(3)').replace('Input', 'Input(1)'),
    );
    const labels = await dnc(['data', 'check', 'other/net.dn'], { cwd });
    expect(labels.code).toBe(4);
    expect(labels.stderr).toContain('label out of range: row 2 of the field label is 3');
  });
});

test('Ctrl-C, a changed file, and the file back: what a person sees', async () => {
  const cwd = temporaryFolder();
  const file = path.join(cwd, 'rows.csv');
  const text = `a,b,y\n${Array.from({ length: 300 }, (_, k) => `${k % 17},${k % 5},${(k % 17) + (k % 5)}`).join('\n')}\n`;
  writeFileSync(file, text);
  writeSpec(
    cwd,
    'model Net { x = Input; h = Dense(8, activation: relu); y = Dense(1) }\ndata { source: csv("rows.csv"); target: y }\ntrain { loss: mse; batch_size: 4; epochs: 100000 }\n',
  );
  const train = start(['train', 'net.dn', '--out', 'run', '--threads', '1'], { cwd });
  await train.said(' 2/100000');
  train.child.kill('SIGINT');
  expect((await train.ended).code).toBe(130);
  writeFileSync(file, text.slice(0, 1000));
  const refused = await dnc(['train', '--resume', 'run'], { cwd });
  expect(refused.code).toBe(4);
  expect(refused.stderr).toMatch(
    /^error\[data-changed\]: rows\.csv is not the file that the run was made with: it is shorter; expected [\d,]+ bytes with SHA-256 \w{12}…, found 1,000 bytes with \w{12}…$/m,
  );
  expect(refused.stderr).toContain('bring the file back, or name the folder that has it: --data-dir FOLDER');
  writeFileSync(file, text);
  const goingOn = start(['train', '--resume', 'run'], { cwd });
  await goingOn.said('going on at epoch');
  goingOn.child.kill('SIGINT');
  expect((await goingOn.ended).code).toBe(130);
});
