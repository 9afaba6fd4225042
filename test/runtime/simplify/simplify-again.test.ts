import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Io } from '../../../src/commands/command.js';
import { diff } from '../../../src/commands/diff.js';
import { simplify } from '../../../src/commands/simplify.js';
import { specFile as specFileOf } from '../../../src/commands/spec-file.js';
import { compile } from '../../../src/compiler/compile.js';
import { Source } from '../../../src/diagnostics/source.js';
import { sha256 } from '../../../src/hash.js';
import { diffFiles } from '../../../src/reports/diff-files.js';
import { evaluateSpec } from '../../../src/runtime/spec/evaluate-spec.js';
import { dataPathsFolder } from '../../../src/runtime/spec/rows.js';
import { type RunOptions, startRun } from '../../../src/runtime/run/run.js';
import { simplifyAgain } from '../../../src/runtime/simplify/simplify-again.js';
import { readSpecFile } from '../../../src/runtime/spec/spec-file.js';
import { failureOf } from '../../data/failure.js';
import { makeTemporaryFolder, removeFolder } from '../../support/folders.js';
import { idx } from '../../support/stand-in.js';

const text = `model Net @dropneuron(1e-3) {
  x = Input(16)
  h = Dense(8, activation: relu)
  y = Dense(3)
}
data {
  source: idx(images: "data/images", labels: "data/labels", test_images: "data/images", test_labels: "data/labels")
  validation: 40
}
train { loss: sparse_categorical_crossentropy(from_logits: true); metrics: [accuracy]; epochs: 4; optimizer: adam(0.01) }
simplify { threshold: 0.05 }
`;

const engine = { engine: 'auto', engineOptions: { threads: 1 } } as const;
const options: RunOptions = {
  ...engine,
  checkpointSeconds: 1000,
  watcher: { note: () => {} },
  stopping: { signal: undefined },
};

let folder: string;
let specFile: string;
let out: string;

/** Trains `text` from `folder`/net.dn; its data lie beside it. */
async function train(sets: readonly string[], where: string): Promise<string> {
  const run = path.join(folder, where);
  await startRun({
    ...options,
    specFile,
    source: new Source(specFile, text),
    sets,
    dataFolder: undefined,
    fromScratch: false,
    out: run,
  });
  return run;
}

const again = (from: string, to: string | undefined, sets: readonly string[] = []) =>
  simplifyAgain({ from, sets, out: to && path.join(folder, to), dataFolder: undefined, ...engine });

beforeAll(async () => {
  folder = makeTemporaryFolder();
  specFile = path.join(folder, 'net.dn');
  writeFileSync(specFile, text);
  mkdirSync(path.join(folder, 'data'));
  const rows = 120;
  const labels = Uint8Array.from({ length: rows }, (_, row) => row % 3);
  const pixel = (row: number, k: number) => (k === labels[row] ? 250 : k < 8 ? (row * k * 7) % 60 : 0);
  const images = Uint8Array.from({ length: rows * 16 }, (_, k) => pixel(Math.floor(k / 16), k % 16));
  writeFileSync(path.join(folder, 'data/images'), idx([rows, 4, 4], images));
  writeFileSync(path.join(folder, 'data/labels'), idx([rows], labels));
  out = await train([], 'runs/net/first');
});
afterAll(() => removeFolder(folder));

test('a printed spec finds its data from where its origin lies, however often it was simplified and wherever to', async () => {
  const evaluate = (file: string) =>
    evaluateSpec({ file, source: readSpecFile(file), sets: [], split: 'test', dataFolder: undefined, ...engine });
  const first = path.join(out, 'net.min.dn');
  expect((await evaluate(first)).rows).toBe(120);
  const second = (await again(first, 'deep/er/second', ['simplify.threshold=0.3'])).files.spec;
  expect((await evaluate(second)).rows).toBe(120);
  // Nothing is left to remove: only the way to the origin is another one.
  const third = (await again(second, 'third')).files.spec;
  expect((await evaluate(third)).rows).toBe(120);
  const { spec } = compile(readSpecFile(third));
  expect(path.resolve(path.dirname(third), spec.origin!.spec.path)).toBe(first);
  expect(dataPathsFolder(spec, third)).toBe(folder);
});

