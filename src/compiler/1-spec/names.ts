import { nearest } from '../../diagnostics/did-you-mean.js';
import type { Span } from '../../diagnostics/source.js';
import type { LayerNode, NameNode } from '../../dsl/document.js';
import { BROKEN, type Named, type Scope, type Wire } from './scope.js';

/** So many names that nothing has are told. */
const UNKNOWN_NAMES = 50;

/** Keras' name of a kind: `GlobalAveragePooling2D` is `global_average_pooling2d`. */
export function snakeCase(keyword: string): string {
  return keyword
    .replace(/(.)([A-Z][a-z]+)/g, '$1_$2')
    .replace(/([a-z])([A-Z])/g, '$1_$2')
    .toLowerCase();
}

/** A name that was not found where it is read: it may come later. */
interface Missing {
  readonly scope: Scope;
  readonly name: NameNode;
  readonly reader: string;
}

/**
 * The names of a model while its blocks are expanded: how they are made, what they stand for, and which are asked for and not there.
 *
 * - A block use opens a naming scope, `residual_2.conv1`; a `repeat` opens none, but a name within it is seen in its own round only.
 * - A name is found from the first statement of its scope on, so that one pass in the order of the text wires everything.
 */
export class Names {
  /** What every full name stands for. */
  readonly named = new Map<string, Named>();
  /** How many of a kind a scope has, by its prefix and the kind's name in snake case. */
  private readonly kinds = new Map<string, number>();
  /** How often a name was given in rounds, by its full form without number. */
  private readonly rounds = new Map<string, number>();
  private readonly missing: Missing[] = [];
  private readonly told = new Set<NameNode>();
  /** The name of the last statement that was expanded at the top. */
  last: { readonly name: string; readonly span: Span } | undefined;

  /** The full name of a statement, its own or an automatic one, and of its outputs where it names several. Counts its kind. */
  claim(node: LayerNode, keyword: string, scope: Scope): { name: string; outputs: readonly string[] } {
    const written = node.names.map((name) => this.fullName(name, scope));
    // A dotted name counts in the scope that its dots name, so that writing a block out renames nothing around it.
    const [first] = written;
    const home = first === undefined ? scope.prefix : first.slice(0, first.lastIndexOf('.') + 1);
    const kind = home + snakeCase(keyword);
    const count = (this.kinds.get(kind) ?? 0) + 1;
    this.kinds.set(kind, count);
    const name = written.length === 1 ? first! : `${kind}_${count}`;
    if (scope.prefix === '') this.last = { name, span: node.span };
    return { name, outputs: written.length > 1 ? written : [] };
  }

  /** Within rounds a name is numbered: `conv_1`, `conv_2`. */
  fullName({ text, span }: NameNode, { prefix, rounds, context }: Scope): string {
    const plain = prefix + text;
    const [round] = rounds;
    if (!round) return plain;
    const earlier = rounds.find((one) => one.has(text))?.get(text) ?? (this.named.has(plain) ? plain : undefined);
    if (earlier !== undefined) {
      const first = this.named.get(earlier);
      const also = first ? [{ at: first.span, note: 'first here' }] : [];
      context.report('duplicate-layer', { name: text }, { at: span, also });
    }
    const count = (this.rounds.get(plain) ?? 0) + 1;
    this.rounds.set(plain, count);
    const name = `${plain}_${count}`;
    round.set(text, name);
    return name;
  }

  /** Gives a statement's names what they stand for; its wire goes on to the statement below. */
  give(
    node: LayerNode,
    name: string,
    outputs: readonly string[],
    scope: Scope,
    wire: Wire,
    what: Named['what'],
    wires?: readonly Wire[],
  ): Wire {
    const { names, call } = node;
    const [only] = names;
    if (outputs.length === 0) {
      this.declare(name, only?.span ?? call.callee.span, !only, wire, what, scope);
      return wire;
    }
    const whole: Wire = wire.kind === 'broken' ? wire : { kind: 'several', of: name, outputs };
    this.declare(name, call.callee.span, true, whole, what, scope);
    outputs.forEach((output, k) => {
      const one: Wire =
        wires?.[k] ?? (wire.kind === 'one' ? { kind: 'one', endpoint: { ...wire.endpoint, output: k } } : BROKEN);
      this.declare(output, names[k]!.span, false, one, { kind: 'output' }, scope);
    });
    return whole;
  }

