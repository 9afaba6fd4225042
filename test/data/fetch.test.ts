import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, onTestFinished, test } from 'vitest';
import { type Dataset, datasets } from '../../src/data/fetch/datasets.js';
import { fetchDataset } from '../../src/data/fetch/fetch.js';
import { failureOf } from './failure.js';
import { temporaryFolder } from './idx-files.js';

const hash = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');
/** Enough that it does not come in one piece. */
const content = Buffer.from(Uint8Array.from({ length: 300_000 }, (_, k) => (k * 7919) >> 5));
const dataset = (mirrors: readonly string[], bytes: Uint8Array = content): Dataset => ({
  folder: 'set',
  mirrors,
  downloads: [{ file: 'rows.gz', bytes: bytes.length, sha256: hash(bytes) }],
  terms: 'none',
});

interface Asked {
  readonly url: string;
  readonly range: string | undefined;
}

/** A server of this machine that answers as it is told, and what it was asked for. */
async function server(answer: (request: IncomingMessage, response: ServerResponse, count: number) => void) {
  const asked: Asked[] = [];
  const listening = createServer((request, response) => {
    asked.push({ url: request.url!, range: request.headers.range });
    answer(request, response, asked.length);
  });
  await new Promise<void>((done) => listening.listen(0, '127.0.0.1', done));
  onTestFinished(() => {
    listening.closeAllConnections();
    listening.close();
  });
  return { url: `http://127.0.0.1:${(listening.address() as AddressInfo).port}/`, asked };
}

/** What a server does that knows parts of files. */
function serve(
  request: IncomingMessage,
  response: ServerResponse,
  bytes: Buffer = content,
  until = bytes.length,
): void {
  const from = Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? '')?.[1] ?? 0);
  if (from >= bytes.length) {
    response.writeHead(416).end();
    return;
  }
  response.writeHead(from > 0 ? 206 : 200, {
    'content-length': bytes.length - from,
    ...(from > 0 && { 'content-range': `bytes ${from}-${bytes.length - 1}/${bytes.length}` }),
  });
  if (until === bytes.length) response.end(bytes.subarray(from));
  else response.write(bytes.subarray(from, Math.max(from, until)), () => setImmediate(() => response.destroy()));
}

async function fetching(
  mirrors: readonly string[],
  options: {
    into?: string;
    set?: Dataset;
    signal?: AbortSignal;
    seconds?: number;
    progress?: (text: string) => void;
  } = {},
) {
  const into = options.into ?? temporaryFolder();
  const notes: string[] = [];
  const folder = join(into, 'set');
  const result = fetchDataset('rows', options.set ?? dataset(mirrors), {
    into,
    silentSeconds: options.seconds ?? 5,
    signal: options.signal ?? new AbortController().signal,
    note: (text) => notes.push(text),
    progress: options.progress ?? (() => {}),
  });
  return { result, folder, notes, into };
}

const plain = (text: string, folder: string) => text.replaceAll(folder, 'FOLDER').replace(/127\.0\.0\.1:\d+/g, 'HOST');

