import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { lossKind } from '../src/compiler/4-program/index.js';
import { compile } from '../src/compiler/compile.js';
import { Batches } from '../src/data/batches.js';
import { Source } from '../src/diagnostics/source.js';
import { bindRows, dataPathsFolder, readRows } from '../src/runtime/spec/rows.js';

/**
 * Writes the rows that a spec trains on as they are fed (split, filled, encoded, standardised), for other tools to read: for every part `<part>.x` and
 * `<part>.y` as little-endian float32, and rows.json. For specs with one input and one target.
 *
 *     node export-rows.mjs <spec> <folder> [--set address=value]… [--data-dir <folder>] [--limit <features>]
 */
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    set: { type: 'string', multiple: true, default: [] },
    'data-dir': { type: 'string' },
    limit: { type: 'string', default: '0' },
  },
});
const [file = '', folder = ''] = positionals;

const { spec, network } = compile(new Source(file, readFileSync(file, 'utf8')), { sets: values.set });
const rows = await readRows(spec, { dataFolder: values['data-dir'], specFolder: dataPathsFolder(spec, file) });
const phase = spec.train.phases.at(-1)!;
mkdirSync(folder, { recursive: true });
const parts: Record<string, { readonly rows: number; readonly features: number }> = {};
for (const part of ['train', 'validation', 'test'] as const) {
  const table = rows[part];
  if (!table) continue;
  const bound = bindRows(network, spec, phase, table);
  const { inputs } = new Batches(bound, { batchSize: bound.rows }).read(0);
  const x = Object.entries(inputs).find(([name]) => !name.startsWith('target:'))![1];
  const y = Object.entries(inputs).find(([name]) => name.startsWith('target:'))![1];
  writeFileSync(path.join(folder, `${part}.x`), Float32Array.from(x.data));
  writeFileSync(path.join(folder, `${part}.y`), Float32Array.from(y.data));
  parts[part] = { rows: bound.rows, features: x.data.length / bound.rows };
}
const task = lossKind(phase.loss!).keyword.includes('crossentropy') ? 'classes' : 'values';
writeFileSync(path.join(folder, 'rows.json'), JSON.stringify({ task, limit: Number(values.limit), parts }));
