import { cpSync, readdirSync, readFileSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { writePictures } from '../../src/reports/picture-files.js';
import { runPage } from '../../src/reports/run-page.js';
import { readRun } from '../../src/reports/run-report.js';
import { runText } from '../../src/reports/run-as-text.js';
import { runLine } from '../../src/reports/runs.js';
import { startRun } from '../../src/runtime/run/run.js';
import { RunFolder } from '../../src/runtime/run/run-folder.js';
import { failureOf } from '../data/failure.js';
import { makeTemporaryFolder, removeFolder, temporaryFolder } from '../support/folders.js';
import { problemsOf } from '../support/html.js';
import { begin, options, run } from '../support/runs.js';
import { liveSpec, tinySpec } from '../support/specs.js';

let folder: string;
let finished: string;
let stopped: string;

beforeAll(async () => {
  folder = makeTemporaryFolder();
  finished = (await run(folder, 'finished', tinySpec(), Number.POSITIVE_INFINITY)).out;
  stopped = path.join(folder, 'runs', 'stopped');
  // Six steps an epoch: within the second one.
  await startRun({ ...options(9), ...begin(folder, tinySpec(), stopped) });
}, 120_000);

afterAll(() => removeFolder(folder));

/** A copy of the finished run that a test may spoil. */
function copy(): string {
  const out = path.join(temporaryFolder(), 'run');
  cpSync(finished, out, { recursive: true });
  return out;
}

describe('the report of a finished run', () => {
  test('shows parameters and multiply-adds, which differ also where every weight is one multiply-add', async () => {
    const html = await runPage(readRun(finished));
    const tiles = [...html.matchAll(/<div class="fact"><b>([^<]*)<\/b><span>([^<]*)</g)].map(([, value, words]) => [
      value,
      words!.split(',')[0],
    ]);
    expect(tiles.slice(0, 2).map(([, words]) => words)).toEqual(['parameters', 'multiply-adds']);
    expect(tiles[0]![0]).not.toBe(tiles[1]![0]);
  });

  test('says which units stay and why, what was folded, and what is constant', async () => {
    const reasons = {
      pinned: [
        {
          layer: 'more',
          indices: [2, 4],
          reason: 'softmax looks at all units together, so the others would change without it',
        },
      ],
      constant_outputs: [{ output: 'value', layer: 'value', indices: [0], values: [0.5] }],
      folded: [
        {
          reader: 'value',
          param: 'value.bias',
          added: false,
          constants: [{ layer: 'more', indices: [1], values: [2] }],
        },
      ],
    };
    const out = copy();
    for (const name of ['result.json', 'certificate.json']) {
      const file = path.join(out, name);
      writeFileSync(file, JSON.stringify({ ...JSON.parse(readFileSync(file, 'utf8')), ...reasons }));
    }
    const found = readRun(out);
    expect(found.report).toMatchObject({ result: reasons, certificate: reasons });
    const layer = (name: string) => found.report.diff!.layers.find((one) => one.name === name);
    expect(layer('more')).toMatchObject({ pinned: reasons.pinned });
    expect(layer('value')).toMatchObject({ constant_outputs: reasons.constant_outputs, folded: reasons.folded });
    const html = await runPage(found);
    for (const line of [
      'stay: more 2, 4: softmax looks at all units together, so the others would change without it',
      'folded: more 1 into value.bias',
      'constant: unit 0 of the output value depends on no input: it is always 0.5',
    ])
      expect(html).toContain(`<div>${line}</div>`);
    expect(problemsOf(html)).toEqual([]);
    const facts = runText(runLine(out), found.report).split('\n');
    expect(facts).toContain(
      'stay           more 2, 4: softmax looks at all units together, so the others would change without it',
    );
    expect(facts).toContain('folded         more 1 into value.bias');
  });

  test.each([
    ['certificate.json', { pinned: [{ layer: 'more', indices: [2] }] }],
    ['certificate.json', { constant_outputs: [{ output: 'value', layer: 'value', indices: [0], values: [] }] }],
    ['result.json', { folded: [{ reader: 'value', param: 'value.bias', added: false, constants: [{}] }] }],
  ])('refuses a %s with %j', async (name, damage) => {
    const out = copy();
    const file = path.join(out, name);
    writeFileSync(file, JSON.stringify({ ...JSON.parse(readFileSync(file, 'utf8')), ...damage }));
    expect(await failureOf(() => readRun(out))).toMatchObject({ exit: 4, text: expect.stringContaining(name) });
  });

  test('holds what the run is, what it came to, and how', () => {
    const { report, patterns, images } = readRun(finished);
    expect(report).toMatchObject({
      format: 1,
      run: { folder: finished, name: 'net', state: 'finished', sets: [], seed: 5, update_pass: true, data: [] },
      network: { model: 'Tiny' },
      diff: {
        before: { file: 'net.dn' },
        after: { file: 'net.min.dn' },
        behaviour: { kind: 'certificate', finetuned: true },
      },
      result: { finetuned: true, equivalent: true },
      certificate: { equivalent: true },
    });
    expect(report).not.toHaveProperty('failure');
    expect(report.history.map(({ epoch, phase }) => `${epoch} ${phase}`)).toEqual([
      '1 warm',
      '2 warm',
      '3 warm',
      '4 shrinking',
      '5 shrinking',
      '6 shrinking',
      '7 finetune',
      '8 finetune',
      '9 finetune',
    ]);
    expect(report.result!.search!.tried.length).toBeGreaterThan(1);
    expect(report.certificate!.holds_for.map(({ unchanged }) => unchanged)).toEqual([true, true, true, true]);
    expect(report.kernels.map(({ name, rows, columns, taps }) => [name, rows, columns, taps])).toEqual([
      ['hidden.kernel', 12, 8, 1],
      ['more.kernel', 8, 6, 1],
      ['value.kernel', 6, 1, 1],
    ]);
    for (const kernel of report.kernels) {
      const [first, ...later] = kernel.stages;
      expect(first).toMatchObject({ stage: 'as trained', rows: kernel.rows, columns: kernel.columns });
      // What a stage stores is what it kept: rows times columns.
      for (const stage of later) expect(stage.weights).toBe(stage.rows * stage.columns);
      expect(later.at(-1)!.stage).toBe('cut, shrunk and fine-tuned');
    }
    const left = report.kernels.reduce((sum, { stages }) => sum + stages.at(-1)!.weights, 0);
    expect(left).toBe(report.result!.weights_after);
    expect(left).toBe(report.diff!.after.weights);
    expect(patterns).toHaveLength(3);
    expect(images).toEqual([]);
    expect(JSON.parse(JSON.stringify(report))).toEqual(report);
  });

  test('is a page that is well-formed, loads nothing, and shows all of it', async () => {
    const page = await runPage(readRun(finished));
    expect(problemsOf(page)).toEqual([]);
    expect([...page.matchAll(/<h2>(.*?)<\/h2>/g)].map(([, title]) => title)).toEqual([
      'Layers, before and after',
      'How good it is',
      'Training',
      'Connections',
      'Threshold',
      'Certificate',
      'The same again',
    ]);
    const { report, patterns } = readRun(finished);
    const pictures = patterns.reduce((sum, { stages }) => sum + stages.length, 0);
    expect(page.match(/<img /g)).toHaveLength(pictures);
    expect(
      [...page.matchAll(/<figcaption>([^<]*)<\/figcaption><svg role="img" aria-label="([^"]*)"/g)].map(
        ([, title]) => title,
      ),
    ).toEqual(['Loss, by term', 'Metric: nmse', 'Living units, of those at full size', 'Learning rate']);
    expect(page).toContain('the dashed lines are where shrinking, finetune began');
    expect(page.match(/✓ as certified/g)).toHaveLength(4);
    for (const { threshold } of report.result!.search!.tried)
      expect(page).toContain(`>${Number(threshold.toPrecision(4))}</td>`);
    expect(page).not.toMatch(/undefined|NaN|\[object/);
  });

  test('is the same each time', async () => {
    expect(await runPage(readRun(finished))).toBe(await runPage(readRun(finished)));
  });

  test('says so where a certified file was changed', async () => {
    const out = copy();
    writeFileSync(path.join(out, 'net.cut.safetensors'), 'other');
    const { report } = readRun(out);
    expect(report.certificate!.holds_for.filter(({ unchanged }) => !unchanged).map(({ file }) => file)).toEqual([
      'net.cut.safetensors',
    ]);
    expect(await runPage(readRun(out))).toContain('✗ gone or changed');
  });

  test('shows what is certified of every output, where there are several', async () => {
    const one = readRun(finished);
    expect(await runPage(one)).not.toContain('<th>output</th>');
    const certificate = one.report.certificate!;
    const outputs = {
      price: { float64: 1e-15, float32: 2e-7 },
      kind: { float64: certificate.difference.float64, float32: certificate.difference.float32 },
    };
    const page = await runPage({ ...one, report: { ...one.report, certificate: { ...certificate, outputs } } });
    expect(problemsOf(page)).toEqual([]);
    expect(page).toContain('<th>output</th>');
    expect(page).toContain('<tr><th>price</th><td class="number">1.0e-15</td><td class="number">2.0e-7</td></tr>');
  });

  test('shows a confusion matrix where the result has one', async () => {
    const out = copy();
    const file = path.join(out, 'result.json');
    const result = JSON.parse(readFileSync(file, 'utf8'));
    result.scores.test.simplified.confusions = {
      digit: [
        [8, 2],
        [1, 9],
      ],
    };
    writeFileSync(file, JSON.stringify(result));
    const page = await runPage(readRun(out));
    expect(problemsOf(page)).toEqual([]);
    expect(page).toContain('<tr><th>1</th><td>1</td><td class="right">9</td></tr>');
  });

  test('escapes names that want to be HTML', async () => {
    const out = copy();
    const hostile = '"><img src=x onerror=alert(1)>';
    const file = path.join(out, 'run.json');
    const record = JSON.parse(readFileSync(file, 'utf8'));
    record.engine.features = `${hostile}</style><script>alert(2)</script>`;
    record.specFile = `${hostile}.dn`;
    record.data = [{ name: `'${hostile}`, sha256: '&lt;' }];
    writeFileSync(file, JSON.stringify(record));
    const history = path.join(out, 'history.jsonl');
    writeFileSync(
      history,
      readFileSync(history, 'utf8').replaceAll('"dropneuron"', JSON.stringify(`${hostile}</svg>&`)),
    );
    const result = path.join(out, 'result.json');
    writeFileSync(
      result,
      JSON.stringify({
        ...JSON.parse(readFileSync(result, 'utf8')),
        warnings: [{ code: hostile, message: `${hostile}\u0000` }],
      }),
    );
    const page = await runPage(readRun(out));
    expect(problemsOf(page)).toEqual([]);
    expect(page).not.toMatch(/<script|onerror=alert\(1\)>/);
    expect(page).toContain('&#62;&#60;img src=x onerror=alert(1)&#62;');
  });

  test('numbers that were not finite are said to be, and end no drawing', async () => {
    const out = copy();
    const history = path.join(out, 'history.jsonl');
    const rows = readFileSync(history, 'utf8')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    rows[1].metrics.nmse = null;
    rows[2].validation.loss = null;
    writeFileSync(history, rows.map((row) => `${JSON.stringify(row)}\n`).join(''));
    const file = path.join(out, 'result.json');
    const result = JSON.parse(readFileSync(file, 'utf8'));
    result.scores.test.trained.metrics.nmse = null;
    writeFileSync(file, JSON.stringify(result));
    const page = await runPage(readRun(out));
    expect(problemsOf(page)).toEqual([]);
    expect(page).toContain('not finite');
    expect(page).not.toMatch(/NaN|null/);
  });
});

test('the pictures of a run as files', () => {
  const out = path.join(temporaryFolder(), 'pictures');
  const files = writePictures(out, readRun(finished));
  expect(files.map((file) => path.relative(out, file))).toEqual([
    'hidden.kernel.png',
    'more.kernel.png',
    'value.kernel.png',
  ]);
  for (const file of files) {
    const bytes = readFileSync(file);
    expect(bytes.toString('latin1', 1, 4)).toBe('PNG');
    // Two pictures with a frame each and a gap of 12 pixels: 12 by 8 weights of 25 pixels a side.
    if (file.includes('hidden')) expect([bytes.readUInt32BE(16), bytes.readUInt32BE(20)]).toEqual([2 * 202 + 12, 302]);
  }
});

describe('the report of a run that has not come to its end', () => {
  test('is of its newest checkpoint', async () => {
    const run = readRun(stopped);
    const { report } = run;
    expect(report.run.state).toBe('stopped');
    expect(report).not.toHaveProperty('result');
    expect(report).not.toHaveProperty('diff');
    expect(report.history).toHaveLength(1);
    expect(report.kernels.map(({ stages }) => stages.map(({ stage }) => stage))).toEqual([
      ['at the newest checkpoint'],
      ['at the newest checkpoint'],
      ['at the newest checkpoint'],
    ]);
    const page = await runPage(run);
    expect(problemsOf(page)).toEqual([]);
    const link = path.join(temporaryFolder(), 'latest');
    symlinkSync(stopped, link);
    expect(await runPage(readRun(link))).toContain(` · ${path.basename(stopped)}</p>`);
    expect(page).toContain('‖ stopped');
    expect(page).toContain('The run has not come to its end');
  });

  test('knows how wide a table is without reading it again', async () => {
    const place = temporaryFolder();
    writeFileSync(
      path.join(place, 'rows.csv'),
      `a,b,c,label\n${Array.from({ length: 60 }, (_, k) => `${k % 7},${(k * 5) % 11},${k % 3},${k % 2 ? 'yes' : 'no'}\n`).join('')}`,
    );
    const text = `model Table {
x = Input()
y = Dense(2)
}
data { source: csv("rows.csv"); target: label; validation: 10 }
train { loss: sparse_categorical_crossentropy(from_logits: true); epochs: 5 }
`;
    const out = path.join(place, 'runs', 'table');
    await startRun({ ...options(2), ...begin(place, text, out) });
    rmSync(path.join(place, 'rows.csv'));
    const { report } = readRun(out);
    expect(report.run.state).toBe('stopped');
    expect(report.kernels).toMatchObject([{ name: 'y.kernel', rows: 3, columns: 2 }]);
  });

  test('shows what live shrinking has left, where it stood', async () => {
    const place = temporaryFolder();
    const out = path.join(place, 'runs', 'live');
    await startRun({ ...options(130), ...begin(place, liveSpec(), out) });
    const { report, patterns } = readRun(out);
    expect(report.run.state).toBe('stopped');
    const [hidden] = report.kernels;
    expect(hidden).toMatchObject({ name: 'hidden.kernel', rows: 24, columns: 16 });
    const [stage] = hidden!.stages;
    expect(stage!.rows).toBeLessThan(24);
    expect(stage!.columns).toBe(report.history.at(-1)!.units!.hidden);
    expect(stage!.weights).toBe(stage!.rows * stage!.columns);
    expect(patterns[0]!.stages[0]!.shown.counts).toHaveLength(24 * 16);
    const page = await runPage(readRun(out));
    expect(problemsOf(page)).toEqual([]);
    const left = report.history.at(-1)!.units!;
    expect(left.features).toBeLessThan(24);
    const share = (units: number, of: number) => Number((units / of).toPrecision(4));
    expect(page).toContain(
      `Units that live shrinking has left, of those at full size, over ${report.history.length} epochs: ` +
        `features from 1 to ${share(left.features!, 24)}; hidden from 1 to ${share(left.hidden!, 16)}; more from 1 to ${share(left.more!, 8)}; value from 1 to 1`,
    );

    const history = path.join(out, 'history.jsonl');
    const rows = readFileSync(history, 'utf8');
    writeFileSync(history, rows.replace(/"units":\{[^}]*\}/, '"units":{"hidden":"all"}'));
    expect((await failureOf(async () => readRun(out))).text).toContain('run-damaged');
  });

  test('says why, where it failed', async () => {
    const out = path.join(temporaryFolder(), 'run');
    cpSync(stopped, out, { recursive: true });
    const failure = { diagnostics: [{ code: 'diverged', message: 'training diverged: the loss <is> not finite' }] };
    new RunFolder(out).rememberFailure(failure as never);
    const run = readRun(out);
    expect(run.report).toMatchObject({
      run: { state: 'failed' },
      failure: 'training diverged: the loss <is> not finite',
    });
    const page = await runPage(run);
    expect(problemsOf(page)).toEqual([]);
    expect(page).toContain('the loss &#60;is&#62; not finite');
  });

  test('does without checkpoints and without a history', async () => {
    const out = path.join(temporaryFolder(), 'run');
    cpSync(stopped, out, { recursive: true });
    for (const entry of readdirSync(path.join(out, 'checkpoints')))
      rmSync(path.join(out, 'checkpoints', entry), { recursive: true });
    rmSync(path.join(out, 'history.jsonl'));
    const page = await runPage(readRun(out));
    expect(problemsOf(page)).toEqual([]);
    expect(page).not.toContain('<h2>Connections</h2>');
    expect(page).not.toContain('<h2>Training</h2>');
  });

  test('leaves out a line of history that is being written', () => {
    const out = path.join(temporaryFolder(), 'run');
    cpSync(stopped, out, { recursive: true });
    const file = path.join(out, 'history.jsonl');
    writeFileSync(file, `${readFileSync(file, 'utf8')}{"phase":"warm","epo`);
    expect(readRun(out).report.history).toHaveLength(1);
  });
});

