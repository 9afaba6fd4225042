// Loaded into dnc by `node --import`: counts the calls that change files, and lets one of them go wrong.
// DNC_FAULT: `count:<file>`, at the end the file holds the number of calls; `kill:<n>`, the process dies by SIGKILL before the n-th call;
// `torn:<n>`, it dies within the n-th call, a write of which half arrives; `<CODE>:<n>`, the n-th call and all later ones fail with this code.
import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';

const [kind, argument] = process.env.DNC_FAULT.split(/:(.*)/s);
const original = { ...fs };
const wanted = kind === 'count' ? Number.POSITIVE_INFINITY : Number(argument);
let calls = 0;

/** @param {string} name of a synchronous function that changes files */
function watch(name, changes = () => true) {
  fs[name] = (...given) => {
    if (!changes(...given)) return original[name](...given);
    // A full disk still lets files go.
    if (kind === 'ENOSPC' && /^(rm|unlink|ftruncate)Sync$/.test(name)) return original[name](...given);
    calls += 1;
    if (calls < wanted) return original[name](...given);
    if (kind === 'torn' && name === 'writeSync') {
      const [file, content, at = 0] = given;
      const bytes = Buffer.from(content).subarray(typeof at === 'number' ? at : 0);
      original.writeSync(file, bytes, 0, Math.floor(bytes.length / 2));
    }
    if (kind === 'torn' || kind === 'kill') {
      process.kill(process.pid, 'SIGKILL');
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
    }
    throw Object.assign(new Error(`${kind}: planted, ${name}`), { code: kind, syscall: name });
  };
}

const writing = (_, flags = 'r') => /[wa+]/.test(String(flags));
watch('openSync', writing);
// Node writes what goes to the screen by writeSync, too.
watch('writeSync', (file) => file > 2);
for (const name of ['fsyncSync', 'ftruncateSync', 'renameSync', 'mkdirSync', 'symlinkSync', 'unlinkSync']) watch(name);
watch('rmSync', (name) => original.existsSync(name));
syncBuiltinESMExports();

if (kind === 'count') process.on('exit', () => original.writeFileSync(argument, String(calls)));
