import { Reports } from '../../diagnostics/report.js';
import { Source, type Span } from '../../diagnostics/source.js';
import type { ValueNode } from '../../dsl/document.js';
import { readValue } from '../../dsl/read.js';
import type { SetValue } from '../spec.js';

/** A tree of `--set` values along their addresses: `train.optimizer.momentum=0.9` is train → optimizer → momentum. */
export class Override {
  readonly children = new Map<string, Override>();
  value?: ValueNode;

  constructor(
    /** From the root. */
    readonly address: string,
    /** The address as written on the command line. */
    readonly span: Span,
  ) {}

  child(name: string): Override | undefined {
    return this.children.get(name);
  }
}

/** The whole address that an override was made for. */
export function addressOf(override: Override): string {
  return override.span.source.text.slice(override.span.start, override.span.end).trim();
}

/** Reads `address=value` for every `--set`. A later one of the same address wins. */
export function readSets(
  sets: readonly string[],
  reports: Reports,
): { readonly values: readonly SetValue[]; readonly tree: Override } {
  const tree = new Override('', { source: new Source('--set', ''), start: 0, end: 0 });
  const values: SetValue[] = [];
  for (const text of sets) {
    const source = new Source('--set', text);
    const equals = text.indexOf('=');
    const address = text.slice(0, Math.max(0, equals)).trim();
    if (equals < 0 || !/^[A-Za-z_]\w*(\.[A-Za-z_]\w*)*$/.test(address)) {
      reports.report(
        'bad-set',
        { text },
        {
          at: { source, start: 0, end: text.length },
          help: ['an address is `width`, `train.batch_size`, or `model.fc1.units`'],
        },
      );
      continue;
    }
    const value = readAt(source, equals + 1, reports);
    if (!value) continue;
    values.push({ address, value });
    let at = tree;
    for (const name of address.split('.')) {
      const path = at.address ? `${at.address}.${name}` : name;
      const next = at.children.get(name) ?? new Override(path, { source, start: 0, end: equals });
      at.children.set(name, next);
      at = next;
    }
    at.value = value;
  }
  return { values, tree };
}

/** Reads the value that begins at an offset of a source. Its spans, and those of what is wrong with it, point into that source. */
function readAt(source: Source, start: number, reports: Reports): ValueNode | undefined {
  const blanked = new Source(source.name, ' '.repeat(start) + source.text.slice(start));
  const found = new Reports();
  const value = readValue(blanked, found);
  const moved = (part: unknown): unknown => {
    if (part === blanked) return source;
    if (Array.isArray(part)) return part.map(moved);
    if (typeof part !== 'object' || part === null) return part;
    return Object.fromEntries(Object.entries(part).map(([key, inner]) => [key, moved(inner)]));
  };
  reports.all.push(...(moved(found.all) as typeof found.all));
  return moved(value) as ValueNode | undefined;
}
