import { fail } from '../../diagnostics/report.js';
import { Comments } from '../comments.js';
import type {
  BlockNode,
  CallNode,
  Document,
  EntryNode,
  LayerNode,
  LetNode,
  MapNode,
  ModelNode,
  NameNode,
  StatementNode,
  ValueNode,
} from '../document.js';
import { inColumn, isOneLine, LONGEST, listLines, roomFor, WIDTH } from '../write.js';
import { callPairs, flowText, keyText, pairsText, scalarText, unsayable } from './values.js';

const INDENT = '  ';

/**
 * A document as YAML with its comments and empty lines, whichever syntax it was read from. Layers stand on one line each where they fit, maps where
 * they did; `let`s come together, and so do blocks. Fails where YAML cannot say a value.
 */
export function writeYaml(document: Document): string {
  return new Writing(new Comments(document)).document(document);
}

/** What stands on lines of its own; the first is not indented. */
interface Written {
  readonly node: object;
  readonly lines: readonly string[];
}

class Writing {
  constructor(private readonly comments: Comments) {}

  document(document: Document): string {
    const { version, lets, blocks, model, entries } = document;
    const parts: { at: number; lines: string[] }[] = [];
    const put = (at: number, ...items: Written[]) => parts.push({ at, lines: this.items(items, '') });
    if (version) put(-1, { node: version, lines: [`dnc: ${version.text}`] });
    if (lets.length > 0) parts.push({ at: first(lets), lines: this.group('let:', lets, (one) => this.let(one)) });
    if (blocks.length > 0)
      parts.push({ at: first(blocks), lines: this.group('blocks:', blocks, (one) => this.block(one)) });
    if (model) put(model.span.start, this.model(model));
    for (const one of entries) put(one.span.start, this.entry(one, ''));
    const lines = parts.sort((a, b) => a.at - b.at).flatMap((one) => one.lines);
    lines.push(...this.comments.of(document).end);
    return lines.length > 0 ? `${lines.join('\n')}\n` : '';
  }

  /** What .dn writes one by one and YAML below one key. What stands above the first stands above the key. */
  private group<T extends object>(key: string, nodes: readonly T[], write: (node: T) => Written): string[] {
    const [head] = nodes;
    const above = this.comments.of(head!).before;
    const lines = this.items(nodes.map(write), INDENT);
    return [...above, key, ...lines.slice(above.length)];
  }

