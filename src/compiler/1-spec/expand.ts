import { nearest } from '../../diagnostics/did-you-mean.js';
import type { Span } from '../../diagnostics/source.js';
import type {
  BlockNode,
  Document,
  LayerNode,
  MapNode,
  ModelNode,
  NameNode,
  RepeatNode,
  StatementNode,
} from '../../dsl/document.js';
import type { LayerKind } from '../../layers/layer.js';
import type { Endpoint, Environment, InputSpec, OutputSpec, Use } from '../spec.js';
import { findWord } from '../vocabulary.js';
import { readAnnotations, type WrittenAnnotation } from './annotations.js';
import { checkBlocks, SHARED, type UsableBlocks } from './blocks.js';
import { type Context, listWords } from './context.js';
import type { Bound } from './evaluate.js';
import { addressOf, mergeOverrides, type Override, readWith, reportMiss } from './overrides.js';
import { bindParameters } from './parameters.js';
import { reportUnknownWord } from './resolve.js';
import { countText, describeTerm } from './term.js';

/**
 * Blocks, `repeat`, `with` and `Shared` written out: the layers of the network in their order, with their names, what they read, and where each of
 * them comes from. What their arguments mean is not asked here.
 *
 * - A block use opens a naming scope, `residual_2.conv1`; a `repeat` opens none, but a name within it is seen in its own round only.
 * - A name is found from the first statement of its scope on, so that one pass in the order of the text wires everything.
 * - Nothing is expanded that cannot end: circles and depth of blocks are checked before, and layers and uses are counted on the way.
 */

/** A layer before its arguments are resolved. */
export interface ExpandedLayer {
  readonly name: string;
  readonly node: LayerNode;
  readonly kind: LayerKind;
  /** What its words stand for, and where messages say that it is. */
  readonly context: Context;
  readonly environment: Environment;
  readonly uses: readonly Use[];
  readonly inputs: readonly InputSpec[];
  /** Names of its outputs, where it has several. */
  readonly outputs?: readonly string[];
  /** From the model's to those of the innermost use; the layer's own are not among them. */
  readonly annotations: readonly (readonly WrittenAnnotation[])[];
  readonly override?: Override;
  readonly shares?: string;
}

export interface ExpandedModel {
  readonly layers: readonly ExpandedLayer[];
  readonly outputs: readonly OutputSpec[];
}

/** Uses, rounds and layers that are expanded for each layer that a model may have. */
const STEPS_PER_LAYER = 4;
/** So many names that nothing has are told. */
const UNKNOWN_NAMES = 50;

export function expandModel(
  context: Context,
  document: Document,
  node: ModelNode,
  override: Override | undefined,
): ExpandedModel {
  if (node.body.length === 0) {
    context.report('empty-model', { name: node.name.text }, { at: node.name.span });
  }
  const most = context.limits.layers;
  if (node.body.length > most) {
    const details = { found: countText(node.body.length), most: countText(most) };
    context.report('too-many-layers', details, { at: node.name.span });
    return { layers: [], outputs: [] };
  }
  return new Expansion(context, node, checkBlocks(context, document, node)).run(override);
}

/** Keras' name of a kind: `GlobalAveragePooling2D` is `global_average_pooling2d`. */
export function snakeCase(keyword: string): string {
  return keyword
    .replace(/(.)([A-Z][a-z]+)/g, '$1_$2')
    .replace(/([a-z])([A-Z])/g, '$1_$2')
    .toLowerCase();
}

/** What a name, or the place below a statement, gives to who reads it. */
type Wire =
  | { readonly kind: 'one'; readonly endpoint: Endpoint }
  | { readonly kind: 'several'; readonly of: string; readonly outputs: readonly string[] }
  /** There is nothing above. */
  | { readonly kind: 'nothing' }
  /** What should be here was reported. */
  | { readonly kind: 'broken' };

const NOTHING: Wire = { kind: 'nothing' };
const BROKEN: Wire = { kind: 'broken' };

