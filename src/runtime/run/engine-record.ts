import { Builder } from '../../program/builder.js';
import type { Engine, EngineOptions, EngineRecord } from '../engines/engine.js';

/** What an engine says of itself here: found by loading the smallest program there is. */
export async function engineRecord(engine: Engine, options: EngineOptions): Promise<EngineRecord> {
  const b = new Builder();
  b.result('probe', b.relu(b.batch('probe', 'float', ['batch', 1])));
  const loaded = await engine.load({ probe: b.build('probe') }, options);
  try {
    return loaded.record;
  } finally {
    await loaded.close();
  }
}

/** Whether two engines give the same bits. */
export function sameRecord(a: EngineRecord, b: EngineRecord): boolean {
  return a.engine === b.engine && a.version === b.version && a.threads === b.threads && a.features === b.features;
}

export function showRecord({ engine, version, threads, features }: EngineRecord): string {
  return `${engine} ${version}, ${threads} ${threads === 1 ? 'thread' : 'threads'}${features ? `, ${features}` : ''}`;
}