  /** Items below each other, with what is around them. */
  private items(items: readonly Written[], indent: string): string[] {
    const out: string[] = [];
    for (let first = 0, next: number; first < items.length; first = next) {
      next = first + 1;
      const single = (k: number) => items[k]?.lines.length === 1;
      while (single(first) && single(next) && this.comments.of(items[next]!.node).before.length === 0) next++;
      const run = items.slice(first, next);
      // Behind several lines a comment would be the last line's own.
      const own = (k: number) => single(first) || /^\s*\]$/.test(run[k]!.lines.at(-1)!);
      const shown = inColumn(
        run.map((one) => one.lines),
        (k) => (own(k) ? this.comments.of(run[k]!.node) : { before: [], end: [], gap: 2 }),
      );
      run.forEach(({ node, lines }, k) => {
        const { before, after } = this.comments.of(node);
        out.push(...before.map((line) => (line === '' ? '' : indent + line)));
        out.push(...shown[k]!.map((line, l) => (l === 0 ? indent + line : line)));
        if (after !== undefined && !own(k)) out.push(`${/^\s*/.exec(lines.at(-1)!)![0]}${after}`);
      });
    }
    return out;
  }

  private let(node: LetNode): Written {
    return { node, lines: this.value(node.value, keyText(node.name.text), INDENT) };
  }

  private entry(node: EntryNode, indent: string): Written {
    return { node, lines: this.value(node.value, keyText(node.key.text), indent) };
  }

  private model(node: ModelNode): Written {
    const lines = [`name: ${node.name.text}`];
    if (node.outputs.length > 0) lines.push(`outputs: ${names(node.outputs)}`);
    lines.push(...this.methods(node.annotations));
    return { node, lines: this.holder('model:', node, lines, '') };
  }

  private block(node: BlockNode): Written {
    const lines: string[] = [];
    if (node.parameters.length > 0) {
      const parameters = node.parameters.map(
        ({ name, value }) => [keyText(name.text), value ? flow(value) : ''] as const,
      );
      lines.push(`parameters: ${pairsText(parameters)}`);
    }
    if (node.inputs.length > 0) lines.push(`inputs: ${names(node.inputs)}`);
    if (node.outputs.length > 0) lines.push(`outputs: ${names(node.outputs)}`);
    lines.push(...this.methods(node.annotations));
    return { node, lines: this.holder(`${keyText(node.name.text)}:`, node, lines, INDENT) };
  }

  private methods(calls: readonly CallNode[]): string[] {
    return calls.length > 0 ? [`sparsity: ${methods(calls)}`] : [];
  }

  /** The model or a block: what is told of it, then its layers. */
  private holder(key: string, node: BlockNode | ModelNode, lines: readonly string[], indent: string): string[] {
    const inner = indent + INDENT;
    const { head } = this.comments.of(node);
    return [
      `${key}${head === undefined ? '' : `  ${head}`}`,
      ...lines.map((line) => inner + line),
      ...this.layers(node, node.body, inner).map((line, k) => (k === 0 ? inner + line : line)),
    ];
  }

  private layers(node: object, body: readonly StatementNode[], indent: string): string[] {
    const inner = indent + INDENT;
    const end = this.comments.of(node).end.map((line) => inner + line);
    if (body.length === 0) return ['layers: []', ...end];
    const items = body.map((one): Written => {
      const [head, ...others] = this.statement(one, inner + INDENT);
      return { node: one, lines: [`- ${head}`, ...others] };
    });
    return ['layers:', ...this.items(items, inner), ...end];
  }

  /** A statement behind its dash; lines below the first are indented. */
  private statement(node: StatementNode, indent: string): string[] {
    if (node.kind === 'repeat') {
      const line = isOneLine(node) ? this.statementText(node) : undefined;
      if (line !== undefined && indent.length + line.length <= LONGEST) return [line];
      const { head } = this.comments.of(node);
      const [layers, ...others] = this.layers(node, node.body, indent);
      return [
        `repeat: ${this.scalar(node.count)}${head === undefined ? '' : `  ${head}`}`,
        `${indent}${layers}`,
        ...others,
        ...this.with(node.with, indent),
      ];
    }
    const plain =
      node.names.length + node.inputs.length + node.annotations.length === 0 && !node.with
        ? scalarText(node.call, false)
        : undefined;
    if (plain !== undefined) return [plain];
    const pairs = layerPairs(node);
    if (!node.with || (isOneLine(node.with) && !this.comments.within(node.with))) {
      const line = pairsText(node.with ? [...pairs, ['with', flow(node.with)]] : pairs);
      if (line !== undefined && indent.length + line.length <= roomFor(node)) return [line];
    }
    const [head, ...others] = [
      ...(node.names.length > 0 ? [`name: ${names(node.names)}`] : []),
      ...this.callLines(node.call, indent),
      ...pairs.filter(([key]) => key === 'from' || key === 'sparsity').map(([key, value]) => `${key}: ${value}`),
    ];
    return [head!, ...others.map((line) => indent + line), ...this.with(node.with, indent)];
  }

  /** A statement on one line that may stand in brackets; undefined where it cannot. */
  private statementText(node: StatementNode): string | undefined {
    const changes: [string, string | undefined][] = node.with ? [['with', flowText(node.with)]] : [];
    if (node.kind === 'repeat') {
      const body = node.body.map((one) => this.statementText(one));
      if (body.includes(undefined)) return undefined;
      return pairsText([['repeat', flowText(node.count)], ['layers', `[${body.join(', ')}]`], ...changes]);
    }
    const plain =
      node.names.length + node.inputs.length + node.annotations.length + changes.length === 0
        ? scalarText(node.call, true)
        : undefined;
    return plain ?? pairsText([...layerPairs(node), ...changes]);
  }

  private with(node: MapNode | undefined, indent: string): string[] {
    if (!node) return [];
    return this.value(node, 'with', indent).map((line, k) => (k === 0 ? indent + line : line));
  }

  /** A key with its value, on one line or several; the lines below the first are indented. */
  private value(value: ValueNode, key: string, indent: string): string[] {
    const head = `${key}: `;
    const fits = (text: string | undefined): text is string =>
      text !== undefined && indent.length + head.length + text.length <= roomFor(value);
    if (value.kind === 'list') {
      const line = flowText(value);
      if (!this.comments.within(value) && fits(line)) return [head + line];
      // The bracket that closes stands right of the key.
      return listLines(value, value.items.map(flow), head, indent + INDENT, this.comments);
    }
    if (value.kind === 'call') {
      const text = scalarText(value, false) ?? flowText(value);
      if (fits(text)) return [head + text];
      return [`${key}:`, ...this.callLines(value, indent + INDENT).map((line) => indent + INDENT + line)];
    }
    if (value.kind !== 'map') return [head + this.scalar(value)];
    const within = this.comments.within(value);
    if (!within && (isOneLine(value) || value.entries.length === 0)) {
      const line = flowText(value);
      if (fits(line)) return [head + line];
    }
    const inner = indent + INDENT;
    const around = this.comments.of(value);
    return [
      `${key}:${value.entries.length === 0 ? ' { }' : ''}${around.head === undefined ? '' : `  ${around.head}`}`,
      ...this.items(
        value.entries.map((one) => this.entry(one, inner)),
        inner,
      ),
      ...around.end.map((line) => inner + line),
    ];
  }

  private scalar(value: ValueNode): string {
    return scalarText(value, false) ?? flow(value);
  }

  /** A call as the keys of a map below each other; none is indented. */
  private callLines(call: CallNode, indent: string): string[] {
    const pairs = callPairs(call);
    const [[word, text] = ['', undefined], ...others] = pairs;
    const given = call.arguments ?? [];
    const inside = given.length > 0 && given.every((one) => one.name);
    if (inside && indent.length + word.length + 2 + (text?.length ?? WIDTH) > WIDTH) {
      const arguments_ = given.map((one) => `${INDENT}${keyText(one.name!.text)}: ${flow(one.value)}`);
      return [`${word}:`, ...arguments_];
    }
    if (text === undefined || others.some(([, value]) => value === undefined)) flow(call);
    return [text === '' ? `${word}:` : `${word}: ${text}`, ...others.map(([key, value]) => `${key}: ${value}`)];
  }
}