/** Something that has a name. */
interface Named {
  readonly wire: Wire;
  /** Where the name is written, or the word that it was made from. */
  readonly span: Span;
  readonly automatic: boolean;
  /** A layer, a block use, or one of several outputs. */
  readonly what:
    | { readonly kind: 'layer' }
    | { readonly kind: 'use'; readonly use: Expandable }
    | { readonly kind: 'output' };
}

/** All of a block use but its name and what it reads. */
interface Expandable {
  readonly name: string;
  readonly block: BlockNode;
  readonly context: Context;
  readonly environment: Environment;
  readonly annotations: readonly (readonly WrittenAnnotation[])[];
  readonly overrides: readonly Override[];
}

/** Where a statement stands: what it may read, what its words stand for, and what is said of it from outside. */
interface Scope {
  /** Of the full names of what is in it: `residual_2.`, empty in the model. */
  readonly prefix: string;
  readonly context: Context;
  readonly environment: Environment;
  readonly uses: readonly Use[];
  readonly annotations: readonly (readonly WrittenAnnotation[])[];
  /** `--set` and the `with`s around it, the outermost first, each at this scope. */
  readonly overrides: readonly Override[];
  /** The block's inputs. */
  readonly inputs: ReadonlyMap<string, Wire>;
  /** The rounds of `repeat`s around it, the innermost first: plain names to full ones. */
  readonly rounds: readonly Map<string, string>[];
  /** In a block use that is there once more: the prefix of its layers, and of those whose parameters they use. */
  readonly sharing?: { readonly from: string; readonly to: string };
}

/** What is said of the names in a scope from outside. */
interface ChangePlace {
  readonly override: Override;
  readonly prefix: string;
  /** The full names that it can hit. Absent: all that begin with the prefix. */
  readonly within?: readonly string[];
}

/** A name that was not found where it is read: it may come later. */
interface Missing {
  readonly scope: Scope;
  readonly name: NameNode;
  readonly reader: string;
}

class Expansion {
  private readonly layers: ExpandedLayer[] = [];
  private readonly byName = new Map<string, ExpandedLayer>();
  private readonly named = new Map<string, Named>();
  /** How many of a kind a scope has, by its prefix and the kind's name in snake case. */
  private readonly kinds = new Map<string, number>();
  /** How often a name was given in rounds, by its full form without number. */
  private readonly rounds = new Map<string, number>();
  private readonly reached = new Set<Override>();
  /** Every `with` at each place where it was expanded. */
  private readonly changes = new Map<MapNode, ChangePlace[]>();
  private readonly missing: Missing[] = [];
  private readonly told = new Set<NameNode>();
  private steps = 0;
  private stopped = false;
  /** The name of the last statement that was expanded at the top. */
  private last: { readonly name: string; readonly span: Span } | undefined;

  constructor(
    private readonly context: Context,
    private readonly model: ModelNode,
    private readonly blocks: UsableBlocks,
  ) {}

  run(override: Override | undefined): ExpandedModel {
    const { context, model } = this;
    const scope: Scope = {
      prefix: '',
      context,
      environment: { parameters: new Map() },
      uses: [],
      annotations: [readAnnotations(context, model.annotations)],
      overrides: override ? [override] : [],
      inputs: new Map(),
      rounds: [],
    };
    const end = this.body(model.body, scope, NOTHING);
    if (this.stopped) return { layers: [], outputs: [] };
    const outputs = model.outputs.length > 0 ? this.outputs(scope) : this.lastOutput(end);
    if (override) this.checkReached([{ override, prefix: '' }]);
    for (const places of this.changes.values()) this.checkReached(places);
    this.reportMissing();
    return { layers: this.layers, outputs };
  }

  // Statements

  private body(statements: readonly StatementNode[], scope: Scope, above: Wire): Wire {
    let at = above;
    for (const statement of statements) {
      if (this.stopped) return BROKEN;
      at = statement.kind === 'repeat' ? this.repeat(statement, scope, at) : this.statement(statement, scope, at);
    }
    return at;
  }

