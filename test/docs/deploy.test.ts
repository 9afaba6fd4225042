import { spawn, spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readFileSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { normWise } from '../../src/compiler/5-shrink/certificate.js';
import { forwardProgram } from '../../src/compiler/4-program/index.js';
import { compile } from '../../src/compiler/compile.js';
import { evaluate } from '../../src/program/evaluate.js';
import { probeLibrary } from '../../src/runtime/engines/onnxruntime/library.js';
import { originalsOf, startingValues } from '../../src/runtime/weights/load.js';
import { tensorsOf } from '../../src/runtime/weights/tensors.js';
import { readSpecFile } from '../../src/runtime/spec/spec-file.js';
import { root, succeed } from '../support/cli.js';
import { makeTemporaryFolder, removeFolder } from '../support/folders.js';

// The programs of docs/deploy.md as they stand there, in a folder as it says, against dnc's own numbers.
const page = readFileSync(path.join(root, 'docs/deploy.md'), 'utf8');
const few = ['--threads', '1', '--set', 'train.epochs=4', '--set', 'data.source=drawn_digits(train: 2000, test: 300)'];

let folder: string;
/** What dnc computes for the image that the programs draw. */
let wanted: Float32Array;

beforeAll(async () => {
  folder = makeTemporaryFolder();
  cpSync(path.join(root, 'specs/quickstart.dn'), path.join(folder, 'quickstart.dn'));
  await succeed(['train', 'quickstart.dn', ...few, '--set', 'data.validation=500'], { cwd: folder });
  const spec = path.join(folder, 'runs/quickstart/latest/quickstart.min.dn');
  cpSync(path.join(path.dirname(spec), 'build/quickstart.min'), path.join(folder, 'quickstart.min'), {
    recursive: true,
  });
  mkdirSync(path.join(folder, 'node_modules'));
  symlinkSync(root, path.join(folder, 'node_modules/dropneuron'), 'junction');
  for (const name of ['@tensorflow', 'onnxruntime-node']) {
    const installed = path.join(root, 'node_modules', name);
    if (existsSync(installed)) symlinkSync(installed, path.join(folder, 'node_modules', name), 'junction');
  }

  const compiled = compile(readSpecFile(spec), { originals: originalsOf(spec) });
  const { network } = compiled;
  const pixels = new Float32Array(28 * 28);
  for (let row = 5; row < 23; row++) pixels.fill(1, 28 * row + 13, 28 * row + 15);
  const { results } = evaluate(forwardProgram(network, { mode: 'inference' }), {
    ...tensorsOf(network, startingValues(compiled, spec, { fromScratch: false })),
    image: { shape: [1, 28, 28, 1], data: pixels },
  });
  wanted = Float32Array.from(results.digit!.data);
}, 120_000);
afterAll(() => removeFolder(folder));

/** The program of the page that begins with its file's name. */
function program(name: string): string {
  const found = [...page.matchAll(/^```js\n([\s\S]*?)^```$/gm)].find(([, code]) => code!.startsWith(`// ${name}\n`));
  expect(found, name).toBeDefined();
  return found![1]!;
}

/** Runs a program in the folder; what it printed as digit and logits. */
async function printed(name: string, code: string, node: readonly string[] = []): Promise<readonly [number, number[]]> {
  writeFileSync(path.join(folder, name), code);
  const child = spawn(process.execPath, [...node, name], { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] });
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  const status = await new Promise((resolve) => child.on('close', resolve));
  // A trace shows the line that failed; that of a minified file says nothing.
  expect(status, stderr.replaceAll(/^.{500,}$/gm, '…')).toBe(0);
  // TensorFlow.js may greet first.
  const [, digit, logits] = /^(\d) (\[[^\]]*\])\s*$/m.exec(stdout) ?? [];
  expect(logits, stdout).toBeDefined();
  return [Number(digit), JSON.parse(logits!) as number[]];
}

function expectWanted([digit, logits]: readonly [number, number[]]): void {
  expect(logits).toHaveLength(10);
  expect(normWise(wanted, Float32Array.from(logits))).toBeLessThanOrEqual(1e-5);
  expect(digit).toBe(wanted.indexOf(Math.max(...wanted)));
}

test('a result that replaces another replaces its models', async () => {
  const run = path.join(folder, 'runs/quickstart/latest');
  const own = path.join(folder, 'own');
  cpSync(realpathSync(run), own, { recursive: true });
  const weights = () => readFileSync(path.join(own, 'build/quickstart.min/tfjs/weights.bin')).length;
  const before = weights();
  // Of a result that was fine-tuned, simplify says that it stays.
  rmSync(path.join(own, 'result.json'));
  await succeed(['simplify', own, '--threshold', '0.3', '--threads', '1'], { cwd: folder });
  expect(weights()).toBeLessThan(before);
});

