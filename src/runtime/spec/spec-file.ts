import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fail } from '../../diagnostics/report.js';
import { systemReason } from '../../diagnostics/system-errors.js';
import { Source } from '../../diagnostics/source.js';
import { endingOf, isSpecName } from '../../dsl/syntax.js';

/** A spec is refused beyond this many bytes: nobody writes one by hand, and reading it would take the machine's memory. */
const LARGEST_SPEC = 16 * 2 ** 20;

/** The text of a spec. */
export function readSpecFile(file: string): Source {
  const bytes = readBytes(file);
  if (bytes.length > LARGEST_SPEC)
    fail('file-too-large', {
      file,
      found: `${bytes.length.toLocaleString('en')} bytes`,
      limit: `${LARGEST_SPEC.toLocaleString('en')} bytes of a spec`,
    });
  const zero = bytes.indexOf(0);
  if (zero >= 0) fail('spec-not-text', { file, offset: zero });
  return new Source(file, bytes.toString('utf8'));
}

function readBytes(file: string): Buffer {
  try {
    return readFileSync(file);
  } catch (error) {
    const reason = systemReason(error, 'reading');
    const near =
      (error as NodeJS.ErrnoException).code === 'ENOENT' && existsSync(path.dirname(file))
        ? readdirSync(path.dirname(file)).filter((name) => isSpecName(name))
        : [];
    return fail(
      'spec-missing',
      { file, reason },
      near.length > 0
        ? {
            help: [
              `specs there: ${near.sort().slice(0, 8).join(', ')}${near.length > 8 ? `, and ${near.length - 8} more` : ''}`,
            ],
          }
        : {},
    );
  }
}

/** Ends the command that needs trained weights, for a spec that names none; what training made of that spec last is offered. */
export function failWithoutWeights(file: string): never {
  const name = path.basename(file, path.extname(file));
  const trained = path.join(path.dirname(file), 'runs', name, 'latest', `${name}.min${endingOf(file)}`);
  return fail(
    'no-weights',
    { file },
    { help: [existsSync(trained) ? `give what it was trained to: ${trained}` : `train it: dnc train ${file}`] },
  );
}
