import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { registryNames, spellingsOf } from '../src/compiler/vocabulary.js';
import { engines } from '../src/runtime/engines/index.js';

// What ARCHITECTURE.md, section 3, says that always holds of the text of the program. Rows of imports: architecture.test.ts.

const root = path.resolve(import.meta.dirname, '../src');
const files = readdirSync(root, { recursive: true, encoding: 'utf8' })
  .map((file) => file.split(path.sep).join('/'))
  .filter((file) => file.endsWith('.ts') && !file.startsWith('generated/'));

function textOf(file: string): string {
  return readFileSync(path.join(root, file), 'utf8');
}

/** The strings in some files that are among `words`; comments apart. */
function mentions(words: ReadonlySet<string>, of: (file: string) => boolean): string[] {
  return files.filter(of).flatMap((file) => {
    const code = textOf(file).replaceAll(/\/\*[\s\S]*?\*\/|\/\/.*/g, '');
    return [...code.matchAll(/'([^'\n]+)'/g)].flatMap(([, text]) => (words.has(text!) ? [`${file}: ${text}`] : []));
  });
}

test('the language knows no layer names, nor any other word of the tables', () => {
  const words = new Set(registryNames.flatMap((registry) => spellingsOf(registry)));
  // Keys of the parser's own rules and tokens.
  for (const own of ['constant', 'count', 'file', 'first', 'last', 'number']) words.delete(own);
  expect(words.size).toBeGreaterThan(50);
  expect(mentions(words, (file) => file.startsWith('dsl/'))).toEqual([]);
  expect(mentions(words, (file) => file.startsWith('layers/'))).not.toEqual([]);
});

test('layers, methods and the compiler know no engine', () => {
  const names = new Set(Object.keys(engines));
  const knowing = /^(runtime|exporters|commands|diagnostics)\//;
  expect(mentions(names, (file) => !knowing.test(file))).toEqual([]);
  expect(mentions(names, (file) => knowing.test(file))).not.toEqual([]);
});

test('nothing that changes numbers reads a clock, or a random number that has no name', () => {
  const clock = /\b(?:Date\.now|performance\.now|hrtime|new Date)\b/;
  // Progress; which engine is faster, where that is asked; speed and when a checkpoint is due; the names of a run's and a sweep's folder; the table of latencies, measured once and kept with the run.
  expect(files.filter((file) => clock.test(textOf(file))).sort()).toEqual([
    'commands/sweep.ts',
    'commands/watcher.ts',
    'runtime/measure/rounds.ts',
    'runtime/measure/stepper.ts',
    'runtime/run/run.ts',
    'runtime/simplify/latency.ts',
    'runtime/training/pace.ts',
  ]);
  expect(files.filter((file) => /\b(?:Math\.random|randomBytes|randomUUID)\b/.test(textOf(file)))).toEqual([]);
});

test('ARCHITECTURE.md lists every folder, and a file imports from the rows above its own', () => {
  const page = readFileSync(path.resolve(root, '../ARCHITECTURE.md'), 'utf8');
  const listed = [...page.matchAll(/^\| `src\/([\w-]+)\/` \|/gm)].map((match) => match[1]!);
  const folders = [...new Set(files.filter((file) => file.includes('/')).map((file) => file.split('/')[0]!))];
  expect([...listed].sort()).toEqual(folders.sort());
  const wrong = files
    .filter((file) => file.includes('/'))
    .flatMap((file) => {
      const own = file.split('/')[0]!;
      return [...textOf(file).matchAll(/(?:from|import\()\s*'(\.[^']+)'/g)]
        .map((match) => path.posix.join(path.posix.dirname(file), match[1]!).split('/')[0]!)
        .filter((part) => listed.indexOf(part) > listed.indexOf(own))
        .map((part) => `${file} imports ${part}`);
    });
  expect(wrong).toEqual([]);
});