test('a threshold that has nothing to cut is told of here, too', async () => {
  const file = path.join(folder, 'gates.dn');
  const run = path.join(folder, 'gates');
  const gates = text.replace('@dropneuron(1e-3)', '@magnitude(0.3)').replace('simplify { threshold: 0.05 }', '');
  writeFileSync(file, gates);
  await startRun({
    ...options,
    specFile: file,
    source: new Source(file, gates),
    sets: ['train.epochs=1'],
    dataFolder: undefined,
    fromScratch: false,
    out: run,
  });
  const codes = async (to: string, sets: readonly string[]) =>
    (await again(run, to, sets)).warnings.map(({ code }) => code);
  expect(await codes('gates-cut', ['simplify.threshold=0.5'])).toContain('threshold-without-effect');
  expect(await codes('gates-uncut', [])).not.toContain('threshold-without-effect');
});

test('origins that lead in a circle or nowhere end the search', () => {
  const own = path.join(folder, 'own.dn');
  writeFileSync(own, `${text}origin { spec: file("own.dn"); threshold: 0 }\n`);
  expect(dataPathsFolder(compile(readSpecFile(own)).spec, own)).toBe(folder);
  const lost = path.join(folder, 'lost.dn');
  writeFileSync(lost, `${text}origin { spec: file("gone/net.dn"); threshold: 0 }\n`);
  expect(dataPathsFolder(compile(readSpecFile(lost)).spec, lost)).toBe(path.join(folder, 'gone'));
});

test('in its own place a spec is never written over: nothing changed is nothing written, else a folder is asked for', async () => {
  const file = path.join(out, 'net.min.dn');
  const before = Object.fromEntries(
    readdirSync(out)
      .filter((name) => name !== 'checkpoints')
      .map((name) => [name, sha256(readFileSync(path.join(out, name)))]),
  );
  expect((await again(file, undefined)).simplified.shrunk.changed).toBe(false);
  const refused = await failureOf(() => again(file, undefined, ['simplify.threshold=0.4']));
  expect(refused).toMatchObject({
    exit: 5,
    text: `would-overwrite: the result would be written over ${file}, which it is made from`,
  });
  for (const [name, hash] of Object.entries(before))
    expect(sha256(readFileSync(path.join(out, name))), name).toBe(hash);
});

test('a run that stopped before its training ended is not simplified, and is told how to go on with', async () => {
  const stopped = path.join(folder, 'stopped');
  cpSync(out, stopped, { recursive: true });
  rmSync(path.join(stopped, 'trained.safetensors'));
  await expect(again(stopped, 'from-stopped')).rejects.toMatchObject({
    exit: 4,
    diagnostics: [
      {
        message: `cannot use the weights ${path.join(stopped, 'trained.safetensors')}: the run has not come to the end of its training`,
        help: [`go on with it: dnc train --resume ${stopped}`],
      },
    ],
  });
});

test('that a spec asks for fine-tuning, which is left out, is told', async () => {
  const told: string[] = [];
  const simplified = (to: string, sets: readonly string[]) =>
    simplifyAgain({
      from: out,
      sets,
      out: path.join(folder, to),
      dataFolder: undefined,
      ...engine,
      watcher: { note: (line) => void told.push(line) },
    });
  await simplified('not-tuned', []);
  expect(told).toEqual([]);
  await simplified('tuned', ['simplify={ threshold: 0; finetune { epochs: 3 } }']);
  expect(told).toEqual(['note: `finetune` of the spec is left out: simplify trains nothing\n']);
});

test('an earlier result in the folder that is asked for stays', async () => {
  const first = await again(out, 'kept');
  const hash = sha256(readFileSync(first.files.spec));
  const refused = await failureOf(() => again(out, 'kept', ['simplify.threshold=0.4']));
  expect(refused).toMatchObject({
    exit: 5,
    text: `result-exists: ${path.join(folder, 'kept', 'net.min.dn')} is there already, from an earlier simplification`,
  });
  expect(sha256(readFileSync(first.files.spec))).toBe(hash);
});

test('the files that a certificate names have the hashes that it says', async () => {
  // Another file has the name of the copy that would be kept of the text.
  mkdirSync(path.join(folder, 'taken'));
  writeFileSync(path.join(folder, 'taken/net.dn'), '# Something else.\n');
  const results = [
    await again(path.join(out, 'net.min.dn'), 'fresh', ['simplify.threshold=0.3']),
    await again(path.join(out, 'net.min.dn'), 'taken', ['simplify.threshold=0.3']),
    await again(await train(['model.h.units=6'], 'runs/net/six'), undefined, ['simplify.threshold=0.3']),
  ];
  for (const { files } of results) {
    const certificate = JSON.parse(readFileSync(files.certificate, 'utf8'));
    for (const { spec, weights } of [certificate.before, certificate.after])
      for (const { file, sha256: hash } of [spec, weights])
        expect(sha256(readFileSync(path.resolve(path.dirname(files.certificate), file))), file).toBe(hash);
  }
  expect(readFileSync(path.join(folder, 'taken/net.dn'), 'utf8')).toBe('# Something else.\n');
});

