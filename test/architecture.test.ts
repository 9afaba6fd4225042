import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { registryNames, spellingsOf } from '../src/compiler/vocabulary.js';
import { engines } from '../src/runtime/engines/index.js';

/**
 * The rows of `src`, in the order in which data flows: a file imports from rows above its own, and from its own. Folders of one row do not
 * import each other. `ARCHITECTURE.md` prints the same list.
 */
const rows: readonly (readonly string[])[] = [
  // Plain values without a row: the version, and the hash of a text.
  ['version.ts', 'hash.ts', 'generated'],
  ['diagnostics'],
  ['dsl'],
  ['ir'],
  ['program'],
  ['activations'],
  ['layers'],
  ['random'],
  ['sparsity', 'losses', 'optimizers', 'schedules', 'initializers'],
  ['metrics'],
  ['data'],
  ['compiler'],
  ['onnx'],
  ['runtime'],
  ['exporters'],
  ['reports'],
  ['commands'],
  ['cli.ts', 'index.ts'],
];

const root = path.resolve(import.meta.dirname, '../src');
const files = readdirSync(root, { recursive: true, encoding: 'utf8' })
  .map((file) => file.split(path.sep).join('/'))
  .filter((file) => file.endsWith('.ts') && !file.startsWith('generated/'));

/** Everything that a file imports, statically or not, types included. */
function importsOf(file: string): string[] {
  const text = readFileSync(path.join(root, file), 'utf8');
  return [...text.matchAll(/(?:from|import|import\()\s*'([^']+)'/g)].map((match) => match[1]!);
}

function partOf(file: string): string {
  return file.split('/')[0]!;
}

test('a file imports from rows above its own', () => {
  const rowOf = (part: string) => rows.findIndex((row) => row.includes(part));
  const wrong = files.flatMap((file) => {
    const own = partOf(file);
    expect(rowOf(own), `${own} has a row`).toBeGreaterThanOrEqual(0);
    return importsOf(file)
      .filter((target) => target.startsWith('.'))
      .map((target) => partOf(path.posix.join(path.posix.dirname(file), target).replace(/\.js$/, '.ts')))
      .filter((part) => part !== own && rowOf(part) >= rowOf(own))
      .map((part) => `${file} imports ${part}`);
  });
  expect(wrong).toEqual([]);
});

/** The strings that a text of the program holds, apart from its comments. */
function stringsOf(file: string): string[] {
  const text = readFileSync(path.join(root, file), 'utf8').replaceAll(/\/\*[\s\S]*?\*\/|\/\/.*/g, '');
  return [...text.matchAll(/'([^'\n]+)'/g)].map((match) => match[1]!);
}

test('the language knows no layer names, nor any other word of the tables', () => {
  const words = new Set(registryNames.flatMap((registry) => (registry === 'file' ? [] : spellingsOf(registry))));
  // What the grammar itself says by these words.
  for (const own of ['constant', 'count', 'first', 'last']) words.delete(own);
  const found = files
    .filter((file) => file.startsWith('dsl/'))
    .flatMap((file) =>
      stringsOf(file)
        .filter((text) => words.has(text))
        .map((text) => `${file}: ${text}`),
    );
  expect(words.size).toBeGreaterThan(50);
  expect(found).toEqual([]);
});

test('layers, methods and the compiler know no engine, and only engines load a backend', () => {
  const names = new Set(Object.keys(engines));
  const found = files
    .filter((file) => !/^(runtime|exporters|commands|diagnostics)\//.test(file))
    .flatMap((file) =>
      stringsOf(file)
        .filter((text) => names.has(text))
        .map((text) => `${file}: ${text}`),
    );
  expect(found).toEqual([]);
  const backends = files
    .filter((file) => !file.startsWith('runtime/engines/') && !file.startsWith('exporters/tfjs/'))
    .flatMap((file) =>
      importsOf(file).filter((target) => /tensorflow|onnxruntime/.test(target) && !target.startsWith('.')),
    );
  expect(backends).toEqual([]);
});

test('nothing that changes numbers reads a clock or a random number that has no name', () => {
  const clocks = files.filter((file) =>
    /\b(?:Math\.random|Date\.now|performance\.now|new Date)\b/.test(readFileSync(path.join(root, file), 'utf8')),
  );
  // How fast it goes and when a checkpoint is due; the name of a run's folder; when a line of progress is due.
  expect(clocks.sort()).toEqual(['commands/watcher.ts', 'runtime/pace.ts', 'runtime/run.ts']);
  const random = files.filter((file) => readFileSync(path.join(root, file), 'utf8').includes('Math.random'));
  expect(random).toEqual([]);
});

test('ARCHITECTURE.md names every folder, in this order', () => {
  const text = readFileSync(path.resolve(root, '../ARCHITECTURE.md'), 'utf8');
  const places = rows
    .slice(1, -1)
    .flatMap((row) => row.map((part) => ({ part, at: text.indexOf(`\`src/${part}/\``) })));
  for (const { part, at } of places) expect(at, part).toBeGreaterThan(-1);
  expect(places.map(({ at }) => at)).toEqual(places.map(({ at }) => at).sort((a, b) => a - b));
});