  private repeat(node: RepeatNode, scope: Scope, above: Wire): Wire {
    const count = this.count(node, scope);
    if (count === undefined) return BROKEN;
    const own = node.with && readWith(node.with, scope.context, scope.environment);
    const overrides = own ? [...scope.overrides, own] : scope.overrides;
    const before = this.named.size;
    let at = above;
    for (let round = 1; round <= count; round++) {
      if (!this.step()) return BROKEN;
      const uses: readonly Use[] = [...scope.uses, { kind: 'round', statement: node, round }];
      at = this.body(node.body, { ...scope, overrides, uses, rounds: [new Map(), ...scope.rounds] }, at);
    }
    if (own) this.note(node.with!, own, scope.prefix, [...this.named.keys()].slice(before));
    return at;
  }

  private count({ count: value }: RepeatNode, { context }: Scope): number | undefined {
    const term = context.lets.evaluate(value);
    if (term.kind === 'broken') return undefined;
    if (term.kind === 'word' && !term.arguments) {
      const { lets } = term.through ? context.top : context;
      const at = term.through?.span ?? term.span;
      context.report('word-for-number', { word: term.text }, { at, ...lets.nearLets(term.text) });
      return undefined;
    }
    if (term.kind !== 'number' || !Number.isSafeInteger(term.value) || term.value < 0) {
      const details = { owner: 'repeat', name: 'count', expected: 'a whole number ≥ 0', found: describeTerm(term) };
      context.report('wrong-type', details, {
        at: term.span,
        ...(term.through && {
          also: [{ at: term.through.span, note: `\`${term.through.name}\` gets its value here` }],
        }),
      });
      return undefined;
    }
    if (term.value > context.limits.layers) {
      this.stop(countText(term.value), value.span, context);
      return undefined;
    }
    return term.value;
  }

  private statement(node: LayerNode, scope: Scope, above: Wire): Wire {
    if (!this.step()) return BROKEN;
    const word = node.call.callee.text;
    const block = this.blocks.get(word);
    if (block) return this.use(node, block, scope, above);
    if (word === SHARED) return this.shared(node, scope, above);
    const kind = findWord('layer', word) as LayerKind | undefined;
    if (kind) return this.layer(node, kind, scope, above);
    // A block that cannot be expanded was reported.
    if (!this.blocks.refused.has(word))
      reportUnknownWord(scope.context, 'layer', word, node.call.callee.span, this.blocks.names);
    for (const name of node.names)
      this.declare(this.fullName(name, scope), name.span, false, BROKEN, { kind: 'output' }, scope);
    return BROKEN;
  }

  private layer(node: LayerNode, kind: LayerKind, scope: Scope, above: Wire): Wire {
    const { name, outputs } = this.claim(node, kind.keyword, scope);
    const found = scope.overrides.flatMap((one) => this.reach(one, name, scope) ?? []);
    if (this.isOff(found, scope)) return this.takeOut(node, name, outputs, scope, above, kind.inputs[1] > 0);
    let override = node.with && readWith(node.with, scope.context, scope.environment);
    for (const outer of found.toReversed()) override = mergeOverrides(override, outer);
    const inputs = this.reads(node, name, scope, above, kind.inputs[1] > 0);
    const { sharing } = scope;
    const shares = sharing && this.ownerOf(sharing.from + name.slice(sharing.to.length));
    return this.push(
      { node, kind, inputs, ...(override && { override }), ...(shares !== undefined && { shares }) },
      name,
      outputs,
      scope,
    );
  }

  private push(
    layer: Pick<ExpandedLayer, 'node' | 'kind' | 'inputs' | 'override' | 'shares'>,
    name: string,
    outputs: readonly string[],
    scope: Scope,
  ): Wire {
    if (this.layers.length >= this.context.limits.layers) {
      this.stop(`more than ${countText(this.context.limits.layers)}`, this.model.name.span, this.context);
      return BROKEN;
    }
    const { context, environment, uses, annotations } = scope;
    const parts = { name, context, environment, uses, annotations, ...(outputs.length > 0 && { outputs }) };
    this.layers.push({ ...layer, ...parts });
    this.byName.set(name, this.layers.at(-1)!);
    return this.give(layer.node, name, outputs, scope, { kind: 'one', endpoint: { layer: name } }, { kind: 'layer' });
  }

