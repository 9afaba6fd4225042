import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';

// A file imports from rows above its own, or from its own row. Files in `src` itself count as what they are for.
const rows: readonly (readonly string[])[] = [
  ['version.ts', 'hash.ts'],
  ['diagnostics'],
  ['files.ts'],
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
  ['cli.ts', 'index.ts'],
];

/** Packages that hold a backend, and the only places that may load them. */
const backends = /^(@tensorflow\/|onnxruntime)/;
const backendPlaces = [/^runtime\/engines\//, /^exporters\/tfjs\/classes\.ts$/];

/** Folders of words, each with the table that must name every file of it. */
const registries: readonly { readonly folder: string; readonly helpers: readonly string[] }[] = [
  { folder: 'data/augmentations', helpers: ['augmentation', 'outside'] },
  { folder: 'activations', helpers: ['activation'] },
  {
    folder: 'layers',
    helpers: [
      'layer',
      'keep',
      'wrapper',
      'apply-activation',
      'facts',
      'ranges',
      'axes',
      'merge',
      'windows',
      'pooling',
      'convolution',
      'convolution-parts',
      'depthwise-convolution',
      'separable-convolution',
      'sides',
      'padding',
      'upsampling',
      'spatial-dropout',
      'normalize',
      'activation-layer',
      'recurrent',
      'recurrent-cell',
      'recurrent-scan',
    ],
  },
  { folder: 'sparsity', helpers: ['method', 'during'] },
  { folder: 'losses', helpers: ['loss', 'rows', 'target-values'] },
  { folder: 'metrics', helpers: ['metric', 'classes', 'decision', 'confusion'] },
  { folder: 'optimizers', helpers: ['optimizer', 'arguments'] },
  { folder: 'schedules', helpers: ['schedule'] },
  { folder: 'initializers', helpers: ['initializer', 'initial', 'truncate', 'scaling'] },
  { folder: 'program/ops', helpers: [] },
  { folder: 'compiler/checks', helpers: ['check', 'outputs'] },
  { folder: 'diagnostics/catalogue', helpers: [] },
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

describe('registries', () => {
  test.each(registries)('$folder: every file is in the table', ({ folder, helpers }) => {
    const names = readdirSync(path.join(source, folder), { withFileTypes: true }).map((one) =>
      one.name.replace(/\.ts$/, ''),
    );
    expect(helpers.filter((name) => !names.includes(name))).toEqual([]);
    const words = names.filter((name) => name !== 'index' && !helpers.includes(name)).sort();
    const table = imports
      .filter(({ from, isType }) => from === `${folder}/index.ts` && !isType)
      .flatMap(({ to }) => to.match(/^\.\/([^/]+)\.js$/)?.[1] ?? [])
      .filter((name) => !helpers.includes(name));
    expect([...new Set(table)].sort()).toEqual(words);
  });

  test('commands', () => {
    const words = files.filter(
      (file) => file.startsWith('commands/') && readFileSync(path.join(source, file), 'utf8').includes(': Command = {'),
    );
    const table = imports.flatMap(({ from, to, isType }) =>
      from === 'commands/index.ts' && !isType ? [`commands/${to.slice(2).replace(/\.js$/, '.ts')}`] : [],
    );
    expect(table.sort()).toEqual(words.sort());
  });

  test('data sources', () => {
    const words = readdirSync(path.join(source, 'data/sources')).map((name) => name.replace(/\.ts$/, ''));
    const table = imports.flatMap(({ from, to }) =>
      from === 'data/index.ts' ? (to.match(/^\.\/sources\/(.+)\.js$/)?.[1] ?? []) : [],
    );
    expect(table.sort()).toEqual(words.filter((name) => name !== 'mnist-files').sort());
  });
});