describe('what arrives is checked', () => {
  test('200: the file is there whole, and no other', async () => {
    const { url, asked } = await server((request, response) => serve(request, response));
    const { result, folder } = await fetching([url]);
    expect(await result).toEqual([{ file: 'rows.gz', bytes: content.length, sha256: hash(content), present: false }]);
    expect(readFileSync(join(folder, 'rows.gz')).equals(content)).toBe(true);
    expect(readdirSync(folder)).toEqual(['rows.gz']);
    expect(asked).toEqual([{ url: '/rows.gz', range: undefined }]);
  });

  test('there already: nobody is asked; another file of the name is left as it is', async () => {
    const into = temporaryFolder();
    mkdirSync(join(into, 'set'));
    writeFileSync(join(into, 'set', 'rows.gz'), content);
    const { url, asked } = await server((request, response) => serve(request, response));
    expect((await (await fetching([url], { into })).result)[0]!.present).toBe(true);
    const other = Buffer.from(content);
    other[5]! ^= 1;
    writeFileSync(join(into, 'set', 'rows.gz'), other);
    const failure = await failureOf(async () => (await fetching([url], { into })).result);
    expect(plain(failure.text, into)).toBe(
      `fetch-other-file: FOLDER/set/rows.gz is there already and is not the published file: expected ${hash(content).slice(0, 12)}…, found SHA-256 ${hash(other).slice(0, 12)}…`,
    );
    expect(failure.exit).toBe(4);
    expect(readFileSync(join(into, 'set', 'rows.gz')).equals(other)).toBe(true);
    expect(asked).toEqual([]);
  });

  test('404: the next mirror; none left: why each gave nothing', async () => {
    const missing = await server((_, response) => response.writeHead(404).end('nothing here'));
    const broken = await server((_, response) => response.writeHead(503).end());
    const good = await server((request, response) => serve(request, response));
    const { result, folder } = await fetching([missing.url, broken.url, good.url]);
    await result;
    expect(existsSync(join(folder, 'rows.gz'))).toBe(true);
    const into = temporaryFolder();
    const failure = await failureOf(async () => (await fetching([missing.url, broken.url], { into })).result);
    expect([failure.text, failure.exit]).toEqual(['fetch-failed: rows.gz of rows could not be downloaded', 4]);
    expect(failure.help.map((line) => plain(line, into))).toEqual([
      'http://HOST/rows.gz: the server says 404, not found',
      'http://HOST/rows.gz: the server says 503',
      'or put the file into FOLDER/set by other means',
    ]);
    expect(readdirSync(join(into, 'set'))).toEqual([]);
  });

  test('wrong checksum, another size, more than it says: refused, and the next mirror is asked', async () => {
    const wrong = Buffer.from(content);
    wrong[200_000]! ^= 16;
    const forged = await server((request, response) => serve(request, response, wrong));
    const page = await server((_, response) => response.writeHead(200, { 'content-length': 12 }).end('<html></html'));
    const endless = await server((_, response) => {
      response.writeHead(200);
      response.write(content);
      response.end(content);
    });
    const into = temporaryFolder();
    const mirrors = [forged.url, page.url, endless.url];
    const failure = await failureOf(async () => (await fetching(mirrors, { into })).result);
    expect(failure.help.map((line) => plain(line, into))).toEqual([
      `http://HOST/rows.gz: wrong checksum: expected SHA-256 ${hash(content).slice(0, 12)}…, found ${hash(wrong).slice(0, 12)}…`,
      'http://HOST/rows.gz: it is another file: 12 bytes, expected 300,000',
      'http://HOST/rows.gz: it is another file: more than 300,000 bytes',
      'or put the file into FOLDER/set by other means',
    ]);
    expect(readdirSync(join(into, 'set'))).toEqual([]);
    const good = await server((request, response) => serve(request, response));
    const { result, folder } = await fetching([...mirrors, good.url]);
    await result;
    expect(readFileSync(join(folder, 'rows.gz')).equals(content)).toBe(true);
  });
});

