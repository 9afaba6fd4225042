import { livingHolder } from '../runtime/run/lock.js';
import type { RunFolder } from '../runtime/run/run-folder.js';
import { isFinished } from '../runtime/simplify/result.js';

export type RunState = 'finished' | 'running' | 'stopped' | 'failed';

/** Where a run stands: what it left in its folder says so. */
export function stateOf(folder: RunFolder): RunState {
  if (livingHolder(folder.file('lock')) !== undefined) return 'running';
  if (isFinished(folder.path)) return 'finished';
  return folder.readFailure() !== undefined ? 'failed' : 'stopped';
}