const readiness = probeLibrary();
test.skipIf(!readiness.ready)(
  `ONNX Runtime in Node${readiness.ready ? '' : ` (not ready: ${readiness.because})`}`,
  async () => {
    expectWanted(await printed('with-onnxruntime.mjs', program('with-onnxruntime.mjs')));
  },
);

test('TensorFlow.js in Node', async () => {
  expectWanted(await printed('with-tfjs.mjs', program('with-tfjs.mjs')));
});

test('without the import, loading ends as the page says', async () => {
  const code = program('with-tfjs.mjs').replace("import 'dropneuron/tfjs';\n", '');
  await expect(printed('without-import.mjs', code)).rejects.toThrow('Unknown layer: DropNeuronKeep');
});

test('TensorFlow.js in a browser: modules by the import map, the model over http', { timeout: 60_000 }, async () => {
  const html = /^```html\n([\s\S]*?)^```$/m.exec(page)![1]!;
  const { imports } = JSON.parse(/<script type="importmap">([\s\S]*?)<\/script>/.exec(html)![1]!) as {
    imports: Record<string, string>;
  };
  const script = /<script type="module">([\s\S]*?)<\/script>/.exec(html)![1]!;
  // Node stands in for the browser: a hook resolves names by the import map alone, and the page's relative address gets a host.
  const files = Object.fromEntries(
    Object.entries(imports).map(([name, file]) => [name, new URL(file, `file://${folder}/`).href]),
  );
  const hook = `const files = ${JSON.stringify(files)};
export const resolve = (name, context, next) => (files[name] ? { url: files[name], shortCircuit: true } : next(name, context));`;
  writeFileSync(
    path.join(folder, 'register.mjs'),
    // The bundle for browsers sees that it is in Node, and asks for `require` there.
    `import { createRequire, register } from 'node:module';
globalThis.require = createRequire(import.meta.url);
register(${JSON.stringify(`data:text/javascript,${encodeURIComponent(hook)}`)});`,
  );
  const asked: string[] = [];
  const server = createServer((request, response) => {
    asked.push(request.url!);
    response.end(readFileSync(path.join(folder, request.url!)));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  try {
    const host = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    expect(script).toContain("'./quickstart.min/");
    expectWanted(
      await printed('page.mjs', script.replace("'./quickstart.min/", `'${host}/quickstart.min/`), [
        '--import',
        './register.mjs',
      ]),
    );
    expect(asked).toEqual(['/quickstart.min/tfjs/model.json', '/quickstart.min/tfjs/weights.bin']);
  } finally {
    server.close();
  }
});

/** Debian's chromium, or why it cannot be asked. */
const chromium = ['chromium', 'chromium-browser'].find((name) => spawnSync(name, ['--version']).status === 0);
test.skipIf(!chromium)(
  `TensorFlow.js in a browser: the page itself, in headless chromium${chromium ? '' : ' (chromium is not installed)'}`,
  { timeout: 60_000 },
  async () => {
    const html = /^```html\n([\s\S]*?)^```$/m.exec(page)![1]!;
    // What the page prints, and what ends it early, comes back over http.
    const report = `<script>
const post = (body) => fetch('/printed', { method: 'POST', body: JSON.stringify(body) });
console.log = (digit, logits) => post([digit, logits]);
addEventListener('error', (event) => post(String(event.message)));
addEventListener('unhandledrejection', (event) => post(String(event.reason)));
</script>`;
    let say: (body: string) => void;
    const said = new Promise<string>((resolve) => (say = resolve));
    const types: Readonly<Record<string, string>> = { '.js': 'text/javascript', '.json': 'application/json' };
    const server = createServer((request, response) => {
      if (request.method === 'POST') {
        let body = '';
        request.setEncoding('utf8').on('data', (text: string) => (body += text));
        request.on('end', () => {
          response.end();
          say(body);
        });
        return;
      }
      const file = path.join(folder, request.url!);
      if (request.url === '/') {
        response.setHeader('content-type', 'text/html');
        response.end(html.replace('<!doctype html>', `<!doctype html>${report}`));
      } else if (existsSync(file)) {
        response.setHeader('content-type', types[path.extname(file)] ?? 'application/octet-stream');
        response.end(readFileSync(file));
      } else {
        response.statusCode = 404;
        response.end();
      }
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const browser = spawn(
      chromium!,
      [
        '--headless',
        // Not as root, where it has no sandbox of its own.
        '--no-sandbox',
        '--disable-gpu',
        '--disable-background-networking',
        '--no-first-run',
        `--user-data-dir=${path.join(folder, 'profile')}`,
        `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
      ],
      { stdio: 'ignore' },
    );
    const gone = new Promise((resolve) => browser.on('close', resolve));
    try {
      const ended = gone.then(() => '"chromium ended before the page printed"');
      const found = JSON.parse(await Promise.race([said, ended])) as string | readonly [number, number[]];
      if (typeof found === 'string') expect.fail(found);
      expectWanted(found);
    } finally {
      browser.kill();
      await gone;
      server.closeAllConnections();
      server.close();
    }
  },
);
