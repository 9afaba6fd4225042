import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { type Checkpoint, Checkpoints } from '../../../src/runtime/training/checkpoint.js';
import { temporaryFolder } from '../../support/folders.js';

function checkpoint(step: number, score?: number, stretch = 0): Checkpoint {
  return {
    position: { stretch, epoch: 1, step, stretchSteps: step + 10, totalEpochs: 1, optimizerSteps: step + 10 },
    totals: { rows: 32, steps: 2, sums: { loss: 1.5, 'penalty:dropneuron': 0.1 + step } },
    historyLength: 120,
    ...(score !== undefined && { score }),
    state: {
      'fc.kernel': { shape: [2, 2], data: Float32Array.of(1, -0, step, 1e-38) },
      'fc.bias': { shape: [2], data: Float32Array.of(0.1, 2) },
    },
  };
}

function begin() {
  const folder = temporaryFolder();
  const notes: string[] = [];
  const checkpoints = new Checkpoints(folder);
  return { folder, checkpoints, notes, newest: () => checkpoints.newest((text) => notes.push(text)) };
}

test('what was saved comes back, bit by bit', () => {
  const { checkpoints, newest, notes } = begin();
  expect(newest()).toBeUndefined();
  checkpoints.save(checkpoint(3, 0.5));
  expect(newest()).toEqual(checkpoint(3, 0.5));
  checkpoints.save(checkpoint(4));
  expect(newest()).toEqual(checkpoint(4));
  expect(notes).toEqual([]);
});

test('the newest two stay, and the best', () => {
  const { folder, checkpoints } = begin();
  const scores = [0.1, 0.9, 0.3, 0.2, 0.5];
  scores.forEach((score, step) => void checkpoints.save(checkpoint(step, score)));
  expect(readdirSync(folder).sort()).toEqual(['000002', '000004', '000005']);
});

test('the best is that of the stretch under way, since another one may judge by another metric', () => {
  const { folder, checkpoints } = begin();
  checkpoints.save(checkpoint(1, 0.9));
  for (const [step, score] of [-3, -1, -2, -4, -5].entries()) checkpoints.save(checkpoint(step, score, 1));
  expect(readdirSync(folder).sort()).toEqual(['000003', '000005', '000006']);
});

test('checkpoints are counted on beyond 999,999', () => {
  const { folder, checkpoints, newest } = begin();
  checkpoints.save(checkpoint(1));
  renameSync(path.join(folder, '000001'), path.join(folder, '999999'));
  for (const step of [2, 3]) {
    mkdirSync(path.join(folder, '1000007.part'));
    checkpoints.save(checkpoint(step));
  }
  expect(readdirSync(folder).sort()).toEqual(['1000000', '1000001']);
  expect(newest()).toEqual(checkpoint(3));
});

test('a flipped bit in any byte of the newest is found, and the one before is taken', () => {
  const { folder, checkpoints, newest, notes } = begin();
  checkpoints.save(checkpoint(1));
  checkpoints.save(checkpoint(2));
  let flips = 0;
  for (const name of ['manifest.json', 'state.safetensors']) {
    const file = path.join(folder, '000002', name);
    const bytes = readFileSync(file);
    for (let at = 0; at < bytes.length; at++) {
      const damaged = Buffer.from(bytes);
      damaged[at]! ^= 1 << (at % 8);
      writeFileSync(file, damaged);
      const found = newest()!;
      // A space between two values says the same as another space.
      if (found.position.step === 2) expect(found).toEqual(checkpoint(2));
      else {
        expect(found).toEqual(checkpoint(1));
        expect(notes.at(-1)).toContain('000002 is damaged');
        flips += 1;
      }
    }
    writeFileSync(file, bytes);
  }
  expect(flips).toBeGreaterThan(400);
  expect(newest()).toEqual(checkpoint(2));
});

test('a checkpoint that is cut short, empty or lacks a file is passed over', () => {
  const { folder, checkpoints, newest } = begin();
  checkpoints.save(checkpoint(1));
  checkpoints.save(checkpoint(2));
  const state = path.join(folder, '000002', 'state.safetensors');
  const bytes = readFileSync(state);
  for (const length of [0, 1, 8, bytes.length - 1]) {
    writeFileSync(state, bytes.subarray(0, length));
    expect(newest()).toEqual(checkpoint(1));
  }
  rmSync(state);
  expect(newest()).toEqual(checkpoint(1));
  rmSync(path.join(folder, '000001'), { recursive: true });
  expect(newest()).toBeUndefined();
});

test('what a killed process left half-written is removed by the next save', () => {
  const { folder, checkpoints, newest } = begin();
  checkpoints.save(checkpoint(1));
  mkdirSync(path.join(folder, '000002.part'));
  writeFileSync(path.join(folder, '000002.part', 'state.safetensors'), 'half');
  expect(newest()).toEqual(checkpoint(1));
  checkpoints.save(checkpoint(2));
  expect(existsSync(path.join(folder, '000002.part'))).toBe(false);
  expect(newest()).toEqual(checkpoint(2));
});
