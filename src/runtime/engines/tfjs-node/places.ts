import { readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { engineCacheFolder } from '../cache.js';

/** The processor, or an NVIDIA graphics card. */
export type Device = 'cpu' | 'gpu';

/** The packages of TensorFlow.js, all of one version. */
export const PACKAGE_VERSION = '4.22.0';

export const packageOf = { cpu: '@tensorflow/tfjs-node', gpu: '@tensorflow/tfjs-node-gpu' } as const;

/** A package of TensorFlow.js for Node: its JavaScript, and the C++ of the binding that it needs. */
export interface NodePackage {
  readonly folder: string;
  readonly version: string;
}

/** A binding to TensorFlow that can be loaded, and the package whose JavaScript belongs to it. */
export interface Binding {
  readonly file: string;
  readonly package: NodePackage;
}

/** What `dnc engines install native` leaves, beside the binding and TensorFlow's libraries. */
export interface Manifest {
  readonly format: 1;
  /** Of the package that the binding was built from. */
  readonly package: string;
  /** TensorFlow's, as pip names it. */
  readonly tensorflow: string;
}

export const BINDING = 'tfjs_binding.node';
export const MANIFEST = 'installed.json';

/** Where `dnc engines install native` puts what it builds. */
export function nativeFolder(): string {
  return join(engineCacheFolder(), 'native');
}

/** The package of this name, beside dnc or in the folder; undefined where it is in neither. */
function packageIn(name: string, folder: string | undefined): NodePackage | undefined {
  const from = folder === undefined ? import.meta.url : pathToFileURL(join(folder, 'package.json')).href;
  try {
    const file = createRequire(from).resolve(`${name}/package.json`);
    const { version } = JSON.parse(readFileSync(file, 'utf8')) as { readonly version: string };
    return { folder: dirname(file), version };
  } catch {
    return undefined;
  }
}

/** Either package, since both hold the same code: beside dnc, then in the folder where that is named. */
export function findPackage(built?: string): NodePackage | undefined {
  for (const folder of built === undefined ? [undefined] : [undefined, built]) {
    for (const name of Object.values(packageOf)) {
      const found = packageIn(name, folder);
      if (found) return found;
    }
  }
  return undefined;
}

/** What `dnc engines install native` left; undefined where it was not run, or not to its end. */
export function readManifest(): Manifest | undefined {
  try {
    return JSON.parse(readFileSync(join(nativeFolder(), MANIFEST), 'utf8')) as Manifest;
  } catch {
    return undefined;
  }
}

/** The binding that the package's own install script brought. */
export function ownBinding(device: Device): Binding | undefined {
  const found = packageIn(packageOf[device], undefined);
  if (!found) return undefined;
  for (const version of entries(join(found.folder, 'lib')).toReversed()) {
    const folder = join(found.folder, 'lib', version);
    // Without TensorFlow's library, which is fetched apart, the binding cannot be loaded.
    const libraries = [...entries(join(found.folder, 'deps', 'lib')), ...entries(folder)];
    if (!entries(folder).includes(BINDING) || !libraries.some((one) => /^(lib)?tensorflow\./.test(one))) continue;
    return { file: join(folder, BINDING), package: found };
  }
  return undefined;
}

/** What a folder holds; nothing where there is none. */
function entries(folder: string): readonly string[] {
  try {
    return readdirSync(folder).sort();
  } catch {
    return [];
  }
}