test('a run that is simplified again says so in its result', async () => {
  const run = await train([], 'runs/net/result');
  await again(run, undefined, ['simplify.threshold=0.3']);
  expect(JSON.parse(readFileSync(path.join(run, 'result.json'), 'utf8')).threshold).toEqual({
    kind: 'unit',
    value: 0.3,
  });
  expect(existsSync(path.join(run, 'lock'))).toBe(false);
});

test('a certificate is quoted for the network that it compares, not for one of another width', async () => {
  const wider = await train(['model.h.units=12', 'train.epochs=2'], 'runs/net/wider');
  expect(diffFiles(specFile, path.join(wider, 'net.min.dn')).behaviour).toBeUndefined();
  const longer = await train(['train.epochs=5'], 'runs/net/longer');
  expect(diffFiles(specFile, path.join(longer, 'net.min.dn')).behaviour).toMatchObject({ kind: 'certificate' });
  expect(diffFiles(specFile, path.join(out, 'net.min.dn')).behaviour).not.toHaveProperty('finetuned');
});

test('a certificate of a network that was fine-tuned says that it is about the one before', async () => {
  const run = await train(['simplify.finetune={ epochs: 1 }'], 'runs/net/tuned');
  for (const behaviour of [false, true])
    expect(diffFiles(specFile, path.join(run, 'net.min.dn'), { behaviour }).behaviour).toMatchObject({
      finetuned: true,
    });
});

test('a result that was fine-tuned is not replaced by one that was not', async () => {
  const run = await train(['simplify.finetune={ epochs: 1 }'], 'runs/net/kept');
  const before = readFileSync(path.join(run, 'net.min.safetensors'));
  expect((await failureOf(() => again(run, undefined, ['simplify.threshold=0.3']))).text).toMatch(
    /^result-finetuned: .*net\.min\.dn was trained on after it was cut/,
  );
  // What was asked for is in the call that works.
  const typed = ['--set', 'train.seed=3', '--threshold', 'weight(0.3)'];
  const asked = { from: run, sets: ['simplify.threshold=0.3'], typed, dataFolder: undefined, ...engine };
  await expect(simplifyAgain({ ...asked, out: undefined })).rejects.toMatchObject({
    diagnostics: [
      {
        code: 'result-finetuned',
        help: [`leave it where it is: dnc simplify ${run} --set train.seed=3 --threshold 'weight(0.3)' --out FOLDER`],
      },
    ],
  });
  expect(readFileSync(path.join(run, 'net.min.safetensors')).equals(before)).toBe(true);
  await again(run, 'beside', ['simplify.threshold=0.3']);
});

test('networks with other inputs or outputs cannot be compared by what they compute', async () => {
  const other = path.join(folder, 'other');
  mkdirSync(other);
  for (const name of readdirSync(out).filter((one) => one.startsWith('net.')))
    writeFileSync(path.join(other, name), readFileSync(path.join(out, name)));
  const file = path.join(other, 'net.min.dn');
  writeFileSync(file, readFileSync(file, 'utf8').replaceAll('x = Input', 'z = Input'));
  const refused = await failureOf(() => diffFiles(path.join(out, 'net.min.dn'), file, { behaviour: true }));
  expect(refused.text).toMatch(/^interfaces-differ: .* reads x 16, .* reads z 16: there is nothing to compare$/);
});

test('what simplify --out wrote into is what diff, summary and simplify take its folder for', async () => {
  const { files } = await again(out, 'shortened', ['simplify.threshold=0.3']);
  const small = path.join(folder, 'shortened');
  expect(specFileOf(small)).toBe(files.spec);
  let shown = '';
  const io: Io = {
    out: (one) => {
      shown += one;
    },
    note: () => {},
    status: () => {},
    terminal: false,
    colour: false,
    outColour: false,
  };
  await diff.run({ parameters: [specFile, small], options: { json: true }, io });
  expect(JSON.parse(shown)).toMatchObject({ same: false });
  const to = path.join(folder, 'shortened-again');
  await simplify.run({ parameters: [small], options: { out: to, threads: '1' }, io });
  // Nothing was left to cut: it began with the result, not with the spec of full size beside it.
  const origin = (file: string) => path.resolve(path.dirname(file), compile(readSpecFile(file)).spec.origin!.spec.path);
  expect(origin(path.join(to, 'net.min.dn'))).toBe(origin(files.spec));
  shown = '';
  await diff.run({ parameters: [small, to], options: { json: true }, io });
  expect(JSON.parse(shown)).toMatchObject({ same: true });
});