function first(nodes: readonly { readonly span: { readonly start: number } }[]): number {
  return Math.min(...nodes.map((one) => one.span.start));
}

function layerPairs({ names: named, call, inputs, annotations }: LayerNode): [string, string | undefined][] {
  return [
    ...(named.length > 0 ? [['name', names(named)] as [string, string]] : []),
    ...callPairs(call),
    ...(inputs.length > 0 ? [['from', inputsText(inputs)] as [string, string]] : []),
    ...(annotations.length > 0 ? [['sparsity', methods(annotations)] as [string, string]] : []),
  ];
}

function inputsText(inputs: LayerNode['inputs']): string {
  const texts = inputs.map(({ name, from }) => (name ? `{ ${keyText(name.text)}: ${from.text} }` : from.text));
  if (inputs.every(({ name }) => name))
    return `{ ${inputs.map(({ name, from }) => `${keyText(name!.text)}: ${from.text}`).join(', ')} }`;
  return texts.length === 1 ? texts[0]! : `[${texts.join(', ')}]`;
}

function methods(calls: readonly CallNode[]): string {
  const texts = calls.map(flow);
  return texts.length === 1 ? texts[0]! : `[${texts.join(', ')}]`;
}

function names(nodes: readonly NameNode[]): string {
  const texts = nodes.map((one) => one.text);
  return texts.length === 1 ? texts[0]! : `[${texts.join(', ')}]`;
}

/** A value on one line; fails where YAML has no way to say it. */
function flow(value: ValueNode): string {
  const text = flowText(value);
  if (text !== undefined) return text;
  const { what, help } = unsayable(value);
  return fail('yaml-unsayable', { what }, { at: value.span, help });
}
