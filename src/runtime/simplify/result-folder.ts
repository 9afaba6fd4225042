import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';

/**
 * The simplified spec in a folder that `dnc simplify --out` wrote into: the one that its certificate speaks of. Undefined where the folder holds no such
 * result. Beside a spec that was simplified in its own folder there is a certificate, too, but no result.json: that folder is its author's. A run's
 * folder has both and is a run.
 */
export function lastResult(folder: string): string | undefined {
  if (!existsSync(path.join(folder, 'result.json')) || existsSync(path.join(folder, 'run.json'))) return undefined;
  let named: unknown;
  try {
    const certificate = JSON.parse(readFileSync(path.join(folder, 'certificate.json'), 'utf8')) as {
      readonly after?: { readonly spec?: { readonly file?: unknown } };
    };
    named = certificate.after?.spec?.file;
  } catch {
    return undefined;
  }
  // A result lies in its folder; a certificate that names another place was changed by hand.
  if (typeof named !== 'string' || path.basename(named) !== named) return undefined;
  const file = path.join(folder, named);
  return existsSync(file) ? file : undefined;
}
