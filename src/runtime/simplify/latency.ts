import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { multiplyAdds } from '../../compiler/3-dims/index.js';
import { forwardProgram } from '../../compiler/4-program/index.js';
import type { Values } from '../../compiler/5-shrink/values.js';
import { indexReaders } from '../../compiler/indices.js';
import type { FileReference } from '../../compiler/spec.js';
import { medianOf } from '../../data/median.js';
import { fail } from '../../diagnostics/report.js';
import { systemReason } from '../../diagnostics/system-errors.js';
import { writeAtomically } from '../../files.js';
import { sha256 } from '../../hash.js';
import type { Network } from '../../ir/graph.js';
import { type HostTensor, sizeOf } from '../../program/program.js';
import type { Engine, EngineOptions } from '../engines/engine.js';
import { tensorsOf } from '../weights/tensors.js';

/** How long a forward pass of networks of several sizes takes: measured once, and stored, so that a search finds the same on any day. */
export interface LatencyTable {
  /** Rows in a batch. */
  readonly batch_size: number;
  /** What it was measured on, for people. */
  readonly engine: string;
  /** By size, rising: multiply-adds for one row, and the median of the milliseconds of a batch. */
  readonly entries: readonly { readonly multiply_adds: number; readonly milliseconds: number }[];
}

/** The file of a run that holds its tables. */
export const LATENCY = 'latency.json';

/** Where tables are kept. */
export interface LatencyTables {
  /** The table of a batch for a network of that many multiply-adds; undefined where there is none yet. */
  find(batchSize: number, multiplyAdds: number): LatencyTable | undefined;
  keep(table: LatencyTable): void;
}

/**
 * Milliseconds of a network by its multiply-adds: linear between the entries, after they were made to rise with the size (neighbours that do not are
 * replaced by their mean: isotonic regression, Barlow et al. 1972). Below the smallest and above the largest entry it is what these take.
 */
export function millisecondsAt({ entries }: LatencyTable, size: number): number {
  const levels = rising(entries.map(({ milliseconds }) => milliseconds));
  const above = entries.findIndex(({ multiply_adds }) => multiply_adds >= size);
  if (above < 0) return levels.at(-1)!;
  if (above === 0) return levels[0]!;
  const [from, to] = [entries[above - 1]!.multiply_adds, entries[above]!.multiply_adds];
  const share = (size - from) / (to - from);
  return levels[above - 1]! * (1 - share) + levels[above]! * share;
}

/** The nearest numbers, in squares, that do not fall: pools of neighbours as long as one is below the one before. */
function rising(numbers: readonly number[]): readonly number[] {
  const pools: { sum: number; count: number }[] = [];
  const mean = ({ sum, count }: { sum: number; count: number }) => sum / count;
  for (const number of numbers) {
    let pool = { sum: number, count: 1 };
    while (pools.length > 0 && mean(pools.at(-1)!) > mean(pool)) {
      const before = pools.pop()!;
      pool = { sum: before.sum + pool.sum, count: before.count + pool.count };
    }
    pools.push(pool);
  }
  return pools.flatMap((pool) => new Array<number>(pool.count).fill(mean(pool)));
}

/** Passes that do not count, passes that do, and the milliseconds after which fewer do. */
const PASSES = { warm: 5, counted: 31, least: 5, patience: 2000 };

/** Measures networks, one after the other: the median of the forward passes of a batch. */
export async function measureLatency(at: {
  readonly networks: readonly { readonly network: Network; readonly values: Values }[];
  readonly batchSize: number;
  readonly engine: Engine;
  readonly engineOptions: EngineOptions;
  /** Before every network: how many were measured. May throw to stop. */
  readonly next?: (done: number) => Promise<void>;
  /** Milliseconds since some moment. */
  readonly clock?: () => number;
}): Promise<LatencyTable> {
  const { batchSize, clock = () => performance.now() } = at;
  const entries: { multiply_adds: number; milliseconds: number }[] = [];
  let engine = '';
  for (const [k, { network, values }] of at.networks.entries()) {
    await at.next?.(k);
    const forward = forwardProgram(network, { mode: 'inference' });
    const states = new Set(forward.inputs.flatMap(({ name, role }) => (role === 'state' ? [name] : [])));
    const loaded = await at.engine.load({ forward }, at.engineOptions);
    try {
      engine = loaded.describe;
      const state = Object.entries(tensorsOf(network, values)).filter(([name]) => states.has(name));
      await loaded.setState(Object.fromEntries(state));
      const inputs = batchOf(network, batchSize);
      for (let pass = 0; pass < PASSES.warm; pass++) await loaded.run('forward', inputs);
      const times: number[] = [];
      for (const began = clock(); times.length < PASSES.counted; ) {
        const start = clock();
        await loaded.run('forward', inputs);
        times.push(clock() - start);
        if (times.length >= PASSES.least && clock() - began > PASSES.patience) break;
      }
      entries.push({ multiply_adds: multiplyAdds(network), milliseconds: medianOf(Float64Array.from(times)) });
    } finally {
      await loaded.close();
    }
  }
  entries.sort((a, b) => a.multiply_adds - b.multiply_adds);
  return { batch_size: batchSize, engine, entries };
}

