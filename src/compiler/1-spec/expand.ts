import type { Span } from '../../diagnostics/source.js';
import type { BlockNode, Document, LayerNode, ModelNode, RepeatNode, StatementNode } from '../../dsl/document.js';
import type { LayerKind } from '../../layers/layer.js';
import type { Environment, InputSpec, OutputSpec, Use } from '../spec.js';
import { findWord } from '../vocabulary.js';
import { readAnnotations, type WrittenAnnotation } from './annotations.js';
import { checkBlocks, SHARED, type UsableBlocks } from './blocks.js';
import { Changes } from './changes.js';
import { type Context, listWords } from './context.js';
import type { Bound } from './evaluate.js';
import { Names } from './names.js';
import { mergeOverrides, type Override, readWith } from './overrides.js';
import { bindParameters } from './parameters.js';
import { reportUnknownWord } from './unknown.js';
import { BROKEN, type Expandable, type Named, NOTHING, type Scope, type Wire } from './scope.js';
import { countText, describeTerm } from './term.js';
import { bindInputs, endpointOf, reads } from './wiring.js';

/**
 * Blocks, `repeat`, `with` and `Shared` written out: the layers of the network in their order, with their names, what they read, and where each of
 * them comes from. What their arguments mean is not asked here.
 * Nothing is expanded that cannot end: circles and depth of blocks are checked before, and layers and uses are counted on the way.
 *
 * How names are made and found is in `names.ts`, what a statement reads in `wiring.ts`, what `with` and `--set` say of it in `changes.ts`.
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

class Expansion {
  private readonly layers: ExpandedLayer[] = [];
  private readonly byName = new Map<string, ExpandedLayer>();
  private readonly names = new Names();
  private readonly changes: Changes;
  private steps = 0;
  private stopped = false;

  constructor(
    private readonly context: Context,
    private readonly model: ModelNode,
    private readonly blocks: UsableBlocks,
  ) {
    this.changes = new Changes(context, this.names);
  }

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
    this.changes.check(
      override,
      this.layers.map((layer) => layer.name),
    );
    this.names.reportMissing();
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
    const before = this.names.named.size;
    let at = above;
    for (let round = 1; round <= count; round++) {
      if (!this.step()) return BROKEN;
      const uses: readonly Use[] = [...scope.uses, { kind: 'round', statement: node, round }];
      at = this.body(node.body, { ...scope, overrides, uses, rounds: [new Map(), ...scope.rounds] }, at);
    }
    if (own) this.changes.note(node.with!, own, scope.prefix, [...this.names.named.keys()].slice(before));
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
      this.names.declare(this.names.fullName(name, scope), name.span, false, BROKEN, { kind: 'output' }, scope);
    return BROKEN;
  }

  private layer(node: LayerNode, kind: LayerKind, scope: Scope, above: Wire): Wire {
    const { name, outputs } = this.names.claim(node, kind.keyword, scope);
    const found = scope.overrides.flatMap((one) => this.changes.reach(one, name, scope) ?? []);
    if (this.changes.isOff(found, scope)) return this.takeOut(node, name, outputs, scope, above, kind.inputs[1] > 0);
    let override = node.with && readWith(node.with, scope.context, scope.environment);
    for (const outer of found.toReversed()) override = mergeOverrides(override, outer);
    const inputs = reads(this.names, node, name, scope, above, kind.inputs[1] > 0);
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
    return this.names.give(
      layer.node,
      name,
      outputs,
      scope,
      { kind: 'one', endpoint: { layer: name } },
      { kind: 'layer' },
    );
  }

  /** A use of a block. */
  private use(node: LayerNode, block: BlockNode, scope: Scope, above: Wire): Wire {
    const { name, outputs } = this.names.claim(node, block.name.text, scope);
    const found = scope.overrides.flatMap((one) => this.changes.reach(one, name, scope) ?? []);
    if (this.changes.isOff(found, scope)) {
      const simple = block.inputs.length <= 1 && block.outputs.length <= 1;
      return this.takeOut(node, name, outputs, scope, above, simple);
    }
    const own = node.with && readWith(node.with, scope.context, scope.environment);
    const inputs = bindInputs(this.names, node, name, block, scope, above);
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
    if (own) this.changes.note(node.with!, own, `${name}.`);
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
    return block.outputs.length > 0 ? block.outputs.map((output) => this.names.wireOf(output, scope, name)) : [end];
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
      return this.names.give(node, name, outputs, scope, BROKEN, what);
    }
    const [only] = wires;
    if (wires.length === 1) return this.names.give(node, name, [], scope, only!, what);
    const names = outputs.length > 0 ? outputs : use.block.outputs.map((output) => `${name}.${output.text}`);
    return this.names.give(node, name, outputs, scope, { kind: 'several', of: name, outputs: names }, what, wires);
  }

  /** `Shared(a)`: a layer or a block use once more. */
  private shared(node: LayerNode, scope: Scope, above: Wire): Wire {
    const { name, outputs } = this.names.claim(node, SHARED, scope);
    const broken = (): Wire => this.names.give(node, name, outputs, scope, BROKEN, { kind: 'output' });
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
    const owner = this.names.find(value.callee, scope);
    if (!owner) {
      this.names.miss(value.callee, scope, name);
      return broken();
    }
    const original = this.names.named.get(owner)!;
    if (original.what.kind === 'output') {
      if (original.wire.kind === 'broken') return broken();
      return refuse(`\`${value.callee.text}\` is an output of one`, value.span);
    }
    if (original.what.kind === 'use') {
      const { use } = original.what;
      const inputs = bindInputs(this.names, node, name, use.block, scope, above);
      const sharing = { from: `${use.name}.`, to: `${name}.` };
      const wires = this.expand(use, name, node, inputs, scope, sharing);
      if (this.stopped) return BROKEN;
      return this.giveUse(node, name, outputs, scope, use, wires);
    }
    const layer = this.byName.get(owner);
    if (!layer) return broken();
    if (layer.kind.inputs[1] === 0) return refuse(`\`${value.callee.text}\` reads nothing`, value.span);
    const inputs = reads(this.names, node, name, scope, above, true);
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
    const inputs = reads(this.names, node, name, scope, above, true);
    const [input] = inputs;
    // What it should read was reported.
    const broken = node.inputs.length > 0 ? inputs.length === 0 : above.kind !== 'one' && above.kind !== 'nothing';
    if (broken) return this.names.give(node, name, outputs, scope, BROKEN, { kind: 'output' });
    if (!simple || inputs.length !== 1 || outputs.length > 0) {
      const reason = simple && inputs.length === 0 ? 'it reads nothing' : 'it does not read one thing and give one';
      scope.context.report('cannot-take-out', { name, reason }, { at: node.call.span });
      return this.names.give(node, name, outputs, scope, BROKEN, { kind: 'output' });
    }
    const { layer, output } = input!;
    const endpoint = { layer, ...(output !== undefined && { output }) };
    return this.names.give(node, name, [], scope, { kind: 'one', endpoint }, { kind: 'output' });
  }

  // Outputs of the model

  private outputs(scope: Scope): OutputSpec[] {
    return this.model.outputs.flatMap((output) => {
      const endpoint = endpointOf(this.names.wireOf(output, scope, this.model.name.text), output.span, scope);
      return endpoint ? [{ ...endpoint, name: output.text, span: output.span }] : [];
    });
  }

  private lastOutput(end: Wire): OutputSpec[] {
    if (!this.names.last) return [];
    if (end.kind === 'several') {
      const { name } = this.model;
      const help = [`write them behind the model's name: \`model ${name.text} -> ${end.outputs.join(', ')}\``];
      const details = { layer: end.of, outputs: listWords(end.outputs, 8) };
      this.context.report('several-outputs', details, { at: this.names.last.span, help });
    }
    return end.kind === 'one' ? [{ ...end.endpoint, name: this.names.last.name, span: this.model.name.span }] : [];
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
