import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/** Before any test: the validators belong to the schemas, and the thread that makes batches ahead to its source, as they are now. */
export default function setup(): void {
  for (const name of ['generate-validators.mjs', 'generate-worker.mjs']) {
    const script = fileURLToPath(new URL(`../scripts/${name}`, import.meta.url));
    const { status, stderr } = spawnSync(process.execPath, [script], { encoding: 'utf8' });
    if (status !== 0) throw new Error(`${name} failed:\n${stderr}`);
  }
}
