import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/** Before any test: the validators belong to the schemas as they are now. */
export default function setup(): void {
  const script = fileURLToPath(new URL('../scripts/generate-validators.mjs', import.meta.url));
  const { status, stderr } = spawnSync(process.execPath, [script], { encoding: 'utf8' });
  if (status !== 0) throw new Error(`the validators cannot be generated:\n${stderr}`);
}