  /** A use of a block. */
  private use(node: LayerNode, block: BlockNode, scope: Scope, above: Wire): Wire {
    const { name, outputs } = this.claim(node, block.name.text, scope);
    const found = scope.overrides.flatMap((one) => this.reach(one, name, scope) ?? []);
    if (this.isOff(found, scope)) {
      const simple = block.inputs.length <= 1 && block.outputs.length <= 1;
      return this.takeOut(node, name, outputs, scope, above, simple);
    }
    const own = node.with && readWith(node.with, scope.context, scope.environment);
    const inputs = this.bindInputs(node, name, block, scope, above);
    const bound = new Map<string, Bound>();
    const context = scope.context.within(bound, {
      at: node.call.callee.span,
      note: `in this use of \`${block.name.text}\``,
    });
    const parameters = bindParameters(scope.context, context, block, node.call, bound, scope.environment);
    const use: Expandable = {
      name,
      block,
      context,
      environment: parameters,
      annotations: [
        ...scope.annotations,
        readAnnotations(context, block.annotations),
        readAnnotations(scope.context, node.annotations),
      ],
      overrides: own ? [...found, own] : found,
    };
    const first = this.layers.length;
    const wires = this.expand(use, name, node, inputs, scope);
    if (this.stopped) return BROKEN;
    if (own) this.note(node.with!, own, `${name}.`);
    this.checkKernels(node, block, first, scope);
    return this.giveUse(node, name, outputs, scope, use, wires);
  }

  /** The layers of a block use; gives what its outputs are. */
  private expand(
    { block, context, environment, annotations, overrides }: Expandable,
    name: string,
    node: LayerNode,
    inputs: ReadonlyMap<string, Wire>,
    outer: Scope,
    sharing = outer.sharing,
  ): readonly Wire[] {
    const scope: Scope = {
      prefix: `${name}.`,
      context,
      environment,
      uses: [...outer.uses, { kind: 'block', statement: node, block, name }],
      annotations,
      overrides,
      inputs,
      rounds: [],
      ...(sharing && { sharing }),
    };
    const end = this.body(block.body, scope, [...inputs.values()][0]!);
    return block.outputs.length > 0 ? block.outputs.map((output) => this.wireOf(output, scope, name)) : [end];
  }

  private giveUse(
    node: LayerNode,
    name: string,
    outputs: readonly string[],
    scope: Scope,
    use: Expandable,
    wires: readonly Wire[],
  ): Wire {
    const what: Named['what'] = { kind: 'use', use };
    if (outputs.length > 0 && outputs.length !== wires.length) {
      this.reportOutputCount(node, name, wires.length, scope);
      return this.give(node, name, outputs, scope, BROKEN, what);
    }
    const [only] = wires;
    if (wires.length === 1) return this.give(node, name, [], scope, only!, what);
    const names = outputs.length > 0 ? outputs : use.block.outputs.map((output) => `${name}.${output.text}`);
    return this.give(node, name, outputs, scope, { kind: 'several', of: name, outputs: names }, what, wires);
  }

  /** `Shared(a)`: a layer or a block use once more. */
  private shared(node: LayerNode, scope: Scope, above: Wire): Wire {
    const { name, outputs } = this.claim(node, SHARED, scope);
    const broken = (): Wire => this.give(node, name, outputs, scope, BROKEN, { kind: 'output' });
    const refuse = (reason: string, at: Span) => {
      scope.context.report('shared-what', { reason }, { at, help: ['for example `b = Shared(a) <- right`'] });
      return broken();
    };
    const given = node.call.arguments ?? [];
    const [argument] = given;
    const value = argument?.value;
    if (given.length !== 1 || argument!.name || value?.kind !== 'call' || value.arguments)
      return refuse('it has that one argument', argument?.span ?? node.call.span);
    const [method] = node.annotations;
    if (method) return refuse(`penalties are written on \`${value.callee.text}\``, method.span);
    if (node.with) return refuse(`arguments are those of \`${value.callee.text}\``, node.with.span);
    const owner = this.find(value.callee, scope);
    if (!owner) {
      this.miss(value.callee, scope, name);
      return broken();
    }
    const original = this.named.get(owner)!;
    if (original.what.kind === 'output') {
      if (original.wire.kind === 'broken') return broken();
      return refuse(`\`${value.callee.text}\` is an output of one`, value.span);
    }
    if (original.what.kind === 'use') {
      const { use } = original.what;
      const inputs = this.bindInputs(node, name, use.block, scope, above);
      const sharing = { from: `${use.name}.`, to: `${name}.` };
      const wires = this.expand(use, name, node, inputs, scope, sharing);
      if (this.stopped) return BROKEN;
      return this.giveUse(node, name, outputs, scope, use, wires);
    }
    const layer = this.byName.get(owner);
    if (!layer) return broken();
    if (layer.kind.inputs[1] === 0) return refuse(`\`${value.callee.text}\` reads nothing`, value.span);
    const inputs = this.reads(node, name, scope, above, true);
    return this.push({ node, kind: layer.kind, inputs, shares: this.ownerOf(owner) }, name, outputs, scope);
  }

