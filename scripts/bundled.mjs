// Bundles one TypeScript entry of the tests or the bench into .cache, where Node can run it.
import path from 'node:path';
import { rolldown } from 'rolldown';
import { external, inputOptions } from './bundle.mjs';

/** The path of the bundle. Packages stay outside: they are found from .cache as from anywhere below the repository's root. */
export async function bundled(entry) {
  const file = path.resolve('.cache/bundled', `${path.basename(entry, '.ts')}.mjs`);
  const bundle = await rolldown({ ...inputOptions, external: [...external, 'rolldown'], input: path.resolve(entry) });
  await bundle.write({ file, format: 'esm', codeSplitting: false, minify: false });
  await bundle.close();
  return file;
}