describe('what was cut goes on', () => {
  test('within one call: the rest is asked for, and the whole is checked', async () => {
    const cut = await server((request, response, count) =>
      serve(request, response, content, count < 3 ? count * 100_000 : undefined),
    );
    const { result, folder, notes } = await fetching([cut.url]);
    await result;
    expect(readFileSync(join(folder, 'rows.gz')).equals(content)).toBe(true);
    expect(cut.asked.map(({ range }) => range)).toEqual([undefined, 'bytes=100000-', 'bytes=200000-']);
    expect(notes.filter((line) => line.includes('cut')).length).toBe(2);
  });

  test('by the next call, also from another mirror', async () => {
    const into = temporaryFolder();
    const dying = await server((request, response, count) => {
      if (count === 1) serve(request, response, content, 150_000);
      else response.destroy();
    });
    const failure = await failureOf(async () => (await fetching([dying.url], { into })).result);
    expect(failure.help[1]).toBe('the 146 KiB that came are kept: the same call goes on with them');
    expect(readdirSync(join(into, 'set'))).toEqual(['rows.gz.part']);
    const good = await server((request, response) => serve(request, response));
    await (await fetching([good.url], { into })).result;
    expect(good.asked).toEqual([{ url: '/rows.gz', range: 'bytes=150000-' }]);
    expect(readFileSync(join(into, 'set', 'rows.gz')).equals(content)).toBe(true);
    expect(readdirSync(join(into, 'set'))).toEqual(['rows.gz']);
  });

  test('a server that knows no parts of files sends all of it', async () => {
    const into = temporaryFolder();
    mkdirSync(join(into, 'set'));
    writeFileSync(join(into, 'set', 'rows.gz.part'), content.subarray(0, 1000));
    const whole = await server((_, response) =>
      response.writeHead(200, { 'content-length': content.length }).end(content),
    );
    await (await fetching([whole.url], { into })).result;
    expect(whole.asked).toEqual([{ url: '/rows.gz', range: 'bytes=1000-' }]);
    expect(readFileSync(join(into, 'set', 'rows.gz')).equals(content)).toBe(true);
  });

  test.each([
    ['damaged', Buffer.alloc(1000, 1), ['bytes=1000-', undefined]],
    ['whole, but for its name', content, []],
    ['too long', Buffer.alloc(400_000), [undefined]],
    ['as long, and another', Buffer.alloc(300_000), [undefined]],
  ])('what is there is %s', async (_, there, ranges) => {
    const into = temporaryFolder();
    mkdirSync(join(into, 'set'));
    writeFileSync(join(into, 'set', 'rows.gz.part'), there);
    const good = await server((request, response) => serve(request, response));
    await (await fetching([good.url], { into })).result;
    expect(good.asked.map(({ range }) => range)).toEqual(ranges);
    expect(readFileSync(join(into, 'set', 'rows.gz')).equals(content)).toBe(true);
  });

  test('a server that sends another part than was asked for, or says that there is none', async () => {
    const into = temporaryFolder();
    mkdirSync(join(into, 'set'));
    writeFileSync(join(into, 'set', 'rows.gz.part'), content.subarray(0, 1000));
    const lying = await server((_, response) =>
      response.writeHead(206, { 'content-range': `bytes 0-299999/300000`, 'content-length': 300_000 }).end(content),
    );
    const failure = await failureOf(async () => (await fetching([lying.url], { into })).result);
    expect(failure.help[0]).toMatch(/another part than was asked for$/);
    const none = await server((request, response, count) => {
      if (count === 1) response.writeHead(416).end();
      else serve(request, response);
    });
    await (await fetching([none.url], { into })).result;
    expect(none.asked.map(({ range }) => range)).toEqual(['bytes=1000-', undefined]);
  });

  test('stopped: what came is kept', async () => {
    const stopping = new AbortController();
    const slow = await server((_, response) => {
      response.writeHead(200, { 'content-length': content.length });
      response.write(content.subarray(0, 50_000));
    });
    const { result, folder } = await fetching([slow.url], {
      signal: stopping.signal,
      progress: (text) => {
        if (text === 'rows.gz: 48.8 KiB of 293 KiB') stopping.abort(new Error('SIGINT'));
      },
    });
    await expect(result).rejects.toThrow('SIGINT');
    expect(readdirSync(folder)).toEqual(['rows.gz.part']);
    expect(readFileSync(join(folder, 'rows.gz.part')).equals(content.subarray(0, 50_000))).toBe(true);
  });
});

describe('servers that lead nowhere', () => {
  const reasonOf = async (url: string, seconds = 5) =>
    (await failureOf(async () => (await fetching([url], { seconds })).result)).help[0]!.replace(/^\S+ /, '');

  test('redirects are followed; in a circle, or out of the web, they end', async () => {
    const good = await server((request, response) => serve(request, response));
    const leading = await server((request, response, count) => {
      response.writeHead(302, { location: count < 3 ? `/again${request.url}` : `${good.url}rows.gz` }).end();
    });
    const { result, folder } = await fetching([leading.url]);
    await result;
    expect(existsSync(join(folder, 'rows.gz'))).toBe(true);
    const circle = await server((_, response) => response.writeHead(301, { location: '/rows.gz' }).end());
    expect(await reasonOf(circle.url)).toBe('it leads on and on: more than 5 redirects');
    // Each of the two attempts follows them.
    expect(circle.asked.length).toBe(12);
    const file = await server((_, response) => response.writeHead(302, { location: 'file:///etc/passwd' }).end());
    expect(await reasonOf(file.url)).toBe('it leads to file:, which is no web address');
  });

  test('a server that says nothing, before its answer or within it', async () => {
    const silent = await server(() => {});
    expect(await reasonOf(silent.url, 0.1)).toBe('nothing came for 0.1 s');
    const stalled = await server((_, response) => {
      response.writeHead(200, { 'content-length': content.length });
      response.write(content.subarray(0, 10));
    });
    expect(await reasonOf(stalled.url, 0.1)).toBe('nothing came for 0.1 s');
  });

  test('nobody there', async () => {
    const gone = await server(() => {});
    const port = Number(new URL(gone.url).port);
    const free = createServer();
    await new Promise<void>((done) => free.listen(0, '127.0.0.1', done));
    const unused = (free.address() as AddressInfo).port;
    await new Promise((done) => free.close(done));
    expect(unused).not.toBe(port);
    expect(await reasonOf(`http://127.0.0.1:${unused}/`)).toBe('the server refuses connections');
  });

  test('what a server calls packed is stored as it came', async () => {
    const packed = gzipSync(content);
    const apache = await server((_, response) =>
      response.writeHead(200, { 'content-encoding': 'gzip', 'content-length': packed.length }).end(packed),
    );
    const { result, folder } = await fetching([], { set: dataset([apache.url], packed) });
    await result;
    expect(readFileSync(join(folder, 'rows.gz')).equals(packed)).toBe(true);
  });
});

