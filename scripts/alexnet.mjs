// npm run alexnet -- [ROWS]: AlexNet at its full size takes one training step and loses planted dead units within 6 GiB, which is too long for `npm test`.
import { spawnSync } from 'node:child_process';
import { bundled } from './bundled.mjs';

const script = await bundled('bench/alexnet.ts');
const { status } = spawnSync(process.execPath, [script, ...process.argv.slice(2)], { stdio: 'inherit' });
process.exit(status ?? 1);
