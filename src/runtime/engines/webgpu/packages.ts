import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { nothingHelps } from '../engine.js';

/** The optional packages that make this engine, where they are. */
export interface Packages {
  /** The backend of TensorFlow.js: its kernels in WGSL, the shading language of WebGPU. */
  readonly backend: { readonly file: string; readonly version: string };
  /** Dawn, the implementation of WebGPU that Chromium has, as a module of Node. */
  readonly dawn: { readonly file: string; readonly version: string };
}

export const BACKEND_PACKAGE = '@tensorflow/tfjs-backend-webgpu';
export const DAWN_PACKAGE = 'webgpu';

/** Those that `npm install` of dnc brings. */
const versions = { [BACKEND_PACKAGE]: '4.22.0', [DAWN_PACKAGE]: '0.6.2' } as const;

export interface Missing {
  readonly because: string;
  readonly help: string;
}

const require = createRequire(import.meta.url);

/** A package that is installed. */
interface Found {
  readonly folder: string;
  readonly version: string;
  readonly main: string;
}

/** Both packages with a binary for this platform; or what is missing. Loads nothing. */
export function findPackages(find: (name: string) => Found | undefined = installed): Packages | Missing {
  const backend = find(BACKEND_PACKAGE);
  const dawn = find(DAWN_PACKAGE);
  const lacking = [backend ?? BACKEND_PACKAGE, dawn ?? DAWN_PACKAGE].filter((one) => typeof one === 'string');
  if (!backend || !dawn) {
    const install = lacking.map((name) => `${name}@${versions[name as keyof typeof versions]}`).join(' ');
    const what = lacking.length === 1 ? `the package ${lacking[0]} is` : `the packages ${lacking.join(' and ')} are`;
    return { because: `${what} not installed`, help: `npm install ${install}` };
  }
  const { platform } = process;
  // The package has one binary for both of Apple's processors.
  const arch = platform === 'darwin' ? 'universal' : process.arch;
  if (!existsSync(join(dawn.folder, 'dist', `${platform}-${arch}`, 'dawn.node'))) {
    const because = `${DAWN_PACKAGE} ${dawn.version} has no binary for ${platform} on ${process.arch}`;
    return { because, help: nothingHelps };
  }
  return {
    backend: { file: join(backend.folder, backend.main), version: backend.version },
    dawn: { file: join(dawn.folder, dawn.main), version: dawn.version },
  };
}

function installed(name: string): Found | undefined {
  try {
    const file = require.resolve(`${name}/package.json`);
    return { folder: dirname(file), ...(JSON.parse(readFileSync(file, 'utf8')) as Omit<Found, 'folder'>) };
  } catch {
    return undefined;
  }
}
