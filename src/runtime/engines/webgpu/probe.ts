import { execFile } from 'node:child_process';
import { pathToFileURL } from 'node:url';
import { anotherEngine, type Readiness } from '../engine.js';
import { findPackages, type Missing, type Packages } from './packages.js';

/** A graphics device as WebGPU names it; what is empty is not told. */
export interface Adapter {
  readonly vendor: string;
  readonly architecture: string;
  readonly device: string;
  /** Most often the driver with its version. */
  readonly description: string;
  /** It computes on the processor. */
  readonly isFallbackAdapter: boolean;
}

/** How long a driver may take to say what it has: some seconds where a card sleeps. */
const PATIENCE_MS = 20_000;

/** Prints the adapter that WebGPU would take, or null. Of a process of its own, since drivers that do not fit end theirs. */
const question = `
  const { create } = await import(process.argv[1]);
  const dawn = (globalThis.dawn = create([]));
  const adapter = await dawn.requestAdapter({ powerPreference: 'high-performance' });
  const { vendor, architecture, device, description, isFallbackAdapter } = adapter?.info ?? {};
  const found = adapter && { vendor, architecture, device, description, isFallbackAdapter };
  process.stdout.write(JSON.stringify(found), () => process.exit(0));
`;

/** The device in few words: "NVIDIA 550.54", "SwiftShader driver 5.0.0, which computes on the processor". */
export function nameOf({ vendor, architecture, description, isFallbackAdapter }: Adapter): string {
  const name = description || [vendor, architecture].filter((one) => one !== '').join(' ') || 'a device without a name';
  return isFallbackAdapter ? `${name}, which computes on the processor` : name;
}

/** Are the packages there, and does a driver offer a device? Only asking tells, which is done once, in a process of its own and in bounded time. */
export async function probeWebgpu(): Promise<Readiness> {
  const packages = findPackages();
  if ('because' in packages) return { ready: false, ...packages };
  asked ??= ask(packages);
  const adapter = await asked;
  if ('because' in adapter) return { ready: false, ...adapter };
  return { ready: true, version: `${versionOf(packages)}, on ${nameOf(adapter)}` };
}

/** "4.22.0, Dawn 0.6.2": both decide the bits. */
export function versionOf({ backend, dawn }: Packages): string {
  return `${backend.version}, Dawn ${dawn.version}`;
}

let asked: Promise<Adapter | Missing> | undefined;

function ask({ dawn }: Packages): Promise<Adapter | Missing> {
  const args = ['--input-type=module', '--eval', question, pathToFileURL(dawn.file).href];
  return new Promise((resolve) => {
    const options = { timeout: PATIENCE_MS, killSignal: 'SIGKILL', encoding: 'utf8' } as const;
    execFile(process.execPath, args, options, (error, stdout, stderr) => {
      const answer = error ? undefined : read(stdout);
      resolve(answer ?? { because: whyNot(error, stderr), help });
    });
  });
}

function read(stdout: string): Adapter | undefined {
  try {
    return (JSON.parse(stdout) as Adapter | null) ?? undefined;
  } catch {
    return undefined;
  }
}

/** Why there is no adapter, by what was seen of the process that asked. */
export function whyNot(
  error: { readonly killed?: boolean; readonly signal?: string | null } | null,
  stderr: string,
): string {
  if (error?.killed) return `the graphics driver did not answer within ${PATIENCE_MS / 1000} seconds`;
  if (error?.signal) return `the graphics driver ended the process that asked it (${error.signal})`;
  if (error) return `WebGPU could not be started: ${/^\w*Error: (.*)$/m.exec(stderr)?.[1] ?? 'it did not say why'}`;
  const loader = /Couldn't load Vulkan: (.*)/.exec(stderr)?.[1];
  return loader === undefined
    ? 'no graphics driver offers a device to WebGPU'
    : `there is no Vulkan, by which WebGPU reaches graphics cards (${loader})`;
}

const help =
  process.platform === 'linux'
    ? `install the Vulkan driver of the graphics card and Vulkan's loader (on Debian and Ubuntu: \`apt install libvulkan1 mesa-vulkan-drivers\`), or ${anotherEngine}`
    : `install the driver of the graphics card, or ${anotherEngine}`;
