// Contestants that train in processes of their own, in turns.
import { bundled } from '../scripts/bundled.mjs';
import { python, pythonEnvironment } from '../scripts/python.mjs';
import { DEFAULT } from './contestants.mjs';
import { poolFiles } from './pools.mjs';
import { measure } from './rounds.mjs';

/** Lets those contestants train rows of a pool that `takesPart` names, and dnc's default. @throws Error for one of dnc's own that does not learn */
export async function race(all, { pool, rounds, look, takesPart, log }) {
  const chosen = all.filter(({ name }) => name === DEFAULT || takesPart(name));
  const contestants = look ? chosen.map(shortened) : chosen;
  const script = await bundled('bench/contestant.ts');
  const files = poolFiles(pool);
  const result = await measure(contestants, {
    rounds,
    log,
    command: ({ program, environment, env, script: peerScript, request }) => {
      const args = [JSON.stringify(request), ...files];
      if (program === 'dnc') return { command: process.execPath, args: [script, ...args], env: process.env };
      return program === 'node'
        ? { command: process.execPath, args: [peerScript, ...args], env: process.env }
        : { command: python(environment), args: [peerScript, ...args], env: { ...pythonEnvironment, ...env } };
    },
  });
  for (const one of result.measured) {
    if (one.steps * rounds >= 100 && !(one.lastLoss < one.firstLoss))
      throw new Error(`${one.name} does not learn: loss ${one.firstLoss}, then ${one.lastLoss}`);
  }
  return result;
}

/** A tenth of the steps, and one thread: threads that wait for each other do not come together on a machine that does other work. */
function shortened({ steps, request, ...contestant }) {
  const tenth = (number) => Math.max(1, Math.ceil(number / 10));
  return {
    ...contestant,
    steps: tenth(steps),
    request: { ...request, warmUp: tenth(request.warmUp), threads: 1 },
  };
}
