import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';

// A file imports from rows above its own, or from its own row. Files in `src` itself count as what they are for.
const rows: readonly (readonly string[])[] = [
  ['version.ts', 'hash.ts'],
  ['diagnostics'],
  ['files.ts'],
  ['wasm'],
  ['dsl'],
  ['ir'],
  ['program'],
  ['activations'],
  ['layers'],
  ['random'],
  ['sparsity', 'losses', 'metrics', 'optimizers', 'schedules', 'initializers'],
  ['data'],
  // Validators made from the schemas of all words.
  ['generated'],
  ['compiler'],
  ['onnx'],
  ['runtime'],
  ['exporters'],
  ['reports'],
  ['commands'],
  ['main.ts', 'index.ts'],
  ['cli.ts'],
];

/** Packages that hold a backend, and the only places that may load them. */
const backends = /^(@tensorflow\/|onnxruntime)/;
const backendPlaces = [/^runtime\/engines\//, /^exporters\/tfjs\/classes\.ts$/];

/** Folders of words, each with the table that must name every file of one. */
const registries = [
  'data/augmentations',
  'data/sources',
  'activations',
  'layers',
  'sparsity',
  'losses',
  'metrics',
  'optimizers',
  'schedules',
  'initializers',
  'program/ops',
  'compiler/checks',
  'diagnostics/catalogue',
];
/** Tables that do not stand in the folder of their words. */
const tables: Readonly<Record<string, string>> = { 'data/sources': 'data/index.ts' };

/** Files that import each other in a circle, for a reason that nothing takes away. */
const circles: readonly (readonly string[])[] = [
  // The body of the op `scan` is a program: the op evaluates and differentiates what is made of ops.
  [
    'program/builder.ts',
    'program/evaluate.ts',
    'program/gradient.ts',
    'program/ops/index.ts',
    'program/ops/scan.ts',
    'program/ops/split.ts',
    'program/recurrence.ts',
  ],
];

const source = path.resolve(import.meta.dirname, '../src');
const files = readdirSync(source, { recursive: true, encoding: 'utf8' })
  .map((file) => file.split(path.sep).join('/'))
  .filter((file) => /\.[jt]s$/.test(file) && !file.endsWith('.d.ts') && !file.startsWith('generated/'));

interface Import {
  readonly from: string;
  readonly to: string;
  /** Erased by the compiler: no code is loaded. */
  readonly isType: boolean;
}

/** Every module that a file names in an import, an export, an `import(…)` or a `require`. */
function importsOf(from: string): Import[] {
  const text = readFileSync(path.join(source, from), 'utf8').replace(/\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm, '');
  const named = [...text.matchAll(/\b(?:import|export)\s+(type\s)?[^;'"]*?from\s+'([^']+)'/g)].map((match) => ({
    to: match[2]!,
    isType: match[1] !== undefined,
  }));
  const bare = [...text.matchAll(/\bimport\s+'([^']+)'|\b(?:import|require|resolve)\(\s*'([^']+)'/g)].map((match) => ({
    to: match[1] ?? match[2]!,
    isType: false,
  }));
  return [...named, ...bare].map((one) => ({ from, ...one }));
}

const imports = files.flatMap(importsOf);

function rowOf(file: string): number {
  const top = file.split('/')[0]!;
  return rows.findIndex((row) => row.includes(top));
}

/** The file that an import of another one names. */
function targetOf({ from, to }: Import): string {
  return path.posix.join(path.posix.dirname(from), to).replace(/\.js$/, '.ts');
}

/** The largest sets of files that load each other: Tarjan 1972, Depth-first search and linear graph algorithms. */
function circlesOf(all: readonly string[]): string[][] {
  const loaded = imports.filter(({ to, isType }) => to.startsWith('.') && !isType);
  const order = new Map<string, number>();
  const open: string[] = [];
  const found: string[][] = [];
  const visit = (file: string): number => {
    const own = order.size;
    order.set(file, own);
    open.push(file);
    let low = own;
    for (const to of loaded.filter(({ from }) => from === file).map(targetOf))
      if (!order.has(to)) low = Math.min(low, visit(to));
      else if (open.includes(to)) low = Math.min(low, order.get(to)!);
    if (low === own) {
      const circle = open.splice(open.indexOf(file));
      if (circle.length > 1) found.push(circle.sort());
    }
    return low;
  };
  for (const file of all) if (!order.has(file)) visit(file);
  return found;
}

describe('architecture', () => {
  test('every folder has its row', () => {
    expect(files.filter((file) => rowOf(file) < 0)).toEqual([]);
    expect(rows.flat().filter((name) => !existsSync(path.join(source, name)))).toEqual([]);
  });

  test('a file imports from rows above its own, or its own', () => {
    const inside = imports.filter(({ to }) => to.startsWith('.'));
    expect(inside.length).toBeGreaterThan(500);
    const wrong = inside.filter(({ from, to }) => {
      const target = path.posix.join(path.posix.dirname(from), to);
      return rowOf(target) > rowOf(from);
    });
    expect(wrong.map(({ from, to }) => `${from} imports ${to}`)).toEqual([]);
  });

  test('no files import each other in a circle', () => {
    expect(circlesOf(files)).toEqual(circles);
  });

  test('every import names a file that exists', () => {
    const missing = imports.filter(({ from, to }) => {
      if (!to.startsWith('.')) return false;
      const target = path.join(source, path.posix.join(path.posix.dirname(from), to));
      return !existsSync(target) && !existsSync(target.replace(/\.js$/, '.ts'));
    });
    expect(missing).toEqual([]);
  });

  test('backends are loaded by the engines alone, and by the classes for TensorFlow.js', () => {
    const loading = imports.filter(({ to, isType }) => backends.test(to) && !isType);
    expect(loading.length).toBeGreaterThan(0);
    expect(loading.filter(({ from }) => !backendPlaces.some((place) => place.test(from)))).toEqual([]);
  });

  test('every package that is imported is one that the package depends on', () => {
    const { dependencies, optionalDependencies } = JSON.parse(
      readFileSync(path.resolve(source, '../package.json'), 'utf8'),
    ) as Record<string, Record<string, string>>;
    const known = Object.keys({ ...dependencies, ...optionalDependencies });
    const used = imports.filter(({ to }) => !to.startsWith('.') && !to.startsWith('node:'));
    const unknown = used.filter(
      ({ to }) =>
        !known.includes(
          to
            .split('/')
            .slice(0, to.startsWith('@') ? 2 : 1)
            .join('/'),
        ),
    );
    expect(unknown.map(({ from, to }) => `${from} imports ${to}`)).toEqual([]);
  });
});

/** Whether a file is that of a word, and exports it by the file's own name: `conv2d-transpose.ts` exports `conv2dTranspose`. */
function isWord(folder: string, name: string): boolean {
  if (name === 'index') return false;
  const text = readFileSync(path.join(source, folder, `${name}.ts`), 'utf8');
  const exported = [...text.matchAll(/^export const (\w+)/gm)].map((match) => match[1]!.toLowerCase());
  const own = name.replaceAll(/[-_]/g, '');
  return exported.includes(own) || exported.includes(`${own}codes`);
}

describe('registries', () => {
  test.each(registries)('%s: every file of a word is in the table', (folder) => {
    const names = readdirSync(path.join(source, folder)).map((name) => name.replace(/\.ts$/, ''));
    const words = names.filter((name) => isWord(folder, name));
    expect(words.length).toBeGreaterThan(2);
    const table = tables[folder] ?? `${folder}/index.ts`;
    const named = imports
      .filter(({ from, isType }) => from === table && !isType)
      .map(targetOf)
      .filter((file) => path.posix.dirname(file) === folder)
      .map((file) => path.posix.basename(file, '.ts'))
      .filter((name) => isWord(folder, name));
    expect([...new Set(named)].sort()).toEqual(words.sort());
  });

  test('commands', () => {
    const words = files.filter(
      (file) =>
        file.startsWith('commands/') && /: Command (=|=> \()\s?\{/.test(readFileSync(path.join(source, file), 'utf8')),
    );
    const table = imports.flatMap(({ from, to, isType }) =>
      from === 'commands/index.ts' && !isType ? [`commands/${to.slice(2).replace(/\.js$/, '.ts')}`] : [],
    );
    expect(table.sort()).toEqual(words.sort());
  });
});
