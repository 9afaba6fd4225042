import { existsSync, readFileSync, readlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { makeRunFolder, RunFolder } from '../../../src/runtime/run/run-folder.js';
import { failureOf } from '../../data/failure.js';
import { temporaryFolder } from '../../support/folders.js';

test('runs of one second in one folder get folders of their own', () => {
  const spec = path.join(temporaryFolder(), 'net.dn');
  const now = new Date('2026-01-02T03:04:05.678Z');
  const hash = 'abcdef0123456789';
  const found = [1, 2, 3].map(() => {
    const folder = makeRunFolder(spec, hash, now);
    expect(existsSync(folder)).toBe(true);
    return path.relative(path.dirname(spec), folder);
  });
  const first = path.join('runs', 'net', '20260102-030405-abcdef01');
  expect(found).toEqual([first, `${first}-2`, `${first}-3`]);
});

test('`latest` takes the place of an earlier link, and of nothing else', () => {
  const folder = temporaryFolder();
  const [one, two] = ['one', 'two'].map((name) => new RunFolder(path.join(folder, name))) as [RunFolder, RunFolder];
  for (const run of [one, two]) run.create();
  one.markLatest();
  two.markLatest();
  const latest = path.join(folder, 'latest');
  expect(path.resolve(folder, readlinkSync(latest))).toBe(two.path);

  const other = temporaryFolder();
  const run = new RunFolder(path.join(other, 'run'));
  run.create();
  writeFileSync(path.join(other, 'latest'), 'not dnc’s');
  run.markLatest();
  expect(readFileSync(path.join(other, 'latest'), 'utf8')).toBe('not dnc’s');
});

test('a folder with other files is left alone; one that is empty, or whose run did not come to its record, is taken', async () => {
  const other = temporaryFolder();
  writeFileSync(path.join(other, 'sweep.json'), '{}');
  const refused = await failureOf(() => new RunFolder(other).create(['net.dn']));
  expect(refused.text).toBe(`folder-in-use: ${other} is no folder of a run: it holds sweep.json`);
  expect(refused.exit).toBe(5);
  expect(refused.help[0]).toBe(`give another folder: --out ${path.join(other, 'run')}`);
  expect(existsSync(path.join(other, 'checkpoints'))).toBe(false);

  const empty = temporaryFolder();
  const run = new RunFolder(empty);
  run.create(['net.dn']);
  run.unlock();
  for (const name of ['net.dn', 'spec.resolved.dn', '.net.dn.7.part']) writeFileSync(path.join(empty, name), 'half');
  new RunFolder(empty).create(['net.dn']);
});

const record = {
  format: 1,
  dnc: '1.0.0',
  name: 'net',
  specFolder: '/somewhere',
  specFile: 'net.dn',
  sets: [],
  fromScratch: false,
  engine: { engine: 'onnxruntime', version: '1', threads: 1, features: '' },
  updatePass: true,
  data: [{ name: 'mnist/x', sha256: 'ab' }],
} as const;

test('a record that lacks what a resume reads is damaged, not a mistake of dnc', async () => {
  const folder = temporaryFolder();
  const run = new RunFolder(folder);
  run.writeRecord(record);
  expect(run.readRecord()).toEqual(record);
  const damaged: unknown[] = [
    null,
    [],
    'text',
    { ...record, format: 2 },
    { ...record, sets: ['width=1', 2] },
    { ...record, engine: null },
    { ...record, engine: { ...record.engine, threads: '1' } },
    { ...record, data: [{ name: 'mnist/x' }] },
    { ...record, dataFolder: 1 },
    ...Object.keys(record).map((key) => Object.fromEntries(Object.entries(record).filter(([name]) => name !== key))),
  ];
  for (const value of damaged) {
    writeFileSync(path.join(folder, 'run.json'), JSON.stringify(value));
    expect(await failureOf(() => run.readRecord()), JSON.stringify(value)).toMatchObject({
      exit: 4,
      text: `run-damaged: ${path.join(folder, 'run.json')} is damaged`,
    });
  }
});