/** Rows that any network can read: the same number everywhere, and the first vector where indices are read. */
function batchOf(network: Network, rows: number): Record<string, HostTensor> {
  const indices = new Set(indexReaders(network.graph).flatMap(({ origins }) => origins.map(({ name }) => name)));
  return Object.fromEntries(
    network.graph.inputs.map((name) => {
      const extents = network.shapes.get(name)![0]!.map(({ units }) => units.length);
      const data = new Float32Array(rows * sizeOf(extents)).fill(indices.has(name) ? 0 : 0.5);
      return [name, { shape: [rows, ...extents], data }];
    }),
  );
}

interface StoredTables {
  readonly format: 1;
  readonly tables: readonly LatencyTable[];
}

/**
 * The tables in a file of their own, beside the run or the spec: a table is found again where it was measured for a network of the same size.
 * With `given` they are those of that file instead, which must reach up to the network's size.
 *
 * @throws Failure latency-table where the file given cannot be used
 */
export function latencyTables(file: string, specFile: string, given: FileReference | undefined): LatencyTables {
  if (given) {
    const bad = (reason: string): never => fail('latency-table', { file: given.path, reason }, { at: given.span });
    const stored = readTables(path.resolve(path.dirname(specFile), given.path), given.sha256, bad);
    return {
      find: (batchSize, size) => {
        const table = stored.tables.find((one) => one.batch_size === batchSize);
        if (!table) {
          const known = stored.tables.map((one) => one.batch_size).join(', ') || 'none';
          return bad(`it has no times of batches of ${batchSize} (batch sizes in it: ${known})`);
        }
        const largest = table.entries.at(-1)!.multiply_adds;
        const count = (number: number) => number.toLocaleString('en');
        if (largest < size)
          bad(`it ends at ${count(largest)} multiply-adds for a row, and the network takes ${count(size)}`);
        return table;
      },
      keep: () => {},
    };
  }
  const bad = (reason: string): never =>
    fail('latency-table', { file, reason }, { help: ['remove it: it is measured again'] });
  const read = () => (existsSync(file) ? readTables(file, undefined, bad).tables : []);
  return {
    find: (batchSize, size) =>
      read().find((one) => one.batch_size === batchSize && one.entries.at(-1)!.multiply_adds === size),
    keep: (table) => {
      const others = read().filter((one) => one.batch_size !== table.batch_size);
      const tables = [...others, table].sort((a, b) => a.batch_size - b.batch_size);
      writeAtomically(file, `${JSON.stringify({ format: 1, tables } satisfies StoredTables, undefined, 2)}\n`);
    },
  };
}

function readTables(file: string, digest: string | undefined, bad: (reason: string) => never): StoredTables {
  let bytes: Buffer;
  try {
    bytes = readFileSync(file);
  } catch (error) {
    return bad(systemReason(error, 'reading'));
  }
  if (digest !== undefined && sha256(bytes) !== digest) bad('its SHA-256 is not the one that the spec names');
  let value: unknown;
  try {
    value = JSON.parse(bytes.toString('utf8'));
  } catch {
    bad('it is not JSON');
  }
  return isStored(value) ? value : bad('it is no latency.json of dnc');
}

function isStored(value: unknown): value is StoredTables {
  const isNumber = (one: unknown): one is number => typeof one === 'number' && Number.isFinite(one) && one >= 0;
  const isTable = (one: unknown) => {
    const { batch_size, engine, entries } = (one ?? {}) as Partial<LatencyTable>;
    return (
      isNumber(batch_size) &&
      typeof engine === 'string' &&
      Array.isArray(entries) &&
      entries.length > 0 &&
      entries.every(
        (entry, k) =>
          isNumber(entry?.multiply_adds) &&
          isNumber(entry.milliseconds) &&
          entry.milliseconds > 0 &&
          (k === 0 || entry.multiply_adds > entries[k - 1].multiply_adds),
      )
    );
  };
  const { format, tables } = (value ?? {}) as Partial<StoredTables>;
  return format === 1 && Array.isArray(tables) && tables.every(isTable);
}