  /** The layer whose parameters a layer uses: itself, unless it shares another's. */
  private ownerOf(name: string): string {
    return this.byName.get(name)?.shares ?? name;
  }

  /** `with { name: off }`: what reads it reads what it reads. */
  private takeOut(
    node: LayerNode,
    name: string,
    outputs: readonly string[],
    scope: Scope,
    above: Wire,
    simple: boolean,
  ): Wire {
    const inputs = this.reads(node, name, scope, above, true);
    const [input] = inputs;
    // What it should read was reported.
    const broken = node.inputs.length > 0 ? inputs.length === 0 : above.kind !== 'one' && above.kind !== 'nothing';
    if (broken) return this.give(node, name, outputs, scope, BROKEN, { kind: 'output' });
    if (!simple || inputs.length !== 1 || outputs.length > 0) {
      const reason = simple && inputs.length === 0 ? 'it reads nothing' : 'it does not read one thing and give one';
      scope.context.report('cannot-take-out', { name, reason }, { at: node.call.span });
      return this.give(node, name, outputs, scope, BROKEN, { kind: 'output' });
    }
    const { layer, output } = input!;
    const endpoint = { layer, ...(output !== undefined && { output }) };
    return this.give(node, name, [], scope, { kind: 'one', endpoint }, { kind: 'output' });
  }

  // Names