  /** Gives one full name what it stands for. Reports a name that is there already. */
  declare(name: string, span: Span, automatic: boolean, wire: Wire, what: Named['what'], scope: Scope): void {
    const first = this.named.get(name);
    const plain = name.slice(scope.prefix.length);
    const inputs = scope.environment.block?.inputs ?? [];
    if (!automatic && name.startsWith(scope.prefix) && inputs.some((input) => input.text === plain)) {
      scope.context.report(
        'duplicate-layer',
        { name: plain },
        { at: span, help: [`\`${plain}\` is an input of the block`] },
      );
    }
    if (!first) {
      this.named.set(name, { wire, span, automatic, what });
      return;
    }
    if (automatic || first.automatic) {
      const [written, made] = automatic ? [first.span, span] : [span, first.span];
      const note = `this layer's automatic name is \`${name}\``;
      scope.context.report('automatic-name', { name }, { at: written, also: [{ at: made, note }] });
    } else {
      scope.context.report('duplicate-layer', { name }, { at: span, also: [{ at: first.span, note: 'first here' }] });
    }
  }

  /** The full name that a written one stands for, if anything above has it. */
  find({ text }: NameNode, { prefix, rounds }: Scope): string | undefined {
    for (const round of rounds) {
      for (let head = text; head !== ''; head = head.slice(0, Math.max(0, head.lastIndexOf('.')))) {
        const name = round.get(head);
        if (name !== undefined) {
          const full = name + text.slice(head.length);
          return this.named.has(full) ? full : undefined;
        }
      }
    }
    return this.named.has(prefix + text) ? prefix + text : undefined;
  }

  /** What a name gives to who reads it. */
  wireOf(name: NameNode, scope: Scope, reader: string): Wire {
    const found = this.find(name, scope);
    if (found !== undefined) return this.named.get(found)!.wire;
    const input = scope.inputs.get(name.text);
    if (input) return input;
    this.miss(name, scope, reader);
    return BROKEN;
  }

  /** The name was not found here: what is wrong with it is told at the end. */
  miss(name: NameNode, scope: Scope, reader: string): void {
    if (this.told.has(name) || this.missing.length >= UNKNOWN_NAMES) return;
    this.told.add(name);
    this.missing.push({ name, scope, reader });
  }

  /** The names that stand directly in a scope. */
  namesIn(prefix: string, all: Iterable<string> = this.named.keys()): string[] {
    const names = new Set<string>();
    for (const name of all) if (name.startsWith(prefix)) names.add(name.slice(prefix.length).split('.')[0]!);
    return [...names];
  }

  /** Reports the names that were not found where they are read. */
  reportMissing(): void {
    for (const { scope, name, reader } of this.missing) {
      const at = name.span;
      if (this.find(name, scope) !== undefined) {
        scope.context.report('reads-later-layer', { layer: reader, name: name.text }, { at });
        continue;
      }
      const head = name.text.slice(0, name.text.lastIndexOf('.') + 1);
      const seen = [...scope.inputs.keys(), ...scope.rounds.flatMap((round) => [...round.keys()])];
      const known = [...seen, ...this.namesIn(scope.prefix + head).map((one) => head + one)];
      const near = nearest(name.text, known);
      const numbered = this.rounds.has(scope.prefix + name.text);
      scope.context.report(
        'unknown-layer-name',
        { name: name.text },
        {
          at,
          ...(numbered
            ? { label: `outside of its \`repeat\`, \`${name.text}_1\` and so on` }
            : near !== undefined && { label: `did you mean \`${near}\`?` }),
        },
      );
    }
  }
}
