// npm run bench: dnc's own times. npm run bench -- --peers: PyTorch, Keras and TensorFlow.js beside them in the same run. Every row is a part of its own: it goes into .cache/bench/performance.json,
// and where it was measured with enough rounds on a machine that did nothing else, into docs/performance.json, from which docs/performance.md is written.
// --only TEXT: the rows whose name has it, such as lstm, steps/ or start-up (several times: any of them). --list: the rows. --rounds N: other than 11. --data-dir FOLDER: where mnist/ is (else drawn digits).
// --who TEXT: of the contestants only those whose name has it, and dnc's default (several times); such a part is a look.
// --look: one round, a tenth of the steps and epochs, and one thread for everybody, which is what can be compared on a machine that does other work.
// --force: parts go into docs/ although the machine is busy, and say so. --page: nothing is measured, the page is written again.
// --methods: only what the sparsity methods cost, as the time of a step with each of them and without; --steps N in a round, other than 40.
import { spawnSync } from 'node:child_process';
import { existsSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { groups } from '../bench/groups/index.mjs';
import { keyOf, page } from '../bench/page.mjs';
import { measurePeak } from '../bench/peak.mjs';
import { BUSY, busyness, merged, readParts, unfit, writeParts } from '../bench/store.mjs';
import { bundled } from './bundled.mjs';

const { values: flags } = parseArgs({
  options: {
    peers: { type: 'boolean', default: false },
    force: { type: 'boolean', default: false },
    page: { type: 'boolean', default: false },
    list: { type: 'boolean', default: false },
    look: { type: 'boolean', default: false },
    rounds: { type: 'string' },
    only: { type: 'string', multiple: true, default: [] },
    who: { type: 'string', multiple: true, default: [] },
    'data-dir': { type: 'string' },
    methods: { type: 'boolean', default: false },
    steps: { type: 'string' },
  },
});
const PUBLISHED = 'docs/performance.json';
const PAGE = 'docs/performance.md';
/** Looks, too: what was measured last, whatever the machine did. */
const EVERYTHING = '.cache/bench/performance.json';
const LOOK_PAGE = '.cache/bench/performance.md';

const rounds = wholeNumber('rounds', flags.look ? 1 : 11);
if (flags.methods) {
  const script = await bundled('bench/methods.ts');
  const { status } = spawnSync(process.execPath, [script, String(rounds), String(wholeNumber('steps', 40))], {
    stdio: 'inherit',
  });
  process.exit(status ?? 1);
}
if (flags.page) {
  writeFileSync(PAGE, page(readParts(PUBLISHED)));
  console.error(`${PAGE} is written`);
  process.exit(0);
}
const all = groups.flatMap((group) => group.rows.map((row) => ({ key: keyOf(group, row), group, row })));
const chosen = all.filter(({ key }) => flags.only.length === 0 || flags.only.some((text) => key.includes(text)));
if (flags.list || chosen.length === 0) {
  console.log(all.map(({ key }) => key).join('\n'));
  process.exit(chosen.length === 0 ? 2 : 0);
}

// The binding that `npm run test:native` built, where there is no other.
const native = path.resolve('.cache/native');
if (process.env.DNC_CACHE === undefined && existsSync(path.join(native, 'engines/native')))
  process.env.DNC_CACHE = native;

const log = (line) => console.error(line);
const began = performance.now();
const peak = chosen.some(({ group }) => group.needsPeak) ? await measurePeak(flags) : undefined;
if (peak) log(`the machine's peak: ${peak.toFixed(0)} GFLOP/s`);
const measured = {};
const published = {};
const held = [];
for (const { key, group, row } of chosen) {
  log(`\n${key}`);
  const part = await measurePart(group, row);
  measured[key] = part;
  const because = unfit(part, group);
  if (because === undefined || (flags.force && because.startsWith('other work'))) published[key] = part;
  else held.push(`${key} (${because})`);
  // Each on its own: what was measured stays when a later one fails.
  writeParts(EVERYTHING, merged(readParts(EVERYTHING), { [key]: part }));
}
const text = page({ parts: measured });
writeFileSync(LOOK_PAGE, page(readParts(EVERYTHING)));
console.log(text);
log(`${((performance.now() - began) / 60_000).toFixed(1)} minutes; ${EVERYTHING} and ${LOOK_PAGE} are written`);
if (held.length > 0) log(`not taken into docs/: ${held.join('; ')}`);
if (Object.keys(published).length > 0) {
  const store = merged(readParts(PUBLISHED), published);
  writeParts(PUBLISHED, store);
  writeFileSync(PAGE, page(store));
  log(`${PUBLISHED} and ${PAGE} are written`);
}
process.exit(0);

/** One row, with what the page says of it: when, in how many rounds, beside how much other work. */
async function measurePart(group, row) {
  const before = await busyness();
  if (before > BUSY) log(`other work keeps ${before.toFixed(2)} processors busy: this will be a look`);
  const own = Math.min(rounds, group.most ?? rounds);
  const start = performance.now();
  const result = await group.measure(row, {
    rounds: own,
    look: flags.look,
    threads: flags.look ? 1 : 2,
    peers: flags.peers,
    takesPart: (name) => flags.who.length === 0 || flags.who.some((text) => name.includes(text)),
    dataFolder: flags['data-dir'],
    log,
  });
  const seconds = (performance.now() - start) / 1000;
  return {
    date: new Date().toISOString().slice(0, 10),
    rounds: own,
    peers: flags.peers,
    ...(flags.look && { look: true }),
    ...(flags.who.length > 0 && { who: flags.who }),
    seconds,
    busy: [before, await busyness()],
    machine: describeMachine(),
    ...(group.needsPeak && { peak }),
    result,
  };
}

/** In general words: what a reader needs to judge the numbers, and nothing about whose machine it is. */
function describeMachine() {
  const processor = `${process.platform} ${process.arch}`;
  return `${os.availableParallelism()} cores (${processor}), ${Math.round(os.totalmem() / 2 ** 30)} GiB of memory, Node ${process.versions.node}`;
}

function wholeNumber(flag, otherwise) {
  const value = Number(flags[flag] ?? otherwise);
  if (!Number.isInteger(value) || value < 1) throw new Error(`--${flag} ${flags[flag]}: a whole number from 1`);
  return value;
}
