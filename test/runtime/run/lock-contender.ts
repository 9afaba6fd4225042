// One of several processes that want the same lock: node lock-contender.mjs <lock> <rounds>. Ends when it has had it so often.
import { closeSync, openSync, rmSync, writeFileSync } from 'node:fs';
import { releaseLock, takeLock } from '../../../src/runtime/run/lock.js';

const [lock, rounds] = [process.argv[2]!, Number(process.argv[3])];
let had = 0;
while (had < rounds) {
  if (takeLock(lock) !== undefined) continue;
  had += 1;
  // Fails if another process is in here, too.
  closeSync(openSync(`${lock}.inside`, 'wx'));
  rmSync(`${lock}.inside`);
  releaseLock(lock);
  // What a process leaves that was killed a while ago; another one's lock stays.
  try {
    writeFileSync(lock, '999999999\n', { flag: 'wx' });
  } catch {}
}
