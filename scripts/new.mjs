// npm run new <kind> <name>: writes the file of a new part, its line in the registry, and a test to begin with. What it writes compiles and passes; its formula is
// an example to be replaced.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { templates } from './new-templates.mjs';

/** Where a kind's files and its table are; `table` begins the declaration. `parity`: Keras has the likes of it, and a test asks for a case of each. */
const kinds = {
  layer: { folder: 'src/layers', table: 'export const layers = {', parity: true },
  activation: { folder: 'src/activations', table: 'export const activations = {', parity: true },
  loss: { folder: 'src/losses', table: 'export const losses = {', parity: true },
  metric: { folder: 'src/metrics', table: 'export const metrics = {', parity: true },
  optimizer: { folder: 'src/optimizers', table: 'export const optimizers = {', parity: true },
  schedule: { folder: 'src/schedules', table: 'export const schedules = {', parity: true },
  initializer: { folder: 'src/initializers', table: 'export const initializers = {', parity: true },
  annotation: { folder: 'src/sparsity', table: 'export const methods = {' },
  source: { folder: 'src/data/sources', registry: 'src/data/index.ts', table: 'export const sources = {' },
  augmentation: { folder: 'src/data/augmentations', table: 'export const augmentations = {' },
  command: { folder: 'src/commands', table: 'export const commands: readonly Command[] = [' },
  check: { folder: 'src/compiler/checks', table: 'export const checks: readonly Check[] = [' },
  pass: { folder: 'src/program/passes', table: 'export const passes: readonly Pass[] = [' },
  op: { folder: 'src/program/ops', table: 'const table = {', snakeFile: true },
};

export const kindNames = Object.keys(kinds);

/** Writes a part into the repository at `root`. Gives the paths that it wrote or changed, and what is left to do. */
export function create(kindName, given, root) {
  if (!Object.hasOwn(kinds, kindName)) throw new Error(`no kind ${kindName}; the kinds are ${kindNames.join(', ')}`);
  const name = namesOf(given);
  const kind = kinds[kindName];
  const template = templates[kindName](name);
  const base = kind.snakeFile ? name.snake : name.kebab;
  const file = `${kind.folder}/${base}.ts`;
  const test = `${kind.folder.replace(/^src/, 'test')}/${base}.test.ts`;
  const registry = kind.registry ?? `${kind.folder}/index.ts`;
  for (const one of [file, test]) if (existsSync(path.join(root, one))) throw new Error(`${one} is there already`);
  const key =
    kindName === 'layer' ? name.pascal : ['pass', 'check', 'command'].includes(kindName) ? name.camel : name.snake;
  const written = [file, registry];
  const edits = [
    [
      registry,
      (text) => {
        const target = path.posix.relative(path.posix.dirname(registry), file).replace(/\.ts$/, '.js');
        return insertEntry(insertImport(text, name.camel, `./${target}`), kind.table, key, name.camel);
      },
    ],
    ...Object.entries(template.edits ?? {}),
  ].map(([at, edit]) => [at, edit(readFileSync(path.join(root, at), 'utf8'))]);

  // Nothing is written before every edit has found its place.
  put(root, file, template.file);
  if (template.test) {
    put(root, test, template.test);
    written.push(test);
  }
  for (const [at, text] of edits) {
    put(root, at, text);
    if (!written.includes(at)) written.push(at);
  }
  return {
    written,
    next: [
      ...(template.next ?? []),
      ...(kind.parity
        ? [`what Keras has: a case of ${key} in test/parity/cases.json, then npm run test:parity -- --write`]
        : []),
      'npx tsc -p . names every table that has no entry for it yet; npm run update writes it into docs/reference.md',
    ],
  };
}

/** The spellings of a name: `hard swish`, `hard-swish`, `hard_swish` and `HardSwish` are one. */
function namesOf(given) {
  const words = given
    .replace(/([a-z0-9])([A-Z])/g, '$1 $2')
    .split(/[\s_-]+/)
    .filter(Boolean)
    .map((word) => word.toLowerCase());
  if (words.length === 0 || !words.every((word) => /^[a-z0-9]+$/.test(word)) || !/^[a-z]/.test(words[0]))
    throw new Error(`a name of letters and digits that begins with a letter, not ${given}`);
  const capital = (word) => word[0].toUpperCase() + word.slice(1);
  const pascal = words.map(capital).join('');
  const camel = pascal[0].toLowerCase() + pascal.slice(1);
  return { kebab: words.join('-'), snake: words.join('_'), pascal, camel, words: words.join(' ') };
}

/** Puts an import before the first of the same folder that sorts behind it. */
function insertImport(text, identifier, from) {
  const line = `import { ${identifier} } from '${from}';\n`;
  const imports = [...text.matchAll(/^import (?!type)[^;]*? from '([^']+)';\n/gm)];
  const behind = imports.find((match) => match[1].startsWith('./') && match[1] > from);
  const last = imports.at(-1);
  const at = behind?.index ?? (last ? last.index + last[0].length : 0);
  return text.slice(0, at) + line + text.slice(at);
}

/** Puts an entry into a table: where it belongs if the table is in order, else at its end. */
function insertEntry(text, opening, key, identifier) {
  const start = text.indexOf(opening);
  if (start < 0) throw new Error(`there is no ${JSON.stringify(opening)}`);
  const from = start + opening.length;
  const isList = opening.endsWith('[');
  const end = text.indexOf(isList ? ']' : '}', from);
  const inside = text.slice(from, end);
  const entries = inside
    .split(',')
    .map((one) => one.trim())
    .filter(Boolean);
  const keyOf = (entry) => entry.split(':')[0].trim();
  const known = entries.map(keyOf);
  if (known.includes(key)) throw new Error(`the table has ${key} already`);
  const entry = isList || key === identifier ? identifier : `${key}: ${identifier}`;
  const inOrder = !isList && known.every((one, k) => k === 0 || known[k - 1] < one);
  const behind = inOrder ? known.findIndex((one) => one > key) : -1;
  entries.splice(behind < 0 ? entries.length : behind, 0, entry);
  const body = inside.startsWith('\n')
    ? `\n  ${entries.join(',\n  ')},\n`
    : isList
      ? entries.join(', ')
      : ` ${entries.join(', ')} `;
  return text.slice(0, from) + body + text.slice(end);
}

function put(root, file, text) {
  const at = path.join(root, file);
  mkdirSync(path.dirname(at), { recursive: true });
  writeFileSync(at, text);
}

if (process.argv[1] && path.resolve(process.argv[1]) === fileURLToPath(import.meta.url)) {
  const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');
  const [kind, ...name] = process.argv.slice(2);
  try {
    if (!kind || name.length === 0)
      throw new Error(`npm run new -- <kind> <name>; the kinds are ${kindNames.join(', ')}`);
    const { written, next } = create(kind, name.join(' '), root);
    spawnSync('npx', ['biome', 'check', '--write', ...written], {
      cwd: root,
      stdio: 'ignore',
      shell: process.platform === 'win32',
    });
    for (const file of written) console.log(`wrote ${file}`);
    for (const line of next) console.log(`next: ${line}`);
  } catch (error) {
    console.error(`error: ${error.message}`);
    process.exit(2);
  }
}
