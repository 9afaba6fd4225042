import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { probeLibrary } from '../../../src/runtime/engines/onnxruntime/library.js';
import { resumeRun, startRun } from '../../../src/runtime/run/run.js';
import { failureOf } from '../../data/failure.js';
import { temporaryFolder } from '../../support/folders.js';
import { begin, options, run, trace } from '../../support/runs.js';

/** What does not work here, as if the machine or the library were another one. */
const broken = vi.hoisted(() => ({ direct: false, update: false }));

vi.mock('../../../src/runtime/engines/onnxruntime/direct.js', async (original) => {
  const module = await original<typeof import('../../../src/runtime/engines/onnxruntime/direct.js')>();
  return { ...module, tryDirect: (main: string) => (broken.direct ? undefined : module.tryDirect(main)) };
});
vi.mock('../../../src/runtime/engines/onnxruntime/update-pass/index.js', async (original) => {
  const module = await original<typeof import('../../../src/runtime/engines/onnxruntime/update-pass/index.js')>();
  const compileUpdate: typeof module.compileUpdate = async (...given) =>
    broken.update ? { reason: 'it is broken' } : module.compileUpdate(...given);
  return { ...module, compileUpdate };
});

afterEach(() => Object.assign(broken, { direct: false, update: false }));

const text = `model Net {
  image  = Input(28, 28, 1)
  pixels = Flatten
  hidden = Dense(40, activation: tanh)
  digit  = Dense(10)
}
data { source: drawn_digits(train: 60, test: 10, seed: 3); validation: 10 }
train {
  loss: sparse_categorical_crossentropy(from_logits: true)
  batch_size: 16
  seed: 5
  phases {
    first { epochs: 1; optimizer: sgd(learning_rate: 0.005) }
    second { epochs: 1; optimizer: adam }
  }
}
simplify { threshold: 0; finetune { epochs: 1 } }
`;

const given = (steps: number, notes: string[] = [], threads = 2) => ({
  ...options(steps, notes),
  engine: 'onnxruntime',
  engineOptions: { threads },
});

async function stopped(steps: number): Promise<string> {
  const folder = temporaryFolder();
  const out = path.join(folder, 'run');
  expect((await startRun({ ...given(steps), ...begin(folder, text, out) })).stopped).toBe('SIGTERM');
  return out;
}

const recordOf = (out: string) => JSON.parse(readFileSync(path.join(out, 'run.json'), 'utf8'));

describe.skipIf(!probeLibrary().ready)('how the steps of a run were run', () => {
  test('every step program stands in run.json, with what the engine said of it', async () => {
    const out = await stopped(2);
    expect(recordOf(out).steps).toEqual([
      {
        phase: 'first',
        program: expect.stringMatching(/^[0-9a-f]{64}$/),
        features: expect.stringMatching(/; update in WebAssembly; rows in halves$/),
      },
    ]);
    while (!(await resumeRun(out, given(3))).result);
    const { steps } = recordOf(out);
    expect(steps.map(({ phase }: { phase: string }) => phase)).toEqual(['first', 'second', 'finetune']);
    expect(new Set(steps.map(({ program }: { program: string }) => program)).size).toBe(3);
  });

  test('a run that was stopped has the record of one that was not', async () => {
    const folder = temporaryFolder();
    const whole = await run(folder, 'whole', text, Number.POSITIVE_INFINITY);
    const often = await run(folder, 'often', text, 3);
    expect(often.stops).toBeGreaterThan(2);
    expect(trace(often.out)['run.json']).toBe(trace(whole.out)['run.json']);
  });

  test.each([
    ['the library cannot be called at once', 'direct', /; rows in halves, and here is .*; update in WebAssembly$/],
    ['the update is not taken', 'update', /; update in WebAssembly; rows in halves, and here is (?!.*WebAssembly)/],
  ] as const)('a resume where %s is refused, and the run goes on where it began', async (_, part, message) => {
    for (const steps of [2, 6]) {
      const out = await stopped(steps);
      const before = trace(out);
      broken[part] = true;
      const failure = await failureOf(() => resumeRun(out, given(2)));
      expect(failure.exit).toBe(6);
      expect(failure.text).toMatch(/^resume-engine: /);
      expect(failure.text).toMatch(message);
      expect(trace(out)).toEqual(before);
      broken[part] = false;
      expect((await resumeRun(out, given(2))).stopped).toBe('SIGTERM');
    }
  });

  test('a step that has not been run yet is bound to nothing', async () => {
    const out = await stopped(2);
    const record = recordOf(out);
    writeFileSync(path.join(out, 'run.json'), JSON.stringify({ ...record, steps: [] }));
    broken.update = true;
    expect((await resumeRun(out, given(1))).stopped).toBe('SIGTERM');
    expect(recordOf(out).steps[0].features).not.toContain('WebAssembly');
  });

  test('a run of an earlier dnc, which did not write it down, goes on with a note', async () => {
    const out = await stopped(2);
    const { steps: _, ...record } = recordOf(out);
    writeFileSync(path.join(out, 'run.json'), JSON.stringify(record));
    const notes: string[] = [];
    expect((await resumeRun(out, given(2, notes))).stopped).toBe('SIGTERM');
    expect(notes).toContain(
      'note: run.json does not say how the steps were run until now, so that cannot be compared\n',
    );
    expect(recordOf(out).steps).toHaveLength(1);
    const later: string[] = [];
    await resumeRun(out, given(2, later));
    expect(later.join('')).not.toContain('cannot be compared');
  });
});