  /** The full name of a statement, its own or an automatic one, and of its outputs where it names several. Counts its kind. */
  private claim(node: LayerNode, keyword: string, scope: Scope): { name: string; outputs: readonly string[] } {
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
  private fullName({ text, span }: NameNode, { prefix, rounds, context }: Scope): string {
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
  private give(
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

  private declare(name: string, span: Span, automatic: boolean, wire: Wire, what: Named['what'], scope: Scope): void {
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
  private find({ text }: NameNode, { prefix, rounds }: Scope): string | undefined {
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

  private wireOf(name: NameNode, scope: Scope, reader: string): Wire {
    const found = this.find(name, scope);
    if (found !== undefined) return this.named.get(found)!.wire;
    const input = scope.inputs.get(name.text);
    if (input) return input;
    this.miss(name, scope, reader);
    return BROKEN;
  }

  private miss(name: NameNode, scope: Scope, reader: string): void {
    if (this.told.has(name) || this.missing.length >= UNKNOWN_NAMES) return;
    this.told.add(name);
    this.missing.push({ name, scope, reader });
  }

  // Wiring

  /** What a layer reads: what stands behind `<-`, else what is above. */
  private reads(node: LayerNode, name: string, scope: Scope, above: Wire, reading: boolean): InputSpec[] {
    this.checkSelf(node, name, scope);
    if (node.inputs.length === 0) {
      if (!reading) return [];
      const endpoint = this.endpointOf(above, node.call.span, scope);
      return endpoint ? [endpoint] : [];
    }
    return node.inputs.flatMap(({ name: port, from }) => {
      if (this.isSelf(from.text, node, name)) return [];
      const endpoint = this.endpointOf(this.wireOf(from, scope, name), from.span, scope);
      return endpoint ? [{ ...endpoint, span: from.span, ...(port && { port }) }] : [];
    });
  }

  private endpointOf(wire: Wire, at: Span, { context }: Scope): Endpoint | undefined {
    if (wire.kind === 'one') return wire.endpoint;
    if (wire.kind === 'several') {
      const help = [`\`<- ${wire.outputs[0]}\`, for one`];
      context.report('several-outputs', { layer: wire.of, outputs: listWords(wire.outputs, 8) }, { at, help });
    }
    return undefined;
  }

  /** A block's inputs in one of its uses, by their names. A block without declared ones has one, `input`. */
  private bindInputs(
    node: LayerNode,
    name: string,
    block: BlockNode,
    scope: Scope,
    above: Wire,
  ): ReadonlyMap<string, Wire> {
    const { context } = scope;
    this.checkSelf(node, name, scope);
    const declared = block.inputs.length > 0 ? block.inputs.map((input) => input.text) : ['input'];
    const bound = new Map<string, Wire>();
    let named = false;
    const written = node.inputs;
    for (const [k, { name: port, from }] of written.entries()) {
      named ||= port !== undefined;
      if (named && !port) context.report('nameless-input', { layer: name }, { at: from.span });
      const to = port?.text ?? declared[k];
      if (to === undefined) continue;
      if (port && !declared.includes(port.text)) {
        const near = nearest(port.text, declared);
        context.report(
          'unknown-input',
          { layer: block.name.text, name: port.text },
          {
            at: port.span,
            ...(near !== undefined && { label: `did you mean \`${near}\`?` }),
            help: [`inputs of ${block.name.text}: ${listWords(declared)}`],
          },
        );
        continue;
      }
      if (bound.has(to)) context.report('input-twice', { layer: name, name: to }, { at: port?.span ?? from.span });
      if (this.isSelf(from.text, node, name)) bound.set(to, BROKEN);
      else bound.set(to, this.oneOf(this.wireOf(from, scope, name), from.span, scope));
    }
    if (written.length === 0) bound.set(declared[0]!, this.oneOf(above, node.call.span, scope));
    const absent = declared.filter((input) => !bound.has(input));
    if (written.length > declared.length || absent.length > 0) {
      const expected = declared.length === 1 ? 'one input' : `${declared.length} inputs (${declared.join(', ')})`;
      context.report(
        'input-count',
        { layer: name, expected, found: written.length || 1 },
        { at: written[0]?.from.span ?? node.call.span },
      );
    }
    return new Map(declared.map((input) => [input, bound.get(input) ?? BROKEN]));
  }

  private oneOf(wire: Wire, at: Span, scope: Scope): Wire {
    if (wire.kind !== 'several') return wire;
    this.endpointOf(wire, at, scope);
    return BROKEN;
  }

  private isSelf(text: string, { names }: LayerNode, name: string): boolean {
    return names.some((own) => own.text === text) || text === name;
  }

  private checkSelf(node: LayerNode, name: string, { context }: Scope): void {
    const help = ['leave the name out: a layer reads the one above'];
    for (const { from } of node.inputs) {
      if (this.isSelf(from.text, node, name))
        context.report('self-reference', { name: from.text }, { at: from.span, help });
    }
    // `x = Dense(x)`: a layer's own name among its arguments.
    for (const { value } of node.call.arguments ?? []) {
      if (value.kind !== 'call' || value.arguments || context.lets.has(value.callee.text)) continue;
      if (node.names.some((own) => own.text === value.callee.text))
        context.report('self-reference', { name: value.callee.text }, { at: value.span, help });
    }
  }

  // Outputs of the model

  private outputs(scope: Scope): OutputSpec[] {
    return this.model.outputs.flatMap((output) => {
      const endpoint = this.endpointOf(this.wireOf(output, scope, this.model.name.text), output.span, scope);
      return endpoint ? [{ ...endpoint, name: output.text, span: output.span }] : [];
    });
  }

  private lastOutput(end: Wire): OutputSpec[] {
    if (!this.last) return [];
    if (end.kind === 'several') {
      const { name } = this.model;
      const help = [`write them behind the model's name: \`model ${name.text} -> ${end.outputs.join(', ')}\``];
      const details = { layer: end.of, outputs: listWords(end.outputs, 8) };
      this.context.report('several-outputs', details, { at: this.last.span, help });
    }
    return end.kind === 'one' ? [{ ...end.endpoint, name: this.last.name, span: this.model.name.span }] : [];
  }

  // What is said from outside

  private note(map: MapNode, override: Override, prefix: string, within?: readonly string[]): void {
    const places = this.changes.get(map) ?? [];
    places.push({ override, prefix, ...(within && { within }) });
    this.changes.set(map, places);
  }

  /** What an override says of a name in its scope. What it goes through is reached. */
  private reach(override: Override, name: string, { prefix }: Scope): Override | undefined {
    const path = override.along(name.slice(prefix.length));
    for (const one of path ?? []) this.reached.add(one);
    return path?.at(-1);
  }

  private isOff(found: readonly Override[], { context }: Scope): boolean {
    let off = false;
    for (const one of found) {
      if (!one.value) continue;
      if (!one.place) {
        reportMiss(context, one, 'a layer has no value of its own; name an argument, as in `model.fc1.units`');
        continue;
      }
      const term = one.term(context);
      if (term.kind === 'word' && term.text === 'off' && !term.arguments) off = true;
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

  /**
   * Reports what a `with` or `--set` says of names that nothing has. A `with` in a block or a round is there once for each of them: what it says must hit
   * something in one of them.
   */
  private checkReached(places: readonly ChangePlace[]): void {
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
        this.reportUnreached(below[0]!, part);
        continue;
      }
      const out = hit.find(({ name }) => this.named.get(name)?.what.kind === 'output');
      if (out)
        for (const one of out.override.children.values())
          reportMiss(this.context, one, `\`${out.name}\` was taken out`);
      // Below a layer are its arguments.
      this.checkReached(
        hit
          .filter(({ name }) => !['layer', 'output'].includes(this.named.get(name)?.what.kind ?? ''))
          .map(({ override, name }) => ({ override, prefix: `${name}.` })),
      );
    }
  }

  private reportUnreached(
    { override, prefix, name, within: names }: ChangePlace & { readonly name: string },
    part: string,
  ): void {
    const known = this.namesIn(prefix, names);
    const [inner] = override.children.keys();
    // A path that names the use once more: `res_4.c.filters` where `c.filters` is meant.
    const isRepeated = override.place !== undefined && inner !== undefined && known.includes(inner);
    const near = isRepeated ? addressOf(override).slice(override.address.length + 1) : nearest(part, known);
    if (!override.place) {
      const layers = this.layers.map((layer) => layer.name);
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
    const reason = this.named.has(name) ? `\`${name}\` is outside of it` : `there is no \`${part}\` in ${within}`;
    reportMiss(this.context, override, reason, { ...label, help });
  }

  /** The names that stand directly in a scope. */
  private namesIn(prefix: string, all: Iterable<string> = this.named.keys()): string[] {
    const names = new Set<string>();
    for (const name of all) if (name.startsWith(prefix)) names.add(name.slice(prefix.length).split('.')[0]!);
    return [...names];
  }

  /** An annotation of a use acts on a layer of the block. */
  private checkKernels(node: LayerNode, block: BlockNode, first: number, { context }: Scope): void {
    if (node.annotations.length === 0 || this.layers.slice(first).some((layer) => layer.kind.params)) return;
    for (const call of node.annotations) {
      const details = { method: call.callee.text, layer: block.name.text, kind: `the block \`${block.name.text}\`` };
      context.report('annotation-without-kernel', details, { at: call.span });
    }
  }

  private reportOutputCount(node: LayerNode, name: string, found: number, { context }: Scope): void {
    const details = { layer: name, found, names: node.names.length };
    context.report('output-count', details, { at: node.names[0]!.span });
  }

  private reportMissing(): void {
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

  // Limits

  private step(): boolean {
    this.steps += 1;
    if (!this.stopped && this.steps > STEPS_PER_LAYER * this.context.limits.layers)
      this.stop(`more than ${countText(this.context.limits.layers)}`, this.model.name.span, this.context);
    return !this.stopped;
  }

  private stop(found: string, at: Span, context: Context): void {
    this.stopped = true;
    context.report('too-many-layers', { found, most: countText(this.context.limits.layers) }, { at });
  }
}
