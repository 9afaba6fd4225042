import { existsSync, readdirSync } from 'node:fs';
import { fail } from '../diagnostics/report.js';

/** The spec that a command works on: the one that was named, or the only one of the current folder. */
export function specFile(
  given: string | undefined,
  options: { readonly compiledLast?: string | undefined } = {},
): string {
  if (given !== undefined) return given;
  if (options.compiledLast !== undefined && existsSync(options.compiledLast)) return options.compiledLast;
  const found = readdirSync('.').filter((name) => name.endsWith('.dn') && !name.endsWith('.min.dn'));
  if (found.length === 0)
    fail(
      'no-spec-here',
      { folder: 'this folder' },
      { help: ['write one: dnc init', 'or name one: dnc check path/to/net.dn'] },
    );
  if (found.length > 1)
    fail(
      'several-specs-here',
      { folder: 'this folder', found: found.sort().join(', ') },
      { help: [`name one: ${found[0]}`] },
    );
  return found[0]!;
}

export { readSpecFile as readSpec } from '../runtime/spec-file.js';