describe('a damaged run is an error that names the file', () => {
  test.each([
    ['run.json', 'run-damaged'],
    ['result.json', 'run-damaged'],
    ['certificate.json', 'run-damaged'],
    ['net.min.safetensors', 'weights-missing'],
    ['net.shrunk.safetensors', 'weights-damaged'],
    ['trained.safetensors', 'weights-damaged'],
    ['net.dn', ''],
  ])('%s', async (file, code) => {
    const out = copy();
    truncateSync(path.join(out, file), 40);
    const { text, exit } = await failureOf(async () => readRun(out));
    expect(text).toContain(code);
    if (code !== '') expect(text).toContain(file);
    expect([3, 4]).toContain(exit);
  });

  test.each(['history.jsonl', 'timing.jsonl'])('a line of %s', async (name) => {
    const out = copy();
    const file = path.join(out, name);
    writeFileSync(file, readFileSync(file, 'utf8').replace('"epoch":1', '"epo'));
    const { text, exit } = await failureOf(async () => readRun(out));
    expect(text).toContain(name);
    expect(exit).toBe(4);
  });

  test.each([
    ['result.json', '{"format":1}'],
    ['result.json', '[]'],
    ['certificate.json', '{"format":2}'],
    ['certificate.json', 'null'],
  ])('%s of another form: %s', async (name, content) => {
    const out = copy();
    writeFileSync(path.join(out, name), content);
    expect((await failureOf(async () => readRun(out))).text).toContain(name);
  });

  test('a folder without a run', async () => {
    expect(await failureOf(async () => readRun(temporaryFolder()))).toMatchObject({ exit: 4 });
  });
});

test('the same as text', () => {
  const text = runText(runLine(finished), readRun(finished).report);
  expect(text).toMatch(/^run +.*finished\nstate +finished\n/);
  expect(text).toMatch(/^engine +.*, 1 thread; dnc /m);
  expect(text).toMatch(/^epochs +9 in .*, the last in phase finetune$/m);
  expect(text).toMatch(/^weights +150 → \d+ \(\d+\.\d %\)$/m);
  expect(text).toMatch(/^threshold +\S+, found in \d+ tries$/m);
  expect(text).toMatch(/^test +nmse +\S+ +\S+$/m);
  const early = runText(runLine(stopped), readRun(stopped).report);
  expect(early).toMatch(/^state +stopped$/m);
  expect(early).toMatch(/^last epoch +loss \S+, validation nmse \S+$/m);
});
