import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { anotherEngine, type Readiness } from './engine.js';

/** What keeps a library for NVIDIA's cards from running here, as far as files tell; undefined: nothing. */
export function lacksNvidia(): Extract<Readiness, { ready: false }> | undefined {
  if (hasNvidiaDriver()) return undefined;
  const because = 'there is no NVIDIA graphics card, or its driver is not installed';
  return { ready: false, because, help: `install the driver of the card, or ${anotherEngine}` };
}

/** Whether the driver of an NVIDIA card is there, as far as that can be seen without loading anything. */
function hasNvidiaDriver(): boolean {
  // Windows keeps no such file: the library says it when it is loaded.
  if (process.platform === 'win32') return true;
  return existsSync('/proc/driver/nvidia/version') || existsSync('/usr/lib/wsl/lib/libcuda.so.1');
}

/** The models of NVIDIA cards, as far as Linux tells. */
export function graphicsCards(): readonly string[] {
  const folder = '/proc/driver/nvidia/gpus';
  try {
    const models = readdirSync(folder).map((one) =>
      /^Model:\s*(.*)$/m.exec(readFileSync(join(folder, one, 'information'), 'utf8'))?.[1]?.trim(),
    );
    return models.filter((one) => one !== undefined);
  } catch {
    return [];
  }
}
