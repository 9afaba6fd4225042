import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { compile } from '../../../src/compiler/compile.js';
import { Source } from '../../../src/diagnostics/source.js';
import { sha256 } from '../../../src/hash.js';
import type { Engine } from '../../../src/runtime/engines/engine.js';
import { initialValues } from '../../../src/runtime/weights/initial-values.js';
import {
  type LatencyTable,
  latencyTables,
  measureLatency,
  millisecondsAt,
} from '../../../src/runtime/simplify/latency.js';
import { failureOf } from '../../data/failure.js';
import { temporaryFolder } from '../../support/folders.js';

const table = (milliseconds: readonly number[], batch_size = 1): LatencyTable => ({
  batch_size,
  engine: 'by hand',
  entries: milliseconds.map((one, k) => ({ multiply_adds: 100 * (k + 1), milliseconds: one })),
});

test('milliseconds are linear between the sizes that were measured, and flat beyond them', () => {
  const at = (size: number) => millisecondsAt(table([2, 4, 10]), size);
  expect([0, 100, 150, 200, 225, 300, 5000].map(at)).toEqual([2, 2, 3, 4, 5.5, 10, 10]);
});

test('sizes that took longer than larger ones have the mean of both: times never fall', () => {
  // 5 and 3 become 4 each; 9, 8 and 1 become 6.
  const at = (size: number) => millisecondsAt(table([1, 5, 3, 9, 8, 1]), size);
  expect([100, 200, 250, 300, 400, 500, 600].map(at)).toEqual([1, 4, 4, 4, 6, 6, 6]);
});

const network = (units: number, more = '') => {
  const text = `model Net {
  x = Input(6)
  h = Dense(${units}, activation: relu)
  y = Dense(1)
}
data { source: sparse_regression }
train { loss: mse; epochs: 1 }
${more}`;
  const compiled = compile(new Source('net.dn', text));
  return { ...compiled, values: initialValues(compiled.network, 1) };
};

/** An engine on which forward passes take as long as they are told, one after the other. */
function timed(passes: (pass: number) => number): {
  engine: Engine;
  clock: () => number;
  shapes: (readonly number[])[];
} {
  let now = 0;
  const shapes: (readonly number[])[] = [];
  const load: Engine['load'] = async () => {
    let pass = 0;
    return {
      describe: 'a clock',
      record: { engine: 'clock', version: '1', threads: 1, features: '' },
      run: async (_, inputs) => {
        now += passes(pass++);
        shapes.push(inputs.x!.shape);
        return {};
      },
      state: async () => ({}),
      setState: async () => {},
      close: async () => {},
    };
  };
  const probe: Engine['probe'] = async () => ({ ready: true, version: '1' });
  return { engine: { keyword: 'clock', summary: '', probe, load }, clock: () => now, shapes };
}

test('the median of 31 forward passes counts, after 5 that warm up; of slow networks fewer do', async () => {
  const networks = [network(8), network(3)];
  const done: number[] = [];
  // Behind the first five: 1, 8, 15 … in another order; one of them is an outlier.
  const quick = timed((pass) => (pass < 5 ? 1000 : pass === 9 ? 500 : 1 + ((pass * 7) % 31)));
  const measured = await measureLatency({
    ...quick,
    networks,
    batchSize: 4,
    engineOptions: { threads: 1 },
    next: async (count) => void done.push(count),
  });
  const counted = Array.from({ length: 31 }, (_, k) => (k + 5 === 9 ? 500 : 1 + (((k + 5) * 7) % 31)));
  const median = counted.sort((a, b) => a - b)[15]!;
  expect(measured).toEqual({
    batch_size: 4,
    engine: 'a clock',
    entries: [
      { multiply_adds: 6 * 3 + 3, milliseconds: median },
      { multiply_adds: 6 * 8 + 8, milliseconds: median },
    ],
  });
  expect(done).toEqual([0, 1]);
  expect(quick.shapes).toEqual(new Array(2 * 36).fill([4, 6]));
  const slow = timed((pass) => 1000 + pass);
  const { entries } = await measureLatency({ ...slow, networks, batchSize: 1, engineOptions: { threads: 1 } });
  expect([slow.shapes.length, entries[0]!.milliseconds]).toEqual([2 * 10, 1007]);
});

test('a table is found again where it was measured for a network of that size and batch, and nowhere else', () => {
  const file = path.join(temporaryFolder(), 'latency.json');
  const tables = latencyTables(file, 'net.dn', undefined);
  expect(tables.find(1, 300)).toBeUndefined();
  tables.keep(table([1, 2, 3]));
  tables.keep(table([4, 5, 6], 128));
  const again = latencyTables(file, 'net.dn', undefined);
  expect(again.find(1, 300)).toEqual(table([1, 2, 3]));
  expect(again.find(128, 300)).toEqual(table([4, 5, 6], 128));
  expect([again.find(1, 301), again.find(2, 300)]).toEqual([undefined, undefined]);
  again.keep(table([7, 8, 9]));
  expect(latencyTables(file, 'net.dn', undefined).find(1, 300)).toEqual(table([7, 8, 9]));
});

test('a table may be given by file, relative to the spec: it must be one, hold that batch, and reach up to the network', async () => {
  const folder = temporaryFolder();
  const file = path.join(folder, 'phone.json');
  latencyTables(file, 'net.dn', undefined).keep(table([1, 2, 3]));
  const given = (name = 'phone.json', digest?: string) => {
    const more = `simplify { target { latency: 50%; latency_table: file("${name}"${digest ? `, sha256: "${digest}"` : ''}) } }`;
    const { spec } = network(3, more);
    return latencyTables(
      path.join(folder, 'unused.json'),
      path.join(folder, 'net.dn'),
      spec.simplify.target!.latencyTable,
    );
  };
  expect(given().find(1, 250)).toEqual(table([1, 2, 3]));
  expect(given('phone.json', sha256(readFileSync(file))).find(1, 300)).toEqual(table([1, 2, 3]));
  const told = async (work: () => unknown) => (await failureOf(async () => work())).text;
  const cannot = 'latency-table: cannot take times from phone.json: ';
  expect(await told(() => given().find(128, 250))).toBe(
    `${cannot}it has no times of batches of 128 (batch sizes in it: 1)`,
  );
  expect(await told(() => given().find(1, 3001))).toBe(
    `${cannot}it ends at 300 multiply-adds for a row, and the network takes 3,001`,
  );
  expect(await told(() => given('phone.json', '0'.repeat(64)))).toBe(
    `${cannot}its SHA-256 is not the one that the spec names`,
  );
  expect(await told(() => given('gone.json'))).toBe(
    'latency-table: cannot take times from gone.json: there is no such file',
  );
  for (const [text, reason] of [
    ['{', 'it is not JSON'],
    ['[]', 'it is no latency.json of dnc'],
    ['{"format":1,"tables":[{"batch_size":1,"engine":"x","entries":[]}]}', 'it is no latency.json of dnc'],
    [
      '{"format":1,"tables":[{"batch_size":1,"engine":"x","entries":[{"multiply_adds":1,"milliseconds":0}]}]}',
      'it is no latency.json of dnc',
    ],
  ] as const) {
    writeFileSync(file, text);
    expect(await told(() => given())).toBe(`${cannot}${reason}`);
  }
});
