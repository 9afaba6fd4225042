// Writes src/generated/input-worker.js: the thread that makes batches ahead, bundled to one text that a worker is started from.
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { rolldown } from 'rolldown';
import { external, inputOptions } from './bundle.mjs';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');
const folder = path.join(root, 'src/generated');

const DECLARATIONS = `/** \`src/runtime/training/input-worker.ts\` with all that it loads, as a script. */
export declare const text: string;
`;

/** Generates the module when it is missing or differs. Files are replaced whole, so that a reader never sees half of one. */
export async function generateWorker() {
  const bundle = await rolldown({
    ...inputOptions,
    external,
    cwd: root,
    input: path.join(root, 'src/runtime/training/input-worker.ts'),
    // What the thread has no use for, such as the schemas of words, goes where nothing says that it does something.
    treeshake: { moduleSideEffects: false },
  });
  const { output } = await bundle.generate({ format: 'cjs', minify: true, codeSplitting: false });
  await bundle.close();
  mkdirSync(folder, { recursive: true });
  replace('input-worker.js', `export const text = ${JSON.stringify(output[0].code)};\n`);
  replace('input-worker.d.ts', DECLARATIONS);
}

function replace(name, text) {
  const file = path.join(folder, name);
  try {
    if (readFileSync(file, 'utf8') === text) return;
  } catch {
    // Not there yet.
  }
  const fresh = `${file}.${process.pid}`;
  writeFileSync(fresh, text);
  renameSync(fresh, file);
}

if (process.argv[1] && path.resolve(process.argv[1]) === fileURLToPath(import.meta.url)) await generateWorker();
