import { expect, test } from 'vitest';
import { autoText } from '../../src/commands/engines.js';
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
