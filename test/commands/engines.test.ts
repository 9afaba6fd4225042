import { expect, test } from 'vitest';
import type { Io } from '../../src/commands/command.js';
import { autoText, engines, settingsText } from '../../src/commands/engines.js';
import { forLargeSteps } from '../../src/runtime/engines/auto.js';

test('what auto takes is told for small steps, and for large ones where an engine on a graphics card is ready', () => {
  const told = (...ready: string[]) => autoText('onnxruntime', 'the fastest engine here', ready, forLargeSteps);
  expect(told('onnxruntime', 'webgpu')).toBe('auto takes onnxruntime: the fastest engine here\n');
  expect(told('onnxruntime', 'onnxruntime-cuda', 'tfjs-node-gpu')).toBe(
    `auto takes onnxruntime for small steps: the fastest engine here
auto takes tfjs-node-gpu for training steps from 2,147,483,648 multiply-adds, where a small step goes well on it
else it takes onnxruntime-cuda for training steps from 2,147,483,648 multiply-adds, without convolutions, where a small step goes well on it
`,
  );
});

test.each([
  [undefined, 'your settings would be in here.json'],
  ['auto', 'your settings say auto: here.json'],
  ['good', 'your settings say good: here.json'],
  ['bad', 'your settings say bad, which is not ready: here.json'],
  ['goood', 'your settings say goood, and no engine is called so: here.json'],
])('settings that say %s', (engine, text) => {
  const found = [
    { name: 'good', ready: true },
    { name: 'bad', ready: false },
  ];
  expect(settingsText(engine, 'here.json', found)).toBe(`${text}\n`);
});

const io: Io = { out: () => {}, note: () => {}, status: () => {}, terminal: false, colour: false, outColour: false };

test.each([
  [[], { pin: 'user' }, '--pin goes with --measure'],
  [[], { seconds: '3' }, '--seconds goes with --measure'],
  [[], { set: ['train.epochs=3'] }, '--set goes with --measure'],
  [[], { dataDir: '.' }, '--data-dir goes with --measure'],
  [[], { threads: '2' }, '--threads goes with --measure or verify'],
  [[], { threads: 'x' }, '--threads goes with --measure or verify'],
  [['install', 'native'], { threads: '2' }, '--threads goes with --measure or verify'],
  [['remove', 'native'], { threads: '2' }, '--threads goes with --measure or verify'],
  [['verify', 'onnxruntime'], { set: ['a=1'] }, '--set goes with --measure'],
  [['verify', 'onnxruntime'], { threads: 'x' }, '--threads takes a whole number from 1 up, not x'],
])('%j %j is refused, as it would do nothing', async (parameters, options, message) => {
  await expect(engines.run({ parameters, options, io })).rejects.toThrow(message);
});

test('options that are not given are not refused', async () => {
  let text = '';
  // As commander gives an option that may come several times.
  const code = await engines.run({ parameters: [], options: { set: [] }, io: { ...io, out: (one) => (text += one) } });
  expect(code).toBe(0);
  expect(text).toContain('auto takes ');
});
