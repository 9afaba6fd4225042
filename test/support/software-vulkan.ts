import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';

/** Where Debian's package chromium keeps SwiftShader, which is Vulkan computed on the processor, and Vulkan's loader. */
const FOLDER = '/usr/lib/chromium';
const DRIVER = `${FOLDER}/vk_swiftshader_icd.json`;
const LOADER = `${FOLDER}/libvulkan.so.1`;

/** koffi gives a library back once nothing holds it, and drivers are looked up long after it was loaded. */
const held: unknown[] = [];

/**
 * Has this process, and those that it starts, take the graphics device that chromium computes on the processor; unless drivers are named
 * already, or chromium is not installed: then what the machine has counts.
 */
export function useSoftwareVulkan(): void {
  if (process.env.VK_DRIVER_FILES !== undefined || process.env.VK_ICD_FILENAMES !== undefined) return;
  if (![DRIVER, LOADER, `${FOLDER}/libvk_swiftshader.so`].every((file) => existsSync(file))) return;
  let koffi: { load(file: string, options: { readonly global: boolean }): unknown };
  try {
    koffi = createRequire(import.meta.url)('koffi') as typeof koffi;
  } catch {
    return;
  }
  // A process reads LD_LIBRARY_PATH when it starts; in this one the loader is found because it is loaded already.
  held.push(koffi.load(LOADER, { global: true }));
  const others = process.env.LD_LIBRARY_PATH;
  Object.assign(process.env, {
    LD_LIBRARY_PATH: others === undefined ? FOLDER : `${FOLDER}:${others}`,
    VK_DRIVER_FILES: DRIVER,
    VK_ICD_FILENAMES: DRIVER,
  });
}
