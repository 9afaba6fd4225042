import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, rmSync, symlinkSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
// @ts-expect-error: a script without types
import { create as untyped, kindNames as names } from '../../scripts/new.mjs';

const create = untyped as (
  kind: string,
  name: string,
  root: string,
) => { readonly written: readonly string[]; readonly next: readonly string[] };
const kindNames = names as readonly string[];

const root = path.resolve(import.meta.dirname, '../..');
/** Inside the repository, so that packages are found; not in src or test, so that nothing else looks at it. */
const copy = path.join(root, '.cache', `new-${process.pid}`);

test('what every kind writes compiles and passes its test; a new op is asked for by every table over the ops', () => {
  rmSync(copy, { recursive: true, force: true });
  try {
    for (const part of [
      'src',
      'specs',
      'scripts',
      'tsconfig.json',
      'vitest.config.ts',
      'package.json',
      'test/setup.ts',
      'test/support/replay.ts',
      'test/layers/cases.ts',
      'test/layers/cases',
      'test/data/numbers.ts',
    ])
      cpSync(path.join(root, part), path.join(copy, part), { recursive: true });
    symlinkSync(path.join(root, 'node_modules'), path.join(copy, 'node_modules'), 'dir');
    mkdirSync(path.join(copy, 'bench'), { recursive: true });

    const kinds = kindNames.filter((kind) => kind !== 'op');
    for (const kind of kinds) {
      const { written } = create(kind, 'example thing', copy);
      expect(
        written.some((file) => file.endsWith('.test.ts')),
        kind,
      ).toBe(true);
      expect(() => create(kind, 'ExampleThing', copy), kind).toThrow('is there already');
    }
    expect(compile()).toBe('');
    const { status, stdout, stderr } = run('node_modules/vitest/vitest.mjs', ['run', '--root', copy]);
    expect(status, `${stdout}\n${stderr}`).toBe(0);
    expect(stdout).toMatch(new RegExp(`${kinds.length} passed`));

    create('op', 'example-op', copy);
    const wrong = compile();
    for (const table of ['src/onnx/ops/index.ts', 'src/runtime/engines/tfjs/kernels.ts'])
      expect(wrong).toContain(table);
  } finally {
    rmSync(copy, { recursive: true, force: true });
  }
}, 180_000);

test('names and kinds that are none are refused, and nothing is written', () => {
  expect(() => create('layr', 'x', root)).toThrow('no kind layr');
  expect(() => create('layer', '3d', root)).toThrow('a name of letters');
  expect(() => create('layer', 'Dense', root)).toThrow('src/layers/dense.ts is there already');
});

/** The type checker's errors. */
function compile(): string {
  return run('node_modules/typescript/bin/tsc', ['-p', '.']).stdout;
}

function run(script: string, args: readonly string[]) {
  const environment = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('VITEST')));
  return spawnSync(process.execPath, [path.join(root, script), ...args], {
    cwd: copy,
    encoding: 'utf8',
    env: { ...environment, NO_COLOR: '1' },
  });
}
