import path from 'node:path';
import { expect, test } from 'vitest';
import { resumeRun, startRun } from '../../../src/runtime/run/run.js';
import { temporaryFolder } from '../../support/folders.js';
import { begin, options, run, trace } from '../../support/runs.js';
import { tinySpec } from '../../support/specs.js';

const endless = Number.POSITIVE_INFINITY;

test.each(['net_trim(0.3)', 'l0_constrained(4)', 'layerwise_refined(0.3)'])(
  '@%s says how far it is, ends where it is stopped, and begins again as if it had not',
  async (annotation) => {
    const folder = temporaryFolder();
    const text = tinySpec()
      .replaceAll(/@dropneuron\([^)]*\)/g, `@${annotation}`)
      .replace('threshold: auto(tolerance: 1%)', 'threshold: 0');
    const method = `@${annotation.slice(0, annotation.indexOf('('))}`;
    const whole = await run(folder, 'whole', text, endless);

    const out = path.join(folder, 'runs', 'stopped');
    const notes: string[] = [];
    const parts: { readonly what: string; readonly share: number | undefined }[] = [];
    const telling = (parts_: number) => {
      const given = options(endless, notes, parts_);
      return {
        ...given,
        watcher: { ...given.watcher, work: (what: string, share?: number) => parts.push({ what, share }) },
      };
    };
    let end = await startRun({ ...telling(1), ...begin(folder, text, out) });
    for (const left of [2, 5, 9]) {
      expect(end.stopped).toBe('SIGTERM');
      expect(end.result).toBeUndefined();
      expect(notes.at(-1)).toBe(
        `${method} is left unfinished, and begins again when the run goes on; the trained network is kept\n`,
      );
      end = await resumeRun(out, telling(left));
    }
    parts.length = 0;
    end = await resumeRun(out, telling(endless));
    expect(end.result).toBeDefined();
    expect(trace(out)).toEqual(trace(whole.out));
    const begun = parts.filter(({ what }) => what.startsWith(method) && !what.includes(': hidden, layer 1 of 2: '));
    expect(begun[0]).toEqual({ what: `${method}: hidden, layer 1 of 2`, share: 0 });
    expect(begun.map(({ what }) => what)).toContain(`${method}: more, layer 2 of 2`);
  },
);
