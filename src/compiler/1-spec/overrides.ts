import { Reports, type Where } from '../../diagnostics/report.js';
import { Source, type Span } from '../../diagnostics/source.js';
import type { MapNode, ValueNode } from '../../dsl/document.js';
import { readValue } from '../../dsl/read.js';
import type { Environment, SetValue } from '../spec.js';
import type { Context } from './context.js';
import type { Term } from './term.js';

/**
 * A tree of values along their addresses, from `--set` or from a `with`: `train.optimizer.momentum=0.9` is train → optimizer → momentum.
 */
export class Override {
  readonly children = new Map<string, Override>();
  value?: ValueNode;

  constructor(
    /** From the root. */
    readonly address: string,
    /** The address as written on the command line, or the key in a `with`. */
    readonly span: Span,
    /** Of a `with`: what words stand for where it is written. */
    readonly place?: { readonly context: Context; readonly environment: Environment },
  ) {}

  child(name: string): Override | undefined {
    return this.children.get(name);
  }

  /** The override at a dotted path, with those on the way. */
  along(path: string): readonly Override[] | undefined {
    const found: Override[] = [];
    let at: Override | undefined = this;
    for (const part of path.split('.')) {
      at = at.child(part);
      if (!at) return undefined;
      found.push(at);
    }
    return found;
  }

  /** Its value, evaluated where it was written. */
  term(context: Context): Term {
    return (this.place?.context ?? context.top).lets.evaluate(this.value!);
  }
}

/** Two for one place: the outer one wins, argument by argument. */
export function mergeOverrides(inner: Override | undefined, outer: Override | undefined): Override | undefined {
  if (!inner || !outer || outer.value) return outer ?? inner;
  const merged = new Override(inner.address, inner.span, inner.place);
  if (inner.value) merged.value = inner.value;
  for (const name of new Set([...inner.children.keys(), ...outer.children.keys()]))
    merged.children.set(name, mergeOverrides(inner.child(name), outer.child(name))!);
  return merged;
}

/** The whole address that an override was made for. */
export function addressOf(override: Override): string {
  if (!override.place) return override.span.source.text.slice(override.span.start, override.span.end).trim();
  let at = override;
  for (let [below] = at.children.values(); below && !at.value; [below] = at.children.values()) at = below;
  return at.address;
}

/** Reports an override that hits nothing. */
export function reportMiss(context: Context, override: Override, reason: string, where: Omit<Where, 'at'> = {}): void {
  const at = override.span;
  if (override.place)
    override.place.context.report('unknown-path', { path: addressOf(override), reason }, { ...where, at });
  else context.top.report('unknown-address', { address: addressOf(override), reason }, { ...where, at });
}

/** Reads `with { path.argument: value }`; maps within each other are joined by dots. */
export function readWith(map: MapNode, context: Context, environment: Environment): Override {
  const place = { context, environment };
  const root = new Override('', map.span, place);
  const read = (at: Override, entries: MapNode['entries']): void => {
    for (const { key, value } of entries) {
      let here = at;
      for (const part of key.text.split('.')) {
        const address = here.address ? `${here.address}.${part}` : part;
        const next = here.child(part) ?? new Override(address, key.span, place);
        here.children.set(part, next);
        here = next;
      }
      if (value.kind === 'map') read(here, value.entries);
      else if (here.value) {
        const details = { what: 'path', name: here.address };
        context.report('written-twice', details, { at: key.span, also: [{ at: here.value.span, note: 'first here' }] });
      } else here.value = value;
    }
  };
  read(root, map.entries);
  return root;
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
