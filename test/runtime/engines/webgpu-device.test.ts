import { expect, test, vi } from 'vitest';
import { startDevice } from '../../../src/runtime/engines/webgpu/device.js';
import { findPackages } from '../../../src/runtime/engines/webgpu/packages.js';

vi.mock('../../../src/runtime/engines/webgpu/packages.js', () => ({ findPackages: vi.fn() }));

test('a device that could not be had is asked for anew, and once by all who wait for it', async () => {
  const find = vi.mocked(findPackages);
  find.mockReturnValueOnce({ because: 'the first time', help: '' });
  const both = await Promise.allSettled([startDevice(), startDevice()]);
  for (const one of both) expect(one).toMatchObject({ status: 'rejected', reason: { message: 'the first time' } });
  find.mockReturnValueOnce({ because: 'the second time', help: '' });
  await expect(startDevice()).rejects.toThrow('the second time');
  expect(find).toHaveBeenCalledTimes(2);
});