describe('archives', () => {
  /** A file in a tar archive. */
  const entry = (name: string, bytes: Uint8Array, type = '0'): Buffer => {
    const header = Buffer.alloc(512);
    header.write(name, 0);
    header.write(`${bytes.length.toString(8).padStart(11, '0')}\0`, 124);
    header.write(type, 156);
    header.write('ustar\0', 257);
    return Buffer.concat([header, bytes, Buffer.alloc((512 - (bytes.length % 512)) % 512)]);
  };
  const one = content.subarray(0, 1000);
  const two = content.subarray(1000, 6120);
  const archive = gzipSync(
    Buffer.concat([
      entry('set-1/', Buffer.alloc(0), '5'),
      entry('set-1/readme.html', Buffer.from('what this is')),
      entry('set-1/one.bin', one),
      entry('set-1/two.bin', two),
      Buffer.alloc(1024),
    ]),
  );
  const set = (url: string): Dataset => ({
    folder: 'set',
    mirrors: [url],
    downloads: [
      {
        file: 'set.tar.gz',
        bytes: archive.length,
        sha256: hash(archive),
        members: [one, two].map((bytes, k) => ({
          file: `${['one', 'two'][k]}.bin`,
          path: `set-1/${['one', 'two'][k]}.bin`,
          bytes: bytes.length,
          sha256: hash(bytes),
        })),
      },
    ],
    terms: 'none',
  });

  test('the files that are missing are taken out; the archive goes', async () => {
    const { url, asked } = await server((request, response) => serve(request, response, archive));
    const { result, folder, into } = await fetching([], { set: set(url) });
    expect((await result).map(({ file, present }) => [file, present])).toEqual([
      ['one.bin', false],
      ['two.bin', false],
    ]);
    expect(readdirSync(folder)).toEqual(['one.bin', 'two.bin']);
    expect(readFileSync(join(folder, 'two.bin')).equals(two)).toBe(true);
    await (await fetching([], { set: set(url), into })).result;
    expect(asked.length).toBe(1);
    // Killed between download and unpacking: the archive serves.
    const again = temporaryFolder();
    mkdirSync(join(again, 'set'));
    writeFileSync(join(again, 'set', 'set.tar.gz'), archive);
    writeFileSync(join(again, 'set', 'one.bin'), one);
    const second = await fetching([], { set: set(url), into: again });
    expect((await second.result).map(({ present }) => present)).toEqual([true, false]);
    expect(readdirSync(second.folder)).toEqual(['one.bin', 'two.bin']);
    expect(asked.length).toBe(1);
  });
});

test('the known data sets: whole addresses, sizes and hashes', () => {
  for (const { mirrors, downloads } of Object.values<Dataset>(datasets)) {
    expect(mirrors.length).toBeGreaterThan(1);
    for (const mirror of mirrors) expect(new URL(mirror).href).toBe(mirror);
    for (const mirror of mirrors) expect(mirror).toMatch(/^https?:.*\/$/);
    for (const { sha256, bytes } of downloads.flatMap((one) => [one, ...(one.members ?? [])])) {
      expect(sha256).toMatch(/^[0-9a-f]{64}$/);
      expect(bytes).toBeGreaterThan(1000);
    }
  }
});

const shared = join(import.meta.dirname, '../../../shared/data');
test.skipIf(!existsSync(shared))(
  'the table is that of the real files (skipped where ../shared/data does not have them)',
  () => {
    for (const { folder, downloads } of [datasets.mnist, datasets.fashion_mnist])
      for (const { file, bytes, sha256 } of downloads) {
        const real = readFileSync(join(shared, folder, file));
        expect([file, real.length, hash(real)]).toEqual([file, bytes, sha256]);
      }
  },
);
