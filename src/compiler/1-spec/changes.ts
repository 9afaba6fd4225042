import { nearest } from '../../diagnostics/did-you-mean.js';
import type { MapNode } from '../../dsl/document.js';
import { type Context, listWords } from './context.js';
import type { Names } from './names.js';
import { addressOf, type Override, reportMiss } from './overrides.js';
import { isOff } from './resolve.js';
import type { Scope } from './scope.js';
import { describeTerm } from './term.js';

/** What is said of the names in a scope from outside. */
interface ChangePlace {
  readonly override: Override;
  readonly prefix: string;
  /** The full names that it can hit. Absent: all that begin with the prefix. */
  readonly within?: readonly string[];
}

/** What is said of names from outside, by `with` and `--set`: which statement it reaches, and what of it reaches none. */
export class Changes {
  private readonly reached = new Set<Override>();
  /** Every `with` at each place where it was expanded. */
  private readonly changes = new Map<MapNode, ChangePlace[]>();

  constructor(
    private readonly context: Context,
    private readonly names: Names,
  ) {}

  /** A `with` was expanded at a place. */
  note(map: MapNode, override: Override, prefix: string, within?: readonly string[]): void {
    const places = this.changes.get(map) ?? [];
    places.push({ override, prefix, ...(within && { within }) });
    this.changes.set(map, places);
  }

  /** What an override says of a name in its scope. What it goes through is reached. */
  reach(override: Override, name: string, { prefix }: Scope): Override | undefined {
    const path = override.along(name.slice(prefix.length));
    for (const one of path ?? []) this.reached.add(one);
    return path?.at(-1);
  }

  /** Whether one of them says `off`. Reports other values: a layer has none. */
  isOff(found: readonly Override[], { context }: Scope): boolean {
    let off = false;
    for (const one of found) {
      if (!one.value) continue;
      if (!one.place) {
        reportMiss(context, one, 'a layer has no value of its own; name an argument, as in `model.fc1.units`');
        continue;
      }
      const term = one.term(context);
      if (isOff(term)) off = true;
      else if (term.kind !== 'broken') {
        const details = { name: one.address, found: describeTerm(term) };
        one.place.context.report('layer-without-value', details, {
          at: term.span,
          help: ['`off` takes it out; arguments stand behind a dot'],
        });
      }
    }
    return off;
  }

  /** Reports what `--set` and every `with` say of names that nothing has. */
  check(sets: Override | undefined, layers: readonly string[]): void {
    if (sets) this.checkReached([{ override: sets, prefix: '' }], layers);
    for (const places of this.changes.values()) this.checkReached(places, layers);
  }

  /**
   * Reports what a `with` or `--set` says of names that nothing has. A `with` in a block or a round is there once for each of them: what it says must hit
   * something in one of them.
   */
  private checkReached(places: readonly ChangePlace[], layers: readonly string[]): void {
    const [first] = places;
    for (const part of first?.override.children.keys() ?? []) {
      const below = places.map(({ override, prefix, within }) => ({
        override: override.child(part)!,
        prefix,
        ...(within && { within }),
        name: prefix + part,
      }));
      const hit = below.filter(({ override }) => this.reached.has(override));
      if (hit.length === 0) {
        this.reportUnreached(below[0]!, part, layers);
        continue;
      }
      const out = hit.find(({ name }) => this.names.named.get(name)?.what.kind === 'output');
      if (out)
        for (const one of out.override.children.values())
          reportMiss(this.context, one, `\`${out.name}\` was taken out`);
      // Below a layer are its arguments.
      this.checkReached(
        hit
          .filter(({ name }) => !['layer', 'output'].includes(this.names.named.get(name)?.what.kind ?? ''))
          .map(({ override, name }) => ({ override, prefix: `${name}.` })),
        layers,
      );
    }
  }

  private reportUnreached(
    { override, prefix, name, within: names }: ChangePlace & { readonly name: string },
    part: string,
    layers: readonly string[],
  ): void {
    const known = this.names.namesIn(prefix, names);
    const [inner] = override.children.keys();
    // A path that names the use once more: `res_4.c.filters` where `c.filters` is meant.
    const isRepeated = override.place !== undefined && inner !== undefined && known.includes(inner);
    const near = isRepeated ? addressOf(override).slice(override.address.length + 1) : nearest(part, known);
    if (!override.place) {
      const reason = override.value
        ? 'a layer has no value of its own; name an argument, as in `model.fc1.units`'
        : `the model has no layer \`${name}\``;
      const label = near === undefined ? {} : { label: `did you mean \`model.${prefix}${near}\`?` };
      reportMiss(this.context, override, reason, { ...label, help: [`layers: ${listWords(layers)}`] });
      return;
    }
    const scope = prefix === '' ? 'the model' : `\`${prefix.slice(0, -1)}\``;
    const within = names ? 'this `repeat`' : scope;
    const label = near === undefined ? {} : { label: `did you mean \`${near}\`?` };
    const help = [`in ${within}: ${listWords(known)}`];
    const reason = this.names.named.has(name) ? `\`${name}\` is outside of it` : `there is no \`${part}\` in ${within}`;
    reportMiss(this.context, override, reason, { ...label, help });
  }
}
