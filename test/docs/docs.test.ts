import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { commands } from '../../src/commands/index.js';
import { compile } from '../../src/compiler/compile.js';
import { catalogue } from '../../src/diagnostics/catalogue/index.js';
import { Source } from '../../src/diagnostics/source.js';

const root = path.resolve(import.meta.dirname, '../..');
const pages = [
  'README.md',
  'ARCHITECTURE.md',
  'CONTRIBUTING.md',
  ...readdirSync(path.join(root, 'docs')).map((name) => `docs/${name}`),
].filter((page) => page.endsWith('.md'));
const scripts = (
  JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8')) as { scripts: Record<string, string> }
).scripts;
/** Pages that a command writes from what it measured, and the script that does; a clone may not have made them yet. */
const measured: Readonly<Record<string, string>> = {
  'docs/results.md': 'scripts/results.mjs',
  'docs/performance.md': 'scripts/bench.mjs',
};

test('there are pages to test', () => {
  expect(pages).toEqual(
    expect.arrayContaining([
      'README.md',
      'docs/language.md',
      'docs/methods.md',
      'docs/run-folder.md',
      'docs/deploy.md',
      'docs/reference.md',
    ]),
  );
});

describe.each(pages)('%s', (page) => {
  const text = readFileSync(path.join(root, page), 'utf8');
  const blocks = [...text.matchAll(/^```(\w*)\n([\s\S]*?)^```$/gm)].map((match) => ({
    language: match[1]!,
    code: match[2]!,
  }));
  const prose = text.replaceAll(/^```\w*\n[\s\S]*?^```$/gm, '');

  test('every relative link leads to a file, every anchor to a heading', () => {
    for (const [, target] of prose.matchAll(/\]\(([^)\s]+)\)/g)) {
      if (/^[a-z]+:/.test(target!)) continue;
      const [file, anchor] = target!.split('#') as [string, string | undefined];
      const linked = file === '' ? page : path.posix.join(path.posix.dirname(page), file);
      const writer = measured[linked];
      if (writer && !existsSync(path.join(root, linked))) {
        expect(readFileSync(path.join(root, writer), 'utf8'), `${writer} writes ${linked}`).toContain(linked);
        continue;
      }
      expect(existsSync(path.join(root, linked)), `${target} is there`).toBe(true);
      if (anchor) expect(anchorsOf(readFileSync(path.join(root, linked), 'utf8'))).toContain(anchor);
    }
  });

  test('every file that is named in code is there', () => {
    for (const [, name] of prose.matchAll(/`((?:src|test|scripts|specs|docs)\/[\w./-]+\.(?:ts|mjs|dn|md|json))`/g))
      expect(existsSync(path.join(root, name!)) || name! in measured || EXAMPLES.has(name!), `${name} is there`).toBe(
        true,
      );
  });

  test('every command and option exists', () => {
    const lines = [
      ...blocks.filter((block) => block.language === 'sh').flatMap((block) => block.code.split('\n')),
      ...[...prose.matchAll(/`((?:dnc|npm run|npm) [^`]+)`/g)].map((match) => match[1]!),
    ];
    for (const line of lines.flatMap((one) => one.replace(/#.*/, '').split('&&'))) checkCommand(line.trim());
  });

  test('every code that it explains is in the catalogue', () => {
    for (const [, code] of prose.matchAll(/`dnc explain ([a-z-]+)`/g)) expect(Object.keys(catalogue)).toContain(code);
  });

  test('every spec in it compiles without a warning', () => {
    for (const { code } of blocks.filter((block) => block.language === 'dn'))
      expect(compile(new Source(page, code)).warnings, code).toEqual([]);
    for (const { code } of blocks.filter((block) => block.language === 'yaml'))
      expect(compile(new Source(`${page}.yaml`, code)).warnings, code).toEqual([]);
  });

  test('it is about this program only', () => {
    expect(text).not.toMatch(/\/(?:home|work|tmp|Users)\/|registry\.npmjs|localhost/);
  });
});

test('the spec that README.md shows whole is specs/quickstart.dn', () => {
  const shown = /^```dn\n([\s\S]*?)^```$/m.exec(readFileSync(path.join(root, 'README.md'), 'utf8'))?.[1];
  expect(shown).toBe(readFileSync(path.join(root, 'specs/quickstart.dn'), 'utf8'));
});

/** What CONTRIBUTING.md lets a reader make. */
const EXAMPLES = new Set(['src/activations/swish2.ts', 'test/activations/swish2.test.ts']);

function checkCommand(line: string): void {
  const [tool = '', ...words] = line.split(/\s+/);
  if (tool === 'npm') {
    const name = words[0] === 'run' ? words[1]! : words[0]!;
    if (words[0] === 'run' || name === 'test') expect(scripts, line).toHaveProperty([name]);
    return;
  }
  if (tool !== 'dnc') return;
  const command = commands.find((one) => one.name === words[0]);
  // `dnc 1` is the first line of a spec, `dnc <word>` a pattern.
  if (/^[1<]/.test(words[0] ?? '1')) return;
  expect(command, line).toBeDefined();
  const known = command!.options.map(({ flags }) => flags.split(' ')[0]);
  for (const option of words.filter((word) => word.startsWith('--')))
    expect(known, line).toContain(option.split('=')[0]);
}

/** As GitHub makes them. */
function anchorsOf(text: string): string[] {
  return [...text.matchAll(/^#+ (.*)$/gm)].map((match) =>
    match[1]!
      .toLowerCase()
      .replaceAll(/[^\w\- ]/g, '')
      .replaceAll(' ', '-'),
  );
}
