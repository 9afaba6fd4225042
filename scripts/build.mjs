// Builds dist/: validators, the bundled command line and library, and their types.
import { spawnSync } from 'node:child_process';
import { chmodSync, readFileSync, rmSync } from 'node:fs';
import { rolldown } from 'rolldown';
import { external, inputOptions } from './bundle.mjs';

step(['scripts/generate-validators.mjs']);
rmSync('dist', { recursive: true, force: true });
const { version } = JSON.parse(readFileSync('package.json', 'utf8'));
const bundle = await rolldown({
  ...inputOptions,
  external,
  input: { cli: 'src/cli.ts', index: 'src/index.ts', tfjs: 'src/exporters/tfjs/classes.ts' },
  transform: { define: { DNC_VERSION: JSON.stringify(version) } },
});
await bundle.write({
  dir: 'dist',
  format: 'esm',
  entryFileNames: '[name].js',
  chunkFileNames: 'chunks/[name]-[hash].js',
  minify: false,
});
await bundle.close();
chmodSync('dist/cli.js', 0o755);
step(['node_modules/typescript/bin/tsc', '-p', 'tsconfig.types.json']);

function step(args) {
  const { status } = spawnSync(process.execPath, args, { stdio: 'inherit' });
  if (status !== 0) process.exit(status ?? 1);
}
