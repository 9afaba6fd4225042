// Builds dist/: validators, the thread that makes batches ahead, the bundled command line and library, and their types.
import { spawnSync } from 'node:child_process';
import { chmodSync, readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import { rolldown } from 'rolldown';
import { external, inputOptions } from './bundle.mjs';

/**
 * Chunks of what is loaded together, from what everything needs to what few commands do: the modules that the roots import, themselves among them, those
 * of earlier chunks left out. Node takes as long to find a file as to read a large one, so that many small ones cost. What no chunk has here is rolldown's to divide.
 */
const LOADED_TOGETHER = [
  // What the library needs, too.
  { name: 'base', roots: ['src/main.ts'], within: /^src\/(?!main\.|commands\/)/ },
  { name: 'start', roots: ['src/main.ts'] },
  { name: 'text', roots: ['src/dsl/read.ts', 'src/dsl/format.ts'] },
  { name: 'words', roots: ['src/compiler/document.ts'] },
  { name: 'compile', roots: ['src/runtime/spec/open-spec.ts'] },
];

step(['scripts/generate-validators.mjs']);
step(['scripts/generate-worker.mjs']);
rmSync('dist', { recursive: true, force: true });
const { version } = JSON.parse(readFileSync('package.json', 'utf8'));
/** What every module imports, but for what it loads later. */
const imports = new Map();
const bundle = await rolldown({
  ...inputOptions,
  external,
  input: { cli: 'src/cli.ts', index: 'src/index.ts', tfjs: 'src/exporters/tfjs/classes.ts' },
  transform: { define: { DNC_VERSION: JSON.stringify(version) } },
  // A command names what it needs where it needs it, also what is loaded by then.
  checks: { ineffectiveDynamicImport: false },
  plugins: [{ name: 'imports', moduleParsed: ({ id, importedIds }) => void imports.set(id, importedIds) }],
});
await bundle.write({
  dir: 'dist',
  format: 'esm',
  entryFileNames: '[name].js',
  chunkFileNames: 'chunks/[name]-[hash].js',
  codeSplitting: {
    groups: LOADED_TOGETHER.map(({ name, roots, within }, k) => {
      let modules;
      return {
        name,
        priority: LOADED_TOGETHER.length - k,
        // Asked when all modules are parsed.
        test: (id) => {
          modules ??= importedBy(roots);
          return modules.has(id) && (!within || within.test(relative(id)));
        },
      };
    }),
  },
  // Blanks and long names are read, too, by every command. Functions keep theirs, for reports of dnc's own mistakes.
  minify: {
    compress: false,
    mangle: { toplevel: false, keepNames: true },
    codegen: { removeWhitespace: true, asciiOnly: true },
  },
});
await bundle.close();
chmodSync('dist/cli.js', 0o755);
step(['node_modules/typescript/bin/tsc', '-p', 'tsconfig.types.json']);

/** The modules that are loaded with some, themselves among them. */
function importedBy(files) {
  const found = new Set();
  const left = files.map((file) => path.resolve(file));
  for (let next = left.pop(); next !== undefined; next = left.pop()) {
    if (found.has(next)) continue;
    found.add(next);
    left.push(...(imports.get(next) ?? []));
  }
  return found;
}

function relative(id) {
  return path.relative('.', id).split(path.sep).join('/');
}

function step(args) {
  const { status } = spawnSync(process.execPath, args, { stdio: 'inherit' });
  if (status !== 0) process.exit(status ?? 1);
}
